package open311test

import (
	"net/http"
	"strconv"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

// From a record to the bytes of an answer there are three steps, each the same for all records of
// a type: a record becomes a wire.Value (valueOf…), a Value becomes bytes (appendValue), and the
// bytes of several records get an envelope around them (envelopeOf).

var (
	serviceTable    = wire.TableOf[open311.Service]()
	definitionTable = wire.TableOf[open311.ServiceDefinition]()
	requestTable    = wire.TableOf[open311.ServiceRequest]()
	receiptTable    = wire.TableOf[open311.Receipt]()
	discoveryTable  = wire.TableOf[open311.Discovery]()
)

// valueOfRequest leaves the token out where there is none: it is no field of a listing (GeoReport
// v2, GET Service Requests). The other fields are there, empty perhaps, as in the specification's examples.
func valueOfRequest(r *open311.ServiceRequest) wire.Value {
	v := requestTable.Encode(r)
	dropNull(&v, "token")
	return v
}

// valueOfReceipt has the id or the token, never both (GeoReport v2, POST Service Request).
func valueOfReceipt(r *open311.Receipt) wire.Value {
	v := receiptTable.Encode(r)
	dropNull(&v, "service_request_id", "token")
	return v
}

// valueOfToken is the answer to GET service_request_id from a token; the id is empty while there is none.
func valueOfToken(token, id string) wire.Value {
	v := receiptTable.Encode(&open311.Receipt{ID: id, Token: token})
	dropNull(&v, "service_notice", "account_id")
	return v
}

// valueOfDefinition has values in lists only, and attributes even if there are none (GeoReport v2, GET
// Service Definition).
func valueOfDefinition(d *open311.ServiceDefinition) wire.Value {
	v := definitionTable.Encode(d)
	attributes := v.Field("attributes")
	attributes.Kind = wire.List
	for i := range attributes.Kids {
		dropNull(&attributes.Kids[i], "values")
	}
	return v
}

// valueOfError: the code is mostly the HTTP status (GeoReport v2, Errors).
func valueOfError(f fault) wire.Value {
	return wire.Value{Name: "error", Kind: wire.Object, Kids: []wire.Value{
		{Name: "code", Kind: wire.Number, Text: strconv.Itoa(f.status)},
		{Name: "description", Kind: wire.Text, Text: f.text},
	}}
}

// dropNull removes fields that have no value.
func dropNull(v *wire.Value, names ...string) {
	for _, name := range names {
		for i := range v.Kids {
			if v.Kids[i].Name == name && v.Kids[i].Kind == wire.Null {
				v.Kids = append(v.Kids[:i], v.Kids[i+1:]...)
				break
			}
		}
	}
}

// appendValue appends one record.
func appendValue(dst []byte, f wire.Format, v wire.Value) []byte {
	if f == wire.JSON {
		return wire.AppendJSON(dst, v)
	}
	return wire.AppendXML(dst, v)
}

// envelope is what stands before, between and behind the records of a list.
type envelope struct{ head, between, tail string }

// envelopeOf: XML has a root element, JSON drops it and is an array (JSON and XML Conversion).
func envelopeOf(f wire.Format, root string) envelope {
	if f == wire.JSON {
		return envelope{"[", ",", "]"}
	}
	return envelope{wire.Header + "<" + root + ">", "", "</" + root + ">"}
}

// appendRequests appends a list of requests, whose bytes are kept from one answer to the next.
func appendRequests(dst []byte, f wire.Format, list []*record) []byte {
	e := envelopeOf(f, requestTable.Root)
	dst = append(dst, e.head...)
	for i, r := range list {
		if i > 0 {
			dst = append(dst, e.between...)
		}
		dst = append(dst, r.bytes(f)...)
	}
	return append(dst, e.tail...)
}

// appendValues appends a list of records.
func appendValues(dst []byte, f wire.Format, root string, list ...wire.Value) []byte {
	e := envelopeOf(f, root)
	dst = append(dst, e.head...)
	for i, v := range list {
		if i > 0 {
			dst = append(dst, e.between...)
		}
		dst = appendValue(dst, f, v)
	}
	return append(dst, e.tail...)
}

// appendDocument appends a record that is a document by itself.
func appendDocument(dst []byte, f wire.Format, v wire.Value) []byte {
	if f == wire.XML {
		dst = append(dst, wire.Header...)
	}
	return appendValue(dst, f, v)
}

// fault is one thing that is wrong with a call, and one row of an error answer.
type fault struct {
	status int
	text   string // for the user of the calling program
}

// GeoReport v2, Errors: 404 for what does not exist, 403 for the key, 400 for everything else.
func invalid(text string) fault   { return fault{http.StatusBadRequest, text} }
func notFound(text string) fault  { return fault{http.StatusNotFound, text} }
func forbidden(text string) fault { return fault{http.StatusForbidden, text} }

func notAllowed(method string) fault {
	return fault{http.StatusMethodNotAllowed, method + " is not allowed here"}
}

var (
	noSuchPath = notFound("there is nothing at this path")
	internal   = fault{http.StatusInternalServerError, "internal error"}
)

// answer is a status and a body.
type answer struct {
	status int
	body   []byte
}

// errorAnswer lists what is wrong. Of several statuses the highest is the answer's: that something
// does not exist says more than that something else is wrong as well.
func errorAnswer(dst []byte, f wire.Format, faults ...fault) answer {
	a := answer{}
	rows := make([]wire.Value, len(faults))
	for i, x := range faults {
		rows[i] = valueOfError(x)
		a.status = max(a.status, x.status)
	}
	a.body = appendValues(dst, f, "errors", rows...)
	return a
}

// The content types that GeoReport v2 asks for.
var contentTypes = map[wire.Format]string{
	wire.XML:  "text/xml; charset=utf-8",
	wire.JSON: "application/json; charset=utf-8",
}

// send writes an answer; the caller of a HEAD gets its header.
func send(w http.ResponseWriter, r *http.Request, f wire.Format, a answer) {
	h := w.Header()
	h.Set("Content-Type", contentTypes[f])
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.body) // a caller who has gone does not want to know
	}
}
