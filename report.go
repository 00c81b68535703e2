package open311

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-open311/open311/internal/form"
	"github.com/go-open311/open311/internal/match"
	"github.com/go-open311/open311/internal/redact"
	"github.com/go-open311/open311/internal/wire"
)

// NewRequest is a report to be filed (GeoReport v2, POST Service Request). One of Location,
// AddressString and AddressID is needed; some servers want more of them. A name stays as it is given:
// nothing splits it. What is not set is not sent. Printing or logging a NewRequest shows no personal data;
// encoding it, to be filed later, does.
type NewRequest struct {
	ServiceCode   string     `json:"service_code,omitempty"`
	Location      *Point     `json:"location,omitempty"`
	AddressString string     `json:"address_string,omitempty"`
	AddressID     string     `json:"address_id,omitempty"`
	Attributes    Attributes `json:"attributes,omitempty"`
	Description   string     `json:"description,omitempty"` // 4,000 characters at most
	Email         string     `json:"email,omitempty"`
	FirstName     string     `json:"first_name,omitempty"`
	LastName      string     `json:"last_name,omitempty"`
	Phone         string     `json:"phone,omitempty"`
	DeviceID      string     `json:"device_id,omitempty"`
	AccountID     string     `json:"account_id,omitempty"`
	MediaURL      string     `json:"media_url,omitempty"`
	Media         []Media    `json:"media,omitempty"`
	Params        url.Values `json:"params,omitempty"` // what else this server wants; it wins over all of the above
}

// Attributes are the answers to the questions of a service definition: the code of an attribute and
// its value, or its values. For lists they are the keys, not the names. Empty values are not sent. Like any map, they
// have to be made before something is set.
type Attributes map[string][]string

// Set sets the values of an attribute, in place of those it has. As with http.Header, a nil map panics.
func (a Attributes) Set(code string, values ...string) { a[code] = slices.Clone(values) }

// SetTime sets an attribute of the datatype datetime, in ISO 8601.
func (a Attributes) SetTime(code string, t time.Time) { a[code] = []string{wire.FormatTime(t)} }

// SetNumber sets an attribute of the datatype number, never with an exponent.
func (a Attributes) SetNumber(code string, f float64) {
	a[code] = []string{strconv.FormatFloat(f, 'f', -1, 64)}
}

// Media is a file to be sent with a report or an update. It is never held in memory: Open is called once for each attempt
// to send it, and once before the first if ContentType is empty. A file without a Size is opened once, and copied to a
// temporary one.
//
// [WithTimeout] gives an attempt 30 seconds by default; a large file over a slow line needs more.
type Media struct {
	Name        string                        `json:"name,omitempty"`         // of the file, without directories; "" for that of Path
	ContentType string                        `json:"content_type,omitempty"` // "" is found out from the first bytes
	Open        func() (io.ReadCloser, error) `json:"-"`                      // nil for the file at Path
	Size        int64                         `json:"size,omitempty"`         // in bytes; 0 or less if it is not known
	Path        string                        `json:"path,omitempty"`         // of a file; it can be stored with the report
}

// file is what is to be sent.
func (m *Media) file(label string) form.File {
	f := form.File{Label: label, Name: m.Name, Type: m.ContentType, Size: m.Size, Open: m.Open}
	if f.Open == nil && m.Path != "" {
		f.Name = cmp.Or(m.Name, m.Path)
		f.Open = func() (io.ReadCloser, error) { return os.Open(m.Path) }
		if info, err := os.Stat(m.Path); err == nil && m.Size <= 0 && info.Mode().IsRegular() {
			f.Size = info.Size()
		}
	}
	return f
}

// keepable says which files of a report cannot be stored with it.
func keepable(n *NewRequest) (out []Problem) {
	for i, m := range n.Media {
		if m.Path == "" {
			out = append(out, Problem{Field: mediaLabel(i), Detail: "has no Path: after a restart nobody could open it", Kind: ProblemFile})
		}
	}
	return out
}

// prepareFiles makes the files of a report ready. done removes temporary ones. Every file that cannot be
// sent is a problem.
func prepareFiles(ctx context.Context, media []Media) (files []form.File, done func(), err error) {
	var cleanups []func()
	done = func() {
		for _, clean := range cleanups {
			clean()
		}
	}
	var problems []Problem
	for i, m := range media {
		label := mediaLabel(i)
		f, clean, err := form.Prepare(ctx, m.file(label))
		cleanups = append(cleanups, clean)
		switch {
		case ctx.Err() != nil:
			done()
			return nil, nil, ctx.Err()
		case err != nil:
			problems = append(problems, Problem{Field: label, Detail: err.Error(), Kind: ProblemFile})
		default:
			files = append(files, *f)
		}
	}
	if len(problems) > 0 {
		done()
		return nil, nil, &ValidationError{problems}
	}
	return files, done, nil
}

func mediaLabel(i int) string { return fmt.Sprintf("Media[%d]", i) }

// Format prints a report without the reporter's data, whatever the verb.
func (n NewRequest) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "open311.NewRequest{ServiceCode: %q, %d attributes, %d media}", n.ServiceCode, len(n.Attributes), len(n.Media))
}

// LogValue keeps the reporter's data out of logs, whatever the handler.
func (n NewRequest) LogValue() slog.Value {
	return slog.GroupValue(slog.String("service_code", n.ServiceCode), slog.Int("attributes", len(n.Attributes)), slog.Int("media", len(n.Media)))
}

// personal are the reporter's data: wherever a server repeats them they are hidden.
func (n *NewRequest) personal() []string {
	return append(personal(n.FirstName, n.LastName, n.Email, n.Attributes, n.Params), n.Phone, n.DeviceID, n.AccountID)
}

// personal are names and addresses as servers repeat them, and what is personal among attributes and
// parameters by their names. Short names are hidden only beside each other: see package redact.
func personal(first, last, email string, sets ...map[string][]string) []string {
	out := []string{first, last, first + " " + last, last + ", " + first, email}
	if first == "" || last == "" {
		out[2], out[3] = "", ""
	}
	if mailbox, _, ok := strings.Cut(email, "@"); ok {
		out = append(out, mailbox+"@") // the domain may be written in another way: xn--…
	}
	names := redact.New()
	for _, set := range sets {
		for name, values := range set {
			if names.Hides(name) {
				out = append(out, values...)
			}
		}
	}
	return out
}

// textField is a text of a report or an update: its name in Go, which problems have, that of its parameter
// in the specification, and its value, or its values.
type textField struct {
	name, param string
	value       string
	more        []string // further values
}

// text is all of the field, to be looked at.
func (f *textField) text() string {
	if len(f.more) == 0 {
		return f.value
	}
	return f.value + " " + strings.Join(f.more, " ")
}

// texts are the texts of a report in the order of their names. A field that is missing here is neither sent
// nor checked.
func (n *NewRequest) texts() []textField {
	return []textField{
		{"AccountID", "account_id", n.AccountID, nil},
		{"AddressID", "address_id", n.AddressID, nil},
		{"AddressString", "address_string", n.AddressString, nil},
		{"Description", "description", n.Description, nil},
		{"DeviceID", "device_id", n.DeviceID, nil},
		{"Email", "email", n.Email, nil},
		{"FirstName", "first_name", n.FirstName, nil},
		{"LastName", "last_name", n.LastName, nil},
		{"MediaURL", "media_url", n.MediaURL, nil},
		{"Phone", "phone", n.Phone, nil},
		{"ServiceCode", "service_code", n.ServiceCode, nil},
	}
}

// params returns the parameters of a report, under the specification's names, but for its attributes, its
// files and those that the caller adds.
func (n *NewRequest) params() url.Values {
	params := textParams(n.texts())
	if n.Location != nil {
		params.Set("lat", wire.FormatCoordinate(n.Location.Lat))
		params.Set("long", wire.FormatCoordinate(n.Location.Long))
	}
	return params
}

// textParams returns the parameters of the texts that are set.
func textParams(texts []textField) url.Values {
	params := make(url.Values, len(texts)+2)
	room := make([]string, 0, len(texts))
	for _, f := range texts {
		begin := len(room)
		if f.value != "" {
			room = append(room, f.value)
		}
		if len(f.more) > 0 {
			room = append(room, form.Filled(f.more)...)
		}
		if len(room) > begin {
			params[f.param] = room[begin:len(room):len(room)]
		}
	}
	return params
}

// digest tells reports apart in memory.
func (n *NewRequest) digest() string {
	all := make([]byte, 0, 512)
	for _, f := range n.texts() {
		all = append(append(all, f.value...), 0)
	}
	if p := n.Location; p != nil {
		all = append(append(all, wire.FormatCoordinate(p.Lat)...), ' ')
		all = append(all, wire.FormatCoordinate(p.Long)...)
	}
	sum := sha256.Sum256(all)
	return string(sum[:])
}

// matched is a report as it is compared.
func (n *NewRequest) matched() *match.Report {
	return &match.Report{Service: n.ServiceCode, Text: n.Description, Place: placeOf(n.Location), AddressID: n.AddressID, Address: n.AddressString}
}

// textProblems: everything is sent as UTF-8 (GeoReport v2, Content Type and Encoding).
func textProblems(texts []textField) (out []Problem) {
	for _, f := range texts {
		if !utf8.ValidString(f.text()) {
			out = append(out, Problem{Field: f.name, Detail: "is not UTF-8", Kind: ProblemEncoding})
		}
	}
	return out
}

// mediaProblems says which files cannot be sent to any server.
func mediaProblems(media []Media) (out []Problem) {
	for i, m := range media {
		field := mediaLabel(i)
		if m.Open == nil && m.Path == "" {
			out = append(out, Problem{Field: field, Detail: "has neither Open nor Path", Kind: ProblemFile})
		}
		if m.ContentType != "" {
			if _, _, err := mime.ParseMediaType(m.ContentType); err != nil || strings.ContainsAny(m.ContentType, "\r\n") {
				out = append(out, Problem{Field: field, Detail: "its ContentType is not one such as image/jpeg", Kind: ProblemFile})
			}
		}
		if !sendable(m.Name) {
			out = append(out, Problem{Field: field, Detail: "its Name is not UTF-8, or has a NUL", Kind: ProblemEncoding})
		}
	}
	return out
}

// attributeTexts finds what cannot be written at all, whatever the definition says.
func attributeTexts(a Attributes, own url.Values) (out []Problem) {
	for _, code := range slices.Sorted(maps.Keys(a)) {
		field := "Attributes[" + strings.ToValidUTF8(code, "\uFFFD") + "]"
		switch {
		case code == "":
			out = append(out, Problem{Field: "Attributes", Detail: "an attribute without a code", Kind: ProblemMissing})
		case !utf8.ValidString(code + strings.Join(a[code], "")):
			out = append(out, Problem{Field: field, Detail: "is not UTF-8", Kind: ProblemEncoding, Code: code})
		case !sendable(code):
			out = append(out, Problem{Field: field, Detail: "its code has a NUL", Kind: ProblemEncoding, Code: code})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if !utf8.ValidString(name + strings.Join(own[name], "")) {
			out = append(out, Problem{Field: "Params[" + strings.ToValidUTF8(name, "\uFFFD") + "]", Detail: "is not UTF-8", Kind: ProblemEncoding})
		}
	}
	return out
}

// sendable reports whether a name can be written: frameworks take a NUL for an attack, or for the end.
func sendable(name string) bool { return utf8.ValidString(name) && !strings.Contains(name, "\x00") }
