package open311_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// unreliable is a network, and a server behind it, that fails now and then in every way of the table
// of filing-faults.md. It knows which reports have really got through.
type unreliable struct {
	city   http.RoundTripper
	random *rand.Rand
	share  float64
	failed map[string]int
	named  map[string]bool // ids of which a header alone has told the client
}

func (u *unreliable) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost || u.random.Float64() >= u.share {
		return u.city.RoundTrip(r)
	}
	ways := []string{"refused", "DNS", "TLS", "reset before", "reset after", "time-out before", "time-out after", "429", "429 Retry-After",
		"503", "503 Retry-After", "500", "502", "page", "cut off", "others", "a stranger's", "located", "404 bare", "405 bare", "405 page", "406 bare",
		"406 page", "408 bare", "415 bare", "415 page", "504", "520", "301", "302", "303", "307", "308"}
	way := ways[u.random.IntN(len(ways))]
	u.failed[way]++
	return u.fail(r, way)
}

// fail is one failed call. Where real servers may have done their work or not, a coin decides.
func (u *unreliable) fail(r *http.Request, way string) (*http.Response, error) {
	trace := httptrace.ContextClientTrace(r.Context())
	switch way {
	case "refused":
		return nil, closed(r, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")})
	case "DNS":
		return nil, closed(r, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host"}})
	case "TLS":
		trace.GetConn("city.example:443")
		return nil, closed(r, &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}})
	case "reset before":
		trace.GetConn("city.example:443")
		trace.GotConn(httptrace.GotConnInfo{})
		trace.WroteHeaders()
		return nil, closed(r, errors.New("connection reset by peer"))
	case "reset after":
		if err := u.deliver(r, true); err != nil {
			return nil, err
		}
		return nil, errors.New("connection reset by peer")
	case "time-out before", "time-out after":
		if err := u.deliver(r, way == "time-out after"); err != nil {
			return nil, err
		}
		<-r.Context().Done()
		return nil, r.Context().Err()
	case "cut off":
		resp, err := u.city.RoundTrip(r)
		if err == nil {
			all, _ := io.ReadAll(resp.Body)
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(string(all[:len(all)/2])), failingReader{io.ErrUnexpectedEOF}))
		}
		return resp, err
	}
	return u.answer(r, way)
}

func (u *unreliable) answer(r *http.Request, way string) (*http.Response, error) {
	word, after, _ := strings.Cut(way, " ")
	status, body, label := 200, htmlPage, "text/html"
	_, _ = fmt.Sscan(word, &status)
	switch after {
	case "bare":
		body = ""
	case "Retry-After", "":
	default:
		after = ""
	}
	if way == "located" {
		return u.located(r)
	}
	refusedForSure := status == 429 || after == "Retry-After" || status == 301 || status >= 307 && status <= 308
	if err := u.deliver(r, !refusedForSure && u.random.IntN(2) == 0); err != nil {
		return nil, err
	}
	switch way {
	case "others":
		body, label = faultList, "application/json"
	case "a stranger's":
		body, label = u.stranger(), "application/json"
	}
	resp := stubReply(r, status, label, body)
	if u.random.IntN(2) == 0 {
		resp.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	if after == "Retry-After" {
		resp.Header.Set("Retry-After", "1")
	}
	if status >= 300 && status < 400 {
		resp.Header.Set("Location", "/thanks")
	}
	return resp, nil
}

// stranger is a list of one record, older than the report, of which it shows this and that.
func (u *unreliable) stranger() string {
	age := time.Duration(10+u.random.IntN(36*60)) * time.Minute
	if u.random.IntN(3) == 0 {
		age = age.Round(30*time.Minute) + 30*time.Minute // as if it were a matter of zones
	}
	fields := []string{`"description":"A dead fox"`, fmt.Sprintf(`"lat":%f,"long":-68.1`, 43+u.random.Float64()), `"address":"M1, junction 4"`, `"status":"open"`}
	row := fmt.Sprintf(`"service_request_id":"STRANGER","requested_datetime":%q`, time.Now().Add(-age).UTC().Format(time.RFC3339))
	for _, f := range fields {
		if u.random.IntN(2) == 0 {
			row += "," + f
		}
	}
	return "[{" + row + "}]"
}

// located is an answer that names what was made in its header alone.
func (u *unreliable) located(r *http.Request) (*http.Response, error) {
	resp, err := u.city.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	_, rest, ok := strings.Cut(string(body), `"service_request_id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	out := stubReply(r, 201, "application/json", "")
	if ok && id != "" {
		out.Header.Set("Location", "/v2/requests/"+id+".json")
		u.named[id] = true
	}
	return out, nil
}

// deliver takes the report to the city, or only reads it.
func (u *unreliable) deliver(r *http.Request, really bool) error {
	if !really {
		_, err := io.Copy(io.Discard, r.Body)
		return errors.Join(err, r.Body.Close())
	}
	resp, err := u.city.RoundTrip(r)
	if err == nil {
		_ = resp.Body.Close()
	}
	return err
}

func closed(r *http.Request, err error) error {
	_ = r.Body.Close()
	return err
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

// TestManyFilings files 5,000 reports (1,000 with -short), or OPEN311_FILINGS, through a network that fails three
// calls in ten. No report is there twice, every receipt is that of a report that is there, none is there of which the
// client said that it was not filed, and no receipt is thrown away.
func TestManyFilings(t *testing.T) {
	reports, seed := 5_000, uint64(311)
	if testing.Short() {
		reports = 1_000
	}
	if n, err := strconv.Atoi(os.Getenv("OPEN311_FILINGS")); err == nil {
		reports = n
	}
	synctest.Test(t, func(t *testing.T) {
		city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithSize(0), open311test.WithClock(time.Now))
		net := &unreliable{city: city.Transport(), random: rand.New(rand.NewPCG(seed, seed)), share: 0.3, failed: map[string]int{}, named: map[string]bool{}}
		c := city.Client(open311.WithHTTPClient(&http.Client{Transport: net}))
		receipts, unknowns, refused := map[string]*open311.Receipt{}, map[string]error{}, map[string]error{}
		services := []string{"0102", "0801", "N 4/7"} // with an id, with a token, with neither
		all := make(map[string]*open311.NewRequest, reports)
		for i := range reports {
			n := &open311.NewRequest{ServiceCode: services[i%3], Location: &open311.Point{Lat: 43 + float64(i%100)/100, Long: -68 + float64(i/100)/100},
				Description: fmt.Sprintf("report no. %05d of many", i)}
			all[n.Description] = n
			r, err := c.Requests.Create(t.Context(), n)
			switch {
			case err == nil:
				receipts[n.Description] = r
			case errors.Is(err, open311.ErrOutcomeUnknown):
				unknowns[n.Description] = err
			default:
				refused[n.Description] = err
			}
		}
		thrownAway := len(net.named)
		for _, r := range receipts {
			if net.named[r.ID] {
				thrownAway--
			}
		}
		if thrownAway > 0 {
			t.Errorf("%d of %d reports were named, and have no receipt", thrownAway, len(net.named))
		}
		there := map[string]int{}
		for _, f := range city.Filed() {
			there[f.Request.Description]++
			if r := receipts[f.Request.Description]; r != nil && (r.Token != f.Token || f.Token == "" && r.ID != f.ID) {
				t.Errorf("%s: receipt %v for %s, %s", f.Request.Description, r, f.ID, f.Token)
			}
			if err := refused[f.Request.Description]; err != nil {
				t.Errorf("%s is there, although %v", f.Request.Description, err)
			}
		}
		twice, arrived := 0, 0
		for text, n := range there {
			if n > 1 {
				twice++
			}
			if unknowns[text] != nil {
				arrived++
			}
		}
		faults := 0
		for _, n := range net.failed {
			faults += n
		}
		t.Logf("%d reports, %d failed calls in %d ways: %d receipts (%d named in a header), %d outcomes unknown (%d of them are there), %d not filed; %d distinct reports at the server, %d there twice",
			reports, faults, len(net.failed), len(receipts), len(net.named), len(unknowns), arrived, len(refused), len(there), twice)
		if twice > 0 || len(there) != len(receipts)+arrived || len(receipts)+len(unknowns)+len(refused) != reports {
			t.Error("the sums are wrong")
		}
		lookBeforeFilingAgain(t, c, all, unknowns, there)
	})
}

// lookBeforeFilingAgain: FindSimilar tells the reports in doubt that are there from those that are not.
func lookBeforeFilingAgain(t *testing.T, c *open311.Client, all map[string]*open311.NewRequest, unknowns map[string]error, there map[string]int) {
	looked, found := 0, 0
	for text, err := range unknowns {
		if all[text].ServiceCode != "0102" {
			continue // the others are not listed
		}
		if looked++; looked > 25 {
			break
		}
		var ue *open311.UnknownOutcomeError
		if !errors.As(err, &ue) {
			t.Fatalf("%T", err)
		}
		similar, err := c.Requests.FindSimilar(t.Context(), all[text], time.Since(ue.Sent)+time.Hour)
		if errors.Is(err, open311.ErrTruncated) && len(all) > 20_000 {
			continue // too many of one service in an hour for a few calls, and it says so
		}
		if err != nil || len(similar) != there[text] {
			t.Errorf("%s: found %d, %v; %d are there: %q", text, len(similar), err, there[text], similar)
		}
		found += len(similar)
	}
	t.Logf("looked for %d of the reports in doubt, found the %d that are there", looked, found)
}
