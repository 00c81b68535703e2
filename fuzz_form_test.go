package open311_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

// FuzzFormEncoding: what net/url reads in a form is what was put into it, whatever the codes and the
// values of attributes are. What cannot be written is refused, and nothing is sent.
func FuzzFormEncoding(f *testing.F) {
	f.Add("001", "A", "1", "B", "x", "y", "Main St", -0.0000001, 180.0, uint8(0))
	f.Add("a&b=c", "x[]", "&=%", "][", "ä", "\n", "50%+", 1e-9, -1e-9, uint8(1))
	f.Add("é", "[", "]", "a][", "=", "&", "\x00", 0.0, 0.0, uint8(2))
	f.Add("1", "x", "a,b", "x][", ",", ",", "\xff", 90.0, 5e-324, uint8(3))
	f.Fuzz(func(t *testing.T, service, code1, value, code2, a, b, address string, lat, long float64, style uint8) {
		n := &open311.NewRequest{ServiceCode: service, Location: &open311.Point{Lat: lat, Long: long}, AddressString: address,
			Attributes: open311.Attributes{code1: {value}}}
		if code1 != code2 {
			n.Attributes[code2] = []string{a, b}
		}
		var body []byte
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			body, _ = io.ReadAll(r.Body)
			return stubReply(r, 200, "application/json", `[{"service_request_id":"1"}]`), nil
		}, open311.WithFormat(open311.FormatJSON), open311.WithDialect(open311.Dialect{MultiValue: open311.MultiValueStyle(style % 4)}))
		_, err := c.Requests.Create(t.Context(), n)
		if err != nil {
			if !errors.Is(err, open311.ErrInvalid) || body != nil {
				t.Fatalf("error %v after %q was sent", err, body)
			}
			return
		}
		if !utf8.Valid(body) {
			t.Fatalf("the body is not UTF-8: %q", body)
		}
		got, err := url.ParseQuery(string(body))
		if err != nil {
			t.Fatalf("%v in %q", err, body)
		}
		want := formOf(n, style)
		want["lat"], want["long"] = got["lat"], got["long"]
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("form (-want +got):\n%s", d)
		}
		for name, deg := range map[string]float64{"lat": lat, "long": long} {
			if text := got.Get(name); text != (open311.Point{Lat: deg}).String()[:len(text)] {
				t.Errorf("%s %v was sent as %s", name, deg, text)
			}
		}
	})
}

// formOf is what a report without its place has to look like in a form.
func formOf(n *open311.NewRequest, style uint8) url.Values {
	want := url.Values{"service_code": {n.ServiceCode}}
	if n.AddressString != "" {
		want.Set("address_string", n.AddressString)
	}
	for code, values := range n.Attributes {
		var set []string
		for _, v := range values {
			if v != "" {
				set = append(set, v)
			}
		}
		name := "attribute[" + code + "]"
		switch {
		case len(set) == 1:
			want[name] = set
		case len(set) > 1 && style%4 == 0:
			want[name+"[]"] = set
		case len(set) > 1 && style%4 == 1:
			want[name] = set
		case len(set) > 1 && style%4 == 2:
			want[name+"[0]"], want[name+"[1]"] = set[:1], set[1:]
		case len(set) > 1:
			want[name] = []string{set[0] + "," + set[1]}
		}
	}
	return want
}
