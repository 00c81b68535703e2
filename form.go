package open311

import (
	"net/url"

	"github.com/google/go-querystring/query"
)

// formParams is a [NewRequest] as go-querystring encodes it, under the specification's names. The
// attributes follow separately: their names are made of their codes.
type formParams struct {
	ServiceCode   string `url:"service_code,omitempty"`
	Lat           string `url:"lat,omitempty"`
	Long          string `url:"long,omitempty"`
	AddressString string `url:"address_string,omitempty"`
	AddressID     string `url:"address_id,omitempty"`
	Description   string `url:"description,omitempty"`
	Email         string `url:"email,omitempty"`
	FirstName     string `url:"first_name,omitempty"`
	LastName      string `url:"last_name,omitempty"`
	Phone         string `url:"phone,omitempty"`
	DeviceID      string `url:"device_id,omitempty"`
	AccountID     string `url:"account_id,omitempty"`
	MediaURL      string `url:"media_url,omitempty"`
}

// form turns a report into the fields of a form. The error is a *ValidationError.
func (n *NewRequest) form() (url.Values, error) {
	var problems []Problem
	if n == nil || n.ServiceCode == "" {
		return nil, &ValidationError{[]Problem{{"ServiceCode", "is missing"}}}
	}
	if n.Location == nil && n.AddressString == "" && n.AddressID == "" {
		problems = append(problems, Problem{"Location", "one of Location, AddressString and AddressID is needed"})
	}
	if n.Location != nil && !n.Location.Valid() {
		problems = append(problems, Problem{"Location", n.Location.String() + " is no place on Earth"})
	}
	if len(n.Media) > 0 {
		problems = append(problems, Problem{"Media", "files cannot be sent yet; use MediaURL"})
	}
	if len(problems) > 0 {
		return nil, &ValidationError{problems}
	}
	p := formParams{
		ServiceCode: n.ServiceCode, AddressString: n.AddressString, AddressID: n.AddressID, Description: n.Description,
		Email: n.Email, FirstName: n.FirstName, LastName: n.LastName, Phone: n.Phone, DeviceID: n.DeviceID,
		AccountID: n.AccountID, MediaURL: n.MediaURL,
	}
	if n.Location != nil {
		p.Lat, p.Long = formatDegrees(n.Location.Lat), formatDegrees(n.Location.Long)
	}
	form, err := query.Values(p)
	if err != nil {
		return nil, &ValidationError{[]Problem{{"NewRequest", err.Error()}}}
	}
	for code, values := range n.Attributes {
		name := "attribute[" + code + "]"
		if len(values) > 1 {
			name += "[]"
		}
		if len(values) > 0 {
			form[name] = values
		}
	}
	for name, values := range n.Params {
		form[name] = values
	}
	return form, nil
}
