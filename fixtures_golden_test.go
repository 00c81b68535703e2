package open311_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311"
)

// result is what a call gave.
type result struct {
	Value    any
	Err      error
	Warnings []open311.Warning
}

// String is the content of a golden file. A field that is not shown is zero.
func (r *result) String() string {
	var b strings.Builder
	if r.Err == nil {
		b.WriteString("values:\n")
		writeValue(&b, "  ", reflect.ValueOf(r.Value))
	} else {
		fmt.Fprintf(&b, "error: %v\n", r.Err)
		for _, line := range describe(r.Err) {
			b.WriteString("  " + line + "\n")
		}
	}
	b.WriteString("warnings:\n")
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "  %s: %s: %s\n", w.Path, w.Kind, w.Detail)
	}
	return b.String()
}

// plain is what does not depend on the notation of the answer: the values, or what kind of error it is.
func (r *result) plain() any {
	if r.Err != nil {
		var lines []string
		for _, line := range describe(r.Err) {
			if !strings.HasPrefix(line, "at ") && !strings.HasPrefix(line, "header ") {
				lines = append(lines, line)
			}
		}
		return lines
	}
	var b strings.Builder
	writeValue(&b, "", reflect.ValueOf(withPlainExtras(r.Value)))
	return strings.Split(b.String(), "\n")
}

// describe lists what a program can learn from an error.
func describe(err error) []string {
	var out []string
	for _, s := range []struct {
		name string
		err  error
	}{
		{"ErrNotFound", open311.ErrNotFound}, {"ErrInvalid", open311.ErrInvalid}, {"ErrForbidden", open311.ErrForbidden},
		{"ErrRateLimited", open311.ErrRateLimited}, {"ErrOutcomeUnknown", open311.ErrOutcomeUnknown},
		{"ErrPending", open311.ErrPending}, {"ErrTruncated", open311.ErrTruncated},
	} {
		if errors.Is(err, s.err) {
			out = append(out, "is "+s.name)
		}
	}
	if ae, ok := errors.AsType[*open311.APIError](err); ok {
		out = append(out, fmt.Sprintf("APIError %d", ae.StatusCode))
		for _, f := range ae.Faults {
			out = append(out, fmt.Sprintf("fault code %q, description %q", f.Code, f.Description))
		}
		if ae.RetryAfter > 0 {
			out = append(out, fmt.Sprintf("retry after %s", ae.RetryAfter))
		}
		for _, name := range slices.Sorted(maps.Keys(ae.Header)) {
			if name != "Date" && name != "Content-Length" && name != "Content-Type" {
				out = append(out, fmt.Sprintf("header %s: %s", name, strings.Join(ae.Header[name], ", ")))
			}
		}
	}
	if de, ok := errors.AsType[*open311.DecodeError](err); ok {
		out = append(out, "DecodeError", fmt.Sprintf("at %q, byte %d, read as %s", de.Path, de.Offset, de.Format))
	}
	return out
}

var stringsType = reflect.TypeFor[[]string]()

// writeValue prints a value of the public API, a field or an item a line, what is zero left out.
func writeValue(b *strings.Builder, indent string, v reflect.Value) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Slice:
		if v.Len() == 0 {
			b.WriteString(indent + "none\n")
		}
		for i := range v.Len() {
			fmt.Fprintf(b, "%s%s %d\n", indent, strings.ToLower(v.Type().Elem().Name()), i)
			writeValue(b, indent+"  ", v.Index(i))
		}
		return
	case reflect.String:
		fmt.Fprintf(b, "%s%q\n", indent, v.String())
		return
	}
	if p, ok := reflect.TypeAssert[open311.Page](v); ok && p.Total < 0 {
		p.Total = 0 // not known, which is so often that it is not worth a line
		v = reflect.ValueOf(p)
	}
	for i := range v.NumField() {
		f := v.Field(i)
		if name := v.Type().Field(i).Name; !f.IsZero() {
			writeField(b, indent, name, f)
		}
	}
	switch v := v.Interface().(type) {
	case open311.ServiceRequest:
		// What MediaURLs makes of media_url, where it is more than the field.
		if urls := v.MediaURLs(); len(urls) > 1 || len(urls) == 1 && urls[0] != v.MediaURL {
			fmt.Fprintf(b, "%sMediaURLs(): %q\n", indent, urls)
		}
	case open311.Discovery:
		e, ok := v.GeoReport("")
		i := slices.IndexFunc(v.Endpoints, func(f open311.Endpoint) bool { return reflect.DeepEqual(e, f) })
		fmt.Fprintf(b, "%sGeoReport(\"\"): %t, endpoint %d\n", indent, ok, i)
	}
}

func writeField(b *strings.Builder, indent, name string, f reflect.Value) {
	switch v := f.Interface().(type) {
	case time.Time:
		fmt.Fprintf(b, "%s%s: %s\n", indent, name, v.Format(time.RFC3339Nano))
	case *open311.Point:
		fmt.Fprintf(b, "%s%s: %s\n", indent, name, v)
	case http.Header: // of the transport, not of the document
	case []error:
		fmt.Fprintf(b, "%s%s:\n", indent, name)
		for _, err := range v {
			fmt.Fprintf(b, "%s  %v\n", indent, err)
		}
	case open311.Extra:
		fmt.Fprintf(b, "%s%s:\n", indent, name)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			fmt.Fprintf(b, "%s  %s: %s\n", indent, key, foldJSON(v[key]))
		}
	default:
		switch {
		case f.Kind() == reflect.String:
			fmt.Fprintf(b, "%s%s: %q\n", indent, name, f.String())
		case f.Type() == stringsType:
			fmt.Fprintf(b, "%s%s: %q\n", indent, name, v)
		case f.Kind() == reflect.Slice:
			fmt.Fprintf(b, "%s%s:\n", indent, name)
			writeValue(b, indent+"  ", f)
		default:
			fmt.Fprintf(b, "%s%s: %v\n", indent, name, v)
		}
	}
}

// foldJSON puts JSON text on one line. Text that is no JSON, which there must not be, stays as it is.
func foldJSON(raw json.RawMessage) string {
	if !json.Valid(raw) {
		return "NOT JSON: " + string(raw)
	}
	var lines []string
	for line := range strings.Lines(string(raw)) { // no string of JSON holds a line break
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, " ")
}

// withPlainExtras returns a copy of v in which the values of every Extra are as XML has them: texts for
// numbers and booleans, and nothing for null, "" and empty containers.
func withPlainExtras(v any) any {
	r := reflect.New(reflect.TypeOf(v)).Elem()
	r.Set(reflect.ValueOf(v))
	plainExtras(r)
	return r.Interface()
}

func plainExtras(v reflect.Value) {
	if x, ok := reflect.TypeAssert[open311.Extra](v); ok {
		plain := open311.Extra{}
		for key, raw := range x {
			var value any
			if json.Unmarshal(raw, &value) != nil {
				value = "NOT JSON: " + string(raw)
			}
			if value = plainJSON(value); value != nil {
				plain[key], _ = json.Marshal(value)
			}
		}
		if len(plain) == 0 {
			plain = nil
		}
		v.Set(reflect.ValueOf(plain))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fresh := reflect.New(v.Type().Elem())
			fresh.Elem().Set(v.Elem())
			v.Set(fresh)
			plainExtras(fresh.Elem())
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[[]error]() {
			v.SetZero() // they name the URL and the place in the bytes
			return
		}
		fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(fresh, v)
		v.Set(fresh)
		for i := range v.Len() {
			plainExtras(v.Index(i))
		}
	case reflect.Struct:
		if _, ok := reflect.TypeAssert[time.Time](v); ok {
			return
		}
		for _, field := range v.Fields() {
			plainExtras(field)
		}
	}
}

func plainJSON(v any) any {
	switch v := v.(type) {
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case string:
		if v = strings.TrimSpace(v); v != "" {
			return v
		}
	case []any:
		var out []any
		for _, item := range v {
			if item = plainJSON(item); item != nil {
				out = append(out, item)
			}
		}
		if out != nil {
			return out
		}
	case map[string]any:
		for key, item := range v {
			if v[key] = plainJSON(item); v[key] == nil {
				delete(v, key)
			}
		}
		for _, item := range v {
			if list, ok := item.([]any); ok && len(v) == 1 {
				return list // {"recipient":["a","b"]}: in XML a list has no name for its items
			}
		}
		if len(v) > 0 {
			return v
		}
	}
	return nil
}
