package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/conformance"
	"github.com/go-open311/open311/servers"
)

type listCmd struct {
	city
	output
	Since   time.Time `format:"2006-01-02" placeholder:"DAY" help:"Requested on this day (UTC) or later; all if not given."`
	Status  []string  `placeholder:"WORD" help:"Only these states, such as open."`
	Service []string  `placeholder:"CODE" help:"Only these services."`
	Limit   int       `placeholder:"N" help:"No more than so many."`
}

// requestColumns are those of list and get.
var requestColumns = []string{"id", "status", "requested", "service", "address"}

func cells(r *open311.ServiceRequest) []string {
	day := ""
	if !r.RequestedDatetime.IsZero() {
		day = r.RequestedDatetime.Format(time.DateOnly)
	}
	return []string{r.ID, string(r.Status), day, r.ServiceName, r.Address}
}

func (l *listCmd) Run(ctx context.Context, to streams) error {
	c, err := l.open()
	if err != nil {
		return err
	}
	q := &open311.Query{Start: l.Since, ServiceCodes: l.Service}
	for _, s := range l.Status {
		q.Statuses = append(q.Statuses, open311.Status(s))
	}
	w := l.to(to.out, requestColumns...)
	for r, err := range c.Requests.All(ctx, q) {
		if err == nil {
			err = w.row(r, cells(r)...)
		}
		if err != nil {
			return errors.Join(err, w.end())
		}
		if w.n == l.Limit {
			break
		}
	}
	return w.end()
}

type getCmd struct {
	city
	output
	IDs []string `arg:"" name:"id" help:"What the city calls the requests."`
}

func (g *getCmd) Run(ctx context.Context, to streams) error {
	c, err := g.open()
	if err != nil {
		return err
	}
	w := g.to(to.out, requestColumns...)
	for _, id := range g.IDs {
		r, err := c.Requests.Get(ctx, id)
		if err == nil {
			err = w.row(r, cells(r)...)
		}
		if err != nil {
			return errors.Join(err, w.end())
		}
	}
	return w.end()
}

type servicesCmd struct {
	city
	output
	Code string `arg:"" optional:"" help:"The service whose questions to list."`
}

func (s *servicesCmd) Run(ctx context.Context, to streams) error {
	c, err := s.open()
	if err != nil {
		return err
	}
	if s.Code != "" {
		return s.questions(ctx, c, to)
	}
	list, err := c.Services.List(ctx)
	if err != nil {
		return err
	}
	w := s.to(to.out, "code", "type", "questions", "name")
	for _, v := range list {
		if err := w.row(v, v.Code, string(v.Type), strconv.FormatBool(v.Metadata), v.Name); err != nil {
			return err
		}
	}
	return w.end()
}

func (s *servicesCmd) questions(ctx context.Context, c *open311.Client, to streams) error {
	def, err := c.Services.Definition(ctx, s.Code)
	if err != nil {
		return err
	}
	w := s.to(to.out, "code", "datatype", "required", "answers", "question")
	for _, a := range def.Attributes {
		var values []string
		for _, v := range a.Values {
			values = append(values, v.Key)
		}
		if err := w.row(a, a.Code, string(a.Datatype), strconv.FormatBool(a.Required), strings.Join(values, " "), a.Description); err != nil {
			return err
		}
	}
	return w.end()
}

type serversCmd struct{ output }

func (s *serversCmd) Run(to streams) error {
	w := s.to(to.out, "key", "country", "dialect", "name")
	for row := range servers.All() {
		if err := w.row(row, row.Key, row.Country, row.DialectName, row.Name); err != nil {
			return err
		}
	}
	return w.end()
}

type checkCmd struct {
	Endpoint     string        `required:"" placeholder:"URL" help:"The server: what stands before /services.xml."`
	Jurisdiction string        `placeholder:"ID" help:"Its jurisdiction_id, if it wants one."`
	Create       bool          `help:"File reports too, which stay in the city: for test endpoints."`
	Pace         time.Duration `default:"200ms" help:"The delay between calls."`
	KeyFile      string        `type:"existingfile" placeholder:"FILE" help:"The file with the API key."`
	Format       string        `enum:"text,json,junit,markdown,html" default:"text" help:"The report: text, json, junit, markdown or html."`
}

func (k *checkCmd) Run(ctx context.Context, to streams) error {
	key, err := (&city{KeyFile: k.KeyFile}).key()
	if err != nil {
		return err
	}
	pace := k.Pace
	if pace == 0 {
		pace = -1 // the target's zero is its default
	}
	report, err := conformance.Check(ctx, conformance.Target{Endpoint: k.Endpoint, Jurisdiction: k.Jurisdiction, APIKey: key,
		AllowCreate: k.Create, Pace: pace})
	if err == nil {
		err = report.Write(to.out, k.Format)
	}
	if err != nil {
		fmt.Fprintln(to.err, "open311:", err)
		return exit(2) // it cannot be said
	}
	if status := report.ExitStatus(); status != 0 {
		return exit(status)
	}
	return nil
}
