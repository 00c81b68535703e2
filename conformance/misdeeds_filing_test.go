package conformance

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func (k known) wrongReceipts() []mutation {
	accepted := func(a *answer) bool { return a.op == OpCreate && a.status == 200 }
	receipt := func(f Format, change func(d *node)) open311test.Option {
		return when(func(a *answer) bool {
			return accepted(a) && (f == FormatNone || a.f == f) && k.kindOf(a) == open311.Realtime
		}, func(a *answer) { a.edit(change) })
	}
	return []mutation{
		{id: "create/receipt/document", name: "the receipt is a page", was: "conformant", option: when(func(a *answer) bool { return accepted(a) && a.f == FormatXML }, func(a *answer) {
			a.crash()
			a.status = 200
		})},
		{id: "create/receipt/document", name: "the receipt is JSON whatever the suffix", was: "conformant", option: when(func(a *answer) bool { return accepted(a) && a.f == FormatXML }, func(a *answer) {
			a.body = []byte(`[{"service_request_id":"QH26-00001"}]`)
		})},
		{id: "create/receipt/document", name: "the receipt is the bare id", was: "conformant", option: when(func(a *answer) bool { return accepted(a) && a.f == FormatJSON }, func(a *answer) {
			a.body = []byte(`"QH26-00001"`)
		})},
		{id: "create/receipt/document", name: "the receipt is empty", was: "conformant", option: instead(accepted, 201, map[Format]string{FormatXML: " ", FormatJSON: " "})},
		{id: "create/receipt/own-id", name: "every report gets the same id", was: "not conformant, by create/service-code", option: receipt("", func(d *node) { d.kids[0].set("service_request_id", k.ids[0], kindText) })},
		{id: "create/readable", name: "the id of the receipt is a number of another office", option: receipt("", func(d *node) {
			d.kids[0].set("service_request_id", "77"+d.kids[0].value("service_request_id"), kindText)
		}), follows: []string{"create/listed"}},
		{id: "create/realtime-id", name: "a realtime service gives a token", option: receipt("", func(d *node) {
			id := d.kids[0].value("service_request_id")
			d.kids[0].drop("service_request_id")
			d.kids[0].set("token", id, kindText)
		})},
		{id: "create/json-array", name: "the receipt has a name around it", option: when(func(a *answer) bool { return accepted(a) && a.f == FormatJSON }, func(a *answer) {
			a.body = slices.Concat([]byte(`{"service_requests":`), a.body, []byte("}"))
		})},
		{id: "create/accepted", name: "a report is answered by a redirect", option: when(accepted, func(a *answer) {
			a.status, a.body = 302, nil
			a.header.Set("Location", "/open311/v2/requests."+string(a.f))
		})},
		{id: "encoding/xml-content-type", name: "receipts have no Content-Type", follows: []string{"encoding/charset"}, option: when(func(a *answer) bool { return accepted(a) && a.f == FormatXML }, func(a *answer) {
			a.header["Content-Type"] = nil
		})},
	}
}

func (k known) wrongFiling() []mutation {
	form := func(is func(v url.Values) bool, change func(v url.Values)) open311test.Option {
		return open311test.WithMiddleware(rewrite(is, change))
	}
	any := func(url.Values) bool { return true }
	text := func(change func(v string) string) open311test.Option {
		return form(any, func(v url.Values) { v.Set("description", change(v.Get("description"))) })
	}
	mine := func(change func(r *node)) open311test.Option {
		return when(func(a *answer) bool { return a.op == OpRequest && bytes.Contains(a.body, []byte("Conformance test")) }, func(a *answer) {
			a.edit(func(d *node) { change(d.kids[0]) })
		})
	}
	has := func(name string) func(a *answer) bool { return func(a *answer) bool { return a.form.Get(name) != "" } }
	return []mutation{
		{id: "create/filed/address", name: "an address alone is lost", was: "conformant", option: form(func(v url.Values) bool { return v.Get("lat") == "" }, func(v url.Values) {
			if v.Get("address_string") != "" {
				v.Set("address_string", "")
				v.Set("address_id", "1")
			}
		})},
		{id: "create/filed/plain", name: "ampersands are kept as HTML", was: "not conformant, by create/filed/description-4000", option: text(func(v string) string { return strings.ReplaceAll(v, "&", "&amp;") })},
		{id: "create/filed/plain", name: "line breaks are kept as HTML", was: "not conformant, by create/filed/description-4000", option: text(func(v string) string { return strings.ReplaceAll(v, "\n", "<br />\n") })},
		{id: "create/filed/plain", name: "quotes get a backslash", was: "conformant", option: text(func(v string) string { return strings.NewReplacer(`'`, `\'`, `"`, `\"`).Replace(v) })},
		{id: "create/filed/astral", name: "letters of four bytes become question marks", was: "conformant", option: text(func(v string) string {
			return strings.Map(func(c rune) rune {
				if c > 0xffff {
					return '?'
				}
				return c
			}, v)
		})},
		{id: "create/filed/astral", name: "a text ends before a letter of four bytes", was: "conformant", option: text(func(v string) string {
			if i := strings.IndexFunc(v, func(c rune) bool { return c > 0xffff }); i >= 0 {
				return v[:i]
			}
			return v
		})},
		{id: "create/filed/open", name: "a report is closed when it is filed", was: "conformant", option: mine(func(r *node) { r.set("status", "closed", kindText) })},
		{id: "create/filed/time", name: "the time of filing is local and is called UTC", was: "conformant", option: mine(func(r *node) {
			t, _ := instantOf(r.value("requested_datetime"))
			r.set("requested_datetime", t.UTC().Add(-5*60*60*1e9).Format("2006-01-02T15:04:05")+"Z", kindText)
		})},
		{id: "create/filed/time", name: "the time of filing is missing", was: "conformant", option: mine(func(r *node) { r.drop("requested_datetime") })},
		{id: "create/arguments/optional", name: "a report with a telephone number is refused", was: "conformant", option: turnedDown(OpCreate, has("phone"))},
		{id: "create/arguments/optional", name: "a report with a device is refused", was: "conformant", option: turnedDown(OpCreate, has("device_id"))},
		{id: "create/arguments/no-description", name: "a report has to have a description", was: "conformant", option: turnedDown(OpCreate, func(a *answer) bool { return a.form.Get("description") == "" })},
		{id: "create/empty-arguments", name: "an empty jurisdiction_id is refused by reports", was: "conformant", option: turnedDown(OpCreate, func(a *answer) bool {
			return a.form.Has("jurisdiction_id") && a.form.Get("jurisdiction_id") == ""
		})},
		{id: "create/service-code", name: "every report is filed under one service", option: form(any, func(v url.Values) {
			if v.Get("service_code") == "0102" && len(attributesIn(v)) == 0 {
				v.Set("service_code", "0103")
			}
		})},
		{id: "create/location", name: "coordinates are cut to whole degrees", option: form(func(v url.Values) bool { return v.Get("lat") != "" && v.Get("long") != "" }, func(v url.Values) {
			for _, n := range []string{"lat", "long"} {
				v.Set(n, strings.Split(v.Get(n), ".")[0])
			}
		}), follows: []string{"create/filed/coordinates"}},
		{id: "create/utf-8", name: "letters that are not ASCII are dropped", option: text(func(v string) string {
			return strings.Map(func(c rune) rune {
				if c > 127 {
					return -1
				}
				return c
			}, v)
		})},
		{id: "create/filed/description-4000", name: "reports of more than 1000 characters are refused", option: turnedDown(OpCreate, func(a *answer) bool {
			return len(a.form.Get("description")) > 1000
		})},
	}
}

func (k known) wrongRefusals() []mutation {
	accepts := func(is func(a *answer) bool) open311test.Option {
		return when(func(a *answer) bool { return a.op == OpCreate && a.status >= 400 && is(a) }, func(a *answer) {
			a.status = 200
			a.body = []byte(`<?xml version="1.0" encoding="utf-8"?><service_requests><request><service_request_id>QH26-X</service_request_id></request></service_requests>`)
			if a.f == FormatJSON {
				a.body = []byte(`[{"service_request_id":"QH26-X"}]`)
			}
		})
	}
	status := func(is func(a *answer) bool, n int) open311test.Option {
		return when(func(a *answer) bool { return a.op == OpCreate && a.status >= 400 && is(a) }, func(a *answer) { a.refuse(n) })
	}
	says := func(v string) func(a *answer) bool {
		return func(a *answer) bool { return bytes.Contains(a.body, []byte(v)) }
	}
	xml := func(is func(a *answer) bool) func(a *answer) bool {
		return func(a *answer) bool { return a.f == FormatXML && is(a) }
	}
	return []mutation{
		{id: "create/location/long-without-lat", name: "long is taken without lat", was: "conformant", option: accepts(says("long is there but lat is missing"))},
		{id: "create/location/no-degrees", name: "a latitude of 999 is taken", was: "conformant", option: accepts(says("is not between"))},
		{id: "create/attribute/no-number", name: "a number may be a word", was: "conformant", option: accepts(says("is not a number"))},
		{id: "create/attribute/no-datetime", name: "a time may be a word", was: "conformant", option: accepts(says("is not a date and time"))},
		{id: "create/attribute/no-choice", name: "one of several values is no choice", was: "conformant", option: accepts(func(a *answer) bool {
			return says("is not one of the keys")(a) && slices.ContainsFunc(attributesIn(a.form), func(c string) bool {
				return len(a.form["attribute["+c+"][]"]) > 0 && k.datatype(a.form.Get("service_code"), c) == "multivaluelist"
			})
		})},
		{id: "create/arguments/empty-service-code", name: "an empty service_code is an unknown one", was: "conformant", option: status(func(a *answer) bool { return a.form.Has("service_code") && a.form.Get("service_code") == "" }, 404)},
		{id: "create/missing-service-code-400", name: "a report without a service is taken, in XML", was: "conformant", option: accepts(xml(says("service_code is missing")))},
		{id: "create/lat-without-long-400", name: "lat is taken without long, in XML", was: "conformant", option: accepts(xml(says("lat is there but long is missing")))},
		{id: "create/required-attribute-400", name: "required attributes may be left out, in XML", was: "conformant", option: accepts(xml(says("is required")))},
		{id: "create/missing-key-403", name: "no key is needed, in XML", was: "conformant", option: accepts(xml(says("api_key is missing")))},
		{id: "create/wrong-key-403", name: "any key will do", option: accepts(says("is not a key"))},
		{id: "create/errors/names-argument", name: "an error about the place does not say so", was: "conformant", option: status(says("the location is missing"), 400)},
		{id: "create/unknown-service-404", name: "an unknown service is a fault of the server", option: status(func(a *answer) bool { return a.form.Get("service_code") == nobody }, 500)},
	}
}

func (k known) wrongTokens() []mutation {
	var asked memory
	return []mutation{
		{id: "token/served/again", name: "a token can be asked for once", was: "conformant", option: after(func(a *answer) {
			if a.op == OpToken && a.status == 200 && bytes.Contains(a.body, []byte("QH26")) {
				if asked.has(a.id) {
					a.refuse(404)
					return
				}
				asked.add(a.id)
			}
		})},
		{id: "token/json-array", name: "a token has a name around it", option: around(OpToken, FormatJSON, `{"service_requests":`, `}`)},
		{id: "token/unknown-404", name: "an unknown token is an empty list", option: instead(func(a *answer) bool { return a.op == OpToken && a.id == nobody }, 200, map[Format]string{
			FormatJSON: "[]", FormatXML: `<?xml version="1.0" encoding="utf-8"?><service_requests/>`})},
		{id: "token/jurisdiction/empty", name: "an empty jurisdiction_id is refused by tokens", was: "conformant", option: turnedDown(OpToken, emptyTown)},
		{id: "token/token", name: "the token is not repeated in XML", option: doc(OpToken, FormatXML, func(_ *answer, d *node) { d.kids[0].drop("token") })},
		{id: "create/id-or-token", name: "a batch service gives an id as well", option: when(func(a *answer) bool { return a.op == OpCreate && a.status == 200 && k.kindOf(a) == open311.Batch }, func(a *answer) {
			a.edit(func(d *node) { d.kids[0].set("service_request_id", "QH26-1", kindText) })
		})},
		{id: "services/list/jurisdiction-unknown", many: true, name: "a town that is none has no services", was: "conformant", option: instead(func(a *answer) bool { return a.op == OpServices && a.form.Get("jurisdiction_id") == noCity }, 200, map[Format]string{
			FormatJSON: "[]", FormatXML: `<?xml version="1.0" encoding="utf-8"?><services/>`})},
		{id: "requests/jurisdiction/unknown", many: true, name: "a town that is none has no requests", option: instead(func(a *answer) bool { return a.op == OpRequests && a.form.Get("jurisdiction_id") == noCity }, 200, map[Format]string{
			FormatJSON: "[]", FormatXML: `<?xml version="1.0" encoding="utf-8"?><service_requests/>`})},
	}
}

func (k known) wrongErrors() []mutation {
	refusal := func(f Format) func(a *answer) bool {
		return func(a *answer) bool { return a.status >= 400 && a.op != "" && (f == FormatNone || a.f == f) }
	}
	body := func(f Format, change func(b []byte) []byte) open311test.Option {
		return when(refusal(f), func(a *answer) { a.body = change(a.body) })
	}
	return []mutation{
		{id: "errors/json-array", name: "an error is one object", option: body(FormatJSON, func(b []byte) []byte {
			if d, err := parse(b, FormatJSON); err == nil && len(d.kids) == 1 {
				return bytes.TrimSuffix(bytes.TrimPrefix(bytes.TrimSpace(b), []byte("[")), []byte("]"))
			}
			return b
		})},
		{id: "errors/description", name: "an error has a message", option: body(FormatJSON, func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`"description"`), []byte(`"message"`)) }),
			follows: []string{"create/errors/names-argument"}},
		{id: "errors/xml-root", name: "the root is one error", option: body(FormatXML, func(b []byte) []byte { return regexp.MustCompile(`</?errors>`).ReplaceAll(b, nil) })},
		{id: "errors/format", name: "errors have no body", option: body("", func([]byte) []byte { return nil }), follows: []string{"create/errors/names-argument"}},
		{id: "errors/format", name: "errors in XML are pages", option: when(refusal(FormatXML), func(a *answer) { st := a.status; a.crash(); a.status = st })},
		{id: "errors/description-readable", name: "an error shows a file of the server", was: "conformant", option: body("", func(b []byte) []byte {
			return bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("<description>"), []byte("<description>Fatal error: Uncaught exception in /var/www/open311/index.php on line 12: ")),
				[]byte(`"description":"`), []byte(`"description":"Fatal error: Uncaught exception in /var/www/open311/index.php on line 12: `))
		})},
		{id: "errors/status", name: "refusals of reports have status 200", option: when(func(a *answer) bool { return a.op == OpCreate && a.status == 400 }, func(a *answer) { a.status = 200 }),
			follows: []string{"create/missing-location-400", "create/missing-service-code-400", "create/lat-without-long-400", "create/required-attribute-400", "create/invalid-value-400", "create/long-description-400"}},
		{id: "errors/rows", name: "errors are empty arrays", option: body(FormatJSON, func([]byte) []byte { return []byte("[]") }), follows: []string{"create/errors/names-argument"}},
	}
}

func (k known) wrongBytes() []mutation {
	raw := func(op Operation, f Format, old, by string) open311test.Option { return text(op, f, old, by) }
	return []mutation{
		{id: "encoding/suffix-decides", name: "Accept decides about the list of requests", was: "conformant", option: when(func(a *answer) bool {
			return a.op == OpRequests && a.f == FormatXML && strings.HasPrefix(a.r.Header.Get("Accept"), "application/json")
		}, func(a *answer) { a.body = []byte("[]") })},
		{id: "encoding/xml-declaration", name: "the declaration says UTF-16", option: raw(OpRequests, FormatXML, `encoding="utf-8"`, `encoding="utf-16"`)},
		{id: "encoding/xml-declaration", name: "the declaration names no encoding", option: raw(OpDefinition, FormatXML, ` encoding="utf-8"`, ``)},
		{id: "encoding/utf-8", name: "XML of requests is in Latin-1", option: raw(OpRequests, FormatXML, "–", "\x96"), follows: []string{"requests/list/formats-equal"}},
		{id: "encoding/xml-content-type", name: "XML is called JSON", option: label(OpRequests, FormatXML, "application/json; charset=utf-8")},
		{id: "encoding/json-content-type", name: "JSON is called text", option: label(OpRequest, FormatJSON, "text/plain; charset=utf-8")},
		{id: "encoding/xml-well-formed", name: "an ampersand is not escaped", option: raw(OpServices, FormatXML, "<description>", "<description>this & that ")},
		{id: "encoding/xml-well-formed", name: "XML has an entity of HTML", option: raw(OpDiscovery, FormatXML, "<contact>", "<contact>&nbsp;")},
		{id: "encoding/xml-well-formed", name: "XML has a control character", option: raw(OpRequests, FormatXML, "<description>", "<description>\x10")},
		{id: "encoding/json-well-formed", name: "JSON has a line break in a text", option: raw(OpServices, FormatJSON, `"description":"`, "\"description\":\"\n")},
		{id: "encoding/json-well-formed", name: "JSON has NaN", option: raw(OpRequests, FormatJSON, `"long":`, `"long":NaN,"x":`)},
		{id: "encoding/json-well-formed", name: "JSON has a comma at the end", option: pattern(OpDiscovery, FormatJSON, `}\s*$`, ",}")},
		{id: "encoding/json-well-formed", name: "codes are numbers with zeros before them", option: pattern(OpServices, FormatJSON, `"service_code":"(0\d+)"`, `"service_code":$1`)},
		{id: "encoding/charset", name: "errors do not say their charset", option: when(func(a *answer) bool { return a.status >= 400 && a.f == FormatJSON }, func(a *answer) { a.header.Set("Content-Type", "application/json") })},
		{id: "encoding/xml-namespace", name: "requests are in a namespace of the city", option: raw(OpRequests, FormatXML, "<service_requests>", fmt.Sprintf("<service_requests xmlns=%q>", "http://city.example/v2"))},
		{id: "encoding/content-encoding", name: "single requests are packed otherwise than they say", option: when(func(a *answer) bool { return a.op == OpRequest && a.f == FormatXML }, func(a *answer) {
			a.header.Set("Content-Encoding", "gzip")
		})},
		{id: "encoding/json-names-once", name: "a request has its status twice", option: raw(OpRequest, FormatJSON, `"status":`, `"status":"open","status":`)},
		{id: "encoding/charset/true", name: "receipts say windows-1252", option: when(func(a *answer) bool { return a.op == OpCreate && a.status == http.StatusOK }, func(a *answer) {
			a.header.Set("Content-Type", strings.Replace(a.header.Get("Content-Type"), "utf-8", "windows-1252", 1))
		})},
	}
}
