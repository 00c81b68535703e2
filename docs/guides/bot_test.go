package guides

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func TestBot(t *testing.T) {
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithRequests(
		open311.ServiceRequest{ID: "1", Status: "open", ServiceName: "Pothole", Address: "1 Mill Lane"}))
	feed, err := city.Client().Requests.Feed(open311.FeedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var posts []string
	down := false
	bot := &Bot{Feed: feed, Post: func(_ context.Context, text string) error {
		if down {
			return errors.New("the network is down")
		}
		posts = append(posts, text)
		return nil
	}}
	if err := bot.Once(t.Context()); err != nil { // the first poll takes stock
		t.Fatal(err)
	}
	city.Edit("1", func(r *open311.ServiceRequest) { r.Status = "closed" })
	down = true
	if err := bot.Once(t.Context()); err == nil {
		t.Error("the bot does not say that a text could not be posted")
	}
	down = false
	city.Fail(open311test.ListRequests, open311test.Status(503)) // the next call fails once, and is repeated
	if err := bot.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"Done: Pothole, 1 Mill Lane"}; !slices.Equal(posts, want) {
		t.Errorf("posted %q, want %q", posts, want)
	}
}
