package wire_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

const (
	junkJSON = `[{"service_request_id":"1","status":"open","description":"[a]\n{b}"}]`
	junkXML  = `<service_requests><request><service_request_id>1</service_request_id></request></service_requests>`
)

// idsOf reads the ids of a document, and what was warned of.
func idsOf(src io.Reader) (ids string, warned []string, err error) {
	rd := wire.TableOf[open311.ServiceRequest]().Read(src, &wire.Options{Warn: func(w wire.Warning) { warned = append(warned, w.Kind+": "+w.Detail) }})
	defer rd.Close()
	for {
		var r open311.ServiceRequest
		if err = rd.Next(&r); err != nil {
			break
		}
		ids += "," + r.ID
	}
	if err == io.EOF {
		err = nil
	}
	return strings.TrimPrefix(ids, ","), warned, err
}

// What an interpreter or a web server prints in front of a document is skipped, whatever brackets and tags are in it.
func TestNoticeInFront(t *testing.T) {
	t.Parallel()
	notice := "<br />\n<b>Warning</b>:  Undefined array key 3 in <b>/srv/www/lib/city.php</b> on line <b>12</b><br />\n"
	notices := map[string]string{
		"HTML":                  notice,
		"HTML, no line break":   strings.TrimSpace(notice),
		"text":                  "\nNotice: Undefined index: lat in /srv/www/lib/city.php on line 12\n",
		"many":                  strings.Repeat(notice, 300),
		"table":                 "<font size='1'><table class='x' dir='ltr'><tr><th>( ! ) Notice: a [b] in <i>12</i></th></tr>\n<tr><td>[1]</td></tr>\n</table></font>\n",
		"stack":                 "Fatal-looking thing\nStack trace:\n#0 [internal function]: f()\n#1 {main}\n  thrown in x.php\n",
		"stack at line starts":  "Warning\n[internal function]\n{main}\n[0] => x\n",
		"var_dump":              "array(2) {\n  [\"lat\"]=>\n  float(1)\n  [0]=>\n  string(1) \"{\"\n}\n",
		"print_r":               "<pre>Array\n(\n    [0] => a\n)\n</pre>\n",
		"log line":              "[28-Nov-2026 10:21:01 UTC] PHP Notice:  x in y on line 3\n",
		"log line, ISO":         "[2026-11-28 10:21:01] app.DEBUG: request {\"lat\":1} []\n",
		"mark":                  "<b>x</b>\ufeff",
		"a word and two breaks": "debug\r\n\r\n",
	}
	for name, front := range notices {
		for kind, doc := range map[string]string{
			"JSON": junkJSON, "JSON object": junkJSON[1 : len(junkJSON)-1], "wrapped": `{"requests":` + junkJSON + `}`, "spread": "[\n  {\n" + junkJSON[2:],
			"XML": junkXML, "declared": "<?xml version=\"1.0\"?>\n" + junkXML, "prefix": strings.NewReplacer("</", "</o:", "<", "<o:").Replace(junkXML),
		} {
			for slow, src := range map[string]io.Reader{"": strings.NewReader(front + doc), ", in small pieces": iotest.OneByteReader(strings.NewReader(front + doc))} {
				ids, warned, err := idsOf(src)
				if err != nil || ids != "1" {
					t.Errorf("%s before %s%s: %q, %v", name, kind, slow, ids, err)
				}
				if len(warned) == 0 || warned[0] != "syntax: something in front of the document" {
					t.Errorf("%s before %s%s: warned of %q", name, kind, slow, warned)
				}
			}
		}
	}
}

// A page is a page, even if there is data of its own in it.
func TestNoNoticeButAPage(t *testing.T) {
	t.Parallel()
	for _, page := range []string{
		"<html><head><script type=\"application/ld+json\">\n{\"@context\":\"https://schema.org\",\"id\":\"1\"}\n</script></head></html>",
		"<h1>Bad Gateway</h1>\n<p>{main}</p>",
		"<br />\n<b>Fatal error</b>:  x in <b>y</b> on line <b>1</b><br />\n",
		"<html><body><p>x</p>\n" + junkJSON + "</body></html>",
		"<br />\n<b>Notice</b><br />\n<!DOCTYPE html><html><body>no</body></html>",
		"<h1>x</h1>" + strings.Repeat("<p>much</p>\n", 10_000) + junkJSON,
	} {
		if ids, _, err := idsOf(strings.NewReader(page)); !errors.Is(err, wire.ErrHTML) {
			t.Errorf("%.60q: %q, %v", page, ids, err)
		}
	}
	if ids, _, err := idsOf(strings.NewReader("nothing of ours, [not] {even} <this>")); !errors.Is(err, wire.ErrFormat) {
		t.Errorf("text: %q, %v", ids, err)
	}
}

// The refusal behind a notice is told as one.
func TestNoticeInFrontOfErrors(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		`[{"code":400,"description":"no such service"}]`, `{"errors":[{"code":400,"description":"no such service"}]}`,
		`<errors><error><code>400</code><description>no such service</description></error></errors>`,
	} {
		_, _, err := idsOf(strings.NewReader("<br />\n<b>Notice</b>: x<br />\n" + doc))
		if fe, ok := errors.AsType[*wire.FaultError](err); !ok || fe.Faults[0].Description != "no such service" {
			t.Errorf("%s: %v", doc, err)
		}
	}
}
