package mirror

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-open311/open311"
)

// format writes requests in one notation. A request comes as the line that holds it, as what that line
// says, and with its place, which may be nil.
type format interface {
	begin(f *file) error
	write(line []byte, row open311.Extra, place *open311.Point) error
	end() error
}

// formats are the files that are written side by side.
type formats struct {
	files []*file
	kinds []format
}

func formatNames() []string { return []string{"requests.ndjson", "requests.csv", "requests.geojson"} }

func openFormats(dir string) (*formats, error) {
	out := &formats{kinds: []format{&ndjson{}, &table{}, &geojson{}}}
	for i, name := range formatNames() {
		f, err := create(filepath.Join(dir, name))
		if err != nil {
			out.discard()
			return nil, err
		}
		out.files = append(out.files, f)
		if err := out.kinds[i].begin(f); err != nil {
			out.discard()
			return nil, err
		}
	}
	return out, nil
}

func (o *formats) write(line []byte, row open311.Extra, place *open311.Point) error {
	for _, kind := range o.kinds {
		if err := kind.write(line, row, place); err != nil {
			return err
		}
	}
	return nil
}

func (o *formats) commit() error {
	for i, kind := range o.kinds {
		if err := kind.end(); err != nil {
			return err
		}
		if _, err := o.files[i].commit(); err != nil {
			return err
		}
	}
	return nil
}

func (o *formats) discard() {
	for _, f := range o.files {
		f.discard()
	}
}

// ndjson is one JSON object a line, as the specification names the fields.
type ndjson struct{ f *file }

func (n *ndjson) begin(f *file) error { n.f = f; return nil }
func (n *ndjson) end() error          { return nil }

func (n *ndjson) write(line []byte, _ open311.Extra, _ *open311.Point) error {
	_, _ = n.f.Write(line) // a bufio.Writer keeps its error
	return n.f.WriteByte('\n')
}

// columns are those of the CSV file; extra is a JSON object of all the other fields.
var columns = []string{"service_request_id", "token", "status", "status_notes", "service_name", "service_code",
	"description", "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime",
	"address", "address_id", "zipcode", "lat", "long", "media_url"}

// lineEnds makes all ends of lines the one that quotes turns into CR LF.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

var quotes = strings.NewReplacer(`"`, `""`, "\n", "\r\n")

// table is a CSV file after RFC 4180, in UTF-8, with a header. All lines end in CR LF, in a text too.
//
// Spreadsheets take a cell that begins with = + - @ for a formula, and the texts come from anybody. Such
// a text gets an apostrophe in front, which spreadsheets do not show; numbers of ours stay as they are. A
// program that wants the text untouched reads the other files.
//
// Every cell is quoted: where a semicolon or a tab separates cells, as in the Excel of half the world, a text with
// one in it must not begin another cell.
type table struct {
	f   *file
	row []string
}

func (t *table) begin(f *file) error {
	t.f, t.row = f, make([]string, len(columns)+1)
	_, err := f.WriteString(strings.Join(columns, ",") + ",extra\r\n")
	return err
}

func (t *table) write(_ []byte, row open311.Extra, place *open311.Point) error {
	for i, name := range columns {
		text := row.String(name)
		if place == nil || name != "lat" && name != "long" {
			text = harmless(lineEnds.Replace(text))
		}
		t.row[i] = text
	}
	extra := maps.Clone(row)
	maps.DeleteFunc(extra, func(name string, _ json.RawMessage) bool { return slices.Contains(columns, name) })
	t.row[len(columns)] = ""
	if len(extra) > 0 {
		text, err := json.Marshal(extra)
		if err != nil {
			return err
		}
		t.row[len(columns)] = string(text)
	}
	for i, cell := range t.row {
		if cell != "" {
			cell = `"` + quotes.Replace(cell) + `"`
		}
		if i > 0 {
			cell = "," + cell
		}
		_, _ = t.f.WriteString(cell) // a bufio.Writer keeps its error
	}
	_, err := t.f.WriteString("\r\n")
	return err
}

func (t *table) end() error { return nil }

// harmless returns a text that no spreadsheet takes for a formula. Some of them look behind blanks, and
// some take full-width characters for the plain ones.
func harmless(s string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}))
	if s != "" && strings.ContainsRune("=+-@＝＋－＠", first) {
		return "'" + s
	}
	return s
}

// geojson is a FeatureCollection after RFC 7946: a Point or null, and the request as properties.
type geojson struct {
	f    *file
	next string
}

func (g *geojson) begin(f *file) error {
	g.f, g.next = f, "\n"
	_, err := f.WriteString(`{"type":"FeatureCollection","features":[`)
	return err
}

// feature has its members in the order in which people expect them.
type feature struct {
	Type       string          `json:"type"`
	ID         string          `json:"id,omitempty"`
	Geometry   *geometry       `json:"geometry"`
	Properties json.RawMessage `json:"properties"`
}

type geometry struct {
	Type        string     `json:"type"`
	Coordinates [2]float64 `json:"coordinates"` // longitude first
}

func (g *geojson) write(line []byte, row open311.Extra, place *open311.Point) error {
	f := feature{Type: "Feature", ID: row.String("service_request_id"), Properties: line}
	if place != nil {
		f.Geometry = &geometry{"Point", [2]float64{place.Long, place.Lat}}
	}
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	_, _ = g.f.WriteString(g.next) // a bufio.Writer keeps its error
	g.next = ",\n"
	_, err = g.f.Write(text)
	return err
}

func (g *geojson) end() error {
	_, err := g.f.WriteString("\n]}\n")
	return err
}
