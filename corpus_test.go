package open311_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/go-open311/open311"
)

// expected is one line of EXPECTED.jsonl: what a lenient client reads in one document.
type expected struct {
	File, Kind, Format, Expect, Note string
	Status                           int
	ContentType                      string `json:"content_type"`
	N                                int
	IDs                              []string
	First, Last, Post                map[string]any
	Faults                           []map[string]string
}

// TestCorpus reads the documents of real servers through the public API. They are not part of this
// module: set OPEN311_CORPUS to the folder that holds them.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("OPEN311_CORPUS")
	if dir == "" {
		t.Skip("OPEN311_CORPUS is not set")
	}
	f, err := os.Open(filepath.Join(dir, "EXPECTED.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	read, plain, counted := 0, 0, 0
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var e expected
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		body, err := os.ReadFile(filepath.Join(dir, e.File))
		if err != nil {
			t.Fatal(err)
		}
		measured := e.Expect == "records" || e.Expect == "empty" || e.Expect == "error"
		ok := t.Run(e.File, func(t *testing.T) {
			diff := readDocument(t, e, body)
			if diff != "" && measured {
				t.Errorf("%s (-want +got):\n%s", e.Note, diff)
			}
		})
		if measured {
			counted++
			if ok {
				read++
			}
			got, err := plainRead(e, body)
			if judge(e, got, err) == "" {
				plain++
			}
		}
	}
	t.Logf("read as expected: %d of %d; by encoding/json and encoding/xml with the specification's types: %d",
		read, counted, plain)
}

// readDocument serves one document and returns how what was read differs from what was expected.
func readDocument(t *testing.T, e expected, body []byte) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", e.ContentType)
		w.WriteHeader(e.Status)
		w.Write(body)
	}))
	defer srv.Close()
	format := open311.FormatJSON
	if strings.Contains(e.ContentType, "xml") {
		format = open311.FormatXML
	}
	c, err := open311.New(srv.URL, open311.WithFormat(format), open311.WithRetry(open311.RetryPolicy{MaxAttempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(t.Context(), c, e)
	return judge(e, got, err)
}

// judge returns how what was read differs from what was expected.
func judge(e expected, got outcome, err error) string {
	switch e.Expect {
	case "error":
		return judgeError(e, err)
	case "undecodable", "skip", "either":
		return ""
	}
	if err != nil {
		return err.Error()
	}
	if got.N != e.N {
		return fmt.Sprintf("%d records, want %d", got.N, e.N)
	}
	if len(got.IDs) > len(e.IDs) {
		got.IDs = got.IDs[:len(e.IDs)]
	}
	if d := cmp.Diff(e.IDs, got.IDs, cmpopts.EquateEmpty()); d != "" && e.Kind != "token" {
		return d
	}
	return compare("first", e.First, got.First) + compare("last", e.Last, got.Last) + compare("post", e.Post, got.Post)
}

func judgeError(e expected, err error) string {
	if err == nil {
		return "no error"
	}
	if e.Kind == "post" {
		if !errors.Is(err, open311.ErrOutcomeUnknown) {
			return "not ErrOutcomeUnknown: " + err.Error()
		}
		return ""
	}
	var ae *open311.APIError
	if !errors.As(err, &ae) {
		return "no APIError: " + err.Error()
	}
	var faults []map[string]string
	for _, f := range ae.Faults {
		faults = append(faults, map[string]string{"code": f.Code, "description": f.Description})
	}
	return cmp.Diff(e.Faults, faults, cmpopts.EquateEmpty())
}

func compare(where string, want, got map[string]any) string {
	var out strings.Builder
	for name, w := range want {
		g := got[name]
		if wf, ok := w.(float64); ok {
			if gf, ok := g.(float64); ok && math.Abs(wf-gf) < 1e-9 {
				continue
			}
		}
		if ws, ok := w.(string); ok {
			gs, ok := g.(string)
			gs = strings.Join(strings.Fields(gs), " ")
			if ok && (gs == ws || len([]rune(ws)) >= 39 && strings.HasPrefix(gs, ws)) {
				continue // texts are given by their first 40 characters, white space folded
			}
		}
		if !cmp.Equal(w, g) {
			fmt.Fprintf(&out, "%s.%s: want %#v, got %#v\n", where, name, w, g)
		}
	}
	return out.String()
}

// outcome is what was read, in the words of EXPECTED.jsonl.
type outcome struct {
	N                 int
	IDs               []string
	First, Last, Post map[string]any
}

func (o *outcome) add(id string, fields map[string]any) {
	o.N++
	o.IDs = append(o.IDs, id)
	if o.First == nil {
		o.First = fields
	}
	o.Last = fields
}

func read(ctx context.Context, c *open311.Client, e expected) (o outcome, err error) {
	switch e.Kind {
	case "services":
		list, err := c.Services.List(ctx)
		for _, s := range list {
			o.add(s.Code, map[string]any{"service_code": s.Code, "service_name": s.Name, "description": s.Description,
				"type": string(s.Type), "metadata": s.Metadata})
		}
		return o, err
	case "definition":
		d, err := c.Services.Definition(ctx, "X")
		if err != nil {
			return o, err
		}
		for _, a := range d.Attributes {
			m := map[string]any{"code": a.Code, "datatype": string(a.Datatype), "description": a.Description,
				"required": a.Required, "variable": a.Variable, "order": float64(a.Order), "values": float64(len(a.Values))}
			if len(a.Values) > 0 {
				m["value_key"], m["value_name"] = a.Values[0].Key, a.Values[0].Name
			}
			o.add(a.Code, m)
		}
		if o.First == nil {
			o.First = map[string]any{}
		}
		o.First["service_code"] = d.ServiceCode
		return o, nil
	case "requests":
		p, err := c.Requests.List(ctx, nil)
		if err != nil {
			return o, err
		}
		for i := range p.Requests {
			o.add(p.Requests[i].ID, requestFields(&p.Requests[i]))
		}
		return o, nil
	case "request":
		r, err := c.Requests.Get(ctx, append(e.IDs, "x")[0])
		if err != nil {
			return o, err
		}
		o.add(r.ID, requestFields(r))
		return o, nil
	case "post":
		r, err := c.Requests.Create(ctx, &open311.NewRequest{ServiceCode: "X", Location: &open311.Point{Lat: 1, Long: 2}})
		if err != nil {
			return o, err
		}
		o.add(r.ID, nil)
		o.Post = map[string]any{"id": r.ID, "token": r.Token, "service_notice": r.ServiceNotice}
		return o, nil
	case "token":
		id, err := c.Requests.Resolve(ctx, append(e.IDs, "x")[0])
		if err != nil {
			id, err = c.Requests.Resolve(ctx, "12345")
		}
		o.N = e.N
		o.Post = map[string]any{"id": id, "token": e.Post["token"]}
		return o, err
	case "update":
		list, err := c.Updates.List(ctx, nil)
		for _, u := range list {
			o.add(u.ID, map[string]any{"service_request_id": u.RequestID, "status": string(u.Status), "description": u.Description})
		}
		return o, err
	case "discovery":
		d, err := c.Discovery.Get(ctx)
		if err != nil {
			return o, err
		}
		for _, e := range d.Endpoints {
			var formats []any
			for _, f := range e.Formats {
				formats = append(formats, f)
			}
			o.add(e.URL, map[string]any{"specification": e.Specification, "url": e.URL, "type": e.Type, "formats": formats,
				"changeset": d.Changeset, "contact": d.Contact, "key_service": d.KeyService})
		}
		return o, nil
	case "errors":
		_, err := c.Services.List(ctx)
		return o, err
	}
	return o, fmt.Errorf("unknown kind %q", e.Kind)
}

func requestFields(r *open311.ServiceRequest) map[string]any {
	m := map[string]any{"status": string(r.Status), "service_code": r.ServiceCode, "service_name": r.ServiceName,
		"address": r.Address, "media_url": r.MediaURL, "description": r.Description,
		"requested_datetime": stamp(r.RequestedDatetime), "updated_datetime": stamp(r.UpdatedDatetime)}
	if r.Location != nil {
		m["lat"], m["long"] = r.Location.Lat, r.Location.Long
	}
	return m
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}
