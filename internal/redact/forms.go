package redact

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// forms returns the spellings in which secret may turn up: as it is, escaped
// for a URL, JSON, XML or a Go string, and inside base64.
func forms(secret string) []string {
	var all []string
	for _, v := range []string{secret, strings.TrimSpace(secret)} {
		if len(v) < minLen {
			continue
		}
		query, path := url.QueryEscape(v), url.PathEscape(v)
		all = append(all, v,
			query, path, lowerHex(query), lowerHex(path), strings.ReplaceAll(query, "+", "%20"),
			jsonText(v), jsonASCII(v), strings.ReplaceAll(jsonASCII(v), "/", `\/`),
			html.EscapeString(v), xmlText(v), strings.Trim(strconv.Quote(v), `"`),
		)
		all = append(all, base64Forms(v)...)
	}
	return slices.DeleteFunc(all, func(f string) bool { return len(f) < minLen })
}

// lowerHex turns the %2F of Go into the %2f of other languages.
func lowerHex(escaped string) string {
	b := []byte(escaped)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:], strings.ToLower(string(b[i+1:i+3])))
			i += 2
		}
	}
	return string(b)
}

// jsonText is how encoding/json writes the value.
func jsonText(v string) string {
	b, err := json.Marshal(v)
	if err != nil || len(b) < 2 {
		return v
	}
	return string(b[1 : len(b)-1])
}

// jsonASCII is how Python and PHP write the value: \u00e9 for é, but < as it is.
func jsonASCII(v string) string {
	var out strings.Builder
	for _, r := range v {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r >= ' ' && r < 0x7F:
			out.WriteRune(r)
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// xmlText escapes only what XML text needs; html.EscapeString does quotes too.
func xmlText(v string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(v)
}

// base64Forms covers Basic authentication ("user:key", "key:", ":key") and any
// other base64 the secret is a part of. Three bytes become four letters, so a
// secret inside a longer text has one of three spellings; of each, the letters
// that depend on the secret alone are what can be searched for.
func base64Forms(v string) []string {
	var all []string
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if len(v) < 8 {
			// Too little is left of a short secret: only the whole forms.
			for _, whole := range []string{v, v + ":", ":" + v} {
				all = append(all, enc.EncodeToString([]byte(whole)))
			}
			continue
		}
		for lead := range 3 {
			text := enc.EncodeToString([]byte(strings.Repeat("\x00", lead) + v))
			from := (lead*8 + 5) / 6         // first letter without a bit of the lead
			to := (lead + len(v)) * 8 / 6    // letters that are full of known bits
			all = append(all, text[from:to]) // the rest depends on what follows
		}
	}
	return all
}
