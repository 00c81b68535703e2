package otel_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
	"github.com/go-open311/open311/otel"
	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"
)

const secret = "s3cret-key-of-a-city"

// observed is a city, a client that is watched, and what is seen.
type observed struct {
	city   *open311test.Server
	client *open311.Client
	spans  *tracetest.InMemoryExporter
	reader *sdkmetric.ManualReader
}

func newObserved(t *testing.T, opts ...open311.Option) *observed {
	t.Helper()
	o := &observed{city: open311test.NewServer(t, open311test.WithAPIKey(secret)), spans: tracetest.NewInMemoryExporter(),
		reader: sdkmetric.NewManualReader()}
	observer, err := otel.NewObserver(
		otel.WithTracerProvider(trace.NewTracerProvider(trace.WithSyncer(o.spans))),
		otel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(o.reader))))
	if err != nil {
		t.Fatal(err)
	}
	o.client = o.city.Client(append([]open311.Option{open311.WithAPIKey(secret), open311.WithKeyOnReads(), open311.WithObserver(observer),
		open311.WithRetry(open311.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond})}, opts...)...)
	return o
}

// metrics returns the names of what was counted, and the sum of each.
func (o *observed) metrics(t *testing.T) (sums map[string]int64, text string) {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := o.reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	sums = map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					sums[m.Name] += p.Value
					text += fmt.Sprint(p.Attributes.ToSlice())
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					sums[m.Name] += int64(p.Count)
					text += fmt.Sprint(p.Attributes.ToSlice())
				}
			}
		}
	}
	return sums, text
}

// The spans of a call that had to be made twice: one for the call, one for each attempt, by the names of the conventions.
func TestSpans(t *testing.T) {
	o := newObserved(t, open311.WithFormat(open311.FormatJSON))
	o.city.Fail(open311test.ListRequests, open311test.Status(503).Times(1))
	page, err := o.client.Requests.List(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	spans := o.spans.GetSpans()
	if len(spans) != 3 {
		t.Fatalf("%d spans, want 3: a call and two attempts", len(spans))
	}
	call := spans[2]
	for i, s := range spans[:2] {
		if s.SpanKind != oteltrace.SpanKindClient || s.Name != "GET" || s.Parent.SpanID() != call.SpanContext.SpanID() {
			t.Errorf("attempt %d is %v %q, parent %v", i+1, s.SpanKind, s.Name, s.Parent.SpanID())
		}
	}
	if spans[0].Status.Code != codes.Error {
		t.Errorf("the attempt that failed has status %v", spans[0].Status)
	}
	got := map[string]string{}
	for _, kv := range slices.Concat(spans[1].Attributes, call.Attributes) {
		got[string(kv.Key)] = kv.Value.String()
	}
	for _, key := range []string{"url.full", "server.port", "server.address", "open311.body.size", "open311.wait"} {
		if got[key] == "" {
			t.Errorf("no attribute %s", key)
		}
		delete(got, key)
	}
	want := map[string]string{"http.request.method": "GET", "http.response.status_code": "200", "http.request.resend_count": "1",
		"open311.operation": "GET requests", "open311.format": "json", "open311.rows": fmt.Sprint(len(page.Requests)), "open311.warnings": "0"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, kv := range spans[0].Attributes {
		if kv.Key == "error.type" && kv.Value.String() == "503" {
			return
		}
	}
	t.Error("the attempt that failed has no error.type")
}

func TestMetrics(t *testing.T) {
	o := newObserved(t)
	rows := int64(0)
	for _, err := range o.client.Requests.All(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		rows++
	}
	sums, text := o.metrics(t)
	if sums["open311.client.rows"] < rows || sums["open311.client.body.size"] == 0 {
		t.Errorf("%d rows were given; counted: %v", rows, sums)
	}
	calls := int64(len(o.city.Calls()))
	if sums["http.client.request.duration"] != calls || sums["open311.client.call.duration"] != calls {
		t.Errorf("%d calls; counted: %v", calls, sums)
	}
	if strings.Contains(text, "requests.json") {
		t.Error("a metric bears an address: there would be as many as there are requests")
	}
}

// No key, and nothing of a reporter, leaves the house.
func TestSecrets(t *testing.T) {
	o := newObserved(t)
	personal := []string{"ada@example.org", "Lovelace", "555-0100"}
	for _, fail := range []bool{false, true} {
		if fail {
			o.city.Fail(open311test.FileRequest, open311test.HTML(500))
			o.city.Fail(open311test.ListRequests, open311test.HTML(400))
		}
		_, _ = o.client.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "0101", Location: &open311.Point{Lat: 52, Long: 13},
			Description: "A hole", Email: personal[0], LastName: personal[1], Phone: personal[2]})
		_, _ = o.client.Requests.List(t.Context(), nil)
		_, _ = o.client.Requests.Get(t.Context(), secret)
	}
	_, text := o.metrics(t)
	attempts := 0
	for _, s := range o.spans.GetSpans() {
		if s.SpanKind == oteltrace.SpanKindClient {
			attempts++
		}
		text += s.Name + s.Status.Description + fmt.Sprint(s.Attributes) + fmt.Sprint(s.Events)
	}
	if attempts < 6 {
		t.Fatalf("only %d attempts were seen", attempts)
	}
	for _, word := range append(personal, secret) {
		if strings.Contains(text, word) {
			t.Errorf("%q is in an attribute", word)
		}
	}
}

// A nil observer, a zero one and nil options do nothing, and break nothing.
func TestZero(t *testing.T) {
	if _, err := otel.NewObserver(nil, otel.WithMeterProvider(nil), otel.WithTracerProvider(nil)); err != nil {
		t.Error(err)
	}
	for _, observer := range []*otel.Observer{nil, {}} {
		city := open311test.NewServer(t)
		if _, err := city.Client(open311.WithObserver(observer)).Services.List(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
