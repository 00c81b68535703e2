// Report files a report with a photo and shows the request as the city has it then: a city in memory unless -endpoint
// names one, whose API key, if it wants one, is in OPEN311_API_KEY.
//
//	go run ./examples/report
//	go run ./examples/report -service 0302 -place 43.25,-68.05 -attr KIND=furniture,toxic -text Sofa -dry-run
//
// The exit status is 0 if the report was filed, 1 if not or if that is not known, and 2 for wrong arguments. The program
// cmd/open311 asks for what is missing.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func main() {
	n := &open311.NewRequest{Attributes: open311.Attributes{}, Media: []open311.Media{photo()}}
	endpoint := flag.String("endpoint", "", "a GeoReport v2 endpoint (`URL`); none: a city in memory")
	dryRun := flag.Bool("dry-run", false, "check the report, and do not send it")
	place := flag.String("place", "43.25,-68.05", "`latitude,longitude` or an address")
	flag.StringVar(&n.ServiceCode, "service", "0303", "the `code` of the service")
	flag.StringVar(&n.Description, "text", "It is broken.", "what is the matter")
	flag.Func("attr", "an answer to a question of the service, `CODE=value`, or CODE=key,key", func(s string) error {
		code, values, ok := strings.Cut(s, "=")
		if !ok {
			return errors.New("it is not CODE=value")
		}
		n.Attributes.Set(code, strings.Split(values, ",")...)
		return nil
	})
	flag.Parse()
	var p open311.Point
	if _, err := fmt.Sscanf(*place, "%g,%g", &p.Lat, &p.Long); err == nil {
		n.Location = &p
	} else {
		n.AddressString = *place
	}
	if *endpoint == "" {
		*endpoint = httptest.NewServer(open311test.NewHandler(open311test.WithClock(time.Now))).URL + "/open311/v2"
	}
	c, err := open311.New(*endpoint, open311.WithAPIKey(os.Getenv("OPEN311_API_KEY")))
	if err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(2)
	}
	if err := report(context.Background(), c, n, *dryRun); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

// report checks a report, files it, and waits until the city shows it.
func report(ctx context.Context, c *open311.Client, n *open311.NewRequest, dryRun bool) error {
	services, err := c.Services.List(ctx)
	if err != nil {
		return err
	}
	var def *open311.ServiceDefinition // services without metadata have none
	if i := slices.IndexFunc(services, func(s open311.Service) bool { return s.Code == n.ServiceCode }); i >= 0 && services[i].Metadata {
		if def, err = c.Services.Definition(ctx, n.ServiceCode); err != nil {
			return err
		}
	}
	if err := n.Validate(def); err != nil || dryRun {
		fmt.Printf("Nothing is sent. It would be:\n%+v\n", n)
		return err
	}
	receipt, err := c.Requests.Create(ctx, n)
	switch {
	case errors.Is(err, open311.ErrOutcomeUnknown): // look before it is filed again
		found, lookErr := c.Requests.FindSimilar(ctx, n, time.Hour)
		return errors.Join(fmt.Errorf("it may have arrived; requests of the city that may be it: %d", len(found)), err, lookErr)
	case err != nil:
		return err
	case receipt.Token != "":
		fmt.Printf("Filed. It has the token %q; the city gives it a number later.\n", receipt.Token)
		if receipt.ID, err = c.Requests.Await(ctx, receipt.Token); err != nil {
			return err
		}
	case receipt.ID == "":
		fmt.Println("Filed. The city does not show such reports.")
		return nil
	}
	fmt.Printf("It is request %q.\n", receipt.ID) // what strangers write is quoted: nothing in it moves the cursor
	if receipt.ServiceNotice != "" {
		fmt.Printf("The city says: %q\n", receipt.ServiceNotice)
	}
	r, err := c.Requests.Get(ctx, receipt.ID)
	if err != nil {
		return fmt.Errorf("it is filed, but not shown yet: %w", err)
	}
	fmt.Printf("%q, %q: %q, photos: %d\n", r.ServiceName, r.Status, r.Description, len(r.MediaURLs()))
	return nil
}

// photo is made here, as a camera would.
func photo() open311.Media {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))) // into memory
	return open311.Media{Name: "photo.png", Size: int64(b.Len()),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }}
}
