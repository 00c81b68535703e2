package conformance

import (
	"bytes"
	"context"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-open311/open311/open311test"
)

// An address that is another than the endpoint's says nothing about the server, and the error says where one is.
func TestNoEndpointHere(t *testing.T) {
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithSize(40))
	for address, want := range map[string]string{
		city.URL + "/services.json":                 "names " + city.URL,
		city.URL + "/requests":                      "names " + city.URL,
		strings.TrimSuffix(city.URL, "/open311/v2"): "neither services nor requests",
		city.URL + "x":                              "neither services nor requests",
	} {
		r, err := Check(context.Background(), Target{Endpoint: address, Pace: -1, Now: city.Now, HTTPClient: &http.Client{Transport: city.Transport()}})
		if err == nil || !strings.Contains(err.Error(), "no endpoint here") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
		if r == nil || r.ExitStatus() != 2 || r.Count(Unsupported) != len(r.Results) {
			t.Errorf("%s: %+v", address, r)
		}
	}
	root := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithBase(""), open311test.WithSize(40))
	if r := check(t, Target{Endpoint: root.URL, Now: root.Now, HTTPClient: &http.Client{Transport: root.Transport()}}); r.Verdict != Conformant {
		t.Errorf("an endpoint without a path: %s", r.Verdict)
	}
}

// Nothing that shows a fault is taken for a secret: no key was given, and there is none in it.
func TestEvidenceIsWhole(t *testing.T) {
	for name, by := range map[string]string{
		"a comma is missing":       `"metadata":true "type"`,
		"a name is there twice":    `"metadata":true,"metadata":true,"type"`,
		"a value is no value":      `"metadata":TRUE,"type"`,
		"a quotation mark is lost": `"metadata:true,"type"`,
	} {
		r := still(t, Target{}, pattern(OpServices, FormatJSON, `"metadata":true,"type"`, by))
		var b bytes.Buffer
		if err := r.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		if r.Verdict != NotConformant || strings.Contains(b.String(), "REDACTED") {
			t.Errorf("%s: %s: %s", name, r.Verdict, b.String())
		}
	}
}

// Beside what is wrong with a request that was filed are the POST and its receipt, in every form for people.
func TestFindingsShowWhatWasFiled(t *testing.T) {
	r := still(t, Target{AllowCreate: true}, filedOnly(func(r *node) { r.set("status", "closed", kindText) }))
	res, _ := r.Result("create/filed/open")
	if len(res.Findings) != 2 {
		t.Fatalf("%+v", res)
	}
	for _, f := range res.Findings {
		if f.Filed == nil || f.Filed.Method != http.MethodPost || !strings.Contains(f.Filed.Form, "description=Conformance") || !strings.Contains(f.Filed.Body, "service_request_id") {
			t.Errorf("%s: filed by %+v", f.Format, f.Filed)
		}
	}
	for _, form := range []string{"text", "markdown", "html"} {
		var b bytes.Buffer
		if err := r.Write(&b, form); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"POST " + r.Endpoint, "GET " + r.Endpoint, "curl -i"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: there is no %s", form, want)
			}
		}
	}
}

// A build server shows which requirement took long.
func TestTimeInJUnit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slow = 3 * time.Second
		r, err := Check(t.Context(), slowed(t, slow))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		var suites junitSuites
		if err := r.WriteJUnit(&b); err != nil {
			t.Fatal(err)
		}
		if err := xml.Unmarshal(b.Bytes(), &suites); err != nil {
			t.Fatal(err)
		}
		sum, most := 0.0, 0.0
		for _, s := range suites.Suites {
			for _, c := range s.Cases {
				v, err := strconv.ParseFloat(c.Time, 64)
				if err != nil {
					t.Fatal(err)
				}
				sum, most = sum+v, max(most, v)
			}
		}
		if all, err := strconv.ParseFloat(suites.Time, 64); err != nil || most < slow.Seconds() || sum > all || all < float64(r.Calls)*slow.Seconds() {
			t.Errorf("%d calls took %s s, requirements %.1f, one %.1f at most", r.Calls, suites.Time, sum, most)
		}
	})
}

// slowed is a city that takes a while for each answer.
func slowed(t *testing.T, d time.Duration) Target {
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithSize(40))
	city.Fail(open311test.AnyCall, open311test.Delay(d).WithProbability(1, 1))
	return Target{Endpoint: city.URL, Pace: -1, Now: city.Now, HTTPClient: &http.Client{Transport: city.Transport()}}
}
