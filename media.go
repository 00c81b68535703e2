package open311

import (
	"encoding/json"
	"slices"
	"strings"
)

// mediaFields are the names under which servers put media beyond media_url.
var mediaFields = []string{"media_url", "media_urls", "image_urls", "media[]", "media", "photos", "images", "attachments"}

// MediaURLs returns the addresses of all media, each once: the one of the specification, and the several
// that servers send as a list, as a list of objects, joined by commas, or under other names in Extra or
// its extended_attributes.
func (r *ServiceRequest) MediaURLs() []string {
	var urls []string
	add := func(found []string) {
		for _, u := range found {
			if !slices.Contains(urls, u) {
				urls = append(urls, u)
			}
		}
	}
	add(splitURLs(r.MediaURL))
	var extended Extra
	_ = r.Extra.Decode("extended_attributes", &extended) // mostly there is none
	for _, extra := range []Extra{r.Extra, extended} {
		for _, name := range mediaFields {
			if raw, ok := extra[name]; ok {
				add(mediaIn(raw))
			}
		}
	}
	return urls
}

// mediaIn collects the addresses in a JSON value: a text, a list, objects with a url, a hash of texts.
func mediaIn(raw json.RawMessage) (urls []string) {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return nil
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			for _, u := range splitURLs(v) {
				if isAddress(u) {
					urls = append(urls, u)
				}
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			for _, name := range []string{"media_url", "url", "href", "src"} {
				if u, ok := v[name]; ok {
					walk(u)
					return
				}
			}
			names := make([]string, 0, len(v))
			for name := range v {
				names = append(names, name)
			}
			slices.Sort(names)
			for _, name := range names {
				walk(v[name])
			}
		}
	}
	walk(v)
	return urls
}

// isAddress tells an address from the other texts that stand beside it, such as a type.
func isAddress(s string) bool {
	return strings.Contains(s, "://") || strings.HasPrefix(s, "data:") || strings.HasPrefix(s, "/")
}

// splitURLs splits addresses joined by commas (Mark-a-Spot). A comma inside an address is left alone:
// only one that another address follows, or nothing, separates.
func splitURLs(s string) []string {
	if strings.HasPrefix(strings.TrimSpace(s), "data:") {
		return []string{strings.TrimSpace(s)}
	}
	var urls []string
	start := 0
	add := func(end int) {
		if u := strings.TrimSpace(s[start:end]); u != "" {
			urls = append(urls, u)
		}
	}
	for i := range len(s) {
		if s[i] != ',' {
			continue
		}
		rest := strings.TrimLeft(s[i+1:], " \t\r\n,")
		if rest == "" || strings.HasPrefix(rest, "http://") || strings.HasPrefix(rest, "https://") {
			add(i)
			start = i + 1
		}
	}
	add(len(s))
	return urls
}
