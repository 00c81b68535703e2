package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311"
)

type listCmd struct {
	city
	output
	Since   string   `placeholder:"DAY" help:"Requested on this day (UTC) or later."`
	Status  []string `placeholder:"WORD" help:"Only these states, such as open; WORD,WORD."`
	Service []string `placeholder:"CODE" help:"Only these services; CODE,CODE."`
	Limit   int      `placeholder:"N" help:"At most so many requests."`
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
	since, err := moment("since", l.Since, false)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	q := &open311.Query{Start: since, ServiceCodes: l.Service}
	for _, s := range l.Status {
		q.Statuses = append(q.Statuses, open311.Status(s))
	}
	w, line := l.to(to.out, requestColumns...), to.progress()
	defer line.end()
	for r, err := range c.Requests.All(ctx, q) {
		line.say("requests: %d", w.n)
		if err == nil {
			err = w.row(r, cells(r)...)
		}
		if err != nil {
			return errors.Join(err, w.flush())
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
	IDs []string `arg:"" name:"id" help:"The ids that the city has given the requests."`
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
			return errors.Join(err, w.flush())
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

// questions lists what a service asks. A table has each answer in a line of its own: its key, and what it means.
func (s *servicesCmd) questions(ctx context.Context, c *open311.Client, to streams) error {
	def, err := c.Services.Definition(ctx, s.Code)
	if err != nil {
		return err
	}
	if s.Format == "table" {
		return s.questionTable(def, to)
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

func (s *servicesCmd) questionTable(def *open311.ServiceDefinition, to streams) error {
	w := s.to(to.out, "code", "datatype", "required", "question")
	for _, a := range def.Attributes {
		if err := w.row(nil, a.Code, string(a.Datatype), strconv.FormatBool(a.Required), a.Description); err != nil {
			return err
		}
		for _, v := range a.Values {
			if err := w.row(nil, "  "+v.Key, "", "", "  "+v.Name); err != nil {
				return err
			}
		}
	}
	return w.end()
}
