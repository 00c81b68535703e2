// Report files a report with a photo and shows the request as the city has it then: a city in memory unless
// -endpoint names one. It asks for what no flag tells, if standard input is a terminal.
//
//	go run ./examples/report -service 0302 -place 43.25,-68.05 -attr KIND=furniture,toxic -text Sofa -dry-run
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"strings"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

var ctx = context.Background()
var key = flag.String("key", "", "the API key")
var dryRun = flag.Bool("dry-run", false, "print what would be sent, and end")

func main() {
	endpoint := flag.String("endpoint", "", "a GeoReport v2 endpoint")
	var photo bytes.Buffer // made here, as a camera would
	check(png.Encode(&photo, image.NewGray(image.Rect(0, 0, 8, 8))))
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(photo.Bytes())), nil }
	n := &open311.NewRequest{Attributes: open311.Attributes{}, Media: []open311.Media{{Name: "photo.png", Open: open}}}
	flag.StringVar(&n.ServiceCode, "service", "", "the code of the service")
	flag.StringVar(&n.AddressString, "place", "", "latitude,longitude or an address")
	flag.StringVar(&n.Description, "text", "", "the description")
	flag.Func("attr", "an answer to a question of the service: CODE=value, CODE=key,key", func(s string) error {
		code, values, _ := strings.Cut(s, "=")
		n.Attributes[code] = strings.Split(values, ",")
		return nil
	})
	if flag.Parse(); *endpoint == "" {
		*endpoint = httptest.NewServer(open311test.NewHandler(open311test.WithClock(time.Now))).URL + "/open311/v2"
	}
	c, err := open311.New(*endpoint, open311.WithAPIKey(*key), open311.WithHTTPClient(&http.Client{Transport: sender{http.DefaultTransport}}))
	check(err)
	fill(c, n)
	receipt, err := c.Requests.Create(ctx, n)
	if errors.Is(err, open311.ErrOutcomeUnknown) {
		fmt.Println(c.Requests.FindSimilar(ctx, n, time.Hour)) // to look at before filing it again
	}
	check(err)
	fmt.Println("Filed:", receipt)
	if receipt.Token != "" { // it becomes an id later
		receipt.ID, err = c.Requests.Await(ctx, receipt.Token)
		check(err)
	}
	if r, err := c.Requests.Get(ctx, receipt.ID); err == nil { // a blackbox service shows nothing
		fmt.Printf("%s, %s, %s: %s\n%s %v\n%s\n", r.ID, r.ServiceName, r.Status, r.Description, r.Address, r.Location, r.MediaURL)
	}
}

// fill asks for what no flag has told, and checks it all before anything is sent.
func fill(c *open311.Client, n *open311.NewRequest) {
	services, _ := c.Services.List(ctx) // the next call tells what is wrong
	for _, s := range services {
		fmt.Printf("%-8s %s\n", s.Code, s.Name)
	}
	n.ServiceCode = ask("Which service?", n.ServiceCode)
	def, err := c.Services.Definition(ctx, n.ServiceCode)
	check(err)
	for _, a := range def.Attributes {
		question := fmt.Sprintf("%s (%s, required: %v) %v", a.Description, a.Datatype, a.Required, a.Values)
		if a.Variable { // else it only tells something
			n.Attributes[a.Code] = strings.Split(ask(question, strings.Join(n.Attributes[a.Code], ",")), ",")
		}
	}
	n.AddressString = ask("Where? Latitude,longitude or an address:", n.AddressString)
	var p open311.Point
	if _, err := fmt.Sscanf(n.AddressString, "%g,%g", &p.Lat, &p.Long); err == nil {
		n.Location, n.AddressString = &p, ""
	}
	n.Description = ask("What is the matter?", n.Description)
	check(n.Validate(def))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// ask returns what a flag has told already, or what is typed in.
func ask(question, told string) string {
	info, err := os.Stdin.Stat()
	if null, _ := os.Stat(os.DevNull); told != "" || err != nil || info.Mode()&os.ModeCharDevice == 0 || os.SameFile(info, null) {
		return told
	}
	fmt.Print(question, " ")
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	return strings.TrimSpace(line)
}

// sender prints a report in place of sending it, without the key, if it is a dry run.
type sender struct{ http.RoundTripper }

func (s sender) RoundTrip(r *http.Request) (*http.Response, error) {
	if *dryRun && r.Method == http.MethodPost {
		dump, _ := httputil.DumpRequestOut(r, true)
		fmt.Println(strings.ReplaceAll(strings.ToValidUTF8(string(dump), "."), cmp.Or(*key, "\x00"), "REDACTED"))
		os.Exit(0)
	}
	return s.RoundTripper.RoundTrip(r)
}
