package open311_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

// pageCity serves pages of 1000 requests over loopback, each with ids of its own, from one page that is
// encoded once.
type pageCity struct {
	pages int
	delay time.Duration
	json  bool
	doc   []byte
	docs  sync.Pool // copies of doc
	holes []int     // where the number of the page stands in doc, in five digits
}

func newPageCity(f wire.Format, pages int, delay time.Duration) *pageCity {
	c := &pageCity{pages: pages, delay: delay, json: f == wire.JSON}
	t := wire.TableOf[open311.ServiceRequest]()
	var values []wire.Value
	for i := range benchPage {
		r := benchRequest(i)
		r.ID = fmt.Sprintf("p@@@@@-%04d", i)
		values = append(values, t.Encode(&r))
	}
	c.doc = t.Document(f, values)
	for at := 0; ; {
		i := bytes.Index(c.doc[at:], []byte("@@@@@"))
		if i < 0 {
			return c
		}
		c.holes = append(c.holes, at+i)
		at += i + 5
	}
}

func (c *pageCity) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		n = 1
	}
	time.Sleep(c.delay)
	w.Header().Set("Content-Type", map[bool]string{true: "application/json", false: "text/xml"}[c.json])
	if n > c.pages {
		io.WriteString(w, map[bool]string{true: "[]", false: "<service_requests/>"}[c.json])
		return
	}
	pooled, _ := c.docs.Get().(*[]byte)
	if pooled == nil {
		doc := bytes.Clone(c.doc)
		pooled = &doc
	}
	defer c.docs.Put(pooled)
	doc := *pooled
	number := fmt.Sprintf("%05d", n)
	for _, at := range c.holes {
		copy(doc[at:], number)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(doc)))
	w.Write(doc)
}

// servePages starts this test binary once more, as a server of pages, and returns its address. A server in
// this process would share its garbage collector and its memory with what is measured.
func servePages(b *testing.B, f wire.Format, pages int, delay time.Duration) string {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("OPEN311_PAGE_SERVER=%s %d %d", f, pages, delay.Milliseconds()))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { stdin.Close(); cmd.Wait() })
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(address)
}

// TestMain runs the tests, or the server of [servePages] until its standard input is closed.
func TestMain(m *testing.M) {
	var format string
	var pages, delay int
	if _, err := fmt.Sscan(os.Getenv("OPEN311_PAGE_SERVER"), &format, &pages, &delay); err != nil {
		os.Exit(m.Run())
	}
	f := wire.XML
	if format == wire.JSON.String() {
		f = wire.JSON
	}
	srv := httptest.NewServer(newPageCity(f, pages, time.Duration(delay)*time.Millisecond))
	fmt.Println(srv.URL)
	io.Copy(io.Discard, os.Stdin)
	srv.Close()
}

// naivePages is what one writes without this module: page by page into plain structs.
func naivePages(url string, isJSON bool, pages int) (n int, err error) {
	for page := 1; page <= pages; page++ {
		resp, err := http.Get(fmt.Sprintf("%s?page=%d", url, page))
		if err != nil {
			return n, err
		}
		if isJSON {
			var list []benchPlain
			err = json.NewDecoder(resp.Body).Decode(&list)
			n += len(list)
		} else {
			var list struct {
				Requests []benchPlain `xml:"request"`
			}
			err = xml.NewDecoder(resp.Body).Decode(&list)
			n += len(list.Requests)
		}
		resp.Body.Close()
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func copyPages(url string, pages int) error {
	for page := 1; page <= pages; page++ {
		resp, err := http.Get(fmt.Sprintf("%s?page=%d", url, page))
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkAll lists pages of 1000 requests over loopback with All, and after every ten of them two with
// a naive client and two with io.Copy. It reports the ratios of their rates. The server is another
// process, on the same cores. OPEN311_BENCH_PAGES sets how many pages All reads; a thousand are a million requests.
func BenchmarkAll(b *testing.B) {
	pages := 100
	if n, err := strconv.Atoi(os.Getenv("OPEN311_BENCH_PAGES")); err == nil {
		pages = n
	}
	for _, f := range []wire.Format{wire.JSON, wire.XML} {
		for _, m := range []struct {
			name        string
			delay       time.Duration
			concurrency int
		}{{"loopback", 0, 1}, {"loopback, 3 at a time", 0, 3}, {"latency 50ms, 4 at a time", 50 * time.Millisecond, 4}} {
			b.Run(f.String()+"/"+m.name, func(b *testing.B) {
				const each, few = 10, 2
				all := pages
				if m.delay > 0 {
					all = 100
				}
				address := servePages(b, f, all, m.delay)
				format := map[bool]open311.Format{true: open311.FormatJSON, false: open311.FormatXML}[f == wire.JSON]
				d := open311.Dialect{Paging: open311.Paging{Style: open311.PagingNumbers, First: 1}, Windows: open311.Windows{Off: true}}
				c, err := open311.New(address, open311.WithFormat(format), open311.WithDialect(d), open311.WithConcurrency(m.concurrency))
				if err != nil {
					b.Fatal(err)
				}
				url := address + "/requests." + format.String()
				var ours, naive, copied time.Duration
				var n, naiveN int
				runtime.GC()
				before := residentPeak()
				for b.Loop() {
					// In turns, for the machine may be faster now than later.
					start := time.Now()
					for _, err := range c.Requests.All(b.Context(), nil) {
						if err != nil {
							b.Fatal(err)
						}
						if n++; n%(each*benchPage) != 0 {
							continue
						}
						ours += time.Since(start)
						start = time.Now()
						got, err := naivePages(url, f == wire.JSON, few)
						if err != nil {
							b.Fatal(err)
						}
						naiveN += got
						naive += time.Since(start)
						start = time.Now()
						if err := copyPages(url, few); err != nil {
							b.Fatal(err)
						}
						copied += time.Since(start)
						start = time.Now()
					}
					ours += time.Since(start)
					b.ReportMetric(float64(residentPeak()-before)/1024, "MiB-RSS-growth")
				}
				if n != b.N*all*benchPage || naiveN != n/each*few {
					b.Fatalf("%d and %d requests", n, naiveN)
				}
				rate := func(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(rate(n, ours), "requests/s")
				b.ReportMetric(rate(n, ours)/rate(naiveN, naive), "x-naive")
				b.ReportMetric(100*rate(n, ours)/rate(naiveN, copied), "%-of-io.Copy")
			})
		}
	}
}

// residentPeak returns the most memory that the process has had so far, in KiB; 0 where that is not
// known.
func residentPeak() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	kb, _ := strconv.Atoi(strings.Fields(after + " 0")[0])
	return kb
}
