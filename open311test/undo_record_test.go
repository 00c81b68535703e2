package open311test_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311/open311test"
)

// recordUndos give the fields of a record their names and their values, in this order.
var recordUndos = []struct {
	quirk string
	undo  recordUndo
}{
	{"Padded", func(_ q, _ doc, r map[string]any) { eachText(r, func(s string) any { return unpad(s) }) }},
	{"ScalarArrays", undoScalarArrays},
	{"FieldNames", undoFieldNames},
	{"Nothing", undoNothing},
	{"PythonBooleans", undoBooleans},
	{"TextBooleans", undoBooleans},
	{"TextNumbers", undoTextNumbers},
	{"NumberIDs", toText("service_request_id", "address_id", "zipcode")},
	{"NumberCodes", toText("service_code")},
	{"NoDate", func(x q, _ doc, r map[string]any) { empty(r, x.NoDate, dateFields...) }},
	{"ZeroPlace", func(_ q, _ doc, r map[string]any) { empty(r, "0.0", "lat", "long") }},
	{"FloatNoise", undoFloatNoise},
	{"DateLayout", undoDates}, {"JSONLayout", undoDates}, {"LocalAsZ", undoDates},
	{"Add", func(x q, d doc, r map[string]any) { undoAdded(x.Add, d, r) }},
	{"Extended", func(x q, d doc, r map[string]any) { undoAdded(x.Extended, d, r) }},
	{"StatusNumbers", toText("status")},
	{"StatusWords", undoStatusWords},
	{"AgencyObject", func(_ q, _ doc, r map[string]any) { unfold(r, "agency_responsible", "recipient") }},
	{"TrailingBlank", func(_ q, _ doc, r map[string]any) { cut(r, "media_url", " ") }},
	{"Media", undoMedia},
	{"Values", undoValues},
	{"ArrayKeywords", undoKeywords},
}

// eachText changes every text of a record, at every depth.
func eachText(v any, change func(string) any) any {
	switch v := v.(type) {
	case string:
		return change(v)
	case []any:
		for i := range v {
			v[i] = eachText(v[i], change)
		}
	case map[string]any:
		for name := range v {
			v[name] = eachText(v[name], change)
		}
	}
	return v
}

func unpad(s string) string { return strings.TrimSuffix(strings.TrimPrefix(s, "\n  "), "\n  ") }

func undoScalarArrays(_ q, d doc, r map[string]any) {
	for name, v := range r {
		if list, ok := v.([]any); ok && d.kind == "request" && !d.xml && len(list) == 1 && name != "photos" {
			r[name] = list[0]
		}
	}
}

func undoFieldNames(x q, _ doc, r map[string]any) {
	for ours, theirs := range x.FieldNames {
		if v, ok := r[theirs]; ok {
			delete(r, theirs)
			r[ours] = v
		}
	}
}

// undoNothing: an element in XML is empty where there is nothing, whatever stands there in JSON.
func undoNothing(x q, d doc, r map[string]any) {
	word := map[open311test.Nothing]string{open311test.NothingNone: "None", open311test.NothingWord: "null"}[x.Nothing]
	eachText(r, func(s string) any {
		if s == word && (d.xml || x.Nothing != open311test.NothingAbsent) {
			return nil
		}
		return s
	})
}

var flags = []string{"metadata", "required", "variable", "flag"}

func undoBooleans(_ q, d doc, r map[string]any) {
	eachField(r, func(r map[string]any, name string) {
		if s, _ := r[name].(string); slices.Contains(flags, name) && s != "" {
			if b, err := strconv.ParseBool(s); err == nil && !d.xml {
				r[name] = b
			} else if err == nil {
				r[name] = fmt.Sprint(b)
			}
		}
	})
}

var numbers = []string{"lat", "long", "order", "code", "votes"}

func undoTextNumbers(_ q, d doc, r map[string]any) {
	eachField(r, func(r map[string]any, name string) {
		if s, ok := r[name].(string); ok && slices.Contains(numbers, name) && !d.xml && (name != "code" || d.kind == "error") {
			r[name] = json.Number(s)
		}
	})
}

// eachField visits the fields of all records in a record.
func eachField(v any, visit func(r map[string]any, name string)) {
	switch v := v.(type) {
	case []any:
		for _, k := range v {
			eachField(k, visit)
		}
	case map[string]any:
		for name := range maps.Clone(v) {
			eachField(v[name], visit)
			visit(v, name)
		}
	}
}

func toText(names ...string) recordUndo {
	return func(_ q, _ doc, r map[string]any) {
		for _, name := range names {
			if n, ok := r[name].(json.Number); ok {
				r[name] = n.String()
			}
		}
	}
}

// empty takes away what stands for nothing in some fields.
func empty(r map[string]any, word string, names ...string) {
	for _, name := range names {
		if v, ok := r[name]; ok && fmt.Sprint(v) == word {
			r[name] = nil
		}
	}
}

// undoFloatNoise rounds to the four digits that the places of this city have.
func undoFloatNoise(_ q, d doc, r map[string]any) {
	for _, name := range []string{"lat", "long"} {
		deg, err := strconv.ParseFloat(fmt.Sprint(r[name]), 64)
		if err != nil {
			continue
		}
		text := strconv.FormatFloat(math.Round(deg*1e4)/1e4, 'f', -1, 64)
		if r[name] = json.Number(text); d.xml {
			r[name] = text
		}
	}
}

var dateFields = []string{"requested_datetime", "updated_datetime", "expected_datetime"}

func undoDates(x q, d doc, r map[string]any) {
	layout := x.DateLayout
	if x.JSONLayout != "" && !d.xml {
		layout = x.JSONLayout
	}
	if layout == "" {
		layout = time.RFC3339
	}
	for _, name := range dateFields {
		s, _ := r[name].(string)
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if x.LocalAsZ {
			_, offset := t.In(x.DateZone).Zone()
			t = t.Add(-time.Duration(offset) * time.Second)
		}
		r[name] = t.UTC().Format(time.RFC3339)
	}
}

// undoAdded takes away the fields that are added to all requests, if they have what was added.
func undoAdded(fields map[string]json.RawMessage, d doc, r map[string]any) {
	for name, raw := range fields {
		if want := readJSON(raw); d.kind == "request" && (d.xml || reflect.DeepEqual(plain(r[name]), plain(want))) {
			delete(r, name)
		}
	}
}

// plain makes texts of all that is none, for fields of which the kind is not told.
func plain(v any) any {
	text, _ := json.Marshal(v)
	return strings.ReplaceAll(string(text), `"`, "")
}

func undoStatusWords(x q, _ doc, r map[string]any) {
	for ours, theirs := range x.StatusWords {
		if r["status"] == theirs {
			r["status"] = ours
			return
		}
	}
}

// unfold takes the one value out of {"name": ["value"]}, <name>value</name>, and lists around them.
func unfold(r map[string]any, field, name string) {
	v := r[field]
	for {
		switch inner := v.(type) {
		case []any:
			if len(inner) == 1 {
				v = inner[0]
				continue
			}
		case map[string]any:
			if k, ok := inner[name]; ok {
				v = k
				continue
			}
		}
		break
	}
	if _, ok := v.(string); ok {
		r[field] = v
	}
}

func cut(r map[string]any, name, suffix string) {
	if s, ok := r[name].(string); ok {
		r[name] = strings.TrimSuffix(s, suffix)
	}
}

func undoMedia(x q, d doc, r map[string]any) {
	switch x.Media {
	case open311test.MediaCommas:
		if s, ok := r["media_url"].(string); ok {
			first, second, _ := strings.Cut(s, ",")
			if second == first+"?small" {
				r["media_url"] = first
			}
		}
	case open311test.MediaList:
		unfold(r, "media_url", "media_url")
	case open311test.MediaObjects:
		if m, ok := r["media_url"].(map[string]any); ok {
			r["media_url"] = m["media"]
		}
		unfold(r, "media_url", "url")
	}
}

// undoValues gives values without keys the keys that this city has: the names in lower case.
func undoValues(x q, _ doc, r map[string]any) {
	eachField(r, func(r map[string]any, name string) {
		list, _ := r[name].([]any)
		for i, v := range list {
			pair, _ := v.(map[string]any)
			switch {
			case name != "values":
			case x.Values == open311test.ValueWords:
				list[i] = map[string]any{"key": keyOf(fmt.Sprint(v)), "name": v}
			case x.Values == open311test.ValueNested && pair != nil:
				list[i] = pair["key"]
			case pair != nil:
				toText("key")(x, doc{}, pair)
			}
		}
	})
}

func undoKeywords(_ q, _ doc, r map[string]any) {
	list, _ := r["keywords"].([]any)
	if m, ok := r["keywords"].(map[string]any); ok {
		if list, ok = m["keyword"].([]any); !ok {
			list = []any{m["keyword"]}
		}
	}
	var words []string
	for _, v := range list {
		words = append(words, fmt.Sprint(v))
	}
	if words != nil {
		r["keywords"] = strings.Join(words, ",")
	}
}
