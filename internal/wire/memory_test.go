package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/cputime"
	"github.com/go-open311/open311/internal/wire"
)

// heap measures how much the heap has grown since it was made.
type heap struct {
	sample []metrics.Sample
	before uint64
	peak   uint64
}

func newHeap() *heap {
	h := &heap{sample: []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}}
	runtime.GC()
	runtime.GC() // what sync.Pools hold goes in the second
	h.before = h.now()
	h.peak = h.before
	return h
}

// now includes garbage that has not been collected yet.
func (h *heap) now() uint64 {
	metrics.Read(h.sample)
	return h.sample[0].Value.Uint64()
}

func (h *heap) look() { h.peak = max(h.peak, h.now()) }

func (h *heap) check(t *testing.T, what string, limit uint64) {
	t.Helper()
	h.look()
	limit += h.before // the collector lets the heap double before it looks
	if grown := h.peak - h.before; grown > limit {
		t.Errorf("%s: the heap grew by %.1f MiB, want at most %d", what, float64(grown)/(1<<20), limit>>20)
	} else {
		t.Logf("%s: the heap grew by %.1f MiB", what, float64(grown)/(1<<20))
	}
}

// TestMemoryDoesNotGrow reads one document of 200,000 requests, 170 MB and more, one request at a time.
func TestMemoryDoesNotGrow(t *testing.T) {
	n := 200_000
	if testing.Short() || raceDetector {
		n = 20_000
	}
	for _, format := range []wire.Format{wire.JSON, wire.XML} {
		p := payload{format, true, n}
		h := newHeap()
		count := 0
		err := stream(p.reader(), &wire.Options{MaxBytes: 1 << 40}, func(r *open311.ServiceRequest) {
			if count%500 == 0 {
				h.look()
				want := p.want(count)
				if diff := differ(r, &want); diff != "" {
					t.Fatalf("%v: request %d: %s", p, count, diff)
				}
			}
			count++
		})
		if err != nil || count != n {
			t.Fatalf("%v: %d requests, %v", p, count, err)
		}
		h.check(t, p.String(), 16<<20)
	}
}

// parts is a document made of texts and of runs of one text.
type parts []part

type part struct {
	text  string
	times int
}

func (p parts) reader() io.Reader {
	var all []io.Reader
	for _, q := range p {
		all = append(all, &repeat{text: q.text, left: q.times})
	}
	return io.MultiReader(all...)
}

func (p parts) size() (n int64) {
	for _, q := range p {
		n += int64(len(q.text)) * int64(q.times)
	}
	return n
}

// repeat gives a text a number of times.
type repeat struct {
	text string
	at   int
	left int
}

func (r *repeat) Read(b []byte) (n int, err error) {
	for n < len(b) && r.left > 0 {
		k := copy(b[n:], r.text[r.at:])
		n += k
		if r.at += k; r.at == len(r.text) {
			r.at = 0
			r.left--
		}
	}
	if n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// readAll reads a document and returns what each request's description and Extra are long.
func readAll(src io.Reader, o *wire.Options) (count, size int, err error) {
	err = stream(src, o, func(r *open311.ServiceRequest) {
		count++
		size += len(r.Description)
		for _, raw := range r.Extra {
			size += len(raw)
		}
	})
	return count, size, err
}

const mib = 1 << 20

// TestRecordSize reads records around the limit of 16 MiB, as one text and as many fields.
func TestRecordSize(t *testing.T) {
	block := strings.Repeat("0123456789abcde ", 64) // 1 KiB
	for _, tt := range []struct {
		name        string
		head, block string // before the record, and what it consists of
		tail        string
	}{
		{"JSON text", `[{"service_request_id":"1"},{"service_request_id":"2","description":"`, block, `"},{"service_request_id":"3"}]`},
		{"JSON escapes", `[{"service_request_id":"1"},{"service_request_id":"2","description":"\n`, block, `"},{"service_request_id":"3"}]`},
		{"JSON fields", `[{"service_request_id":"1"},{"service_request_id":"2"`, `,"extra_` + block[:480] + `":"` + block[:532] + `"`, `},{"service_request_id":"3"}]`},
		{"JSON nested", `[{"service_request_id":"1"},{"service_request_id":"2","extra":[0`, `,{"votes":"` + block[:1011] + `"}`, `]},{"service_request_id":"3"}]`},
		{"XML text", `<service_requests><request><service_request_id>1</service_request_id></request><request><service_request_id>2</service_request_id><description>`,
			block, `</description></request><request><service_request_id>3</service_request_id></request></service_requests>`},
		{"XML entities", `<service_requests><request><service_request_id>1</service_request_id></request><request><service_request_id>2</service_request_id><description>&lt;`,
			block, `</description></request><request><service_request_id>3</service_request_id></request></service_requests>`},
		{"XML CDATA", `<service_requests><request><service_request_id>1</service_request_id></request><request><service_request_id>2</service_request_id><description><![CDATA[`,
			block, `]]></description></request><request><service_request_id>3</service_request_id></request></service_requests>`},
		{"XML elements", `<service_requests><request><service_request_id>1</service_request_id></request><request><service_request_id>2</service_request_id><extra>`,
			`<votes>` + block[:1009] + `</votes>`, `</extra></request><request><service_request_id>3</service_request_id></request></service_requests>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if testing.Short() || raceDetector {
				t.Skip("takes long with the race detector, which has nothing to find here")
			}
			if len(tt.block) != 1024 {
				t.Fatalf("block of %d bytes", len(tt.block))
			}
			doc := func(n int) io.Reader { return parts{{tt.head, 1}, {tt.block, n << 10}, {tt.tail, 1}}.reader() }
			count, size, err := readAll(doc(15), nil)
			if err != nil || count != 3 || size < 14*mib && tt.name != "JSON fields" { // they have one name
				t.Errorf("15 MiB: %d records with %d bytes, %v", count, size, err)
			}
			count, _, err = readAll(doc(17), nil)
			if !errors.Is(err, wire.ErrRecord) {
				t.Errorf("17 MiB: %d records, %v; want ErrRecord", count, err)
			}
		})
	}
	runtime.GC()
}

// TestRecordSizeIsOne: what may be in a record does not depend on the documents that a reader has read before, whose
// windows it keeps.
func TestRecordSizeIsOne(t *testing.T) {
	block := strings.Repeat("x", 1024)
	for range 3 {
		_, _, _ = readAll(parts{{`[{"description":"`, 1}, {block, 1 << 10}}.reader(), &wire.Options{MaxBytes: 650_000})
		count, _, err := readAll(parts{{`[{"description":"`, 1}, {block, 17 << 10}, {`"}]`, 1}}.reader(), nil)
		if !errors.Is(err, wire.ErrRecord) {
			t.Errorf("17 MiB: %d records, %v; want ErrRecord", count, err)
		}
	}
}

// TestRecordValues reads records of more than a million values: within 16 MiB, and each value takes more
// memory than the text it was written with.
func TestRecordValues(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("takes long with the race detector, which has nothing to find here")
	}
	for _, tt := range []struct {
		name             string
		head, item, tail string
	}{
		{"JSON list", `[{"service_request_id":"1","a":[0`, `,0`, `]}]`},
		{"JSON lists", `[{"service_request_id":"1","a":[[]`, `,[]`, `]}]`},
		{"JSON fields", `[{"service_request_id":"1"`, `,"a":0`, `}]`},
		{"JSON known fields", `[{"service_request_id":"1"`, `,"lat":0`, `}]`},
		{"XML elements", `<service_requests><request><service_request_id>1</service_request_id><a>`, `<b/>`, `</a></request></service_requests>`},
		{"XML fields", `<service_requests><request><service_request_id>1</service_request_id>`, `<a></a>`, `</request></service_requests>`},
		{"XML known fields", `<service_requests><request><service_request_id>1</service_request_id>`, `<lat/>`, `</request></service_requests>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			count, _, err := readAll(parts{{tt.head, 1}, {tt.item, 1<<20 - 8}, {tt.tail, 1}}.reader(), nil)
			if err != nil || count != 1 {
				t.Errorf("a million values: %d records, %v", count, err)
			}
			h := newHeap()
			_, _, err = readAll(parts{{tt.head, 1}, {tt.item, 3 << 19}, {tt.tail, 1}}.reader(), nil)
			if !errors.Is(err, wire.ErrValues) {
				t.Errorf("one and a half million values: %v; want ErrValues", err)
			}
			h.check(t, "", 192<<20)
		})
	}
	runtime.GC()
}

// TestDepth reads documents that nest 100,000 deep, closed and not, in the list and in a record.
func TestDepth(t *testing.T) {
	const deep = 100_000
	for _, tt := range []struct {
		name string
		doc  parts
	}{
		{"JSON, 65 levels", parts{{"[", 65}, {"]", 65}}},
		{"XML, 70 levels", parts{{"<a>", 70}, {"</a>", 70}}},
		{"JSON lists", parts{{"[", deep}, {"]", deep}}},
		{"JSON lists not closed", parts{{"[", deep}}},
		{"JSON objects", parts{{`{"a":`, deep}, {"1", 1}, {"}", deep}}},
		{"JSON objects not closed", parts{{`{"service_requests":`, deep}}},
		{"JSON both", parts{{`[{"a":`, deep}, {"1", 1}, {"}]", deep}}},
		{"JSON list in a record", parts{{`[{"service_request_id":"1","a":`, 1}, {"[", deep}, {"]", deep}, {"}]", 1}}},
		{"JSON object in a record", parts{{`[{"service_request_id":"1","a":`, 1}, {`{"b":`, deep}, {"0", 1}, {"}", deep}, {"}]", 1}}},
		{"JSON object in a record not closed", parts{{`[{"service_request_id":"1","a":`, 1}, {`{"b":`, deep}}},
		{"JSON beside the list", parts{{`{"meta":`, 1}, {"[", deep}, {"]", deep}, {`,"service_requests":[{"service_request_id":"1"}]}`, 1}}},
		{"XML", parts{{"<a>", deep}, {"</a>", deep}}},
		{"XML not closed", parts{{"<a>", deep}}},
		{"XML requests", parts{{"<request>", deep}, {"</request>", deep}}},
		{"XML in a record", parts{{"<service_requests><request><status>open</status>", 1}, {"<a>", deep}, {"</a>", deep}, {"</request></service_requests>", 1}}},
		{"XML in a record not closed", parts{{"<service_requests><request><status>open</status>", 1}, {"<a>", deep}}},
		{"XML in a field", parts{{"<service_requests><request><status>", 1}, {"<a>", deep}, {"</a>", deep}, {"</status></request></service_requests>", 1}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHeap()
			start := time.Now()
			count, _, err := readAll(tt.doc.reader(), nil)
			if took := time.Since(start); took > 20*time.Second { // linear takes a hundredth of it
				t.Errorf("took %v", took)
			}
			if !errors.Is(err, wire.ErrDepth) {
				t.Errorf("%d records, %v; want ErrDepth", count, err)
			}
			h.check(t, "", 16<<20)
		})
	}
}

// TestDocumentSize reads documents of exactly MaxBytes and of one byte more: as one long list, and as
// little data in much white space.
func TestDocumentSize(t *testing.T) {
	const limit = 64 * mib
	if testing.Short() || raceDetector {
		t.Skip("takes long with the race detector, which has nothing to find here")
	}
	for _, tt := range []struct {
		name       string
		head, item string
		tail       string
	}{
		{"JSON records", `[{"service_request_id":"1"}`, `,{"service_request_id":"2","description":"` + strings.Repeat("x", 1024) + `"}`, `]`},
		{"JSON blanks", `[{"service_request_id":"1"}`, strings.Repeat(" ", 1024), `]`},
		{"JSON blanks behind", `[{"service_request_id":"1"}]`, strings.Repeat(" ", 1024), ``},
		{"XML records", `<service_requests>`, `<request><service_request_id>2</service_request_id><description>` + strings.Repeat("x", 1024) + `</description></request>`, `</service_requests>`},
		{"XML blanks", `<service_requests><request><status>open</status></request>`, strings.Repeat("\n", 1024), `</service_requests>`},
		{"XML comments", `<service_requests><request><status>open</status></request>`, "<!-- " + strings.Repeat("-x", 1024) + " -->", `</service_requests>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			times := (limit - len(tt.head) - len(tt.tail)) / len(tt.item)
			doc := parts{{tt.head, 1}, {tt.item, times}, {tt.tail, 1}}
			doc = append(doc, part{" ", int(limit - doc.size())})
			h := newHeap()
			count, _, err := readAll(doc.reader(), nil)
			if err != nil || count == 0 {
				t.Errorf("%d bytes: %d records, %v", doc.size(), count, err)
			}
			doc[len(doc)-1].times++
			count, _, err = readAll(doc.reader(), nil)
			var se *wire.SizeError
			if !errors.As(err, &se) || se.Max != limit {
				t.Errorf("%d bytes: %d records, %v; want SizeError", doc.size(), count, err)
			}
			h.check(t, "", 16<<20)
		})
	}
}

// TestEndless reads sources that have no end, in places where a reader may be tempted to wait for one.
// Each must stop at MaxBytes or before, in linear time and little memory.
func TestEndless(t *testing.T) {
	limit := int64(2 * mib)
	if testing.Short() || raceDetector {
		limit = 128 << 10
	}
	for _, tt := range []struct{ head, endless string }{
		{"", " "}, {"", "x"}, {"", "\x00"}, {"", "\n\t"}, {"", "\xFF\xFE"},
		{"[", " "}, {"[", ","}, {"[", "{},"}, {"[", "[],"}, {"[", "null,"}, {"[", "1,"}, {"[", `"x",`}, {"[", "]["}, {"", "[]"}, {"", "{}"},
		{`["`, "x"}, {`["`, `\`}, {`["`, `\u00e4`}, {"['", "x"}, {"[", "1"}, {"[", "x"}, {"{", " "}, {"{", `"a":1,`}, {`{"`, "x"},
		{`{"a":`, " "}, {`[{"status":"open"`, ","}, {`[{"status":"open"`, `,"status":"open"`}, {`[{"status":"open","x":[`, "0,"},
		{`[{"status":"open","x":{`, `"y":1,`}, {`[{"a":b:`, `{"a":b:`}, {`[{"a":b:`, `"`}, {`[{:}`, `,{:}`}, {"null", " "}, {"[]", " "}, {"[]", "[]"},
		{"<a>", " "}, {"<a>", "x"}, {"<a>", "<"}, {"<", "a"}, {"<a ", "b "}, {"<a ", `b="c" `}, {`<a b="`, "c"}, {"<a><b>", "&"}, {"<a><b>", "&#"},
		{"<a><b>", "&lt;"}, {"<a><b>", "]]>"}, {"<a><b>", "</c>"}, {"<a>", "<b/>"}, {"<a>", "<b>"}, {"<a>", "</a><a>"}, {"<a/>", "<a/>"},
		{"<a><b>", "<![CDATA[x]]>"}, {"<a><b><![CDATA[", "x"}, {"<a><b><![CDATA[", "]]"}, {"<a><!--", "-"}, {"<!--", "x"}, {"<?xml ", "x"}, {"<?xml ", "?"},
		{"<!DOCTYPE a [", "<!ENTITY a 'b'>"}, {"<!DOCTYPE ", "["}, {"<!", "<!"}, {"<?", "<?"}, {"", "<"}, {"", "</a>"}, {"", "<?a?>"}, {"", "<!---->"},
		{"<service_requests>", "<request/>"}, {"<service_requests>", "<request><status/></request>"}, {"<service_requests>", "</x>"},
		{"<service_requests><request><status>", "</x>"}, {"<service_requests><request>", "<x>"}, {"<service_requests><request><x>", "<x/>"},
		{"<service_requests><request>", "<status>open</status>"}, {"<service_requests><request>", "<x>&nbsp;</x>"}, {"<service_requests><request>", "<x><y>1</y></x>"},
	} {
		name := fmt.Sprintf("%.40q %q", tt.head, tt.endless)
		t.Run(name, func(t *testing.T) {
			for _, warn := range []func(wire.Warning){nil, func(wire.Warning) {}} {
				h := newHeap()
				src := &endless{head: tt.head, text: tt.endless}
				start := cputime.Used()
				rd := requests.Read(src, &wire.Options{MaxBytes: limit, Warn: warn})
				var r open311.ServiceRequest
				var err error
				count := 0
				for err == nil {
					r = open311.ServiceRequest{}
					if err = rd.Next(&r); count%4096 == 0 {
						h.look()
					}
					count++
				}
				rd.Close()
				took := cputime.Used() - start
				h.look()
				if took > 3*time.Second { // most take less than 0.05
					t.Errorf("took %v: %v", took, err)
				}
				// The worst is a record of nodes of two bytes each.
				if grown := h.peak - h.before; grown > 80*mib {
					t.Errorf("the heap grew by %d MiB: %v", grown/mib, err)
				}
			}
		})
	}
	runtime.GC()
}

// endless gives a text again and again.
type endless struct {
	head, text string
	given      int
}

func (e *endless) Read(b []byte) (n int, err error) {
	for n < len(b) {
		at := e.given + n
		if at < len(e.head) {
			n += copy(b[n:], e.head[at:])
			continue
		}
		n += copy(b[n:], e.text[(at-len(e.head))%len(e.text):])
	}
	e.given += n
	return n, nil
}

// TestBillionLaughs reads the document that makes a parser which expands entities out of memory.
func TestBillionLaughs(t *testing.T) {
	var doc bytes.Buffer
	doc.WriteString(`<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol0 "lol">`)
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&doc, "<!ENTITY lol%d \"%s\">", i, strings.Repeat(fmt.Sprintf("&lol%d;", i-1), 10))
	}
	doc.WriteString(`<!ENTITY secret SYSTEM "file:///etc/passwd">]><service_requests><request><service_request_id>1</service_request_id>` +
		`<description>&lol9; &secret;</description><extra>&lol9;</extra></request></service_requests>`)
	h := newHeap()
	var list []string
	err := stream(&doc, nil, func(r *open311.ServiceRequest) {
		list = append(list, r.ID, r.Description, string(r.Extra["extra"]))
	})
	if got, want := fmt.Sprintf("%q %v", list, err), `["1" "&lol9; &secret;" "\"&lol9;\""] <nil>`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	h.check(t, "", 1<<20)
}
