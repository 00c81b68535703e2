// Package reply finds in the answer to a write what it says of the thing that was made, where it is no receipt.
package reply

import (
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Kept is how much of a body is kept.
const Kept = 8 << 10

// Reply is what a write was answered.
type Reply struct {
	Resource string // the path that was posted to
	Status   int
	Header   http.Header
	Body     []byte // the beginning
	Received time.Time
}

// Listen notes an answer, and the beginning of its body while that is read. A nil Reply notes nothing.
func (h *Reply) Listen(resp *http.Response, received time.Time, body io.Reader) io.Reader {
	if h == nil {
		return body
	}
	h.Status, h.Header, h.Received, h.Body = resp.StatusCode, resp.Header, received, nil
	return io.TeeReader(body, h)
}

// Write keeps the first bytes.
func (h *Reply) Write(p []byte) (int, error) {
	h.Body = append(h.Body, p[:min(len(p), Kept-len(h.Body))]...)
	return len(p), nil
}

// Created returns the id of what the answer says has been created: 201 with a Location below the resource.
func (h *Reply) Created() string {
	if h.Status != http.StatusCreated {
		return ""
	}
	return h.located("Location")
}

// located returns the id that a header with an address ends with, if the address is below the resource.
func (h *Reply) located(name string) string {
	u, err := url.Parse(h.Header.Get(name))
	if err != nil || u.Path == "" {
		return ""
	}
	parent, last := path.Split(strings.TrimRight(u.Path, "/"))
	resource := path.Base(h.Resource)
	if parent = path.Base(parent); !strings.EqualFold(parent, resource) && !strings.EqualFold(parent+"s", resource) {
		return ""
	}
	for _, suffix := range []string{".json", ".xml"} {
		last = strings.TrimSuffix(last, suffix)
	}
	return last
}

// named finds what other servers call the id of a request: in JSON, XML or a text.
var named = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)"?\b(?:[a-z]+[_-]?)?(?:id|number|reference|token|guid|uuid|oid)"?\s*[:>=]\s*"?([\pL\pN][\pL\pN._:/-]{0,63})`)
})

const maxNamed = 8 // ids in one answer; with more of them it is a list

// IDs are those that the answer names, whatever it calls them.
func (h *Reply) IDs() []string {
	var out []string
	add := func(id string) {
		if id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	add(h.located("Location"))
	add(h.located("Content-Location"))
	var inBody []string
	for _, m := range named().FindAllSubmatch(h.Body, -1) {
		switch id := string(m[1]); strings.ToLower(id) {
		case "null", "true", "false", "none":
		default:
			inBody = append(inBody, id)
		}
	}
	if len(inBody) <= maxNamed {
		for _, id := range inBody {
			add(id)
		}
	}
	return out
}

// Date returns when the server answered, by its own clock; zero if it does not say.
func (h *Reply) Date() time.Time {
	date := h.Header.Get("Date")
	if date == "" {
		return time.Time{}
	}
	t, _ := http.ParseTime(date) // zero if it is none
	return t
}
