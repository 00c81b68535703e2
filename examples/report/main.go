// Report files a report with a photo and shows the request as the city has it then: a city in memory unless
// -endpoint names one. It asks for what no flag tells, if standard input is a terminal.
//
//	go run ./examples/report
//	go run ./examples/report -service 0302 -place 43.25,-68.05 -attr KIND=furniture,toxic -text Sofa -dry-run
//
// The exit status is 0 if the report was filed, 1 if not or if that is not known, and 2 for wrong arguments.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func main() {
	n := &open311.NewRequest{Attributes: open311.Attributes{}, Media: []open311.Media{photo()}}
	endpoint := flag.String("endpoint", "", "a GeoReport v2 endpoint (`URL`); none: a city in memory")
	key := flag.String("key", "", "the API `key`, if the city wants one")
	dryRun := flag.Bool("dry-run", false, "print what would be sent, without the key, and end")
	flag.StringVar(&n.ServiceCode, "service", "", "the `code` of the service")
	flag.StringVar(&n.AddressString, "place", "", "`latitude,longitude` or an address")
	flag.StringVar(&n.Description, "text", "", "what is the matter")
	flag.Func("attr", "an answer to a question of the service, `CODE=value`, or CODE=key,key", func(s string) error {
		code, values, ok := strings.Cut(s, "=")
		if !ok {
			return errors.New("it is not CODE=value")
		}
		n.Attributes[code] = append(n.Attributes[code], strings.Split(values, ",")...)
		return nil
	})
	if flag.Parse(); flag.NArg() > 0 {
		fail(2, fmt.Errorf("there is no argument %q; -help lists those there are", flag.Arg(0)))
	}
	if *endpoint == "" {
		*endpoint = httptest.NewServer(open311test.NewHandler(open311test.WithClock(time.Now))).URL + "/open311/v2"
	}
	transport := http.DefaultTransport
	if *dryRun {
		transport = printer{transport, *key}
	}
	c, err := open311.New(*endpoint, open311.WithAPIKey(*key), open311.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		fail(2, err)
	}
	if err := report(context.Background(), c, n); err != nil && !errors.Is(err, errPrinted) {
		fail(1, err)
	}
}

// report files a report and waits until the city shows it.
func report(ctx context.Context, c *open311.Client, n *open311.NewRequest) error {
	if err := fill(ctx, c, n); err != nil {
		return err
	}
	receipt, err := c.Requests.Create(ctx, n)
	switch {
	case errors.Is(err, open311.ErrOutcomeUnknown) && !errors.Is(err, errPrinted):
		lookForIt(ctx, c, n)
		return err
	case err != nil:
		return err
	case receipt.Token != "":
		fmt.Printf("Filed. It has the token %s; the city gives it a number later.\n", receipt.Token)
		if receipt.ID, err = c.Requests.Await(ctx, receipt.Token); err != nil {
			return err
		}
	case receipt.ID == "":
		fmt.Println("Filed. The city does not show such reports.")
		return nil
	}
	fmt.Println("It is request", receipt.ID)
	if receipt.ServiceNotice != "" {
		fmt.Println(receipt.ServiceNotice)
	}
	r, err := c.Requests.Get(ctx, receipt.ID)
	if err != nil {
		return fmt.Errorf("it is filed, but not shown yet: %w", err)
	}
	show(r)
	return nil
}
