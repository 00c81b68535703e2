package open311_test

import (
	"context"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/time/rate"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/zerotest"
)

// zeros are all exported types that have methods, by their zero values.
var zeros = []any{
	open311.APIError{}, open311.Attribute{}, open311.Attributes{}, open311.Box{}, open311.Change{}, open311.Checkpoint{}, open311.CheckpointFile{}, open311.Circle{}, open311.Client{},
	open311.DecodeError{}, open311.Discovery{}, open311.DiscoveryClient{}, open311.Extra{}, open311.Fault{}, open311.Feed{}, open311.Filing{},
	open311.Format(0), open311.Gap{}, open311.Learned{}, open311.Media{}, open311.NewRequest{}, open311.NewUpdate{},
	open311.Page{}, open311.Point{}, open311.Query{}, open311.Receipt{}, open311.RequestClient{}, open311.Service{}, open311.ServiceClient{},
	open311.ServiceDefinition{}, open311.ServiceRequest{}, open311.Status(""), open311.TruncatedError{}, open311.UnknownOutcomeError{},
	open311.Update{}, open311.UpdateClient{}, open311.UpdateQuery{}, open311.UpdateReceipt{}, open311.ValidationError{}, open311.Warning{},
}

// TestZeroValues: none panics. What sets an attribute writes to the map that is its receiver, which has to be made first,
// as with http.Header and url.Values: an attribute that was lost in silence would be worse than a panic.
func TestZeroValues(t *testing.T) {
	zerotest.Run(t, zeros, "Attributes.Set", "Attributes.SetNumber", "Attributes.SetTime")
	zerotest.Funcs(t, map[string]any{
		"New": open311.New, "Discover": open311.Discover, "Dialects": open311.Dialects,
		"FileCheckpoint": open311.FileCheckpoint, "FileOutbox": open311.FileOutbox,
	}, "With", "Call") // options, which New and the calls check
}

// TestZeroArguments: the methods of a client that can call work with zero arguments, or say what is missing.
func TestZeroArguments(t *testing.T) {
	c := handledBy(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("[]")) }, open311.WithRetry(once))
	feed, err := c.Requests.Feed(open311.FeedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	zerotest.Methods(t, c, c.Services, c.Requests, c.Updates, c.Discovery, feed, open311.FileCheckpoint(filepath.Join(t.TempDir(), "a")))
}

// TestZeroOptions: options of nothing are refused, or change nothing.
func TestZeroOptions(t *testing.T) {
	calls := map[string]open311.CallOption{"nothing": nil, "CallParams": open311.CallParams(nil), "CallHeader": open311.CallHeader("", ""),
		"CallResponse": open311.CallResponse(nil), "CallExtensions": open311.CallExtensions(), "CallUnchecked": open311.CallUnchecked(),
		"CallFresh": open311.CallFresh()}
	options := map[string]open311.Option{
		"WithAPIKey": open311.WithAPIKey(""), "WithCharsetReader": open311.WithCharsetReader(nil), "WithConcurrency": open311.WithConcurrency(0),
		"WithDialect": open311.WithDialect(open311.Dialect{}), "WithFormat": open311.WithFormat(0), "WithHTTPClient": open311.WithHTTPClient(nil),
		"an http.Client": open311.WithHTTPClient(&http.Client{}), "WithInsecureDiscovery": open311.WithInsecureDiscovery(),
		"WithJurisdiction": open311.WithJurisdiction(""), "WithKeyOnReads": open311.WithKeyOnReads(), "WithLearned": open311.WithLearned(open311.Learned{}),
		"WithLimiter": open311.WithLimiter(nil), "a limiter that is nil": open311.WithLimiter((*rate.Limiter)(nil)), "WithLocation": open311.WithLocation(nil),
		"WithLogger": open311.WithLogger(nil), "WithMaxResponse": open311.WithMaxResponse(0), "WithMiddleware": open311.WithMiddleware(),
		"nil as middleware": open311.WithMiddleware(nil), "WithObserver": open311.WithObserver(nil), "an observer that is nil": open311.WithObserver((*tally)(nil)),
		"WithPageSize": open311.WithPageSize(0), "WithRateLimit": open311.WithRateLimit(0, 0), "WithRetry": open311.WithRetry(open311.RetryPolicy{}),
		"WithStrict": open311.WithStrict(), "WithTimeout": open311.WithTimeout(0), "WithTrustedHosts": open311.WithTrustedHosts(),
		"WithUserAgent": open311.WithUserAgent(""), "WithWarnings": open311.WithWarnings(nil), "nil": nil,
	}
	zerotest.Listed(t, slices.Concat(slices.Collect(maps.Keys(options)), slices.Collect(maps.Keys(calls))), "With", "Call")
	for name, o := range options {
		stub := open311.WithHTTPClient(&http.Client{Transport: stubTrip(func(r *http.Request) (*http.Response, error) {
			return stubReply(r, 200, "application/json", oneServiceJSON), nil
		})})
		opts := []open311.Option{stub, o}
		if name == "an http.Client" {
			opts = []open311.Option{o, stub}
		}
		c, err := open311.New("https://city.example/", opts...)
		if err != nil {
			if len(strings.Fields(err.Error())) < 4 {
				t.Errorf("%s: the error says but %q", name, err)
			}
			continue
		}
		for what, o := range calls {
			if _, err := c.Services.List(t.Context(), o); err != nil && what != "CallHeader" {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
}

// tally is an Observer whose nil pointer is one as well.
type tally struct{}

func (*tally) Call(ctx context.Context, _ open311.CallInfo) (context.Context, func(open311.CallResult)) {
	return ctx, nil
}
