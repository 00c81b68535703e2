package open311test

import (
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-open311/open311"
)

// filing is a report as it was posted.
type filing struct {
	code          string
	location      *open311.Point
	addressString string
	addressID     string
	attributes    map[string][]string // by code, without blank values
	description   string
	accountID     string
	mediaURL      string // as the city shows it
	sentURL       string // as it was sent

	// The reporter, whom the city shows to no one.
	email, firstName, lastName, phone, deviceID string

	others url.Values // arguments that the specification does not know
	files  []File
}

// maxDescription is in characters: GeoReport v2, POST Service Request.
const maxDescription = 4000

// fileRequest is POST Service Request.
func (h *Handler) fileRequest(in *input, dst []byte) ([]byte, []fault) {
	if key := first(in.params, "api_key"); len(h.keys) > 0 && !slices.Contains(h.keys, key) {
		if key == "" {
			return nil, []fault{forbidden("api_key is missing")}
		}
		return nil, []fault{forbidden("api_key is not a key of this city")}
	}
	if in.kind == kindForm || in.kind == kindJSON || in.kind == kindXML {
		in.files = append(in.files, takeBase64(in.params, h.filing.field())...)
	}
	if faults := h.filing.takes(in); len(faults) > 0 {
		return nil, faults
	}
	f, faults := readFiling(in.params, &h.filing)
	faults = append(faults, h.filing.check(in)...)
	service, form, ok := h.store.service(f.code)
	h.filing.split(form, f.attributes)
	switch {
	case f.code == "":
		faults = append(faults, invalid("service_code is missing"))
	case !ok:
		faults = append(faults, unknownService(f.code))
	default:
		faults = append(faults, checkAttributes(form, f.attributes)...)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	if len(in.files) > 0 {
		// The draft of version 2.1: an upload wins over media_url, and its URL is in media_url later.
		f.mediaURL = mediaURL("filed", in.files[0].Name)
	}
	f.files = in.files
	receipt := h.store.file(service, f, in.now)
	h.store.note(&f, receipt, in.now)
	return appendValues(dst, in.format, receiptTable.Root, valueOfReceipt(&receipt)), nil
}

// readFiling takes a report from the parameters of a POST and says what is wrong with it by itself.
func readFiling(p url.Values, style *filingStyle) (filing, []fault) {
	f := filing{
		code:          first(p, "service_code"),
		addressString: first(p, "address_string"),
		addressID:     first(p, "address_id"),
		description:   first(p, "description"),
		accountID:     first(p, "account_id"),
		mediaURL:      first(p, "media_url"),
		sentURL:       first(p, "media_url"),
		attributes:    style.attributes(p),
		email:         first(p, "email"),
		firstName:     first(p, "first_name"),
		lastName:      first(p, "last_name"),
		phone:         first(p, "phone"),
		deviceID:      first(p, "device_id"),
		others:        others(p),
	}
	location, faults := readLocation(first(p, "lat"), first(p, "long"))
	f.location = location
	if len(faults) == 0 && f.location == nil && f.addressString == "" && f.addressID == "" {
		faults = append(faults, invalid("the location is missing: lat and long, address_string or address_id"))
	}
	if n := utf8.RuneCountInString(f.description); n > maxDescription {
		faults = append(faults, invalid("description has "+strconv.Itoa(n)+" characters, 4000 are allowed"))
	}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if !utf8.ValidString(name) || !utf8.ValidString(strings.Join(p[name], "")) {
			faults = append(faults, invalid(strconv.Quote(name)+" is not UTF-8"))
		}
	}
	return f, faults
}

// readLocation: lat and long come as a pair (GeoReport v2, POST Service Request).
func readLocation(lat, long string) (*open311.Point, []fault) {
	switch {
	case lat == "" && long == "":
		return nil, nil
	case long == "":
		return nil, []fault{invalid("lat is there but long is missing")}
	case lat == "":
		return nil, []fault{invalid("long is there but lat is missing")}
	}
	y, faults := readDegrees("lat", lat, 90)
	x, more := readDegrees("long", long, 180)
	if faults = append(faults, more...); len(faults) > 0 {
		return nil, faults
	}
	return &open311.Point{Lat: y, Long: x}, nil
}

func readDegrees(name, s string, limit float64) (float64, []fault) {
	deg, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || math.IsNaN(deg) || math.IsInf(deg, 0):
		return 0, []fault{invalid(name + " " + strconv.Quote(s) + " is not a number")}
	case math.Abs(deg) > limit:
		return 0, []fault{invalid(name + " " + s + " is not between -" + ftoa(limit) + " and " + ftoa(limit))}
	}
	return deg, nil
}

func ftoa(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// checkAttributes compares the attributes of a report with the definition of its service, which is
// nil if it has none.
func checkAttributes(form *open311.ServiceDefinition, sent map[string][]string) []fault {
	var faults []fault
	known := make(map[string]bool)
	if form != nil {
		for _, a := range form.Attributes {
			known[a.Code] = true
			switch values := sent[a.Code]; {
			case !a.Variable: // information for the user: nothing to send, nothing to check
			case len(values) > 0:
				faults = append(faults, checkValues(a, values)...)
			case a.Required:
				faults = append(faults, invalid("attribute "+a.Code+" is required: "+a.Description))
			}
		}
	}
	for _, code := range slices.Sorted(maps.Keys(sent)) {
		if !known[code] {
			faults = append(faults, invalid("attribute "+strconv.Quote(code)+" is not in the definition of this service"))
		}
	}
	return faults
}

// checkValues checks the values of one attribute by its datatype (GeoReport v2, GET Service Definition).
func checkValues(a open311.Attribute, values []string) []fault {
	if len(values) > 1 && a.Datatype != open311.DatatypeMultiValueList {
		return []fault{invalid("attribute " + a.Code + " has " + strconv.Itoa(len(values)) + " values, only one is allowed")}
	}
	var faults []fault
	for _, v := range values {
		if what := misfit(a, v); what != "" {
			faults = append(faults, invalid("attribute "+a.Code+": "+strconv.Quote(v)+" "+what))
		}
	}
	return faults
}

// misfit says why a value does not have the datatype of its attribute, or nothing.
func misfit(a open311.Attribute, v string) string {
	switch a.Datatype {
	case open311.DatatypeString:
		if strings.ContainsAny(v, "\r\n") {
			return "has a line break"
		}
	case open311.DatatypeNumber:
		if f, err := strconv.ParseFloat(v, 64); err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return "is not a number"
		}
	case open311.DatatypeDatetime:
		if _, ok := parseInstant(v); ok {
			break
		}
		if _, err := time.Parse(time.DateOnly, v); err != nil {
			return "is not a date and time in ISO 8601, such as 2026-06-01T08:30:00Z"
		}
	case open311.DatatypeSingleValueList, open311.DatatypeMultiValueList:
		var keys []string
		for _, x := range a.Values {
			if x.Key == v {
				return ""
			}
			keys = append(keys, x.Key)
		}
		return "is not one of the keys " + strings.Join(keys, ", ")
	}
	return ""
}

// file takes a report in. What the city answers depends on the type of the service (GeoReport v2, GET
// Service List): an id, a token, or nothing that identifies the request.
func (s *store) file(service open311.Service, f filing, now time.Time) open311.Receipt {
	at := townTime(now.Truncate(time.Second))
	d := s.desk(service.Code)
	r := open311.ServiceRequest{
		Status:            open311.StatusOpen,
		ServiceName:       service.Name,
		ServiceCode:       service.Code,
		Description:       f.description,
		AgencyResponsible: d.agency,
		ServiceNotice:     d.notice,
		RequestedDatetime: at,
		UpdatedDatetime:   at,
		Address:           f.addressString,
		AddressID:         f.addressID,
		Location:          f.location,
		MediaURL:          f.mediaURL,
	}
	if d.days > 0 {
		r.ExpectedDatetime = at.AddDate(0, 0, d.days)
	}
	receipt := open311.Receipt{ServiceNotice: d.notice, AccountID: f.accountID}
	switch service.Type {
	case open311.Batch:
		receipt.Token = s.issue(r)
	case open311.Blackbox:
	default:
		receipt.ID = s.add(r)
	}
	return receipt
}
