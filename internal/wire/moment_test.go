package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

// What is no date is kept in Extra, and so is what stands for none. want is "" for both.
func TestMoments(t *testing.T) {
	ny, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Skip(err)
	}
	for _, tt := range []struct{ date, want string }{
		{`"2026-03-04T05:15:30-05:00[America/New_York]"`, "2026-03-04T10:15:30Z"},
		{`"2026-03-04T05:15:30-05:00[Atlantis/Capital]"`, "2026-03-04T10:15:30Z"},
		{`"2026-03-04T11:15:30[Europe/Berlin]"`, "2026-03-04T10:15:30Z"},
		{`"2026-03-04T11:15:30[+01:00][u-ca=gregory]"`, "2026-03-04T10:15:30Z"},
		{`"2026-03-04T11:15:30[Atlantis/Capital]"`, ""},
		{`"2026-03-04T11:15:30[Local]"`, ""},
		{`[2026,3,4]`, "2026-03-04T05:00:00Z"},
		{`[2026,3,4,5,15]`, "2026-03-04T10:15:00Z"},
		{`[2026,3,4,5,15,30,500000000]`, "2026-03-04T10:15:30.5Z"},
		{`["2026","03","4","5","15"]`, "2026-03-04T10:15:00Z"}, {`["2026","3",""]`, ""},
		{`[2026,3]`, ""}, {`[2026,13,4]`, ""}, {`[2026,3,4,5,15,30,0,0]`, ""},
		{`1772619330`, "2026-03-04T10:15:30Z"}, {`1772619330.5`, "2026-03-04T10:15:30.5Z"}, {`1.77261933E9`, "2026-03-04T10:15:30Z"},
		{`1.77261933E12`, "2026-03-04T10:15:30Z"}, {`1772619330123.5`, "2026-03-04T10:15:30.1235Z"}, {`1772619330000000`, "2026-03-04T10:15:30Z"},
		{`17726193300`, ""}, {`2026`, ""}, {`0`, ""}, {`0.0`, ""},
		{`"Wed Mar 04 2026 10:15:30 GMT+0000 (Coordinated Universal Time)"`, "2026-03-04T10:15:30Z"},
		{`"Wed Mar 04 2026 05:15:30 GMT-0500 (Eastern Standard Time)"`, "2026-03-04T10:15:30Z"},
		{`"3/4/2026, 5:15:30 AM"`, "2026-03-04T10:15:30Z"},
		{`"Wed Mar 04 10:15:30 UTC 2026"`, "2026-03-04T10:15:30Z"}, {`"Wed Mar 04 05:15:30 EST 2026"`, "2026-03-04T10:15:30Z"},
		{`"Wed Mar 04 02:15:30 PST 2026"`, "2026-03-04T10:15:30Z"}, {`"Wed Mar 04 11:15:30 CET 2026"`, ""},
		{`"04-MAR-26"`, "2026-03-04T05:00:00Z"}, {`"04-MAR-26 05.15.30.000000 AM"`, "2026-03-04T10:15:30Z"},
		{`"04-MAR-26 05.15.30.000000 AM -05:00"`, "2026-03-04T10:15:30Z"}, {`"04-Mar-2026 05:15:30"`, "2026-03-04T10:15:30Z"}, {`"04-03-2026"`, ""},
		{`"2026-03-04T24:00:00Z"`, "2026-03-05T00:00:00Z"}, {`"2026-03-04 24:00"`, "2026-03-05T05:00:00Z"}, {`"2026-03-04T24:00:01Z"`, ""},
		{`"2016-12-31T23:59:60Z"`, "2017-01-01T00:00:00Z"}, {`"2026-03-04 05:14:60"`, "2026-03-04T10:15:00Z"}, {`"2026-03-04T05:14:61Z"`, ""},
		{`"1970-01-01T00:00:00Z"`, ""}, {`"1970-01-01 00:00:00"`, ""}, {`"1970-01-01T14:00:00Z"`, ""}, {`"1969-12-31T10:00:00Z"`, ""},
		{`"1970-01-01T14:00:01Z"`, "1970-01-01T14:00:01Z"}, {`"/Date(0)/"`, ""}, {`"/Date(-62135596800000)/"`, ""},
		{`"1899-12-30T00:00:00"`, ""}, {`"30.12.1899"`, ""}, {`"1899-12-30T00:00:00Z"`, "1899-12-30T00:00:00Z"},
		{`{"date":"2026-03-04 11:15:30.000000","timezone_type":3,"timezone":"Europe/Berlin"}`, "2026-03-04T10:15:30Z"},
		{`{"date":"2026-03-04 11:15:30.000000","timezone_type":2,"timezone":"XYZ"}`, ""},
		{`{"dateTime":"2026-03-04T11:15:30","timeZone":"Europe/Berlin"}`, "2026-03-04T10:15:30Z"},
		{`{"_seconds":1772619330,"_nanoseconds":500000000}`, "2026-03-04T10:15:30.5Z"}, {`{"seconds":1772619330,"nanos":5}`, "2026-03-04T10:15:30.000000005Z"},
		{`{"$date":{"$numberLong":"1772619330000"}}`, "2026-03-04T10:15:30Z"},
	} {
		doc := `[{"service_request_id":"1","requested_datetime":` + tt.date + `}]`
		rd := wire.TableOf[open311.ServiceRequest]().Read(strings.NewReader(doc), &wire.Options{Location: ny})
		var r open311.ServiceRequest
		err := rd.Next(&r)
		rd.Close()
		got := ""
		if !r.RequestedDatetime.IsZero() {
			got = r.RequestedDatetime.UTC().Format(time.RFC3339Nano)
		}
		if err != nil || got != tt.want || got == "" && r.Extra["requested_datetime"] == nil {
			t.Errorf("%s is read as %q, Extra %s, %v; want %q", tt.date, got, r.Extra["requested_datetime"], err, tt.want)
		}
	}
}

func TestNumbersAsIDs(t *testing.T) {
	for in, want := range map[string]string{
		`12345.0`: "12345", `1.0E7`: "10000000", `1e+05`: "100000", `1.25e1`: "1.25e1", `12.50e1`: "125", `100e-2`: "1", `0.0`: "0", `-7.0`: "-7",
		`9007199254740993.0`: "9007199254740993", `1.2345678901234567E16`: "1.2345678901234567E16", `1e400`: "1e400", `1.5`: "1.5",
		`101002345678901234567890`: "101002345678901234567890", `"12345.0"`: "12345.0", `[12345.0]`: "12345",
		`{"$oid":"4fd3bd72e750846c530000cd"}`: "4fd3bd72e750846c530000cd", `{"$numberLong":"12"}`: "12",
	} {
		rd := wire.TableOf[open311.ServiceRequest]().Read(strings.NewReader(`[{"service_request_id":`+in+`,"status":"open"}]`), nil)
		var r open311.ServiceRequest
		err := rd.Next(&r)
		if rd.Close(); err != nil || r.ID != want {
			t.Errorf("%s is read as %q, %v; want %q", in, r.ID, err, want)
		}
	}
}
