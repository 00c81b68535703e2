package servers

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

func load(t *testing.T, text string) *Catalogue {
	t.Helper()
	c, err := Load(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoadAddsAndReplaces(t *testing.T) {
	own := load(t, `{"date":"2027-01","sources":{"me":"my own notes"},
		"platforms":{"Town Hall":{"dialect":"adapter","formats":["xml"],"paging":{"size":10}}},
		"servers":[
		{"key":"springfield","base_url":"https://311.springfield.example/v2","platform":"Town Hall","aliases":["Évergreen"],
		 "paging":{"max":20},"sources":["me","a letter"]},
		{"key":"shelbyville","base_url":"https://311.shelbyville.example/v2","platform":"Town Hall","formats":["json"]},
		{"key":"boston","name":"Boston","base_url":"https://boston.example/","key_for_read":"yes"}]}`)
	both := Default().With(own)

	want := Server{Key: "springfield", BaseURL: "https://311.springfield.example/v2", Platform: "Town Hall",
		Aliases: []string{"Évergreen"}, DialectName: "adapter", Formats: []string{"xml"}, Paging: Paging{Size: 10, Max: 20},
		Sources: []string{"my own notes", "a letter"}, Status: Listed}
	got, err := both.Lookup("evergreen")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the new row (-want +got):\n%s", diff)
	}
	if s, _ := both.Lookup("shelbyville"); !slices.Equal(s.Formats, []string{"json"}) || s.DialectName != "adapter" {
		t.Errorf("a row does not go over its platform: %+v", s)
	}
	if s, _ := both.Lookup("shelbyville"); s.KeyForRead != Unknown {
		t.Errorf("shelbyville: KeyForRead is %s", s.KeyForRead)
	} else if d, err := s.Dialect(); err != nil || d.KeyOnReads {
		t.Errorf("a key would be sent where nobody says that it is needed: %v", err)
	}
	// The new row of Boston takes the place of the old one; nothing of that is mixed in.
	s, err := both.Lookup("BOSTON")
	if err != nil || s.BaseURL != "https://boston.example/" || s.KeyForRead != Yes || s.JurisdictionID != "" || len(s.Notes) > 0 {
		t.Errorf("the replaced row is %+v, %v", s, err)
	}
	if _, err := both.Lookup("chicago"); err != nil {
		t.Errorf("the other rows are gone: %v", err)
	}
	// Nobody else sees any of it.
	if s, _ := Lookup("boston"); s.BaseURL == "https://boston.example/" {
		t.Error("With has changed the default catalogue")
	}
	if _, err := Lookup("springfield"); err == nil {
		t.Error("With has added to the default catalogue")
	}
	if own.Date() != "2027-01" || both.Date() != Default().Date() {
		t.Errorf("the dates are %s and %s", own.Date(), both.Date())
	}
	client, err := both.Open("springfield")
	if err != nil || client.Endpoint() != "https://311.springfield.example/v2" {
		t.Errorf("Open: %v, %v", client, err)
	}
	if _, err := both.OpenTest("springfield"); !errors.Is(err, ErrNoTestServer) {
		t.Errorf("OpenTest: %v", err)
	}
}

func TestLoadRejects(t *testing.T) {
	const ok = `"key":"x","base_url":"https://x.example/"`
	for _, test := range []struct{ file, want string }{
		{``, "not a catalogue"},
		{`[]`, "not a catalogue"},
		{`{"servers":[],"server":[]}`, `unknown field "server"`},
		{`{"servers":[]} {}`, "goes on"},
		{`{"date":"soon","servers":[]}`, `date: "soon"`},
		{`{"servers":[{` + ok + `},{"key":"springfield","base_url":"https://s.example/","jurisdiction":"s"}]}`,
			`row 2 ("springfield"): unknown field "jurisdiction"`},
		{`{"servers":[{` + ok + `,"quirks":{"renames":{}}}]}`, `row 1 ("x"): unknown field "renames"`},
		{`{"servers":[{` + ok + `,"key_for_read":"maybe"}]}`, `row 1 ("x"): "maybe" is not "yes", "no" or "unknown"`},
		{`{"servers":[{` + ok + `,"formats":"json"}]}`, `row 1 ("x"): formats: must not be a string`},
		{`{"platforms":{"P":{"dialct":"spot"}},"servers":[{` + ok + `,"platform":"P"}]}`,
			`row 1 ("x"): platform "P": unknown field "dialct"`},
		{`{"servers":[null]}`, `row 1 (""): key: ""`},
		{`{"servers":[{` + ok + `},{` + ok + `}]}`, `row 2 ("x"): a second row`},
		{`{"servers":[{"key":"Big City","base_url":"https://x.example/"}]}`, `key: "Big City" must be`},
		{`{"servers":[{"key":"x"}]}`, `base_url: must be an absolute URL`},
		{`{"servers":[{"key":"x","base_url":"ftp://x.example/"}]}`, `base_url: must be an absolute URL`},
		{`{"servers":[{"key":"x","base_url":"https://x.example/?api_key=secret"}]}`, `base_url: must be an address without user, query`},
		{`{"servers":[{"key":"x","base_url":"https://me:secret@x.example/"}]}`, `base_url: must be an address without user, query`},
		{`{"servers":[{` + ok + `,"test_url":"x.example"}]}`, `test_url: must be`},
		{`{"servers":[{` + ok + `,"other_urls":["x.example"]}]}`, `other_urls: must be`},
		{`{"servers":[{` + ok + `,"docs_url":"x.example"}]}`, `docs_url: must be`},
		{`{"servers":[{` + ok + `,"aliases":["-"]}]}`, `aliases: "-"`},
		{`{"servers":[{` + ok + `,"formats":["json","html"]}]}`, `formats: there is no "html"; it is one of json, xml`},
		{`{"servers":[{` + ok + `,"formats":["json","json"]}]}`, `formats: "json" twice`},
		{`{"servers":[{` + ok + `,"dialect":"sopt"}]}`, `dialect: there is no "sopt"; it is one of adapter, citysdk,`},
		{`{"servers":[{` + ok + `,"paging":{"style":"pages"}}]}`, `paging.style: there is no "pages"`},
		{`{"servers":[{` + ok + `,"paging":{"max":-1}}]}`, `paging: a negative`},
		{`{"servers":[{` + ok + `,"rate_limit":{"calls":10}}]}`, `rate_limit: calls and seconds`},
		{`{"servers":[{` + ok + `,"quirks":{"body":"yaml"}}]}`, `quirks.body: there is no "yaml"`},
		{`{"servers":[{` + ok + `,"quirks":{"window_days":-90}}]}`, `quirks.window_days: a negative`},
		{`{"servers":[{` + ok + `,"quirks":{"query_time":"YYYY-MM-DD"}}]}`, `quirks.query_time: "YYYY-MM-DD" is no layout`},
		{`{"servers":[{` + ok + `,"status":"dead"}]}`, `status: there is no "dead"`},
		{`{"servers":[{` + ok + `,"last_seen":"6/6/2026"}]}`, `last_seen: "6/6/2026" is no date`},
		{`{"servers":[{` + ok + `,"last_seen_precision":"about"}]}`, `last_seen_precision: there is no "about"`},
		{`{"servers":[{` + ok + `,"status":"retired"}]}`, `retired: a retired server needs a reason`},
		{`{"servers":[{` + ok + `,"retired":{"reason":"moved"}}]}`, `retired: only for`},
		{`{"servers":[{"key":"A","base_url":"https://a.example/"},{"key":"B","base_url":"https://b.example/"}]}`, `row 2 ("B")`},
	} {
		_, err := Load(strings.NewReader(test.file))
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "servers: ") {
			t.Errorf("Load(%s): %v\nwant it to say %s", test.file, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("Load(%s): the error gives the secret away: %v", test.file, err)
		}
	}
	if _, err := Load(iotest.ErrReader(io.ErrClosedPipe)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Load of a broken reader: %v", err)
	}
}

// TestQuirks sets everything that a row can say about a dialect.
func TestQuirks(t *testing.T) {
	before := open311.MarkASpot
	c := load(t, `{"servers":[{"key":"x","base_url":"https://x.example/","dialect":"markaspot","formats":["xml","json"],
		"key_for_read":"yes","rate_limit":{"calls":30,"seconds":10},
		"paging":{"style":"numbers","from_zero":true,"size_param":"per_page","size":5,"max":50},
		"quirks":{"encoding":"identity","no_suffix":true,"key_param":"token","key_header":"X-API-Key","key_scheme":"Bearer",
		"rename":{"long":"lon"},"accepts":["status"],"one_value":["status"],"ignores":["q"],"statuses":["open"],
		"status_words":{"1":"open"},"box_order":"nesw","paths":{"request":"request"},"not_found_is_empty":true,"definition":"id",
		"query_time":"2006-01-02","time_zone":"Europe/Berlin","no_dates":true,"window_days":7,
		"body":"json","multi_value":"comma","media":"none","media_field":"photo","requires":["email"]}}]}`)
	s, err := c.Lookup("x")
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Dialect()
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	want := open311.Dialect{
		Name: before.Name, Formats: []open311.Format{open311.FormatXML, open311.FormatJSON}, NoSuffix: true, Encoding: "identity",
		KeyParam: "token", KeyHeader: "X-API-Key", KeyScheme: "Bearer", KeyOnReads: true,
		Rename:  map[string]string{"page_size": "per_page", "long": "lon"},
		Accepts: []string{"status"}, OneValue: []string{"status"}, Ignores: []string{"q"},
		Statuses: []open311.Status{"open"}, StatusWords: map[string]open311.Status{"1": "open"},
		QueryTime: "2006-01-02", QueryLocation: berlin, BoxOrder: "nesw",
		Paging:  open311.Paging{Style: open311.PagingNumbers, First: 0, Cap: 50},
		Windows: open311.Windows{Off: true, Span: 7 * 24 * time.Hour},
		Body:    open311.BodyJSON, MultiValue: open311.MultiComma, Media: open311.MediaNone, MediaField: "photo",
		Requires: []string{"email"}, Paths: map[string]string{"request": "request"}, NotFoundIsEmpty: true, Definition: "id",
		RateLimit: 3,
	}
	zones := cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	if diff := cmp.Diff(want, got, zones); diff != "" {
		t.Errorf("Dialect (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, open311.MarkASpot, zones); diff != "" || open311.MarkASpot.Rename["page_size"] != "limit" {
		t.Errorf("the dialect of package open311 has changed: %s", diff)
	}
}

// TestMaxRows: where there are no pages, the parameter that asks for more rows is the one for that.
func TestMaxRows(t *testing.T) {
	s := Server{Key: "x", BaseURL: "https://x.example/", Paging: Paging{Style: PagingNone, SizeParam: "rows"}}
	d, err := s.Dialect()
	if err != nil || d.Windows.MaxRows != "rows" || d.Rename["page_size"] != "rows" || d.Paging.Style != open311.PagingNone {
		t.Errorf("Dialect() = %+v, %v", d, err)
	}
}
