// Package media finds the addresses of files in what servers put where one address belongs.
package media

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Addresses collects addresses, each once, in the order in which they come. The zero value has none.
type Addresses struct {
	List []string
	seen map[string]bool
}

func (a *Addresses) put(u string) {
	if a.seen == nil {
		a.seen = map[string]bool{}
	}
	if !a.seen[u] {
		a.seen[u] = true
		a.List = append(a.List, u)
	}
}

// Add takes the addresses in a text.
func (a *Addresses) Add(text string) {
	if t := strings.TrimSpace(text); (strings.HasPrefix(t, "[") || strings.HasPrefix(t, "{")) && a.AddJSON([]byte(t)) {
		return
	}
	for _, u := range splitURLs(text) {
		a.put(u)
	}
}

// AddJSON takes the addresses in JSON text. It reports false if that is none.
func (a *Addresses) AddJSON(text []byte) bool { return a.addJSON(text, 0) }

func (a *Addresses) addJSON(text []byte, depth int) bool {
	var v any
	if json.Unmarshal(text, &v) != nil {
		return false
	}
	a.walk(v, depth)
	return true
}

// walk goes through a text, a list, objects with a url, a hash of texts. depth is how many texts there
// are around v that were JSON themselves.
func (a *Addresses) walk(v any, depth int) {
	switch v := v.(type) {
	case string:
		if t := strings.TrimSpace(v); depth < 2 && (strings.HasPrefix(t, "[") || strings.HasPrefix(t, "{")) && a.addJSON([]byte(t), depth+1) {
			return
		}
		for _, u := range splitURLs(v) {
			if isAddress(u) {
				a.put(u)
			}
		}
	case []any:
		for _, item := range v {
			a.walk(item, depth)
		}
	case map[string]any:
		for _, name := range []string{"media_url", "url", "href", "src"} {
			if u, ok := v[name]; ok {
				a.walk(u, depth)
				return
			}
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			a.walk(v[name], depth)
		}
	}
}

// isAddress tells an address from the other texts that stand beside it, such as a type.
func isAddress(s string) bool {
	return beginsAddress(s) || hasExtension(s)
}

// beginsAddress reports whether an address with a scheme, or from the root of the host, begins with s.
func beginsAddress(s string) bool { return hasScheme(s) || strings.HasPrefix(s, "/") }

// hasScheme reports whether s begins with a scheme: https://, data:.
func hasScheme(s string) bool {
	const longest = 16
	for i := 0; i < len(s) && i < longest; i++ {
		c := s[i]
		switch {
		case c == ':':
			return i > 0 && (strings.HasPrefix(s[i:], "://") || strings.EqualFold(s[:i], "data"))
		case 'a' <= c|0x20 && c|0x20 <= 'z', i > 0 && (c == '+' || c == '-' || c == '.' || '0' <= c && c <= '9'):
		default:
			return false
		}
	}
	return false
}

// hasExtension reports whether s ends as the names of files do: .jpg, .jpeg, .mp4.
func hasExtension(s string) bool {
	letters := 0
	for i := len(s) - 1; i > 0 && len(s)-i <= 6; i-- {
		switch c := s[i]; {
		case c == '.':
			return letters > 0 && len(s)-i >= 3
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			letters++
		case c < '0' || c > '9':
			return false
		}
	}
	return false
}

// separators stand between addresses, and may stand in one.
const separators = ",;| \t\r\n"

// splitURLs splits addresses that stand in one text, joined by commas (Mark-a-Spot) or by other
// separators. It looks at each byte once: anyone can file a report with a long text here.
func splitURLs(s string) []string {
	var urls []string
	start := 0
	for i := 0; i < len(s); {
		if strings.IndexByte(separators, s[i]) < 0 {
			i++
			continue
		}
		end := i
		for end < len(s) && strings.IndexByte(separators, s[end]) >= 0 {
			end++
		}
		if i == start || separates(s, start, i, end) {
			if i > start {
				urls = append(urls, s[start:i])
			}
			start = end
		}
		i = end
	}
	if start < len(s) {
		urls = append(urls, s[start:])
	}
	return urls
}

// separates reports whether the separators s[i:end] end the address s[start:i]. Commas and blanks may be a
// part of it, as in /w_400,h_300/a.jpg: only what an address follows, or nothing, ends it for certain.
func separates(s string, start, i, end int) bool {
	before, between, after := s[start:i], s[i:end], s[end:]
	if after == "" {
		return true
	}
	if isData := len(before) >= 5 && strings.EqualFold(before[:5], "data:"); isData {
		if strings.IndexByte(before, ',') < 0 { // the data has not begun, or begins here: base64 may start with /
			return false
		}
		return hasScheme(after)
	}
	switch {
	case strings.ContainsAny(between, "\r\n"), hasScheme(after):
		return true
	case strings.Trim(between, " \t") == "":
		return false
	case strings.HasPrefix(after, "/"):
		return !hasScheme(before) || hasExtension(before)
	}
	return !hasScheme(before) && hasExtension(before) // relative to the endpoint: a.jpg,b.jpg
}
