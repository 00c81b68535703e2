package guides

import (
	"cmp"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-open311/open311"
)

// Field is one field of a page: a question, or, without a Name, a text that is only shown.
type Field struct {
	Name     string // of the input: "attribute.DEPTH"
	Label    string
	Help     string // how to fill it in
	Kind     open311.Datatype
	Required bool
	Choices  []open311.AttributeValue // Key is the value of an option, Name its text
}

// Form returns what the city asks about a service, in the order in which it wants to ask.
func Form(ctx context.Context, c *open311.Client, service open311.Service) ([]Field, error) {
	if !service.Metadata {
		return nil, nil // it asks nothing beyond what every report has
	}
	def, err := c.Services.Definition(ctx, service.Code) // remembered for an hour
	if err != nil {
		return nil, err
	}
	byOrder := func(a, b open311.Attribute) int { return cmp.Compare(a.Order, b.Order) }
	var fields []Field
	for _, a := range slices.SortedStableFunc(slices.Values(def.Attributes), byOrder) {
		field := Field{Label: a.Description, Help: a.DatatypeDescription, Kind: a.Datatype, Required: a.Required, Choices: a.Values}
		if a.Variable {
			field.Name = "attribute." + a.Code
		}
		fields = append(fields, field)
	}
	return fields, nil
}

// Report makes a report of what somebody has entered in the page.
func Report(r *http.Request) (*open311.NewRequest, error) {
	if err := r.ParseMultipartForm(10 << 20); err != nil { // larger photos go to temporary files
		return nil, err
	}
	report := &open311.NewRequest{
		ServiceCode:   r.FormValue("service"),
		AddressString: r.FormValue("address"),
		Description:   r.FormValue("description"),
		Email:         r.FormValue("email"),
		Attributes:    open311.Attributes{},
	}
	for name, values := range r.MultipartForm.Value {
		if code, ok := strings.CutPrefix(name, "attribute."); ok {
			report.Attributes.Set(code, values...)
		}
	}
	for _, upload := range r.MultipartForm.File["photo"] {
		report.Media = append(report.Media, Photo(upload))
	}
	return report, nil
}

// Photo is an uploaded file. It is opened anew for each attempt to send it.
func Photo(upload *multipart.FileHeader) open311.Media {
	return open311.Media{Name: upload.Filename, Size: upload.Size, Open: func() (io.ReadCloser, error) { return upload.Open() }}
}

// german says what is wrong with a field.
var german = map[open311.ProblemKind]string{
	open311.ProblemMissing: "Bitte ausfüllen.",
	open311.ProblemTooLong: "Bitte kürzen: höchstens {limit} Zeichen.",
	open311.ProblemTooMany: "Bitte nur {limit} Antwort wählen.",
	open311.ProblemChoice:  "Bitte wählen Sie aus der Liste.",
	open311.ProblemNumber:  "Bitte eine Zahl eingeben.",
	open311.ProblemTime:    "Bitte Datum und Uhrzeit eingeben.",
}

// Messages returns what to show beside the fields of a form that was filled in wrongly, by the names of the fields. It
// is nil for any other error.
func Messages(err error) map[string]string {
	var invalid *open311.ValidationError
	if !errors.As(err, &invalid) {
		return nil
	}
	out := map[string]string{}
	for _, p := range invalid.Problems {
		name := p.Field // "Location", "Description"
		if strings.HasPrefix(p.Field, "Attributes[") {
			name = "attribute." + p.Code
		}
		text, ok := german[p.Kind]
		if !ok {
			text = "Bitte prüfen Sie diese Angabe."
		}
		out[name] = strings.ReplaceAll(text, "{limit}", strconv.Itoa(p.Limit))
	}
	return out
}

// Submit files a report. It returns the id of the request, or, while the city has none, a token: Await and Resolve ask
// for its id later.
func Submit(ctx context.Context, c *open311.Client, report *open311.NewRequest) (id, token string, err error) {
	receipt, err := c.Requests.Create(ctx, report)
	if err != nil {
		return "", "", err
	}
	if receipt.Token == "" { // of a realtime service, which gives an id, or a blackbox, which gives neither
		return receipt.ID, "", nil
	}
	if receipt.ID != "" {
		return receipt.ID, receipt.Token, nil
	}
	id, err = c.Requests.Resolve(ctx, receipt.Token) // some cities have the id at once
	if err != nil {
		return "", receipt.Token, nil // the report is filed, whatever came of this call
	}
	return id, receipt.Token, nil
}
