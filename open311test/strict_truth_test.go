package open311test_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// What a city holds, in the words of the specification, made without the writers of this module.

// text is nil where there is nothing.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

func number(f float64) any { return json.Number(strconv.FormatFloat(f, 'f', -1, 64)) }

func requestTruth(r *open311.ServiceRequest) map[string]any {
	m := map[string]any{
		"service_request_id": text(r.ID), "status": text(string(r.Status)), "status_notes": text(r.StatusNotes), "service_name": text(r.ServiceName),
		"service_code": text(r.ServiceCode), "description": text(r.Description), "agency_responsible": text(r.AgencyResponsible),
		"service_notice": text(r.ServiceNotice), "requested_datetime": instant(r.RequestedDatetime), "updated_datetime": instant(r.UpdatedDatetime),
		"expected_datetime": instant(r.ExpectedDatetime), "address": text(r.Address), "address_id": text(r.AddressID), "zipcode": text(r.Zipcode),
		"media_url": text(r.MediaURL),
	}
	if r.Location != nil {
		m["lat"], m["long"] = number(r.Location.Lat), number(r.Location.Long)
	}
	for name, raw := range r.Extra {
		m[name] = readJSON(raw)
	}
	return m
}

func serviceTruth(s *open311.Service) map[string]any {
	m := map[string]any{"service_code": text(s.Code), "service_name": text(s.Name), "description": text(s.Description), "metadata": s.Metadata,
		"type": text(string(s.Type)), "keywords": text(strings.Join(s.Keywords, ","))}
	if len(s.Groups) > 0 {
		m["group"] = s.Groups[0]
	}
	return m
}

func definitionTruth(d *open311.ServiceDefinition) map[string]any {
	attributes := []any{}
	for _, a := range d.Attributes {
		m := map[string]any{"variable": a.Variable, "code": a.Code, "datatype": string(a.Datatype), "required": a.Required, "order": json.Number(strconv.Itoa(a.Order)),
			"description": text(a.Description), "datatype_description": text(a.DatatypeDescription)}
		var values []any
		for _, v := range a.Values {
			values = append(values, map[string]any{"key": v.Key, "name": v.Name})
		}
		if values != nil {
			m["values"] = values
		}
		attributes = append(attributes, m)
	}
	return map[string]any{"service_code": d.ServiceCode, "attributes": attributes}
}

func updateTruth(u *open311.Update) map[string]any {
	return map[string]any{"update_id": u.ID, "service_request_id": u.RequestID, "status": string(u.Status), "description": u.Description,
		"updated_datetime": instant(u.UpdatedDatetime), "media_url": text(strings.Join(u.MediaURLs, ""))}
}

// discoveryTruth has of the texts of a discovery document only those that a city does not choose by itself.
func discoveryTruth(h *open311test.Handler, x q) map[string]any {
	var plain map[string]any
	body := get(strictCity(q{}), "discovery.json").Body.Bytes()
	plain = readJSON(body).(map[string]any)
	endpoint := plain["endpoints"].([]any)[0].(map[string]any)
	switch endpoint["url"] = "http://example.com/open311/v2"; x.DiscoveryURL {
	case open311test.URLNoVersion:
		endpoint["url"] = "http://example.com/open311"
	case open311test.URLMissing:
		endpoint["url"] = ""
	}
	return plain
}

// readErrors: an error is a document of its shape, with the text as it was sent, or it is none, as its shape says.
func readErrors(t *testing.T, h *open311test.Handler, x q, inXML bool) {
	word := `"]]>&<` + "\U0001f64f\U00020000 null"
	for target, status := range map[string]int{
		"requests/" + url.PathEscape(word):       int(x.UnknownID),
		"services/" + url.PathEscape(word):       int(x.UnknownForm),
		"tokens/" + url.PathEscape(word):         int(x.UnknownToken),
		"requests":                               int(x.BadDate),
		"nothing":                                0,
		"servicerequestupdates/" + "which/is/no": 0,
	} {
		w := get(h, target+suffix(inXML)+map[bool]string{true: "&start_date=" + url.QueryEscape(word)}[target == "requests"])
		if open311test.Answer(status) == open311test.AnswerEmpty {
			if got, err := strict(x, doc{kind: "request", root: "service_requests", item: "request", shape: x.Lists, xml: inXML}, w.Body.Bytes()); err != nil || len(got) > 0 {
				t.Errorf("%s: %v, %v", target, got, err)
			}
			continue
		}
		if w.Code < 400 {
			t.Errorf("%s: status %d", target, w.Code)
		}
		shape := x.Errors
		if inXML && x.XMLErrors != 0 {
			shape = x.XMLErrors
		}
		body := w.Body.Bytes()
		label := w.Header().Get("Content-Type")
		if strings.HasPrefix(label, "text/html") && (shape == open311test.ErrorPage || x.NoDefinitions || x.NoTokens) {
			if !bytes.HasPrefix(body, []byte("<!DOCTYPE html>")) {
				t.Errorf("%s: no page: %s", target, body)
			}
			continue
		}
		message, code, err := readError(x, shape, inXML, body)
		if noDocument(x, shape, w.Code, inXML, body) {
			continue
		}
		if err != nil {
			t.Errorf("%s: %v in %s", target, err, body)
			continue
		}
		if strings.Contains(target, "/%22") && !strings.Contains(message, strconv.Quote(word)) {
			t.Errorf("%s: the text is %q", target, message)
		}
		if code != nil && !strings.HasPrefix(fmt.Sprint(code), strconv.Itoa(w.Code)) {
			t.Errorf("%s: code %v, status %d", target, code, w.Code)
		}
	}
}

// noDocument reports whether an error is one that its quirk says nobody can read: nothing, a declaration, plain
// text, a wrong end tag.
func noDocument(x q, shape open311test.ErrorShape, status int, inXML bool, body []byte) bool {
	switch {
	case x.BadDate == open311test.AnswerBroken && status == http.StatusInternalServerError && len(body) == 0:
		return true
	case shape == open311test.ErrorPlain:
		return bytes.HasSuffix(body, []byte("\n")) && body[0] != '<' && body[0] != '['
	case shape == open311test.ErrorBroken:
		return bytes.HasSuffix(body, []byte("</errors></error>"))
	case shape == open311test.ErrorDeclaration || x.NoXMLDefinitions && inXML:
		return string(bytes.TrimSpace(body)) == `<?xml version="1.0" encoding="utf-8"?>`
	case shape == open311test.ErrorEmpty:
		return len(body) == 0
	}
	return false
}

// readError returns the text and the code of the last row of an error.
func readError(x q, shape open311test.ErrorShape, inXML bool, body []byte) (message string, code any, err error) {
	d := doc{kind: "error", root: "errors", item: "error", xml: inXML}
	switch {
	case shape == open311test.ErrorText && inXML:
		e, err := readXML(body)
		return e.text + firstText(e), nil, err
	case inXML && shape == open311test.ErrorRequests:
		d.root, d.item = "service_requests", "request"
	case inXML && shape > open311test.ErrorEnvelope && shape < open311test.ErrorRequests:
		d.root, d.item = "error", ""
	case !inXML && shape == open311test.ErrorEnvelope:
		d.shape = open311test.UnderRoot
	case !inXML && shape > open311test.ErrorEnvelope && shape < open311test.ErrorRequests:
		d.item = ""
	}
	list, err := strict(x, d, body)
	if err != nil || len(list) == 0 {
		return "", nil, err
	}
	r := list[len(list)-1].(map[string]any)
	if inner, ok := r["error"].(map[string]any); ok {
		r = inner
	}
	for _, name := range []string{"description", "message", "error"} {
		if s, ok := r[name].(string); ok {
			return s, r["code"], nil
		}
	}
	for _, v := range r { // {"field": ["text"]}
		message = fmt.Sprint(v.([]any)[0])
	}
	return message, nil, nil
}

func firstText(e element) string {
	if len(e.kids) > 0 {
		return e.kids[0].text
	}
	return ""
}
