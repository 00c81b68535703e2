package open311test_test

import (
	"maps"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/go-open311/open311/open311test"
)

// filingCases are the switches of POSTs and tokens.
var filingCases = []struct {
	name   string
	quirks open311test.Quirks
	form   url.Values
	token  string // asked for instead of a POST
	want   string
	status int
}{
	{"created", q{CreatedStatus: 201}, nil, "", `"service_request_id"`, 201},
	{"whole receipt", q{WholeReceipt: true}, nil, "", `"requested_datetime"`, 200},
	{"both in the receipt", q{BothInReceipt: true}, nil, "", `"token":""`, 200},
	{"receipt as an object", q{Receipts: open311test.Lone}, nil, "", `{"service_request_id"`, 200},
	{"a list for a receipt", q{PostIsList: true}, nil, "", `"b/5"`, 200},
	{"required", q{Requires: []string{"email"}}, nil, "", "email is missing", 400},
	{"refused", q{RefuseUnknown: true}, url.Values{"zipcode": {"1"}}, "", "zipcode", 400},
	{"brackets", q{PlainMulti: true}, url.Values{"attribute[KIND]": nil, "attribute[KIND][]": {"1"}}, "", "KIND is required", 400},
	{"indexes", q{PlainMulti: true}, url.Values{"attribute[KIND]": nil, "attribute[KIND][0]": {"1"}}, "", "KIND is required", 400},
	{"duplicate", q{DuplicateRefuse: true}, nil, "", "duplicate", 400},
	{"unknown token", q{UnknownToken: open311test.AnswerEmpty}, nil, "odd", "[]", 200},
	{"pending token", q{PendingToken: 400}, nil, "tk-000001", "no id", 400},
	{"token in arrays", q{Tokens: open311test.NestedArrays}, nil, "tk-000001", "[[{", 200},
}

func TestFilingQuirks(t *testing.T) {
	for _, x := range filingCases {
		t.Run(x.name, func(t *testing.T) {
			h := quirkHamlet(open311test.WithQuirks(x.quirks))
			if x.token != "" {
				post(h, "requests.json", url.Values{"service_code": {"B/2"}, "address_id": {"1"}})
				if w := get(h, "tokens/"+x.token+".json"); w.Code != x.status || !strings.Contains(w.Body.String(), x.want) {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				return
			}
			form := url.Values{"service_code": {"001"}, "address_id": {"1"}, "attribute[KIND]": {"1"}}
			maps.Copy(form, x.form)
			w := post(h, "requests.json", form)
			if x.quirks.DuplicateRefuse {
				w = post(h, "requests.json", form)
			}
			if w.Code != x.status || !strings.Contains(w.Body.String(), x.want) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

// Every switch is tried alone somewhere.
func TestEveryQuirkIsTried(t *testing.T) {
	tried := map[string]bool{
		"Name": true, "KeyParam": true, "KeyHeader": true, "KeyScheme": true, "KeyOnReads": true, // TestKeyTransports
		"LinkNext": true, "HeadNext": true, "HeadTotal": true, "StrictAccept": true, // TestLinks, TestAcceptChooses
	}
	note := func(quirks open311test.Quirks) {
		v := reflect.ValueOf(quirks)
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				tried[v.Type().Field(i).Name] = true
			}
		}
	}
	for _, x := range quirkCases {
		note(x.quirks)
	}
	for _, x := range filingCases {
		note(x.quirks)
	}
	for f := range reflect.TypeFor[open311test.Quirks]().Fields() {
		if !tried[f.Name] {
			t.Errorf("no test sets %s", f.Name)
		}
	}
}
