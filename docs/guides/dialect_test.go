package guides

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-open311/open311"
)

func TestDialect(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost && r.URL.Path == "/inbox/reports.json" && r.Header.Get("X-API-Key") == "k" && r.FormValue("lon") == "12.1":
			_, _ = w.Write([]byte(`[{"service_request_id":"7"}]`))
		case r.URL.Path == "/requests/7.json":
			_, _ = w.Write([]byte(`[{"service_request_id":"7","status":"erledigt"}]`))
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	c, err := open311.New(server.URL, open311.WithDialect(Springfield), open311.WithAPIKey("k"))
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "1", Email: "a@b.example", Location: &open311.Point{Lat: 54.1, Long: 12.1}})
	if err != nil || receipt.ID != "7" {
		t.Fatalf("%v, %v", receipt, err)
	}
	r, err := c.Requests.Get(t.Context(), "7")
	if err != nil || !r.Status.Is(open311.StatusClosed) {
		t.Errorf("the status is %v, %v", r, err)
	}
}
