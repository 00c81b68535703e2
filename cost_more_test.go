package open311_test

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/zerotest"
)

// longOptions are the options that take texts, each as a function that makes one and gives it to a client or a call.
func longOptions(ctx context.Context, c *open311.Client) map[string]any {
	client := func(o open311.Option) error {
		_, err := open311.New("https://city.example/", o)
		return err
	}
	call := func(o open311.CallOption) error {
		_, err := c.Services.List(ctx, o)
		return err
	}
	return map[string]any{
		"WithAPIKey":       func(key string) error { return client(open311.WithAPIKey(key)) },
		"WithDialect":      func(d open311.Dialect) error { return client(open311.WithDialect(d)) },
		"WithJurisdiction": func(id string) error { return client(open311.WithJurisdiction(id)) },
		"WithTrustedHosts": func(hosts ...string) error { return client(open311.WithTrustedHosts(hosts...)) },
		"WithUserAgent":    func(ua string) error { return client(open311.WithUserAgent(ua)) },
		"CallHeader":       func(key, value string) error { return call(open311.CallHeader(key, value)) },
		"CallParams":       func(params url.Values) error { return call(open311.CallParams(params)) },
	}
}

// Four times the text takes no more than eight times the processor, wherever it stands. What makes calls reads answers, too:
// see TestCostIsLinear.
func TestCostOfTexts(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("it takes seconds, and the race detector has costs of its own")
	}
	c := stubClient(t, func(r *http.Request) (*http.Response, error) { return stubReply(r, 404, "application/json", "[]"), nil }, open311.WithRetry(once))
	feed, err := c.Requests.Feed(open311.FeedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	made := []any{c, c.Services, c.Requests, c.Updates, c.Discovery, feed, open311.FileCheckpoint(filepath.Join(t.TempDir(), "a"))}
	funcs := map[string]any{"New": open311.New, "Discover": open311.Discover, "Dialects": open311.Dialects, "FileCheckpoint": open311.FileCheckpoint, "FileOutbox": open311.FileOutbox}
	maps.Copy(funcs, longOptions(t.Context(), c))
	clients := func(v any) bool {
		return slices.ContainsFunc(made, func(m any) bool { return reflect.TypeOf(m).Elem() == reflect.TypeOf(v) })
	}
	values := slices.Concat(made, slices.DeleteFunc(slices.Clone(zeros), clients))
	zerotest.Long(t, values, funcs,
		"Feed.Watch", "RequestClient.Await", // Poll and Resolve, again and again
		"RequestClient.All, lists", "RequestClient.AllInto, lists", "RequestClient.Oldest, lists", "RequestClient.Pages, lists", // each call for fifty ids sends all of Params: two lists that multiply; TestCostIsLinear has each alone
		// options without a text
		"WithCharsetReader", "WithConcurrency", "WithFormat", "WithHTTPClient", "WithInsecureDiscovery", "WithKeyOnReads", "WithLearned", "WithLimiter", "WithLocation",
		"WithLogger", "WithMaxResponse", "WithMiddleware", "WithObserver", "WithPageSize", "WithRateLimit", "WithRetry", "WithStrict", "WithTimeout", "WithWarnings",
		"CallExtensions", "CallFresh", "CallResponse", "CallUnchecked")
}
