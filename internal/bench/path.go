package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	kgzip "github.com/klauspost/compress/gzip"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

// pages is a server of a list, from memory: plain, or compressed where that is asked for.
type pages struct {
	label       string
	plain, gzip [][]byte
}

func newPages(f wire.Format, n int) *pages {
	p := &pages{label: "application/json"}
	if f == wire.XML {
		p.label = "text/xml"
	}
	doc := document(f, pageSize)
	for page := 1; page <= n; page++ {
		p.add(numbered(doc, page))
	}
	p.add(table.Document(f, nil))
	return p
}

func (p *pages) add(doc []byte) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(doc) // into memory
	_ = w.Close()
	p.plain, p.gzip = append(p.plain, doc), append(p.gzip, b.Bytes())
}

// of returns the page that a request asks for.
func (p *pages) of(r *http.Request) (body []byte, compressed bool) {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		n = 1
	}
	n = min(n, len(p.plain))
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		return p.gzip[n-1], true
	}
	return p.plain[n-1], false
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, compressed := p.of(r)
	w.Header().Set("Content-Type", p.label)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if compressed {
		w.Header().Set("Content-Encoding", "gzip")
	}
	_, _ = w.Write(body) // whoever does not want it has gone
}

// serving is in the environment of a process that is a server, see [start].
const serving = "OPEN311_BENCH_SERVES"

// serve is a server until its standard input is closed, in a process of its own: what it takes of memory and of the
// processor is not measured.
func serve(what string) error {
	var name string
	var n int
	if _, err := fmt.Sscan(what, &name, &n); err != nil {
		return err
	}
	f := wire.JSON
	if name == wire.XML.String() {
		f = wire.XML
	}
	srv := httptest.NewServer(newPages(f, n))
	defer srv.Close()
	fmt.Println(srv.URL)
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// start starts a server of n pages, and returns its address.
func start(f wire.Format, n int) (address string, stop func(), err error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%v %d", serving, f, n))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { _ = stdin.Close(); _ = cmd.Wait() }
	if address, err = bufio.NewReader(stdout).ReadString('\n'); err != nil {
		stop()
	}
	return strings.TrimSpace(address), stop, err
}

// unpacking is a transport that asks for gzip, and undoes it by klauspost's package.
type unpacking struct {
	http.RoundTripper
	readers sync.Pool
}

func (t *unpacking) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := t.RoundTripper.RoundTrip(req)
	if err != nil || resp.Header.Get("Content-Encoding") != "gzip" {
		return resp, err
	}
	zr, _ := t.readers.Get().(*kgzip.Reader)
	if zr == nil {
		zr = new(kgzip.Reader)
	}
	if err := zr.Reset(resp.Body); err != nil {
		resp.Body.Close()
		return nil, err
	}
	resp.Header.Del("Content-Encoding")
	resp.Body, resp.ContentLength, resp.Uncompressed = &unpacked{zr, resp.Body, &t.readers}, -1, true
	return resp, nil
}

type unpacked struct {
	*kgzip.Reader
	body io.Closer
	pool *sync.Pool
}

func (u *unpacked) Close() error {
	if u.Reader != nil {
		u.pool.Put(u.Reader)
		u.Reader = nil
	}
	return u.body.Close()
}

func (u *unpacked) Read(p []byte) (int, error) {
	if u.Reader == nil {
		return 0, http.ErrBodyReadAfterClose
	}
	return u.Reader.Read(p)
}

// client returns a client of a server of numbered pages.
func client(address string, f wire.Format, rt http.RoundTripper, concurrency int) (*open311.Client, error) {
	format := open311.FormatJSON
	if f == wire.XML {
		format = open311.FormatXML
	}
	d := open311.Dialect{Paging: open311.Paging{Style: open311.PagingNumbers, First: 1}, Windows: open311.Windows{Off: true}}
	return open311.New(address, open311.WithFormat(format), open311.WithDialect(d), open311.WithConcurrency(concurrency),
		open311.WithHTTPClient(&http.Client{Transport: rt}), open311.WithMaxResponse(1<<30))
}

// listing is a way by All, or by AllInto.
func listing(name string, c *open311.Client, into bool) way {
	return way{name, func() (sum int, err error) {
		seq := c.Requests.All(context.Background(), nil)
		if into {
			seq = c.Requests.AllInto(context.Background(), nil, nil)
		}
		for r, err := range seq {
			if err != nil {
				return sum, err
			}
			sum += markOf(r)
		}
		return sum, nil
	}}
}

// naive is what one writes without this module: page by page into a struct.
func naive(hc *http.Client, url string, f wire.Format, n int) (sum int, err error) {
	for page := 1; page <= n; page++ {
		resp, err := hc.Get(url + "?page=" + strconv.Itoa(page))
		if err != nil {
			return sum, err
		}
		var list []plain
		if f == wire.JSON {
			err = json.NewDecoder(resp.Body).Decode(&list)
		} else {
			var doc struct {
				Requests []plain `xml:"request"`
			}
			err = xml.NewDecoder(resp.Body).Decode(&doc)
			list = doc.Requests
		}
		resp.Body.Close()
		if err != nil {
			return sum, err
		}
		sum += markAll(list)
	}
	return sum, nil
}

// discard reads pages, and nothing of what is in them.
func discard(hc *http.Client, url string, n int) (int, error) {
	for page := 1; page <= n; page++ {
		resp, err := hc.Get(url + "?page=" + strconv.Itoa(page))
		if err != nil {
			return 0, err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil {
			return 0, err
		}
	}
	return -1, nil
}

// wholePath compares listings of n pages over loopback.
func wholePath(f wire.Format, compressed bool, n int) *contest {
	return &contest{title: fmt.Sprintf("Whole listing, %v, %s, over loopback, %d pages", f, kindOf(compressed), n), unit: "record", count: n * pageSize, inverse: true,
		prepare: func(c *contest) (func(), error) {
			address, stop, err := start(f, n)
			if err != nil {
				return nil, err
			}
			if err := c.overLoopback(address, f, compressed, n); err != nil {
				stop()
				return nil, err
			}
			return stop, nil
		}}
}

func kindOf(compressed bool) string {
	if compressed {
		return "gzip"
	}
	return "plain"
}

// overLoopback makes the ways to list the pages of a server.
func (c *contest) overLoopback(address string, f wire.Format, compressed bool, n int) error {
	url := address + "/requests." + strings.ToLower(f.String())
	std := &http.Transport{DisableCompression: !compressed}
	cl, err := client(address, f, std, 1)
	if err != nil {
		return err
	}
	hc := &http.Client{Transport: std}
	c.ways = []way{
		{"a naive loop", func() (int, error) { return naive(hc, url, f, n) }},
		listing("All", cl, false), listing("AllInto", cl, true),
		{"pages read, and nothing of them", func() (int, error) { return discard(hc, url, n) }}}
	if !compressed {
		return nil
	}
	fast := &unpacking{RoundTripper: &http.Transport{DisableCompression: true}}
	if cl, err = client(address, f, fast, 1); err != nil {
		return err
	}
	c.ways = append(c.ways, listing("All, klauspost's gzip", cl, false), listing("AllInto, klauspost's gzip", cl, true),
		way{"pages read, klauspost's gzip", func() (int, error) { return discard(&http.Client{Transport: fast}, url, n) }})
	return nil
}
