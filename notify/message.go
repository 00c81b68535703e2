package notify

import (
	"cmp"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/go-open311/open311"
)

// Shape is the kind of message that a webhook takes.
type Shape string

// The shapes.
const (
	Plain    Shape = "plain"    // the change as JSON: kind, previous, at, request
	Slack    Shape = "slack"    // Slack's incoming webhooks, and those of Mattermost and Rocket.Chat
	Mastodon Shape = "mastodon" // POST /api/v1/statuses
	Telegram Shape = "telegram" // sendMessage of a bot
)

// Shapes lists all shapes.
func Shapes() []Shape { return []Shape{Plain, Slack, Mastodon, Telegram} }

func shapeList() string {
	var names []string
	for _, s := range Shapes() {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

// message is what is sent.
func (h *Hook) message(c *open311.Change) any {
	switch h.Shape {
	case Slack:
		return map[string]any{"text": slackEscaper.Replace(Text(c)), "parse": "none", "link_names": false,
			"unfurl_links": false, "unfurl_media": false}
	case Mastodon:
		return map[string]string{"status": Text(c), "visibility": "unlisted"}
	case Telegram:
		return map[string]any{"chat_id": h.Chat, "text": Text(c), "link_preview_options": map[string]bool{"is_disabled": true}}
	}
	return Data(c)
}

// slackEscaper leaves nothing of the markup by which Slack calls people and hides addresses behind words.
var slackEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// Data returns a change as [Plain] sends it, for [encoding/json.Marshal]: with all that the city says, as it is.
func Data(c *open311.Change) any {
	c = whole(c)
	return struct {
		Kind     open311.ChangeKind      `json:"kind"`
		Previous open311.Status          `json:"previous,omitempty"`
		At       time.Time               `json:"at,omitzero"`
		Request  *open311.ServiceRequest `json:"request"`
	}{c.Kind, c.Previous, c.At(), c.Request}
}

// Text returns one line of at most 500 characters that says what has happened. A chat or a terminal takes all of it for
// plain words: see [Inert].
func Text(c *open311.Change) string {
	c = whole(c)
	r := c.Request
	s := map[open311.ChangeKind]string{open311.Created: "New", open311.Updated: "News about", open311.Closed: "Closed",
		open311.Reopened: "Reopened", open311.Gone: "Gone"}[c.Kind]
	s += ": " + cmp.Or(r.ServiceName, r.ServiceCode, "request")
	if r.Address != "" {
		s += ", " + r.Address
	}
	if c.Kind != open311.Created && r.StatusNotes != "" {
		s += ": " + r.StatusNotes
	}
	return clip(Inert(clip(s, 1000)), 430) + " (" + clip(Inert(clip(cmp.Or(r.ID, "no number yet"), 200)), 60) + ")"
}

// whole is a change with a request, of which nothing is known where there is none.
func whole(c *open311.Change) *open311.Change {
	switch {
	case c == nil:
		return &open311.Change{Request: &open311.ServiceRequest{}}
	case c.Request == nil:
		d := *c
		d.Request = &open311.ServiceRequest{}
		return &d
	}
	return c
}

const noWidth = "\u200b"

var (
	// Mentions and hashtags, plain and full-width, and addresses with a scheme.
	callers = strings.NewReplacer("@", "@"+noWidth, "＠", "＠"+noWidth, "#", "#"+noWidth, "＃", "＃"+noWidth, "://", ":"+noWidth+"//")
	// A dot within a word makes a link of it in many clients, even without a scheme: city.example.
	domain = regexp.MustCompile(`([\pL\pN_-])([.。．｡])(\pL)`)
	// A slash at the beginning of a word makes a command of it. Colons behind such words as mailto and tel, too.
	command = regexp.MustCompile(`(^|[^\pL\pN])/(\pL)`)
	scheme  = regexp.MustCompile(`(\pL):([\pL\pN+/])`)
)

// Inert makes a text that a stranger wrote harmless for chats and terminals. Line breaks, control characters and those
// that turn the direction of writing are taken out. A zero-width space goes where a chat would otherwise see a mention, a
// hashtag, a link or a command.
func Inert(s string) string {
	s = callers.Replace(oneLine(s))
	s = domain.ReplaceAllString(s, "$1$2"+noWidth+"$3")
	s = domain.ReplaceAllString(s, "$1$2"+noWidth+"$3") // a.b.c: matches do not overlap
	s = command.ReplaceAllString(s, "$1/"+noWidth+"$2")
	return scheme.ReplaceAllString(s, "$1:"+noWidth+"$2")
}

// oneLine leaves out what would turn or break a line, or move the cursor of a terminal, and blanks that are not seen:
// with them a text could look as if it was ours.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), '\u202A' <= r && r <= '\u202E', '\u2066' <= r && r <= '\u2069':
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

func clip(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}
