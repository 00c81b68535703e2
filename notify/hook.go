// Package notify tells people what changes in a city: it posts changes to Slack, Mastodon, Telegram, or any webhook.
//
//	hook := &notify.Hook{URL: url, Shape: notify.Slack}
//	for change, err := range feed.Watch(ctx, time.Minute) {
//		...
//		if err := hook.Post(ctx, change); err != nil {
//			return err // the feed gives the change again next time
//		}
//	}
//
// Anybody can file a report. Its texts must not mention people, show links or give commands in the name of whoever
// runs the program. So they are made harmless, see [Text]; only [Plain] has them as they are.
package notify

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
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/retry"
)

// Hook is where changes are told. It is safe for concurrent use.
type Hook struct {
	URL   string // of the webhook; for Telegram that of its server, "" for https://api.telegram.org
	Shape Shape  // what it takes; "" is Plain
	Token string // sent as a Bearer token; for Telegram the token of the bot
	Chat  string // for Telegram: the id of a chat, or the @name of a channel

	Client *http.Client // nil: one with a time limit of 20 seconds for a call
	Log    *slog.Logger // gets a line when a message has to be sent again; nil: no log
}

// String names the shape: the address of a webhook is a secret as well.
func (h Hook) String() string { return fmt.Sprintf("notify.Hook(%s)", h.shape()) }

// Format prints what String returns, whatever the verb.
func (h Hook) Format(f fmt.State, _ rune) { fmt.Fprint(f, h.String()) }

// LogValue is String, whatever the handler.
func (h Hook) LogValue() slog.Value { return slog.StringValue(h.String()) }

// Check says what is wrong with a hook, if anything is.
func (h *Hook) Check() error {
	if h == nil {
		return errors.New("there is no webhook: the Hook is nil")
	}
	if !slices.Contains(Shapes(), h.shape()) {
		return fmt.Errorf("there is no shape %q; there are %s", h.Shape, shapeList())
	}
	if h.Shape == Telegram && (h.Token == "" || h.Chat == "") {
		return errors.New("telegram wants a token of a bot and a chat")
	}
	u, err := url.Parse(h.address())
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("a webhook is an absolute URL that starts with https:// or http://") // it is not shown: it may be a secret
	}
	return nil
}

func (h *Hook) shape() Shape { return cmp.Or(h.Shape, Plain) }

// address is where to post.
func (h *Hook) address() string {
	if h.Shape != Telegram {
		return h.URL
	}
	return strings.TrimSuffix(cmp.Or(h.URL, "https://api.telegram.org"), "/") + "/bot" + h.Token + "/sendMessage"
}

// tries is how often a message is sent, with pauses of one, two, four … seconds.
const tries = 6

// Post sends a change to the webhook. It tries up to six times, for about half a minute or as long as the other side asks
// for, if that is out of reach, fails, or wants fewer calls. The error after the last try, or of a message that is refused,
// names neither the URL nor the token.
func (h *Hook) Post(ctx context.Context, c *open311.Change) error {
	if c == nil || c.Request == nil {
		return errors.New("there is no change to tell: it has no request")
	}
	if err := h.Check(); err != nil {
		return err
	}
	body, err := json.Marshal(h.message(c))
	if err != nil {
		return err
	}
	for n := range tries {
		wait, err := h.send(ctx, body, keyOf(c))
		if err == nil {
			return nil
		}
		if wait < 0 || n == tries-1 || ctx.Err() != nil {
			return err
		}
		wait = max(wait, time.Second<<n)
		if h.Log != nil {
			h.Log.Warn("the webhook will be called again", "error", err, "wait", wait)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
	return nil
}

var defaultClient = &http.Client{Timeout: 20 * time.Second}

// send makes one call. A negative wait means that another one would be of no use.
func (h *Hook) send(ctx context.Context, body []byte, key string) (wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.address(), bytes.NewReader(body))
	if err != nil {
		return -1, bare(err)
	}
	req.Header.Set("Content-Type", "application/json")
	// Mastodon, and others, take a message with the same key for the same message.
	req.Header.Set("Idempotency-Key", key)
	if h.Token != "" && h.Shape != Telegram {
		req.Header.Set("Authorization", "Bearer "+h.Token)
	}
	resp, err := cmp.Or(h.Client, defaultClient).Do(req)
	if err != nil {
		return 0, bare(err)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // to its end, so that the connection can be used again
	switch code := resp.StatusCode; {
	case code < 300:
		return 0, nil
	case code == http.StatusTooManyRequests, code >= 500, code == http.StatusRequestTimeout:
		return min(pause(resp, answer), 5*time.Minute), fmt.Errorf("the webhook answers %s", resp.Status)
	}
	return -1, fmt.Errorf("the webhook refuses the message: %s", resp.Status)
}

// pause is how long the other side wants us to wait: 0 if it does not say. Telegram says it in the answer.
func pause(resp *http.Response, answer []byte) time.Duration {
	if wait, ok := retry.After(resp.StatusCode, resp.Header, time.Now()); ok {
		return wait
	}
	var telegram struct {
		Parameters struct {
			RetryAfter int `json:"retry_after"`
		} `json:"parameters"`
	}
	if json.Unmarshal(answer, &telegram) != nil {
		return 0
	}
	return time.Duration(min(max(telegram.Parameters.RetryAfter, 0), 1<<20)) * time.Second
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
