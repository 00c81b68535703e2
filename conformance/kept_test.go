package conformance

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
)

// Answers of any kind, all different, take no more than what a run may take.
func TestAnswersKeptAreBounded(t *testing.T) {
	random := make([]byte, maxBody+100)
	_, _ = rand.NewChaCha8([32]byte{}).Read(random)
	for name, err := range map[string]error{"of another notation": nil, "that broke off": errors.New("it broke off")} {
		s, kept := &session{known: make(map[[sha256.Size]byte]*exchange)}, 0
		for i := range 100 {
			x := &exchange{call: call{format: FormatJSON}, body: random[i : i+maxBody], err: err}
			s.keep(x)
			if kept += len(x.body); x.body == nil && x.err == nil {
				t.Errorf("answers %s: number %d is gone, and nothing says why", name, i)
			}
		}
		if kept == 0 || kept > maxKept {
			t.Errorf("answers %s: %d MiB are kept", name, kept>>20)
		}
	}
	for format, text := range map[Format]string{FormatJSON: "[1" + strings.Repeat(",1", maxValues+1) + "]", FormatXML: "<a>" + strings.Repeat("<b/>", maxValues+1) + "</a>"} {
		s, x := &session{known: make(map[[sha256.Size]byte]*exchange)}, &exchange{call: call{format: format}, body: []byte(text)}
		if s.keep(x); x.doc != nil || x.err == nil || !strings.Contains(x.err.Error(), "values") {
			t.Errorf("%s of very many values: %v", format, x.err)
		}
	}
}

// A server's long values make neither long reports nor long addresses.
func TestReportsOfLongValues(t *testing.T) {
	text := strings.Repeat("long ", 20_000)
	longest := 0
	client := &http.Client{Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
		longest = max(longest, len(r.URL.String()))
		body := fmt.Sprintf(`[{"service_request_id":%q,"service_code":%[1]q,"token":%[1]q,"status":%[1]q,"requested_datetime":%[1]q,"lat":%[1]q,"code":%[1]q,"description":%[1]q}]`, text)
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json " + text}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})}
	r, err := Check(t.Context(), Target{Endpoint: "http://city.example/v2", Pace: -1, HTTPClient: client, AllowCreate: true})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if i := bytes.Index(whole, []byte(strings.Repeat("long ", 1000))); i >= 0 || longest > maxURL {
		t.Errorf("an address of %d bytes; in the report: %.300s", longest, whole[max(0, i-200):])
	}
}
