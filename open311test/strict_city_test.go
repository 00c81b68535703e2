package open311test_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// awkward are texts that a writer by hand gets wrong.
var awkward = []string{
	"plain", "\U0001f64f and \U0001F468\u200D\U0001F469 for all", "\U00020000\U0002A6A5 of extension B", "null", "true", "12", "None", "007", "1e5",
	`"quoted", 'twice'`, `C:\new\u0041 \ \" end\`, "a ]]> b & c < d > e", "<b>&nbsp;&amp;</b> </description>", "{\"a\":[1]}",
	"one\ntwo\rthree\r\nfour\tfive", "\x01\x1f\x7f\u0085\u00a0\u2028\u2029\ufeff\ufffe\uffff.", " both ends ", "Žižkov, Łódź, Straße / Weg", "\U0010FFFF",
	"<!-- & --> \U0001f64f ]]>", "A&B&C;", "&#38; &lt;",
	"<p>one\r\ntwo\x02</p>",
}

func keyOf(name string) string { return strings.ToLower(name) }

// strictCity has the awkward texts in every field, and lists of none, one and many.
func strictCity(x q) *open311test.Handler {
	h := open311test.NewHandler(open311test.WithEmpty(), open311test.WithQuirks(x), open311test.WithTokenDelay(1, 0))
	values := []open311.AttributeValue{}
	for _, s := range []string{"1", "07", "& < ]]> \U0001f64f", "NULL"} {
		values = append(values, open311.AttributeValue{Key: keyOf(s), Name: s})
	}
	services := []open311.Service{
		{Code: "many", Name: awkward[1], Description: awkward[11], Keywords: []string{"null", "\U0001f64f"}, Groups: []string{"true"}},
		{Code: "17", Name: "null", Keywords: []string{"12"}},
		{Code: "none", Name: "No report is of this", Metadata: true},
		{Code: "batch", Name: awkward[9], Type: open311.Batch, Description: awkward[10]},
	}
	forms := []open311.ServiceDefinition{
		{ServiceCode: "many", Attributes: []open311.Attribute{
			{Code: "0", Datatype: open311.DatatypeSingleValueList, Variable: true, Order: 1, Description: awkward[11], Values: values},
			{Code: "null", Datatype: open311.DatatypeMultiValueList, Variable: true, Order: 2, Description: awkward[1], DatatypeDescription: awkward[3], Values: values[:1]},
			{Code: "\U00020000", Datatype: open311.DatatypeString, Order: 3, Description: awkward[14]},
		}},
		{ServiceCode: "17", Attributes: []open311.Attribute{{Code: "ONE", Datatype: open311.DatatypeText, Variable: true, Order: 1, Description: "null"}}},
	}
	var requests []open311.ServiceRequest
	text := func(i int) string { return awkward[i%len(awkward)] }
	for i := range awkward {
		at := h.Now().Truncate(time.Minute).Add(-time.Duration(i) * time.Hour).UTC()
		r := open311.ServiceRequest{
			ID: fmt.Sprint(100 + i), ServiceCode: "many", ServiceName: text(i + 1), Description: text(i), StatusNotes: text(i + 2), Address: text(i + 3),
			AgencyResponsible: text(i + 4), ServiceNotice: text(i + 5), RequestedDatetime: at, UpdatedDatetime: at.Add(time.Minute),
			AddressID: []string{"12", "012", "", "null"}[i%4], Zipcode: []string{"01067", "", "9"}[i%3],
		}
		switch i % 5 {
		case 0:
			r.Location = &open311.Point{Lat: 51.5 + float64(i)/1000, Long: -7.0625}
		case 1:
			r.MediaURL, r.Status = "https://m.example/a%20b?x=1&y=%3C", open311.StatusClosed
		case 2:
			r.StatusNotes, r.Address, r.AgencyResponsible, r.ServiceNotice = "", "", "", ""
		case 3:
			r.ExpectedDatetime = at.AddDate(0, 0, 7)
		}
		photos := [][]string{nil, {"null"}, {awkward[1], awkward[11], "12"}}[i%3]
		r.Extra = open311.Extra{
			"votes": json.RawMessage("12"), "flag": json.RawMessage("false"), "word": quoted("null"), "nothing": json.RawMessage("null"),
			"photos": quoted(photos), "ключ": quoted(text(i + 6)), "inside": json.RawMessage(`{"word":"true","nothing":null}`),
		}
		if photos == nil {
			r.Extra["photos"] = json.RawMessage("[]")
		}
		requests = append(requests, r)
	}
	for i, id := range []string{"null", "true", "007", "a/b.\U0001f64f", "]]>&"} {
		requests[i+3].ID = id
	}
	requests[2].ServiceCode = "17"
	h.Seed(services, forms, requests)
	h.PutUpdates(
		open311.Update{RequestID: "100", Status: "open", Description: "null", UpdatedDatetime: h.Now().Add(-time.Minute)},
		open311.Update{RequestID: "101", Status: "closed", Description: awkward[1], UpdatedDatetime: h.Now(), MediaURLs: []string{"https://m.example/?a&b"}},
	)
	return h
}

func quoted(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
