package mirror

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Columns are the fields of a request as the specification names them: the columns of a CSV file and of a table. What
// else a request has follows as one JSON object.
func Columns() []string { return slices.Clone(columns) }

var columns = []string{"service_request_id", "token", "status", "status_notes", "service_name", "service_code",
	"description", "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime",
	"address", "address_id", "zipcode", "lat", "long", "media_url"}

// Values returns the texts of the columns, and the object of what else there is, "" for none. The error says that the
// record has no request.
func (r *Record) Values() (texts []string, extra string, err error) {
	if r == nil || r.Request == nil {
		return nil, "", errNoRequest
	}
	q := r.Request
	texts = []string{q.ID, q.Token, string(q.Status), q.StatusNotes, q.ServiceName, q.ServiceCode, q.Description,
		q.AgencyResponsible, q.ServiceNotice, stamp(q.RequestedDatetime), stamp(q.UpdatedDatetime), stamp(q.ExpectedDatetime),
		q.Address, q.AddressID, q.Zipcode, "", "", q.MediaURL}
	if p := q.Location; p != nil {
		texts[15], texts[16] = degrees(p.Lat), degrees(p.Long)
	}
	if len(q.Extra) == 0 {
		return texts, "", nil
	}
	for i, name := range columns {
		texts[i] = cmp.Or(texts[i], q.Extra.String(name)) // what did not fit into its field
	}
	others := maps.Clone(q.Extra)
	maps.DeleteFunc(others, func(name string, _ json.RawMessage) bool { return slices.Contains(columns, name) })
	if len(others) == 0 {
		return texts, "", nil
	}
	text, err := json.Marshal(map[string]json.RawMessage(others))
	return texts, string(text), err
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

func degrees(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// CSV is a file after RFC 4180, in UTF-8, with a header: requests.csv. All lines end in CR LF, in a text too; each
// cell is as [Cell] makes it.
func CSV() Format {
	return textFormat("csv", strings.Join(columns, ",")+",extra\r\n", func(f *textFile, _ bool) Writer { return &table{f} })
}

type table struct{ *textFile }

func (t *table) Write(r *Record) error {
	texts, extra, err := r.Values()
	if err != nil {
		return err
	}
	for i, text := range texts {
		if name := columns[i]; r.Place != nil && (name == "lat" || name == "long") {
			text = `"` + text + `"` // a number of ours
		} else {
			text = Cell(text)
		}
		_, _ = t.WriteString(text) // a bufio.Writer keeps its error
		_ = t.WriteByte(',')
	}
	if extra != "" {
		_, _ = t.WriteString(quoted(extra))
	}
	_, err = t.WriteString("\r\n")
	return err
}

// Cell returns a text that a stranger wrote as a cell of a CSV file: in quotes, or nothing if it is empty.
//
// Spreadsheets take a cell that begins with = + - @ for a formula. Such a text gets an apostrophe in front, which
// spreadsheets do not show; a program that wants the text untouched reads another format. Every cell is quoted because
// many spreadsheets separate cells by semicolons or tabs: one that stands in a text must not begin another cell.
func Cell(text string) string {
	if text == "" {
		return ""
	}
	return quoted(harmless(lineEnds.Replace(text)))
}

func quoted(text string) string { return `"` + quotes.Replace(text) + `"` }

// lineEnds makes all ends of lines the one that quotes turns into CR LF.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

var quotes = strings.NewReplacer(`"`, `""`, "\n", "\r\n")

// harmless returns a text that no spreadsheet takes for a formula. Some of them look behind blanks, and
// some take full-width and small characters for the plain ones.
func harmless(s string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}))
	if s != "" && strings.Contains("=+-@−", norm.NFKC.String(string(first))) {
		return "'" + s
	}
	return s
}
