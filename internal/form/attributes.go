package form

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// MultiValue is how several values of one attribute are written.
type MultiValue uint8

// The ways of writing several values.
const (
	Brackets MultiValue = iota // attribute[CODE][]=a&attribute[CODE][]=b, as the specification has it
	Repeat                     // attribute[CODE]=a&attribute[CODE]=b
	Indexed                    // attribute[CODE][0]=a&attribute[CODE][1]=b
	Comma                      // attribute[CODE]=a,b
)

// Filled returns the values that are not empty: passing an argument without a value is the same as not
// passing it, and some servers take "" for a wrong value. If all of them are filled they are returned as they are.
func Filled(values []string) []string {
	if !slices.Contains(values, "") {
		return values
	}
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
}

// joined returns the values that are not empty as they stand in a body, a comma between them if m says so.
func (m MultiValue) joined(values []string) []string {
	values = Filled(values)
	if m == Comma && len(values) > 1 {
		return []string{strings.Join(values, ",")}
	}
	return values
}

// Parameters returns an attribute as the parameters of a form.
func (m MultiValue) Parameters(code string, values []string) url.Values {
	name := "attribute[" + code + "]"
	values = m.joined(values)
	switch {
	case len(values) == 0:
		return nil
	case len(values) == 1 || m == Repeat:
		return url.Values{name: values}
	case m == Indexed:
		out := make(url.Values, len(values))
		for i, v := range values {
			out[name+"["+strconv.Itoa(i)+"]"] = []string{v}
		}
		return out
	}
	return url.Values{name + "[]": values}
}
