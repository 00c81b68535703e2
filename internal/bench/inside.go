package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"time"

	"github.com/go-open311/open311/internal/cputime"
	"github.com/go-open311/open311/internal/wire"
)

// inside is a transport without a network: pages come from memory, compressed or not. Like that of net/http it undoes
// what it has asked for, while the body is read.
type inside struct {
	pages      *pages
	compressed bool
}

func (t *inside) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.compressed {
		req.Header.Set("Accept-Encoding", "gzip")
	}
	doc, compressed := t.pages.of(req)
	resp := &http.Response{StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req, ContentLength: int64(len(doc)),
		Header: http.Header{"Content-Type": {t.pages.label}}, Body: io.NopCloser(bytes.NewReader(doc))}
	if compressed {
		zr, err := gzip.NewReader(bytes.NewReader(doc))
		if err != nil {
			return nil, err
		}
		resp.Body, resp.ContentLength, resp.Uncompressed = io.NopCloser(zr), -1, true
	}
	return resp, nil
}

// secondCore compares one answer at a time with two, where the server takes none of the processor.
func secondCore(f wire.Format, compressed bool, n int) *contest {
	return &contest{title: fmt.Sprintf("Second core, %v, %s, no network, %d pages, %d cores", f, kindOf(compressed), n, runtime.GOMAXPROCS(0)),
		unit: "record", count: n * pageSize, inverse: true, wall: true,
		prepare: func(c *contest) (func(), error) {
			t := &inside{newPages(f, n), compressed}
			for _, concurrency := range []int{1, 2} {
				cl, err := client("http://city.example", f, t, concurrency)
				if err != nil {
					return nil, err
				}
				c.ways = append(c.ways, listing(fmt.Sprintf("WithConcurrency(%d)", concurrency), cl, false))
			}
			return func() {}, nil
		}}
}

// endless is a transport whose list has so many pages, which are one page with other ids.
type endless struct {
	doc, none []byte
	n         int
}

func (t *endless) RoundTrip(req *http.Request) (*http.Response, error) {
	var page int
	if _, err := fmt.Sscan(req.URL.Query().Get("page"), &page); err != nil {
		page = 1
	}
	body := t.none
	if page <= t.n {
		body = numbered(t.doc, page)
	}
	return &http.Response{StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req, ContentLength: int64(len(body)),
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body))}, nil
}

// growth lists more and more records, and tells what each takes of time and of memory that is still held at the end.
func (t *tables) growth() error {
	if !t.begins("Growth: JSON, no network, pages of 1,000", "| records | ns/record, CPU | live heap, bytes a record |") {
		return nil
	}
	var sizes []int
	for n := 10_000; n < t.most; n *= 10 {
		sizes = append(sizes, n)
	}
	for _, n := range append(sizes, t.most) {
		city := &endless{document(wire.JSON, pageSize), table.Document(wire.JSON, nil), n / pageSize}
		c, err := client("http://city.example", wire.JSON, city, 1)
		if err != nil {
			return err
		}
		before, seen, start := live(), 0, cputime.Used()
		var held int64
		var took time.Duration
		for r, err := range c.Requests.AllInto(context.Background(), nil, nil) {
			if err != nil {
				return err
			}
			if seen++; seen == n {
				took = cputime.Used() - start
				held = live() - before
			}
			runtime.KeepAlive(r)
		}
		if seen != n {
			return fmt.Errorf("%d records of %d", seen, n)
		}
		fmt.Fprintf(t.w, "| %d | %.0f | %.1f |\n", n, float64(took)/float64(n), float64(held)/float64(n))
	}
	return nil
}

func live() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
