package open311_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

// sentParams returns the parameters of a request: those of the URL and those of a form.
func sentParams(t *testing.T, c stubCall) (query, form url.Values) {
	t.Helper()
	u, err := url.ParseRequestURI(c.URI)
	if err != nil {
		t.Fatal(err)
	}
	if form, err = url.ParseQuery(c.Body); err != nil {
		t.Fatal(err)
	}
	return u.Query(), form
}

func TestJurisdiction(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, oneRequestJSON) })
	for _, op := range stubOps {
		for _, id := range []string{"", "city.example"} {
			t.Run(op.name+"/"+strconv.Quote(id), func(t *testing.T) {
				c := city.client(t, open311.WithJurisdiction(id))
				_ = op.do(t.Context(), c) // what is sent counts, not what comes back
				query, form := sentParams(t, city.last(t))
				want := map[bool]url.Values{}
				if id != "" {
					want[op.write] = url.Values{"jurisdiction_id": {id}}
				}
				got := map[bool]url.Values{}
				for write, params := range map[bool]url.Values{false: query, true: form} {
					if v, ok := params["jurisdiction_id"]; ok {
						got[write] = url.Values{"jurisdiction_id": v}
					}
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("jurisdiction_id in the URL (false) and the body (true) (-want +got):\n%s", d)
				}
			})
		}
	}
}

func TestKeyGoesWhereItShould(t *testing.T) {
	const key = "s3cret:k/y"
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(key))
	tests := []struct {
		name        string
		opts        []open311.Option
		read, write string // where the key is: "query x", "body x", "header X: value"
	}{
		{"parameter", nil, "", "body api_key=" + key},
		{"parameter on reads", []open311.Option{open311.WithKeyOnReads()}, "query api_key=" + key, "body api_key=" + key},
		{"parameter of the dialect", []open311.Option{open311.WithDialect(open311.Dialect{KeyParam: "api_token", KeyOnReads: true})},
			"query api_token=" + key, "body api_token=" + key},
		{"header", []open311.Option{open311.WithDialect(open311.Dialect{KeyHeader: "X-Api-Key"})}, "", "header X-Api-Key: " + key},
		{"header on reads", []open311.Option{open311.WithDialect(open311.Dialect{KeyHeader: "X-Api-Key", KeyOnReads: true})},
			"header X-Api-Key: " + key, "header X-Api-Key: " + key},
		{"header as servers spell it", []open311.Option{open311.WithDialect(open311.Dialect{KeyHeader: "x-api-key", KeyOnReads: true})},
			"header X-Api-Key: " + key, "header X-Api-Key: " + key},
		{"bearer", []open311.Option{open311.WithDialect(open311.Dialect{KeyScheme: "Bearer"}), open311.WithKeyOnReads()},
			"header Authorization: Bearer " + key, "header Authorization: Bearer " + key},
		{"basic", []open311.Option{open311.WithDialect(open311.Dialect{KeyScheme: "Basic"}), open311.WithKeyOnReads()},
			"header Authorization: " + basic, "header Authorization: " + basic},
	}
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, oneRequestJSON) })
	for _, tt := range tests {
		for _, op := range stubOps {
			t.Run(tt.name+"/"+op.name, func(t *testing.T) {
				c := city.client(t, append([]open311.Option{open311.WithAPIKey(key)}, tt.opts...)...)
				_ = op.do(t.Context(), c)
				want := map[bool]string{false: tt.read, true: tt.write}[op.write]
				if got := placeOfKey(t, city.last(t), key, basic); got != want {
					t.Errorf("the key is in %q, want %q", got, want)
				}
			})
		}
	}
}

// placeOfKey says where in a request the key is, or its Basic form.
func placeOfKey(t *testing.T, c stubCall, key, basic string) string {
	var found []string
	query, form := sentParams(t, c)
	for where, params := range map[string]url.Values{"query ": query, "body ": form} {
		for name, values := range params {
			if slices.Contains(values, key) {
				found = append(found, where+name+"="+key)
			}
		}
	}
	for name, values := range c.Header {
		for _, v := range values {
			if strings.Contains(v, key) || strings.Contains(v, basic) {
				found = append(found, "header "+name+": "+v)
			}
		}
	}
	slices.Sort(found)
	return strings.Join(found, "; ")
}

func TestWithoutKeyNoneIsSent(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, oneRequestJSON) })
	for _, d := range []open311.Dialect{{}, {KeyParam: "api_token"}, {KeyHeader: "X-Api-Key"}, {KeyScheme: "Bearer"}, {KeyScheme: "Basic"}} {
		for _, op := range stubOps {
			t.Run(fmt.Sprintf("%s%s%s/%s", d.KeyParam, d.KeyHeader, d.KeyScheme, op.name), func(t *testing.T) {
				_ = op.do(t.Context(), city.client(t, open311.WithDialect(d), open311.WithKeyOnReads()))
				l := city.last(t)
				query, form := sentParams(t, l)
				for _, name := range []string{"api_key", "api_token"} {
					if query.Has(name) || form.Has(name) {
						t.Errorf("the parameter %s is sent", name)
					}
				}
				for _, name := range []string{"Authorization", "X-Api-Key"} {
					if _, ok := l.Header[name]; ok {
						t.Errorf("the header %s is sent", name)
					}
				}
			})
		}
	}
}
