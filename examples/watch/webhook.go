package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-open311/open311"
)

// webhook tells changes to a server.
type webhook struct {
	url, shape, token string
}

func (w *webhook) check() error {
	if u, err := url.Parse(w.url); w.url != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return errors.New("-webhook must be an absolute URL that starts with https:// or http://")
	}
	switch w.shape {
	case "plain", "slack", "mastodon":
		return nil
	}
	return fmt.Errorf("-shape %q is none of plain, slack and mastodon", w.shape)
}

// tries is how often a message is sent, with pauses of one, two, four … seconds.
const tries = 6

// post sends a change, again and again if it has to.
func (w *webhook) post(ctx context.Context, c *open311.Change) error {
	body, err := json.Marshal(w.message(c))
	if err != nil {
		return err
	}
	if w.url == "" {
		_, err = fmt.Fprintf(os.Stdout, "%s\n", body)
		return err
	}
	for n := range tries {
		wait, err := w.send(ctx, body, keyOf(c))
		if err == nil {
			return nil
		}
		if wait < 0 || n == tries-1 || ctx.Err() != nil {
			return err
		}
		wait = max(wait, time.Second<<n)
		slog.Warn("the webhook will be called again", "error", err, "wait", wait)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
	return nil
}

// send makes one call. A negative wait means that another one would be of no use.
func (w *webhook) send(ctx context.Context, body []byte, key string) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return -1, bare(err)
	}
	req.Header.Set("Content-Type", "application/json")
	// Mastodon, and others, take a message with the same key for the same message.
	req.Header.Set("Idempotency-Key", key)
	if w.token != "" {
		req.Header.Set("Authorization", "Bearer "+w.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, bare(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	switch code := resp.StatusCode; {
	case code < 300:
		return 0, nil
	case code == http.StatusTooManyRequests, code >= 500, code == http.StatusRequestTimeout:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // a date, or none: our own pause
		return min(time.Duration(seconds)*time.Second, 5*time.Minute), fmt.Errorf("the webhook answers %s", resp.Status)
	}
	return -1, fmt.Errorf("the webhook refuses the message: %s", resp.Status)
}

// bare takes the address out of an error: who knows a webhook's address may write to it.
func bare(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("the webhook: %w", ue.Err)
	}
	return err
}

// keyOf is the same for the same change.
func keyOf(c *open311.Change) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %s %s %s", c.Kind, c.Request.ID, c.Previous, c.Request.Status, c.At().UTC()))
	return hex.EncodeToString(sum[:16])
}

// message is what is sent.
func (w *webhook) message(c *open311.Change) any {
	switch w.shape {
	case "slack":
		return map[string]any{"text": slackEscaper.Replace(text(c)), "parse": "none", "link_names": false,
			"unfurl_links": false, "unfurl_media": false}
	case "mastodon":
		return map[string]string{"status": mastodonEscaper.Replace(text(c)), "visibility": "unlisted"}
	}
	return struct {
		Kind     open311.ChangeKind      `json:"kind"`
		Previous open311.Status          `json:"previous,omitempty"`
		At       time.Time               `json:"at,omitzero"`
		Request  *open311.ServiceRequest `json:"request"`
	}{c.Kind, c.Previous, c.At(), c.Request}
}

// Anybody can file a report, and nobody may call people or show links by it in our name: in Slack's markup <!channel>
// and <https://…|…> do, in the texts of Mastodon @names, #words and addresses.
var (
	slackEscaper    = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "@", "@\u200b", "://", ":\u200b//")
	mastodonEscaper = strings.NewReplacer("@", "@\u200b", "#", "#\u200b", "://", ":\u200b//")
)

// oneLine leaves out what would turn or break a line, or move the cursor of a terminal.
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

// text says in one line what has happened.
func text(c *open311.Change) string {
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
	s = oneLine(s)
	if runes := []rune(s); len(runes) > 440 {
		s = string(runes[:440]) + "…"
	}
	return s + " (" + oneLine(cmp.Or(r.ID, "no number yet")) + ")"
}
