package redact

import (
	"slices"
	"strings"
)

// The names are compared without case, '_' and '-': api_key, apiKey, API-KEY
// and X-Api-Key are one name to the servers that read them.
//
// token is no secret: a GeoReport token is a receipt number and part of a path.
var secretNames = map[string]bool{
	// credentials
	"apikey": true, "xapikey": true, "apitoken": true, "accesstoken": true, "authtoken": true,
	"refreshtoken": true, "bearertoken": true, "xauthtoken": true, "xaccesstoken": true,
	"key": true, "password": true, "passwd": true, "pwd": true, "secret": true, "clientsecret": true,
	"authorization": true, "proxyauthorization": true, "cookie": true, "setcookie": true,
	// reporters' personal data (GeoReport v2, POST Service Request)
	"email": true, "firstname": true, "lastname": true, "phone": true, "phonenumber": true,
	"deviceid": true, "accountid": true,
}

// secretSuffixes catch what extensions prefix: contact_email, reporter_phone,
// attribute%5Bemail%5D.
var secretSuffixes = []string{"apikey", "accesstoken", "password", "email", "phone", "firstname", "lastname"}

// headerLines are names whose value runs to the end of the line.
var headerLines = map[string]bool{
	"authorization": true, "proxyauthorization": true, "cookie": true, "setcookie": true,
	"xapikey": true, "xauthtoken": true, "xaccesstoken": true,
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

// secret reports whether a normalized name is secret.
func (k *known) secret(name string) bool {
	if name == "" {
		return false
	}
	if secretNames[name] || slices.Contains(k.names, name) {
		return true
	}
	for _, suffix := range secretSuffixes {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// Hides reports whether a parameter of that name is secret, whatever it holds.
func (s *Set) Hides(name string) bool { return s.known().secret(normalize(name)) }

// secretMember is secret for members of JSON objects and XML elements. There
// "key" is a word of GeoReport itself, the key of an attribute value in a
// service definition, and hiding it would blank every such snippet.
func (k *known) secretMember(name string) bool {
	return (name != "key" || slices.Contains(k.names, name)) && k.secret(name)
}
