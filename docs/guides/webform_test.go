package guides

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func TestWebForm(t *testing.T) {
	service := open311.Service{Code: "hole", Name: "Potholes", Metadata: true, Type: open311.Batch}
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithServices(service), open311test.WithRequests(),
		open311test.WithTokenDelay(1, 0), open311test.WithDefinitions(open311.ServiceDefinition{ServiceCode: "hole", Attributes: []open311.Attribute{
			{Code: "NOTE", Datatype: open311.DatatypeText, Variable: true, Order: 3, Description: "Anything else?"},
			{Code: "DEPTH", Datatype: open311.DatatypeSingleValueList, Variable: true, Required: true, Order: 2, Description: "How deep?",
				Values: []open311.AttributeValue{{Key: "1", Name: "A hand"}, {Key: "2", Name: "A foot"}}},
			{Code: "INFO", Datatype: open311.DatatypeString, Order: 1, Description: "We fill holes within a week."}}}))
	c := city.Client()
	fields, err := Form(t.Context(), c, service)
	want := []Field{
		{Label: "We fill holes within a week.", Kind: open311.DatatypeString},
		{Name: "attribute.DEPTH", Label: "How deep?", Kind: open311.DatatypeSingleValueList, Required: true,
			Choices: []open311.AttributeValue{{Key: "1", Name: "A hand"}, {Key: "2", Name: "A foot"}}},
		{Name: "attribute.NOTE", Label: "Anything else?", Kind: open311.DatatypeText},
	}
	if d := cmp.Diff(want, fields); d != "" || err != nil {
		t.Fatalf("the form: %v (-want +got):\n%s", err, d)
	}

	_, _, err = Submit(t.Context(), c, entered(t, "attribute.DEPTH", "3", "attribute.NOTE", ""))
	messages := map[string]string{"Location": "Bitte ausfüllen.", "attribute.DEPTH": "Bitte wählen Sie aus der Liste."}
	if d := cmp.Diff(messages, Messages(err)); d != "" {
		t.Fatalf("%v (-want +got):\n%s", err, d)
	}

	id, token, err := Submit(t.Context(), c, entered(t, "address", "1 Mill Lane", "attribute.DEPTH", "2", "attribute.NOTE", ""))
	if err != nil || id != "" || token == "" {
		t.Fatalf("id %q, token %q, %v", id, token, err)
	}
	if id, err = c.Requests.Resolve(t.Context(), token); err != nil || id == "" {
		t.Errorf("the token gives %q, %v", id, err)
	}
}

// TestFiledWithoutID: a report that was filed is not called a failure when its token cannot be asked for.
func TestFiledWithoutID(t *testing.T) {
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithRequests(),
		open311test.WithServices(open311.Service{Code: "hole", Name: "Potholes", Type: open311.Batch}), open311test.WithTokenDelay(1, 0))
	city.Fail(open311test.ResolveToken, open311test.Status(http.StatusForbidden))
	id, token, err := Submit(t.Context(), city.Client(), entered(t, "address", "1 Mill Lane"))
	if err != nil || id != "" || token == "" {
		t.Errorf("id %q, token %q, %v", id, token, err)
	}
}

func TestMessages(t *testing.T) {
	err := &open311.ValidationError{Problems: []open311.Problem{
		{Field: "Description", Kind: open311.ProblemTooLong, Limit: 4000},
		{Field: "Attributes[DEPTH]", Code: "DEPTH", Kind: open311.ProblemTooMany, Limit: 1},
		{Field: "Email", Code: "email", Kind: open311.ProblemMissing}, // which this server wants
		{Field: "MediaURL", Kind: open311.ProblemValue},
	}}
	want := map[string]string{
		"Description":     "Bitte kürzen: höchstens 4000 Zeichen.",
		"attribute.DEPTH": "Bitte nur 1 Antwort wählen.",
		"Email":           "Bitte ausfüllen.",
		"MediaURL":        "Bitte prüfen Sie diese Angabe.",
	}
	if d := cmp.Diff(want, Messages(err)); d != "" {
		t.Error(d)
	}
	if Messages(errors.New("the network is down")) != nil {
		t.Error("another error has messages")
	}
}

// entered is the report of a form with these inputs, and a photo.
func entered(t *testing.T, inputs ...string) *open311.NewRequest {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(inputs); i += 2 {
		_ = form.WriteField(inputs[i], inputs[i+1])
	}
	_ = form.WriteField("service", "hole")
	part, err := form.CreateFormFile("photo", "hole.jpg")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte("\xff\xd8\xff\xe0"))
	form.Close()
	r := httptest.NewRequest(http.MethodPost, "/", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	report, err := Report(r)
	if err != nil || len(report.Media) != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	return report
}
