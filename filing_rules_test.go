package open311_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// What a report answers counts wherever it stands, and what cannot be sent is a problem that a form can show.
func TestProblemsForAForm(t *testing.T) {
	ask := func(code string, change func(*open311.Attribute)) open311.Attribute {
		a := open311.Attribute{Code: code, Variable: true, Required: true, Datatype: open311.DatatypeString}
		if change != nil {
			change(&a)
		}
		return a
	}
	definition := func(attributes ...open311.Attribute) *open311.ServiceDefinition {
		return &open311.ServiceDefinition{ServiceCode: "1", Attributes: attributes}
	}
	ifCar := func(a *open311.Attribute) {
		a.Extra = open311.Extra{"dependencies": json.RawMessage(`{"clause":"OR","conditions":[{"attribute":"KIND","op":"eq","value":"car"}]}`)}
	}
	list := func(a *open311.Attribute) {
		a.Datatype, a.Values = open311.DatatypeSingleValueList, choices("1", "Small", "2", "Large")
	}
	conditional := func(a *open311.Attribute) {
		list(a)
		a.Extra = open311.Extra{"conditionalValues": json.RawMessage(`[{"dependentOn":{"conditions":[]},"values":[{"key":"9","name":"Huge"}]}]`)}
	}
	nowhere := &open311.ServiceDefinition{ServiceCode: "1", Extra: open311.Extra{"location_required": json.RawMessage("false")}}
	missing := func(code string) open311.Problem {
		return open311.Problem{Field: "Attributes[" + code + "]", Kind: open311.ProblemMissing, Code: code}
	}
	for name, tt := range map[string]struct {
		def    *open311.ServiceDefinition
		change func(*open311.NewRequest)
		want   []open311.Problem // without Detail
	}{
		"a required question":               {definition(ask("A", nil)), nil, []open311.Problem{missing("A")}},
		"its answer among the parameters":   {definition(ask("A", nil)), func(n *open311.NewRequest) { n.Params = url.Values{"attribute[A]": {"x"}} }, nil},
		"a list among the parameters":       {definition(ask("A", nil)), func(n *open311.NewRequest) { n.Params = url.Values{"attribute[A][]": {"x", "y"}} }, []open311.Problem{{Field: "Attributes[A]", Kind: open311.ProblemTooMany, Code: "A", Limit: 1}}},
		"a field of every report":           {definition(ask("email", nil)), func(n *open311.NewRequest) { n.Email = "a@b.example" }, nil},
		"the same, not given":               {definition(ask("email", nil)), nil, []open311.Problem{missing("email")}},
		"the place as a question":           {definition(ask("lat", nil), ask("long", nil)), nil, nil},
		"a condition that does not hold":    {definition(ask("KIND", nil), ask("PLATE", ifCar)), func(n *open311.NewRequest) { n.Attributes = open311.Attributes{"KIND": {"bike"}} }, nil},
		"a condition that holds":            {definition(ask("KIND", nil), ask("PLATE", ifCar)), func(n *open311.NewRequest) { n.Attributes = open311.Attributes{"KIND": {"car"}} }, []open311.Problem{missing("PLATE")}},
		"a key":                             {definition(ask("S", list)), func(n *open311.NewRequest) { n.Attributes = open311.Attributes{"S": {"2"}} }, nil},
		"no key":                            {definition(ask("S", list)), func(n *open311.NewRequest) { n.Attributes = open311.Attributes{"S": {"9"}} }, []open311.Problem{{Field: "Attributes[S]", Kind: open311.ProblemChoice, Code: "S", Value: "9"}}},
		"a key under a condition":           {definition(ask("S", conditional)), func(n *open311.NewRequest) { n.Attributes = open311.Attributes{"S": {"9"}} }, nil},
		"too long":                          {nil, func(n *open311.NewRequest) { n.Description = strings.Repeat("x", 4001) }, []open311.Problem{{Field: "Description", Kind: open311.ProblemTooLong, Limit: 4000}}},
		"no place":                          {nil, func(n *open311.NewRequest) { n.Location = nil }, []open311.Problem{{Field: "Location", Kind: open311.ProblemMissing}}},
		"no place, and none is needed":      {nowhere, func(n *open311.NewRequest) { n.Location = nil }, nil},
		"a place among the parameters":      {nil, func(n *open311.NewRequest) { n.Location, n.Params = nil, url.Values{"lat": {"1"}, "long": {"2"}} }, nil},
		"an address among the parameters":   {nil, func(n *open311.NewRequest) { n.Location, n.Params = nil, url.Values{"address_string": {"Main St 1"}} }, nil},
		"half a place among the parameters": {nil, func(n *open311.NewRequest) { n.Location, n.Params = nil, url.Values{"lat": {"1"}} }, []open311.Problem{{Field: "Location", Kind: open311.ProblemMissing}}},
		"NUL in a code":                     {nil, func(n *open311.NewRequest) { n.Attributes = open311.Attributes{"A\x00": {"x"}} }, []open311.Problem{{Field: "Attributes[A\x00]", Kind: open311.ProblemEncoding, Code: "A\x00"}}},
		"NUL in the name of a file":         {nil, func(n *open311.NewRequest) { n.Media = []open311.Media{mediaOf("a\x00.jpg", "x", 1)} }, []open311.Problem{{Field: "Media[0]", Kind: open311.ProblemEncoding}}},
	} {
		t.Run(name, func(t *testing.T) {
			n := &open311.NewRequest{ServiceCode: "1", Location: &open311.Point{Lat: 1, Long: 2}}
			if tt.change != nil {
				tt.change(n)
			}
			var got []open311.Problem
			if ve, ok := errors.AsType[*open311.ValidationError](n.Validate(tt.def)); ok {
				got = slices.Clone(ve.Problems)
			}
			for i := range got {
				if got[i].Detail == "" {
					t.Errorf("%+v says nothing", got[i])
				}
				got[i].Detail = ""
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// A definition may be out of date: CallUnchecked sends in spite of it, but not what nobody could read. What no
// definition names is sent with a warning.
func TestSentInSpiteOfADoubt(t *testing.T) {
	posts, warnings := 0, []open311.Warning(nil)
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		switch {
		case r.Method == http.MethodPost:
			posts++
			return stubReply(r, 200, "application/json", `[{"service_request_id":"9"}]`), nil
		case strings.Contains(r.URL.Path, "/services/"):
			return stubReply(r, 200, "application/json", `{"service_code":"1","attributes":[{"code":"DEPTH","variable":true,"required":true,"datatype":"number"}]}`), nil
		}
		return stubReply(r, 200, "application/json", `[]`), nil
	}, open311.WithFormat(open311.FormatJSON), open311.WithWarnings(func(_ context.Context, w open311.Warning) { warnings = append(warnings, w) }))
	if _, err := c.Services.Definition(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	n := &open311.NewRequest{ServiceCode: "1", Location: &open311.Point{Lat: 1, Long: 2}, Attributes: open311.Attributes{"DEPTH": {"deep"}}}
	if _, err := c.Requests.Create(t.Context(), n); !errors.Is(err, open311.ErrInvalid) || posts != 0 {
		t.Errorf("checked: %d POSTs, %v", posts, err)
	}
	if _, err := c.Requests.Create(t.Context(), n, open311.CallUnchecked()); err != nil || posts != 1 {
		t.Errorf("unchecked: %d POSTs, %v", posts, err)
	}
	n.Attributes = open311.Attributes{"DEPTH": {"5"}, "QUARTER": {"north"}}
	if _, err := c.Requests.Create(t.Context(), n); err != nil || posts != 2 || len(warnings) != 1 || warnings[0].Path != "Attributes[QUARTER]" {
		t.Errorf("an attribute that no definition names: %d POSTs, %v, %v", posts, warnings, err)
	}
	for _, bad := range []*open311.NewRequest{nil, {Location: n.Location}, {ServiceCode: "1", Location: n.Location, Description: "\xff"},
		{ServiceCode: "1", Location: n.Location, Media: []open311.Media{{Name: "a.jpg"}}}} {
		if _, err := c.Requests.Create(t.Context(), bad, open311.CallUnchecked()); !errors.Is(err, open311.ErrInvalid) || posts != 2 {
			t.Errorf("%v is sent: %v", bad, err)
		}
	}
}

// ownIDCity keeps the clients' own ids, and loses the answer to every POST. Its texts and places are hidden.
type ownIDCity struct{ ids []string }

func (o *ownIDCity) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		if err := r.ParseForm(); err != nil {
			return nil, err
		}
		o.ids = append(o.ids, r.PostForm.Get("client_request_id"))
		return stubReply(r, 500, "text/html", ""), nil
	}
	rows := []string{`{"service_request_id":"S","service_code":"1","client_request_id":"another","requested_datetime":"` + time.Now().Add(time.Minute).UTC().Format(time.RFC3339) + `"}`}
	for i, id := range o.ids {
		rows = append(rows, fmt.Sprintf(`{"service_request_id":"R%d","service_code":"1","client_request_id":%q,"requested_datetime":%q}`, i, id, time.Now().UTC().Format(time.RFC3339)))
	}
	return stubReply(r, 200, "application/json", "["+strings.Join(rows, ",")+"]"), nil
}

// Where a server keeps a client's own id, the id is sent, looked for, and decides: filing once is proven.
func TestOwnIDDecides(t *testing.T) {
	city := &ownIDCity{}
	dialect := open311.WithDialect(open311.Dialect{RequestIDParam: "client_request_id", Whole: true})
	c := stubClient(t, city.RoundTrip, open311.WithFormat(open311.FormatJSON), dialect)
	n := &open311.NewRequest{ServiceCode: "1", Location: &open311.Point{Lat: 1, Long: 2}, Description: "A hole"}
	box := &memoryOutbox{}
	r, err := c.Requests.File(t.Context(), box, &open311.Filing{ID: "mine", Report: n})
	if err != nil || r.ID != "R0" || !slices.Equal(city.ids, []string{"mine"}) {
		t.Errorf("File: %v, %v, %v", r, err, city.ids)
	}
	if _, err := c.Requests.Create(t.Context(), n); !errors.Is(err, open311.ErrOutcomeUnknown) || len(city.ids) != 2 || city.ids[1] == "" {
		t.Errorf("Create: %v, %q", err, city.ids)
	}
	found, err := c.Requests.Candidates(t.Context(), n, time.Hour)
	if err != nil || len(found) != 1 || found[0].Request.ID != "R1" || found[0].Score != 1 || len(found[0].Reasons) == 0 {
		t.Errorf("Candidates: %+v, %v", found, err)
	}
}

// What the answer names is not thrown away: it is the receipt, or it is in the error.
func TestIdsOfAnswersAreKept(t *testing.T) {
	for name, tt := range map[string]struct {
		status   int
		header   [2]string
		body     string
		id       string
		unsure   []string
		inHeader string
	}{
		"Location of a 201":                {201, [2]string{"Location", "/v2/requests/77.json"}, "", "77", nil, ""},
		"another spelling of the name":     {200, [2]string{}, `{"serviceRequestId":78}`, "78", nil, ""},
		"Location of a 200":                {200, [2]string{"Location", "https://city.example/v2/requests/79"}, "", "", []string{"79"}, "Location"},
		"Content-Location":                 {200, [2]string{"Content-Location", "/v2/requests/80.xml"}, "<html></html>", "", []string{"80"}, "Content-Location"},
		"a name that nobody has agreed on": {200, [2]string{}, `{"result":"ok","case_number":"C-81"}`, "", []string{"C-81"}, ""},
		"a text":                           {200, [2]string{}, `Thank you! Your reference number: 2026/82`, "", []string{"2026/82"}, ""},
		"behind a status of 500":           {500, [2]string{"Location", "/v2/requests/83"}, `{"id":"83"}`, "", []string{"83"}, "Location"},
	} {
		t.Run(name, func(t *testing.T) {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				resp := stubReply(r, tt.status, "application/json", tt.body)
				if tt.header[0] != "" {
					resp.Header.Set(tt.header[0], tt.header[1])
				}
				return resp, nil
			}, open311.WithFormat(open311.FormatJSON))
			r, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "1", AddressID: "7"})
			var unknown *open311.UnknownOutcomeError
			switch {
			case tt.id != "":
				if err != nil || r.ID != tt.id {
					t.Errorf("%v, %v; want the receipt %s", r, err, tt.id)
				}
			case !errors.As(err, &unknown):
				t.Errorf("%v, %v; want an unknown outcome", r, err)
			case !slices.Equal(unknown.Candidates, tt.unsure) || string(unknown.Body) != tt.body || tt.inHeader != "" && unknown.Header.Get(tt.inHeader) == "":
				t.Errorf("candidates %q, body %q, header %v", unknown.Candidates, unknown.Body, unknown.Header)
			}
		})
	}
}

// The clock of this machine is days off, and the city is right: its record is the receipt all the same.
func TestReceiptUnderAnotherClock(t *testing.T) {
	for _, off := range []time.Duration{-72 * time.Hour, 0, 72 * time.Hour} {
		city := time.Now().Add(-off)
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			resp := stubReply(r, 200, "application/json", fmt.Sprintf(`[{"service_request_id":"5","service_code":"1","lat":1.0001,"long":2,"requested_datetime":%q}]`, city.UTC().Format(time.RFC3339)))
			resp.Header.Set("Date", city.UTC().Format(http.TimeFormat))
			return resp, nil
		}, open311.WithFormat(open311.FormatJSON))
		if r, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "1", Location: &open311.Point{Lat: 1, Long: 2}}); err != nil || r.ID != "5" {
			t.Errorf("our clock is %s ahead: %v, %v", off, r, err)
		}
	}
}

// A fault with the code 401 or 403 is about the key, whatever the status (Klarschiff: 500).
func TestCodesOfFaultsAreForbidden(t *testing.T) {
	for _, code := range []string{"401", "403", "400"} {
		for _, status := range []int{200, 500} {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				return stubReply(r, status, "application/json", `[{"code":"`+code+`","description":"key"}]`), nil
			}, open311.WithFormat(open311.FormatJSON))
			_, create := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "1", AddressID: "7"})
			_, update := c.Updates.Create(t.Context(), fullUpdate())
			for _, err := range []error{create, update} {
				if errors.Is(err, open311.ErrForbidden) != (code != "400") || !errors.Is(err, open311.ErrOutcomeUnknown) {
					t.Errorf("code %s under %d: %v", code, status, err)
				}
			}
		}
	}
}

// An update is never sent in a second format, nor before a read has shown the first.
func TestUpdateFindsItsFormatByARead(t *testing.T) {
	var calls []string
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		calls = append(calls, r.Method+" "+r.URL.Path)
		switch {
		case r.Method == http.MethodPost:
			return stubReply(r, 406, "text/html", ""), nil
		case strings.HasSuffix(r.URL.Path, ".xml"):
			return stubReply(r, 200, "text/xml", "<services><service><service_code>1</service_code></service></services>"), nil
		}
		return stubReply(r, 404, "text/html", ""), nil
	})
	for range 2 {
		if _, err := c.Updates.Create(t.Context(), fullUpdate()); !errors.Is(err, open311.ErrOutcomeUnknown) {
			t.Error(err)
		}
	}
	const post = "POST /v2/servicerequestupdates.xml"
	if d := cmp.Diff([]string{"GET /v2/services.json", "GET /v2/services.xml", post, post}, calls); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}

// A file for each filing, for its owner alone; what is done is moved away, and nothing else is left.
func TestFileOutboxOnDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "box")
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithClock(time.Now))
	c, box := city.Client(), open311.FileOutbox(dir)
	for i, id := range []string{"a", "b/../c", "Größe"} {
		if _, err := c.Requests.File(t.Context(), box, &open311.Filing{ID: id, Report: numbered(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := box.Put(t.Context(), &open311.Filing{ID: "ready", Report: numbered(9), State: open311.FilingReady}); err != nil {
		t.Fatal(err)
	}
	files := map[string]int{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v", name, info.Mode())
		}
		files[filepath.Base(filepath.Dir(name))]++
		return err
	})
	if d := cmp.Diff(map[string]int{"box": 1, "done": 3}, files); d != "" || err != nil {
		t.Errorf("files (-want +got):\n%s%v", d, err)
	}
	for f, err := range box.Pending(t.Context()) {
		if err != nil || f.ID != "ready" {
			t.Errorf("pending: %v, %v", f, err)
		}
	}
	// A file that cannot be read is told, and the others are still there.
	if err := os.WriteFile(filepath.Join(dir, "broken.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	good, bad := 0, 0
	for _, err := range box.Pending(t.Context()) {
		if err != nil {
			bad++
		} else {
			good++
		}
	}
	if good != 1 || bad != 1 {
		t.Errorf("%d can be read, %d cannot", good, bad)
	}
}

// A token is awaited by a process that knows nothing but the outbox.
func TestTokensAcrossRestarts(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithSize(0), open311test.WithClock(time.Now))
		n := numbered(3)
		n.ServiceCode = "0801"
		r, err := city.Client().Requests.File(t.Context(), open311.FileOutbox(dir), &open311.Filing{ID: "t", Report: n})
		if err != nil || r.ID != "" || r.Token == "" {
			t.Fatalf("%v, %v", r, err)
		}
		for range 50 {
			time.Sleep(time.Minute)
			for f, err := range open311.FileOutbox(dir).Pending(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if r, err = city.Client().Requests.File(t.Context(), open311.FileOutbox(dir), f); err != nil {
					t.Fatal(err)
				}
			}
		}
		if filed := city.Filed(); r.ID == "" || len(filed) != 1 || filed[0].ID != r.ID {
			t.Errorf("%v, %+v", r, filed)
		}
	})
}
