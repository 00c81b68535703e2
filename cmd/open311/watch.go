package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/notify"
)

type watchCmd struct {
	city
	channel
	Cities string        `type:"existingfile" placeholder:"FILE" help:"The cities of a file, one a line: see docs/watch.md."`
	State  string        `placeholder:"PATH" help:"Keeps how far it is: a file; with --cities a directory."`
	Since  string        `placeholder:"TIME" help:"Without a state: tell what has happened since then."`
	Every  time.Duration `default:"1m" placeholder:"TIME" help:"How long to wait between looks; 1m if not given."`
	Once   bool          `help:"Look once and end, for cron."`
	Health time.Duration `default:"1h" placeholder:"TIME" help:"How often to log how cities are; else 1h; 0: never."`
	output
}

// channel are the flags that say what to tell, and whom.
type channel struct {
	Service []string     `placeholder:"CODE" help:"Only these services; CODE,CODE."`
	Kinds   []string     `placeholder:"KIND" help:"Only these: created,updated,closed,reopened,gone."`
	Near    string       `placeholder:"PLACE" help:"Only around a place: lat,long,metres."`
	Webhook string       `placeholder:"URL" help:"Where to post; else WATCH_WEBHOOK; else it prints."`
	Shape   notify.Shape `enum:"plain,slack,mastodon,telegram" default:"plain" placeholder:"FORM" help:"plain, slack, mastodon, telegram. Token: WATCH_TOKEN."`
	Chat    string       `placeholder:"ID" help:"The chat, for telegram."`
	token   string
}

// watched is a city that is watched.
type watched struct {
	label string
	feed  *open311.Feed
	hook  *notify.Hook // nil: print
	every time.Duration
	once  bool

	mu    sync.Mutex
	told  int
	wrong error // what the last look ended with, or a webhook said
}

func (c *watchCmd) Run(ctx context.Context, to streams) error {
	log := slog.New(slog.NewTextHandler(to.err, nil))
	list, err := c.cities(log)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.Health > 0 && !c.Once {
		go beat(ctx, log, c.Health, list)
	}
	out := &printer{to: to.out, rows: c.to(to.out, "city", "kind", "id", "status", "at", "service", "address"), many: c.Cities != ""}
	var wait sync.WaitGroup
	for _, w := range list {
		wait.Go(func() { w.watch(ctx, log, out) })
	}
	wait.Wait()
	if err := out.rows.flush(); err != nil {
		return err
	}
	health(log, list)
	var failed []error
	for _, w := range list {
		if w.wrong != nil {
			failed = append(failed, fmt.Errorf("%s: %w", w.label, w.wrong))
		}
	}
	return errors.Join(failed...)
}

// cities are those of the file, or the one of the flags.
func (c *watchCmd) cities(log *slog.Logger) ([]*watched, error) {
	c.token = os.Getenv("WATCH_TOKEN")
	if c.Webhook == "" {
		c.Webhook = os.Getenv("WATCH_WEBHOOK")
	}
	if c.Cities == "" {
		w, err := c.open(c.city, c.channel, c.State, log)
		return []*watched{w}, err
	}
	if c.City != "" || c.Endpoint != "" {
		return nil, errors.New("--cities has the cities; --city and --endpoint name one")
	}
	lines, err := readCities(c.Cities, c.city, c.channel)
	if err != nil {
		return nil, err
	}
	if c.State != "" {
		if err := os.MkdirAll(c.State, 0o700); err != nil {
			return nil, err
		}
	}
	var list []*watched
	seen := make(map[string]int)
	for _, l := range lines {
		state := ""
		if c.State != "" {
			name := fileName(l.city.label() + " " + strings.Join(l.channel.Service, ","))
			if seen[name]++; seen[name] > 1 {
				return nil, fmt.Errorf("%s, line %d: the same city and services stand above", c.Cities, l.number)
			}
			state = filepath.Join(c.State, name+".json")
		}
		w, err := c.open(l.city, l.channel, state, log)
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", c.Cities, l.number, err)
		}
		list = append(list, w)
	}
	return list, nil
}

var oddInNames = regexp.MustCompile(`[^\pL\pN._-]+`)

// fileName makes a name of a file of a label.
func fileName(label string) string {
	return strings.Trim(oddInNames.ReplaceAllString(label, "-"), "-.")
}

// kinds are those of --kinds.
var kinds = []open311.ChangeKind{open311.Created, open311.Updated, open311.Closed, open311.Reopened, open311.Gone}

// open makes the feed of a city: it goes on where the state says.
func (c *watchCmd) open(from city, ch channel, state string, log *slog.Logger) (*watched, error) {
	w := &watched{label: from.label(), every: c.Every, once: c.Once}
	log = log.With("city", w.label)
	if ch.Webhook != "" || ch.Shape == notify.Telegram {
		w.hook = &notify.Hook{URL: ch.Webhook, Shape: ch.Shape, Token: ch.token, Chat: ch.Chat, Log: log}
		if err := w.hook.Check(); err != nil {
			return nil, err
		}
	}
	query := &open311.Query{ServiceCodes: ch.Service}
	opts := open311.FeedOptions{Query: query}
	for _, k := range ch.Kinds {
		opts.Kinds = append(opts.Kinds, open311.ChangeKind(k))
		if !slices.Contains(kinds, opts.Kinds[len(opts.Kinds)-1]) {
			return nil, fmt.Errorf("--kinds: there is no %q; there are created, updated, closed, reopened and gone", k)
		}
	}
	var err error
	if query.Near, err = circle(ch.Near); err != nil {
		return nil, err
	}
	if opts.Since, err = moment("since", c.Since, false); err != nil {
		return nil, err
	}
	fresh := opts.Since.IsZero()
	if state != "" {
		opts.Store = open311.FileCheckpoint(state)
		before, err := opts.Store.Load()
		if err != nil {
			return nil, err
		}
		fresh = fresh && before.IsZero()
	}
	client, err := from.open(from.politely()...)
	if err != nil {
		return nil, err
	}
	if w.feed, err = client.Requests.Feed(opts); err == nil && fresh {
		log.Info("the first look takes stock and tells nothing; --since says where to begin")
	}
	return w, err
}

// watch looks for changes and tells them until ctx ends. A webhook that is out of reach for long does not end it: the
// feed gives the change again at the next look.
func (w *watched) watch(ctx context.Context, log *slog.Logger, out *printer) {
	for {
		changes, told := w.feed.Watch(ctx, w.every), true
		if w.once {
			changes = w.feed.Poll(ctx)
		}
		for change, err := range changes {
			if w.note(err); err != nil {
				if ctx.Err() == nil {
					log.Warn("not everything could be read", "city", w.label, "error", err)
				}
				continue
			}
			if err := w.tell(ctx, change, out); err != nil {
				if w.note(err); ctx.Err() == nil {
					log.Error("a change could not be told", "city", w.label, "error", err)
				}
				told = false
				break
			}
		}
		if ctx.Err() != nil {
			w.note(nil) // asked to stop
			return
		}
		if told || w.once {
			return // done, or the feed has said why it cannot go on
		}
		select {
		case <-ctx.Done():
		case <-time.After(w.every):
		}
	}
}

func (w *watched) tell(ctx context.Context, change *open311.Change, out *printer) error {
	var err error
	if w.hook != nil {
		err = w.hook.Post(ctx, change)
	} else {
		err = out.print(w.label, change)
	}
	if err == nil {
		w.mu.Lock()
		w.told++
		w.mu.Unlock()
	}
	return err
}

func (w *watched) note(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = err
}

// beat logs a line about all cities now and then.
func beat(ctx context.Context, log *slog.Logger, every time.Duration, list []*watched) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			health(log, list)
		}
	}
}

// health logs how many cities are well, what was told, when the last look was, and which cities are not well.
func health(log *slog.Logger, list []*watched) {
	told, well := 0, 0
	var ill []string
	var oldest time.Time
	for _, w := range list {
		w.mu.Lock()
		told += w.told
		last := w.feed.Last()
		if w.wrong == nil && last.Err == nil {
			well++
		} else {
			ill = append(ill, w.label)
		}
		w.mu.Unlock()
		if oldest.IsZero() || last.Ended.Before(oldest) {
			oldest = last.Ended
		}
	}
	level := slog.LevelInfo
	if len(ill) > 0 {
		level = slog.LevelWarn
	}
	log.Log(context.Background(), level, "health", "cities", len(list), "well", well, "ill", strings.Join(ill, ","), "told", told, "oldest_look", oldest.UTC().Truncate(time.Second))
}

// printer prints changes of several cities, each in a line: a table of what may never end would have no widths, so
// that people get sentences in its place.
type printer struct {
	mu   sync.Mutex
	to   io.Writer
	rows *writer
	many bool
}

func (p *printer) print(label string, c *open311.Change) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rows.format != "table" {
		at, r := "", c.Request
		if !c.At().IsZero() {
			at = c.At().UTC().Format(time.RFC3339)
		}
		return p.rows.row(notify.Data(c), label, string(c.Kind), r.ID, string(r.Status), at, r.ServiceName, r.Address)
	}
	if p.many {
		label += ": "
	} else {
		label = ""
	}
	_, err := fmt.Fprintln(p.to, label+notify.Text(c))
	return err
}
