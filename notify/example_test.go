package notify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/notify"
)

// A change is told to a channel of Slack. What a resident wrote can neither call everybody there nor show a link.
func ExampleHook() {
	slack := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var message struct{ Text string }
		if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%+q\n", message.Text)
	}))
	defer slack.Close()

	hook := &notify.Hook{URL: slack.URL, Shape: notify.Slack}
	err := hook.Post(context.Background(), &open311.Change{
		Kind:    open311.Created,
		Request: &open311.ServiceRequest{ID: "1042", ServiceName: "Street light", Address: "<!channel> http://prize.example"},
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output: "New: Street light, &lt;!channel&gt; http:\u200b//\u200bprize.\u200bexample (1042)"
}

// Text is the line that every shape sends.
func ExampleText() {
	fmt.Println(notify.Text(&open311.Change{
		Kind:     open311.Closed,
		Previous: open311.StatusOpen,
		Request:  &open311.ServiceRequest{ID: "1042", ServiceName: "Street light", Address: "5 Harbour Lane"},
	}))
	// Output: Closed: Street light, 5 Harbour Lane (1042)
}
