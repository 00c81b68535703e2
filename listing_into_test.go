package open311_test

import (
	"fmt"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

// pagesOnly is a server that knows nothing of time.
var pagesOnly = open311.Dialect{Paging: open311.Paging{Style: open311.PagingNumbers, First: 1}, Windows: open311.Windows{Off: true}}

// onePage is a server with one page, from memory.
type onePage struct{ *benchCity }

func (c onePage) RoundTrip(req *http.Request) (*http.Response, error) {
	c.served.Store(req.URL.Query().Get("page") > "1")
	return c.benchCity.RoundTrip(req)
}

// fillRequest gives every field of a record a value of its own, Extra as many fields as i says.
func fillRequest(r *open311.ServiceRequest, i int) {
	v := reflect.ValueOf(r).Elem()
	for k := range v.NumField() {
		switch f := v.Field(k); f.Interface().(type) {
		case string, open311.Status:
			f.SetString(fmt.Sprintf("%s %d", v.Type().Field(k).Name, i))
		case time.Time:
			f.Set(reflect.ValueOf(time.Date(2026, 3, 1+k, i/60, i%60, 0, 0, time.UTC)))
		case *open311.Point:
			r.Location = &open311.Point{Lat: float64(i%90) + 0.25, Long: -float64(i%180) - 0.5}
		case open311.Extra:
			r.Extra = open311.Extra{}
			for n := range []int{1, 3, 9, 70}[i%4] {
				r.Extra[fmt.Sprintf("field_%d", n)] = fmt.Appendf(nil, `"%d of %d"`, n, i)
			}
		default:
			panic("no value for " + v.Type().Field(k).Name)
		}
	}
}

// sparseRequests are whole records, each before one that has only one field beside its id, or none.
func sparseRequests() (list []open311.ServiceRequest) {
	fields := reflect.TypeFor[open311.ServiceRequest]().NumField()
	for i := range 2 * fields {
		var whole, one open311.ServiceRequest
		fillRequest(&whole, 2*i)
		fillRequest(&one, 2*i+1+i%2)
		kept := reflect.ValueOf(&one).Elem()
		for k := range fields {
			if name := kept.Type().Field(k).Name; name != "ID" && k != i%fields {
				kept.Field(k).SetZero()
			}
		}
		list = append(list, whole, one)
	}
	return list
}

// kept copies a record so that nothing of it is shared.
func kept(r *open311.ServiceRequest) open311.ServiceRequest {
	c := *r
	if r.Location != nil {
		at := *r.Location
		c.Location = &at
	}
	if r.Extra != nil {
		c.Extra = open311.Extra{}
		for name, raw := range r.Extra {
			c.Extra[name] = append([]byte(nil), raw...)
		}
	}
	return c
}

// AllInto gives what All gives, in one record of which nothing is left when the next one comes, whatever the caller has
// made of it; also in requests whose fitting is in doubt until the end, and in answers that are read ahead.
func TestAllInto(t *testing.T) {
	table := wire.TableOf[open311.ServiceRequest]()
	for _, f := range []wire.Format{wire.JSON, wire.XML} {
		var values []wire.Value
		list := sparseRequests()
		for i := range list {
			values = append(values, table.EncodeSet(&list[i]))
		}
		city := &benchCity{page: table.Document(f, values), none: table.Document(f, nil), label: "application/json"}
		format := open311.FormatJSON
		if f == wire.XML {
			format, city.label = open311.FormatXML, "text/xml"
		}
		for _, ahead := range []int{1, 2} {
			for name, q := range map[string]*open311.Query{"all": nil, "in doubt": {UpdatedAfter: time.Date(2026, 3, 11, 12, 0, 0, 0, time.UTC)}} {
				t.Run(fmt.Sprintf("%v, %s, %d at a time", f, name, ahead), func(t *testing.T) {
					c, err := open311.New("https://city.example/v2", open311.WithFormat(format), open311.WithConcurrency(ahead), open311.WithDialect(pagesOnly),
						open311.WithHTTPClient(&http.Client{Transport: onePage{city}}))
					if err != nil {
						t.Fatal(err)
					}
					var want, got []open311.ServiceRequest
					var wantErr, gotErr error
					for r, err := range c.Requests.All(t.Context(), q) {
						if wantErr = err; err == nil {
							want = append(want, kept(r))
						}
					}
					var into open311.ServiceRequest
					fillRequest(&into, 77)
					for r, err := range c.Requests.AllInto(t.Context(), q, &into) {
						if gotErr = err; err != nil {
							continue
						}
						if r != &into {
							t.Fatal("the record is another one")
						}
						got = append(got, kept(r))
						fillRequest(r, 99)
					}
					if diff := cmp.Diff(want, got); diff != "" || len(want) < 10 {
						t.Errorf("%d records, -All +AllInto:\n%s", len(want), diff)
					}
					if fmt.Sprint(wantErr) != fmt.Sprint(gotErr) {
						t.Errorf("All ends with %v, AllInto with %v", wantErr, gotErr)
					}
				})
			}
		}
	}
}

// Texts of AllInto may be kept without copying them: only the memory that they are in is shared.
func TestAllIntoTexts(t *testing.T) {
	city := newBenchCity(wire.JSON)
	c, err := open311.New("https://city.example/v2", open311.WithFormat(open311.FormatJSON), open311.WithDialect(pagesOnly),
		open311.WithHTTPClient(&http.Client{Transport: onePage{city}}))
	if err != nil {
		t.Fatal(err)
	}
	var ids, descriptions []string
	for r, err := range c.Requests.AllInto(t.Context(), nil, nil) {
		if r != nil {
			ids, descriptions = append(ids, r.ID), append(descriptions, r.Description)
		} else {
			t.Fatal(err)
		}
	}
	for i := range benchPage {
		want := benchRequest(i)
		if ids[i] != want.ID || descriptions[i] != want.Description {
			t.Fatalf("record %d has become %q, %q", i, ids[i], descriptions[i])
		}
	}
}

// A loop over All takes two allocations for each request, one for its texts and one for itself; one over AllInto takes one
// for the texts of many. The page is the whole list here, and read again until that is proven; the texts of a row that is
// read again are an allocation of All as well.
func TestAllAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("allocations are counted without the race detector")
	}
	for _, f := range []wire.Format{wire.JSON, wire.XML} {
		city := newBenchCity(f)
		format := map[wire.Format]open311.Format{wire.JSON: open311.FormatJSON, wire.XML: open311.FormatXML}[f]
		c, err := open311.New("https://city.example/v2", open311.WithFormat(format), open311.WithDialect(pagesOnly), open311.WithHTTPClient(&http.Client{Transport: onePage{city}}))
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name   string
			atMost float64
			list   func() (n int)
		}{
			{"All", 3.8, func() (n int) {
				for range c.Requests.All(t.Context(), nil) {
					n++
				}
				return n
			}},
			{"AllInto", 0.8, func() (n int) {
				var r open311.ServiceRequest
				for range c.Requests.AllInto(t.Context(), nil, &r) {
					n++
				}
				return n
			}},
		} {
			list := func() {
				if n := tt.list(); n < benchPage {
					t.Fatal(n)
				}
			}
			list()
			if got := testing.AllocsPerRun(20, list) / benchPage; got > tt.atMost {
				t.Errorf("%v: %.2f allocations a request in %s, want at most %g", f, got, tt.name, tt.atMost)
			} else {
				t.Logf("%v: %.2f allocations a request in %s", f, got, tt.name)
			}
		}
	}
}
