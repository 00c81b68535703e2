package redact

import (
	"net/url"
	"slices"
	"strings"
)

// names are the names that are secret besides those that always are.
type names []string

// alwaysSecret reports whether a normalized name is secret, whatever else a
// caller has named. Names are compared without case, '_' and '-': api_key,
// apiKey, API-KEY and X-Api-Key are one name to the servers that read them.
//
// token is no secret: a GeoReport token is a receipt number and part of a path.
func alwaysSecret(name string) bool {
	switch name {
	case // credentials
		"apikey", "xapikey", "apitoken", "accesstoken", "authtoken",
		"refreshtoken", "bearertoken", "xauthtoken", "xaccesstoken",
		"key", "password", "passwd", "pwd", "secret", "clientsecret",
		"authorization", "proxyauthorization", "cookie", "setcookie",
		// reporters' personal data (GeoReport v2, POST Service Request)
		"email", "firstname", "lastname", "phone", "phonenumber",
		"deviceid", "accountid":
		return true
	}
	return false
}

// secretSuffixes catch what extensions prefix: contact_email, reporter_phone,
// attribute%5Bemail%5D.
var secretSuffixes = []string{"apikey", "accesstoken", "password", "email", "phone", "firstname", "lastname"}

// endsWithLine reports whether the value of a name runs to the end of the line.
func endsWithLine(name string) bool {
	switch name {
	case "authorization", "proxyauthorization", "cookie", "setcookie",
		"xapikey", "xauthtoken", "xaccesstoken":
		return true
	}
	return false
}

// maxName bounds a name, so that a page of letters is not folded for nothing.
const maxName = 64

// normalize folds a name; "" means that it is no name.
func normalize(name string) string {
	name = strings.TrimSpace(name)
	if len(name) > maxName {
		return ""
	}
	var folded [maxName]byte // every word of a text comes here: no closure, one copy
	n := 0
	for i := range len(name) {
		switch c := name[i]; {
		case c == '_' || c == '-':
			continue
		case 'A' <= c && c <= 'Z':
			folded[n] = c + 'a' - 'A'
		default:
			folded[n] = c
		}
		n++
	}
	return string(folded[:n])
}

// nameByte reports whether a name can hold c.
func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

// with returns the names and those of more that are one.
func (n names) with(more []string) names {
	all := slices.Clone(n)
	for _, name := range more {
		if name = normalize(name); name != "" {
			all = append(all, name)
		}
	}
	return all
}

// secret reports whether a normalized name is secret.
func (n names) secret(name string) bool {
	if name == "" {
		return false
	}
	if alwaysSecret(name) || slices.Contains(n, name) {
		return true
	}
	for _, suffix := range secretSuffixes {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// secretMember is secret for members of JSON objects and XML elements. There
// "key" is a word of GeoReport itself, the key of an attribute value in a
// service definition, and hiding it would blank every such snippet.
func (n names) secretMember(name string) bool {
	return (name != "key" || slices.Contains(n, name)) && n.secret(name)
}

// secretParam is secret for a parameter as it stands in a query.
func (n names) secretParam(name string) bool {
	if plain, err := url.QueryUnescape(name); err == nil {
		name = plain
	}
	name = strings.TrimSuffix(name, "[]")
	if i := strings.LastIndexByte(name, '['); i >= 0 { // attribute[email]
		name = strings.TrimSuffix(name[i+1:], "]")
	}
	return n.secret(normalize(name))
}
