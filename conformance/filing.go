package conformance

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-open311/open311"
)

// filing is a service request that was posted, or that could not be made up.
type filing struct {
	x    *exchange
	form url.Values // without the key
	why  string     // it was not posted
	at   time.Time
	// Of an accepted filing:
	rows []*node
	id   string
	tok  string
}

// outcome says whether there is an answer to judge.
func (f *filing) outcome() outcome {
	if f.why != "" {
		return cannot("%s", f.why)
	}
	if o := reached(f.x); !good(o) {
		return o
	}
	if f.duplicate() {
		return cannot("the server takes the report for a duplicate of another one")
	}
	return fine
}

const noCreate = "nothing was filed: AllowCreate is off"

// file posts a report once; name tells one from another.
func (s *session) file(name string, f Format, make func() (url.Values, string)) *filing {
	return s.fileAs(name, f, s.target.APIKey, make)
}

func (s *session) fileAs(name string, f Format, key string, make func() (url.Values, string)) *filing {
	name += "." + string(f)
	if got := s.filings[name]; got != nil {
		return got
	}
	fl := &filing{}
	s.filings[name] = fl
	switch {
	case !s.target.AllowCreate:
		fl.why = noCreate
		return fl
	case !s.speaks(f):
		fl.why = "the server does not answer in " + upper(f)
		return fl
	}
	if fl.form, fl.why = make(); fl.why != "" {
		return fl
	}
	if d := fl.form.Get("description"); d != "" && utf8.RuneCountInString(d) < longest/2 {
		fl.form.Set("description", s.numbered(d))
	}
	s.post(fl, call{op: OpCreate, format: f, path: "requests"}, key)
	return fl
}

// numbered makes a text another one than those before it: servers refuse, and rightly, what they have already.
func (s *session) numbered(text string) string {
	return fmt.Sprintf("%s [test %d of %s]", text, s.posts+1, stamp(s.now.UTC().Truncate(time.Second)))
}

// duplicate: a refusal says nothing about what was tried if the server takes the report for one that it has.
func (f *filing) duplicate() bool {
	if f.x.ok() || f.x.status < http.StatusBadRequest {
		return false
	}
	body := bytes.ToLower(f.x.body)
	for _, word := range []string{"duplicate", "already been", "already exists", "already reported", "dublette", "duplikat"} {
		if bytes.Contains(body, []byte(word)) {
			return true
		}
	}
	return f.x.status == http.StatusConflict
}

// post sends a form, or a multipart body if there is a picture in it.
func (s *session) post(fl *filing, c call, key string) {
	form := make(url.Values)
	maps.Copy(form, fl.form)
	shown := make(url.Values)
	for name, values := range form {
		if name == picturePart {
			continue
		}
		shown[name] = values
		if personal[name] {
			shown[name] = []string{"REDACTED"}
		}
	}
	if city, other := form["jurisdiction_id"]; other {
		if city[0] == noTown {
			form.Del("jurisdiction_id")
			shown.Del("jurisdiction_id")
		}
	} else if s.target.Jurisdiction != "" {
		form.Set("jurisdiction_id", s.target.Jurisdiction)
		shown.Set("jurisdiction_id", s.target.Jurisdiction)
	}
	if key != "" {
		form.Set("api_key", key)
		shown.Set("api_key", "REDACTED")
	}
	body, kind := []byte(form.Encode()), "application/x-www-form-urlencoded; charset=utf-8"
	if _, ok := form[picturePart]; ok {
		form.Del(picturePart)
		body, kind = multipartBody(form)
	}
	s.posts++
	fl.at = s.target.Now()
	fl.x = s.send(c, http.MethodPost, s.target.Endpoint+"/"+c.path+"."+string(c.format), kind, body, shown)
	if !fl.x.ok() || fl.x.doc == nil {
		return
	}
	fl.rows = rowsOf(fl.x.doc, c.format)
	if looksLikeErrors(fl.x.doc) || len(fl.rows) != 1 {
		return
	}
	fl.id, fl.tok = fl.rows[0].value("service_request_id"), fl.rows[0].value("token")
	switch {
	case fl.id != "":
		s.created = append(s.created, "service_request_id "+s.line(fl.id))
	case fl.tok != "":
		s.created = append(s.created, "token "+s.line(fl.tok))
	default:
		s.created = append(s.created, "a request without id or token")
	}
}

// personal is what a report shows of no one.
var personal = map[string]bool{"email": true, "first_name": true, "last_name": true, "phone": true, "device_id": true, "account_id": true}

// noTown in the place of a jurisdiction_id is that none is sent: an empty one is another thing.
const noTown = "\x00none"

// picturePart marks a form that is to be sent with a picture. It is not a name that could be sent.
const picturePart = "\x00picture"

// picture is a white dot.
var picture = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

func multipartBody(form url.Values) ([]byte, string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, v := range form[name] {
			_ = w.WriteField(name, v) // a buffer takes everything
		}
	}
	if p, err := w.CreateFormFile("media", "conformance.gif"); err == nil {
		_, _ = p.Write(picture)
	}
	_ = w.Close()
	return b.Bytes(), w.FormDataContentType()
}

// defaultText has what gets lost on the way: letters that are not ASCII, an ampersand, a second line.
const defaultText = "Conformance test of the Open311 interface, please ignore & close.\nZweite Zeile: Grüße, façade, 漢字."

// report is a form with everything that a report for a service needs, its location apart. kind is the
// type of the service.
func (s *session) report(kind string) (url.Values, string) {
	code, err := s.reportedService(kind)
	if err != nil {
		return nil, err.Error()
	}
	form := s.form(code)
	s.place(form)
	for _, a := range s.attributesFor(code) {
		if a.value("required") == "true" && a.value("variable") == "true" {
			s.fill(form, a)
		}
	}
	s.sampleAttributes(form, code)
	return form, ""
}

func (s *session) reportedService(kind string) (string, error) {
	if t := s.target.Sample; t != nil && t.ServiceCode != "" && kind == string(open311.Realtime) {
		return t.ServiceCode, nil
	}
	code, err := s.serviceOf(kind, func(v *node) bool { return v.value("metadata") == "false" })
	if err != nil {
		code, err = s.serviceOf(kind, nil)
	}
	return code, err
}

// form has what does not depend on the service.
func (s *session) form(code string) url.Values {
	form := url.Values{"service_code": {code}, "description": {defaultText}}
	t := s.target.Sample
	if t == nil {
		return form
	}
	for name, v := range map[string]string{
		"description": t.Description, "email": t.Email, "first_name": t.FirstName, "last_name": t.LastName, "phone": t.Phone,
		"device_id": t.DeviceID, "account_id": t.AccountID, "media_url": t.MediaURL, "address_id": t.AddressID,
	} {
		if v != "" {
			form.Set(name, v)
		}
	}
	maps.Copy(form, t.Params)
	return form
}

// place sets coordinates and an address, as the example of the specification does: those of the sample,
// or of a request that is in the city, so that they lie in it.
func (s *session) place(form url.Values) {
	var lat, long, address string
	if all, o := s.sample(); good(o) {
		for _, r := range all {
			if degrees("lat", 90)(r)+degrees("long", 180)(r) == "" && r.value("lat") != "" && r.value("long") != "" && r.value("address") != "" && !atZero(r) {
				lat, long, address = r.value("lat"), r.value("long"), r.value("address")
				break
			}
		}
	}
	if t := s.target.Sample; t != nil && (t.Location != nil || t.AddressString != "") {
		lat, long, address = "", "", t.AddressString
		if t.Location != nil {
			lat, long = fmt.Sprintf("%.6f", t.Location.Lat), fmt.Sprintf("%.6f", t.Location.Long)
		}
	}
	if lat == "" && address == "" {
		address = "Town hall"
	}
	if lat != "" {
		form.Set("lat", lat)
		form.Set("long", long)
	}
	if address != "" {
		form.Set("address_string", address)
	}
}

func (s *session) sampleAttributes(form url.Values, code string) {
	t := s.target.Sample
	if t == nil || t.ServiceCode != code {
		return
	}
	for name, values := range t.Attributes {
		delete(form, "attribute["+name+"]")
		delete(form, "attribute["+name+"][]")
		if len(values) > 1 {
			form["attribute["+name+"][]"] = values
		} else {
			form["attribute["+name+"]"] = values
		}
	}
}

// attributesFor returns the attributes that the definition of a service has, or none.
func (s *session) attributesFor(code string) []*node {
	i := slices.IndexFunc(s.servicesOf(), func(v *node) bool { return v.value("service_code") == code })
	if i < 0 || s.servicesOf()[i].value("metadata") != "true" {
		return nil
	}
	for _, f := range []Format{s.plain(), FormatXML} {
		if doc, _, o := s.read(definitionCall(f, code)); good(o) {
			return attributesOf(doc)
		}
	}
	return nil
}

// fill sets a value that fits the datatype of an attribute.
func (s *session) fill(form url.Values, a *node) {
	name := "attribute[" + a.value("code") + "]"
	var keys []string
	for _, v := range a.items("values") {
		keys = append(keys, v.value("key"))
	}
	switch a.value("datatype") {
	case "number":
		form.Set(name, "3")
	case "datetime":
		form.Set(name, stamp(s.now.UTC().Add(-day)))
	case "text":
		form.Set(name, "First line\nsecond line")
	case "singlevaluelist":
		if len(keys) > 0 {
			form.Set(name, keys[0])
		}
	case "multivaluelist":
		form[name+"[]"] = keys[:min(2, len(keys))]
	default:
		form.Set(name, "conformance")
	}
}

// without returns the form of a good report from which something is taken, or in which something is wrong.
func (s *session) without(change func(url.Values) string) func() (url.Values, string) {
	return func() (url.Values, string) {
		form, why := s.report("realtime")
		if why == "" {
			why = change(form)
		}
		return form, why
	}
}

func (s *session) realtime(f Format) *filing {
	return s.file("realtime", f, s.without(func(url.Values) string { return "" }))
}

func (s *session) ofKind(kind string, f Format) *filing {
	return s.file(kind, f, func() (url.Values, string) { return s.report(kind) })
}

// accepted is what a rule about an accepted filing begins with.
func (f *filing) accepted() outcome {
	if o := f.outcome(); !good(o) {
		return o
	}
	switch {
	case !f.x.ok():
		return cannot("not judged: the report was answered with status %d", f.x.status)
	case f.x.doc == nil:
		return cannot("not judged: the answer to the report is no %s that can be read", upper(f.x.format))
	}
	return fine
}

// one returns the only record of an answer, which is a receipt.
func (f *filing) one() (*node, outcome) {
	if o := f.accepted(); !good(o) {
		return nil, o
	}
	if len(f.rows) != 1 {
		return nil, cannot("not judged: the answer to the report has %d records", len(f.rows))
	}
	return f.rows[0], fine
}

// filingOf finds the report that a read is about, by the id in its path.
func (s *session) filingOf(x *exchange) *filing {
	if x == nil || x.op != OpRequest && x.op != OpToken {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.filings)) {
		fl := s.filings[name]
		for _, id := range []string{fl.id, fl.tok} {
			if id != "" && strings.HasSuffix(x.path, "/"+url.PathEscape(id)) {
				return fl
			}
		}
	}
	return nil
}

// describeForm says what was sent, for the findings.
func describeForm(form url.Values) string {
	var names []string
	for name := range form {
		if name != picturePart {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return cmp.Or(strings.Join(names, ", "), "nothing")
}
