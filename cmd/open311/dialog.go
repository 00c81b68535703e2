package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"

	"github.com/go-open311/open311"
)

// dialog asks on a terminal. Without an in it asks nothing.
type dialog struct {
	in  *bufio.Reader
	out io.Writer
}

// ask returns what a flag has told already, or what is typed in.
func (d *dialog) ask(question, told string) string {
	if told != "" || d.in == nil {
		return told
	}
	fmt.Fprint(d.out, question, " ")
	line, _ := d.in.ReadString('\n') // at its end what has been typed counts
	return strings.TrimSpace(line)
}

// answers asks the questions of a service.
func (d *dialog) answers(n *open311.NewRequest, def *open311.ServiceDefinition) {
	if def == nil || d.in == nil {
		return
	}
	for i := range def.Attributes {
		a := &def.Attributes[i]
		if !a.Variable {
			fmt.Fprintln(d.out, safe(a.Description)) // it only tells something
		} else if len(n.Attributes[a.Code]) == 0 {
			if answer := d.ask(question(a), ""); answer != "" {
				n.Attributes.Set(a.Code, values(def, a.Code, answer)...)
			}
		}
	}
}

// values are those of an answer: in a list of several values there are commas between them, in a text they stay.
func values(def *open311.ServiceDefinition, code, answer string) []string {
	if def != nil && slices.ContainsFunc(def.Attributes, func(a open311.Attribute) bool {
		return a.Code == code && strings.EqualFold(string(a.Datatype), string(open311.DatatypeMultiValueList))
	}) {
		return strings.Split(answer, ",")
	}
	return []string{answer}
}

// fieldFlags are the flags for the fields of a report.
var fieldFlags = map[string]string{"ServiceCode": "--service", "Location": "--place", "AddressString": "--place", "Description": "--text",
	"Email": "--email", "FirstName": "--first-name", "LastName": "--last-name", "Phone": "--phone"}

// asFlags says what is wrong with a report in words of the command line, a line for each problem.
func asFlags(err error) error {
	var invalid *open311.ValidationError
	if !errors.As(err, &invalid) {
		return err
	}
	var errs []error
	for _, p := range invalid.Problems {
		flag, detail := cmp.Or(fieldFlags[p.Field], p.Field), p.Detail
		switch {
		case strings.HasPrefix(p.Field, "Attributes["):
			flag = "--attr " + p.Code
		case p.Field == "Location" && p.Kind == open311.ProblemMissing:
			detail = "is missing: latitude,longitude or an address"
		}
		errs = append(errs, fmt.Errorf("%w: %s: %s", errUsage, flag, detail))
	}
	return errors.Join(errs...)
}

// question puts an attribute in words.
func question(a *open311.Attribute) string {
	var q strings.Builder
	q.WriteString(safe(cmp.Or(a.Description, a.Code)))
	if a.DatatypeDescription != "" {
		q.WriteString(" " + safe(a.DatatypeDescription))
	}
	for _, v := range a.Values {
		fmt.Fprintf(&q, "\n  %-8s %s", safe(v.Key), safe(v.Name))
	}
	if !a.Required {
		q.WriteString("\n  (or nothing)")
	}
	return q.String() + "\n>"
}

var errDryRun = errors.New("it is a dry run")

// show prints a report in place of sending it. Nothing is stored.
func (r *reportCmd) show(ctx context.Context, n *open311.NewRequest, to streams) error {
	key, err := r.key()
	if err != nil {
		return err
	}
	paper := &sketch{key: key, to: to.out, next: http.DefaultTransport}
	if r.City == madeUp {
		paper.next = madeUpCity().Transport
	}
	c, err := r.open(open311.WithHTTPClient(&http.Client{Transport: paper}))
	if err != nil {
		return err
	}
	if _, err := c.Requests.Create(ctx, n); err != nil && !errors.Is(err, errDryRun) {
		return err
	}
	return nil
}

// sketch prints a POST in place of sending it, without the key.
type sketch struct {
	key  string
	to   io.Writer
	next http.RoundTripper // for what is no POST
}

func (s *sketch) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return s.next.RoundTrip(r)
	}
	dump, err := httputil.DumpRequestOut(r, true)
	if err != nil {
		return nil, err
	}
	text := strings.ToValidUTF8(string(dump), ".")
	if s.key != "" {
		text = strings.NewReplacer(s.key, "REDACTED", url.QueryEscape(s.key), "REDACTED").Replace(text)
	}
	fmt.Fprintln(s.to, "Nothing is sent. It would be:")
	for line := range strings.Lines(text) {
		fmt.Fprintln(s.to, clip(safe(strings.TrimRight(line, "\r\n")), 400))
	}
	return nil, errDryRun
}
