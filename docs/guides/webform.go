package guides

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"slices"

	"github.com/go-open311/open311"
)

// Field is one field of the form that a page shows.
type Field struct {
	Name, Label, Kind string
	Required          bool
	Choices           []open311.AttributeValue
}

// Form turns the definition of a service into fields, in the order in which the city wants to ask.
func Form(ctx context.Context, c *open311.Client, service open311.Service) ([]Field, *open311.ServiceDefinition, error) {
	if !service.Metadata {
		return nil, nil, nil // it asks nothing beyond what every report has
	}
	def, err := c.Services.Definition(ctx, service.Code) // remembered for an hour
	if err != nil {
		return nil, nil, err
	}
	var fields []Field
	for _, a := range sorted(def.Attributes) {
		if a.Variable { // the others are text to be shown
			fields = append(fields, Field{"attribute." + a.Code, a.Description, string(a.Datatype), a.Required, a.Values})
		}
	}
	return fields, def, nil
}

// german says what is wrong with a field.
var german = map[open311.ProblemKind]string{
	open311.ProblemMissing: "Bitte ausfüllen.",
	open311.ProblemTooLong: "Höchstens %d Zeichen.",
	open311.ProblemChoice:  "Bitte wählen Sie aus der Liste.",
	open311.ProblemNumber:  "Bitte eine Zahl eingeben.",
	open311.ProblemTime:    "Bitte Datum und Uhrzeit eingeben.",
}

// Messages are the messages beside the fields of a form that was filled in wrongly; nil if it was not that.
func Messages(err error) map[string]string {
	var invalid *open311.ValidationError
	if !errors.As(err, &invalid) {
		return nil
	}
	out := map[string]string{}
	for _, p := range invalid.Problems {
		name := p.Field // "Location", "Description"
		if p.Code != "" {
			name = "attribute." + p.Code
		}
		text, ok := german[p.Kind]
		if !ok {
			text = "Bitte prüfen Sie diese Angabe."
		}
		if p.Limit > 0 {
			text = fmt.Sprintf(text, p.Limit)
		}
		out[name] = text
	}
	return out
}

// Photo is an uploaded file as it is sent on: it is opened once for each attempt.
func Photo(upload *multipart.FileHeader) open311.Media {
	return open311.Media{Name: upload.Filename, Size: upload.Size, Open: func() (io.ReadCloser, error) { return upload.Open() }}
}

// Submit files a report and returns its id, or, while the city has none, the token under which to ask for it later.
func Submit(ctx context.Context, c *open311.Client, report *open311.NewRequest) (id, token string, err error) {
	receipt, err := c.Requests.Create(ctx, report)
	if err != nil {
		return "", "", err // Messages(err) for the form; ErrOutcomeUnknown: see the guide to filing
	}
	if receipt.ID != "" || receipt.Token == "" { // a blackbox service gives neither
		return receipt.ID, "", nil
	}
	id, err = c.Requests.Resolve(ctx, receipt.Token)
	if errors.Is(err, open311.ErrPending) {
		return "", receipt.Token, nil // keep it; Await waits for the id
	}
	return id, receipt.Token, err
}

// sorted returns attributes in their Order, and those without one in the order of the document.
func sorted(attributes []open311.Attribute) []open311.Attribute {
	return slices.SortedStableFunc(slices.Values(attributes), func(a, b open311.Attribute) int { return cmp.Compare(a.Order, b.Order) })
}
