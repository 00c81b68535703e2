package open311_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// filingExceptions say which servers cannot take a report, or give no id for a token.
var filingExceptions = []matrixException{
	{"FixMyStreet", "create", 0, "", "outcome unknown"}, // it answers with a list of other people's requests
	{"FixMyStreet", "resolve", 0, "", "outcome unknown"},
	// There are no tokens: the address is 404, which is what a token without an id may be as well.
	{"uReport", "resolve", 0, "", "pending"},
	{"Mark-a-Spot", "resolve", 0, "", "pending"},
	{"Klarschiff", "resolve", 0, "", "pending"},
	{"CitySDK", "resolve", 0, "", "pending"},
}

func filingClass(err error) string {
	if errors.Is(err, open311.ErrOutcomeUnknown) {
		return "outcome unknown"
	}
	return errorClass(err)
}

// What is filed must arrive, and its receipt must be understood, whatever the city speaks.
func TestDialectMatrixFiling(t *testing.T) {
	for _, d := range open311.Dialects() {
		for _, f := range matrixFormats {
			city := matrixCity(t, open311test.WithDialect(d), open311test.WithAPIKey("secret"), open311test.WithTokenDelay(1, 0))
			known := d
			known.RateLimit = 0
			c := city.Client(open311.WithDialect(known), open311.WithJurisdiction("any"), open311.WithFormat(f), open311.WithAPIKey("secret"),
				open311.WithRetry(open311.RetryPolicy{MaxAttempts: 1}))
			t.Run(fmt.Sprintf("%s/%s/create", d.Name, f), func(t *testing.T) {
				filingCheck(t, d, f, "create", func() error { return fileOne(t, city, c) })
			})
			t.Run(fmt.Sprintf("%s/%s/resolve", d.Name, f), func(t *testing.T) {
				filingCheck(t, d, f, "resolve", func() error { return fileAndResolve(t, city, c) })
			})
		}
	}
}

func filingCheck(t *testing.T, d open311.Dialect, f open311.Format, op string, do func() error) {
	err := do()
	want, _ := matrixFind(filingExceptions, d.Name, op, f, true)
	if class := filingClass(err); class != want {
		t.Errorf("%q, want %q: %v", class, want, err)
	}
}

func fileOne(t *testing.T, city *open311test.Server, c *open311.Client) error {
	n := &open311.NewRequest{
		ServiceCode: "0101", Location: &open311.Point{Lat: 51.0625, Long: -13.74}, AddressString: "12 Hafenstraße",
		Description: "3 < 4 & \"so\" – Łódź", Email: "ann@example.com", Attributes: open311.Attributes{"DEPTH": {"7"}, "WHERE": {"07"}},
	}
	receipt, err := c.Requests.Create(t.Context(), n)
	if err != nil {
		return err
	}
	for _, r := range city.Requests() {
		if r.ID != receipt.ID {
			continue
		}
		got := []any{r.ServiceCode, *r.Location, r.Address, r.Description}
		if diff := cmp.Diff([]any{n.ServiceCode, *n.Location, n.AddressString, n.Description}, got); diff != "" {
			t.Errorf("(-filed +arrived)\n%s", diff)
		}
		return nil
	}
	t.Errorf("there is no request %q in the city", receipt.ID)
	return nil
}

func fileAndResolve(t *testing.T, city *open311test.Server, c *open311.Client) error {
	receipt, err := c.Requests.Create(t.Context(), &open311.NewRequest{
		ServiceCode: "Bins & Bags/2", Location: &open311.Point{Lat: 51, Long: 13}, Email: "ann@example.com", Description: "Full.",
	})
	if err != nil {
		return err
	}
	if receipt.Token == "" || receipt.ID != "" {
		t.Errorf("receipt %+v, want a token and no id", receipt)
	}
	if id, err := c.Requests.Resolve(t.Context(), receipt.Token); !errors.Is(err, open311.ErrPending) {
		t.Errorf("%q, %v before there is an id, want pending", id, err)
	}
	id, err := c.Requests.Resolve(t.Context(), receipt.Token)
	if err != nil {
		return err
	}
	if city.Requests()[0].ID != id {
		t.Errorf("id %q, the city has %q", id, city.Requests()[0].ID)
	}
	return nil
}
