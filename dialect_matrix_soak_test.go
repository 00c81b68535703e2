package open311_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

const soakers = 64

// TestSoak has many goroutines share a client of a city in which much goes wrong, over sockets. What
// they get must be right or an error, and nothing may be left behind. OPEN311_SOAK=60s makes it long.
func TestSoak(t *testing.T) {
	span := 2 * time.Second
	if text := os.Getenv("OPEN311_SOAK"); text != "" {
		var err error
		if span, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	} else if testing.Short() {
		t.Skip("short")
	}
	before := runtime.NumGoroutine()
	t.Run("run", func(t *testing.T) { soak(t, span) })
	for range 1500 { // what is closing needs a moment
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	stacks := make([]byte, 1<<16)
	t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}

// soakFaults hit about a quarter of the calls.
var soakFaults = []open311test.Fault{
	open311test.Status(503).WithProbability(0.05, 1),
	open311test.Reset.WithProbability(0.04, 2),
	open311test.Truncate(300).WithProbability(0.03, 3),
	open311test.Truncate(-1).WithProbability(0.03, 4),
	open311test.HTML(502).WithProbability(0.03, 5),
	open311test.Empty(500).WithProbability(0.02, 6),
	open311test.GzipError.WithProbability(0.02, 7),
	open311test.Delay(5*time.Millisecond).WithProbability(0.05, 8),
	open311test.SlowBody(time.Millisecond).WithProbability(0.02, 9),
	open311test.WrongID.WithProbability(0.02, 10),
}

func soak(t *testing.T, span time.Duration) {
	offline := matrixCity(t)
	h := open311test.NewHandler(open311test.WithClock(func() time.Time { return matrixNow }), open311test.WithServices(offline.Services()...),
		open311test.WithDefinitions(offline.Definitions()...), open311test.WithRequests(offline.Requests()...), open311test.WithTokenDelay(0, 0))
	srv := httptest.NewServer(h)
	defer srv.Close()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = soakers
	defer transport.CloseIdleConnections()
	c, err := open311.New(srv.URL+"/open311/v2", open311.WithHTTPClient(&http.Client{Transport: transport}),
		open311.WithRetry(open311.RetryPolicy{MinWait: time.Millisecond, MaxWait: 20 * time.Millisecond}))
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "Bins & Bags/2", Location: &open311.Point{Lat: 51, Long: 13}})
	if err != nil {
		t.Fatal(err)
	}
	right := make(map[open311test.Op]any)
	for _, op := range faultOps {
		if right[op], err = faultCall(t.Context(), c, op, receipt.Token); err != nil {
			t.Fatal(op, err)
		}
	}
	h.Fail(open311test.AnyCall, soakFaults...)

	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	var calls, failed, wrong atomic.Int64
	var wg sync.WaitGroup
	for i := range soakers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 311))
			for ctx.Err() == nil {
				op := faultOps[rng.IntN(len(faultOps))]
				got, err := faultCall(ctx, c, op, receipt.Token)
				if err != nil && ctx.Err() != nil {
					return // it was not the city that ended the call
				}
				calls.Add(1)
				switch {
				case err != nil:
					failed.Add(1)
				case op == open311test.GetDefinition && got.(*open311.ServiceDefinition).ServiceCode != "0101":
					// WrongID: Definition does not compare the code that it gets with the one it asked for.
				case !cmp.Equal(right[op], got) && wrong.Add(1) < 4:
					t.Errorf("%s is wrong:\n%.1000s", op, cmp.Diff(right[op], got))
				}
			}
		})
	}
	first, last := watchHeap(ctx, h)
	wg.Wait()
	t.Logf("%d operations in %s, %d failed, %d wrong; heap %d KiB at first, %d KiB in the end",
		calls.Load(), span, failed.Load(), wrong.Load(), first>>10, last>>10)
	if n := calls.Load(); failed.Load() > n/2 {
		t.Errorf("%d of %d operations failed", failed.Load(), n)
	}
	if first > 0 && last > first+16<<20 {
		t.Errorf("the heap has grown from %d to %d", first, last)
	}
}

// watchHeap returns how much is on the heap after a quarter of the time and in the end. It keeps the
// city's list of calls from growing.
func watchHeap(ctx context.Context, h *open311test.Handler) (first, last uint64) {
	deadline, _ := ctx.Deadline()
	start := time.Now()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		h.ResetCalls()
		if first == 0 && time.Since(start) > deadline.Sub(start)/4 {
			first = heapInUse()
		}
	}
	return first, heapInUse()
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
