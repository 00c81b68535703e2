package plain

import "testing"

func TestCount(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		n     int
		thing string
		want  string
	}{
		{0, "request", "0 requests"}, {1, "request", "1 request"}, {2, "request", "2 requests"}, {-1, "gap", "-1 gaps"},
		{1, "city", "1 city"}, {2, "city", "2 cities"}, {3, "day", "3 days"}, {2, "y", "2 ies"},
	} {
		if got := Count(tt.n, tt.thing); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
