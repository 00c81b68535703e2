package guides

import (
	"bytes"
	"mime/multipart"
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
			{Code: "NOTE", Datatype: open311.DatatypeText, Variable: true, Order: 2, Description: "Anything else?"},
			{Code: "DEPTH", Datatype: open311.DatatypeSingleValueList, Variable: true, Required: true, Order: 1, Description: "How deep?",
				Values: []open311.AttributeValue{{Key: "1", Name: "A hand"}, {Key: "2", Name: "A foot"}}}}}))
	c := city.Client()
	fields, _, err := Form(t.Context(), c, service)
	if err != nil || len(fields) != 2 || fields[0].Name != "attribute.DEPTH" || len(fields[0].Choices) != 2 {
		t.Fatalf("the form is %+v, %v", fields, err)
	}

	report := &open311.NewRequest{ServiceCode: "hole", Attributes: open311.Attributes{"DEPTH": {"3"}}, Media: []open311.Media{Photo(upload(t))}}
	_, _, err = Submit(t.Context(), c, report)
	want := map[string]string{"Location": "Bitte ausfüllen.", "attribute.DEPTH": "Bitte wählen Sie aus der Liste."}
	if d := cmp.Diff(want, Messages(err)); d != "" {
		t.Fatalf("%v (-want +got):\n%s", err, d)
	}

	report.Location = &open311.Point{Lat: 54.1, Long: 12.1}
	report.Attributes.Set("DEPTH", "2")
	id, token, err := Submit(t.Context(), c, report)
	if err != nil || id != "" || token == "" {
		t.Fatalf("id %q, token %q, %v", id, token, err)
	}
	if id, err = c.Requests.Resolve(t.Context(), token); err != nil || id == "" {
		t.Errorf("the token gives %q, %v", id, err)
	}
}

// upload is a photo as net/http hands it over.
func upload(t *testing.T) *multipart.FileHeader {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("photo", "hole.jpg")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte("\xff\xd8\xff\xe0"))
	form.Close()
	r := httptest.NewRequest("POST", "/", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	_, header, err := r.FormFile("photo")
	if err != nil {
		t.Fatal(err)
	}
	return header
}
