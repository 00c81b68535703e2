// Package redact is the only place that knows what is secret: the API key of a
// client and the personal data of the people who report.
//
// A thing is hidden for one of two reasons. By name: a parameter, member,
// element or header called api_key or email is hidden whatever it holds, so
// other people's data in a server's answer is covered too. By value: a secret
// handed to [New] is hidden wherever it turns up, in any of the spellings in
// which protocols write it.
package redact

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// Mask stands where something was hidden. Its letters survive URL escaping, so
// that a redacted URL is still a readable URL.
const Mask = "REDACTED"

// otherMask is used when one of the secrets is itself a part of Mask. It is
// shorter than minLen, so no secret can be a part of it.
const otherMask = "***"

// minLen is the length from which a secret is looked for everywhere. A secret
// of one to three bytes ("Al", "key 7") would blank letters out of every word
// of an error; it is hidden by the name of its parameter only.
const minLen = 4

// A Set knows what to hide. It is immutable and safe for concurrent use. The
// nil and the zero Set know no values and hide by name alone.
type Set struct {
	// Everything lives behind one pointer, so that printing a struct that
	// holds a Set in an unexported field (where fmt calls no method) shows an
	// address and no secret.
	k *known
}

type known struct {
	secrets []string // as given, for With
	names   []string // normalized, for WithNames
	forms   []string // what is searched for, longest first
	replace *strings.Replacer
	mask    string
}

// New returns a Set that hides the given secrets. Empty strings are ignored;
// secrets shorter than four bytes are hidden only where a name gives them away.
func New(secrets ...string) *Set {
	return build(secrets, nil)
}

// With returns a Set that hides the given secrets as well; s is unchanged.
func (s *Set) With(secrets ...string) *Set {
	k := s.known()
	return build(slices.Concat(k.secrets, secrets), k.names)
}

// WithNames returns a Set for which the given parameter or header names are
// secret as well; s is unchanged. A dialect that sends the key as "token" or
// "X-Auth" needs it, because those names are harmless elsewhere.
func (s *Set) WithNames(names ...string) *Set {
	k := s.known()
	all := slices.Clone(k.names)
	for _, n := range names {
		if n = normalize(n); n != "" {
			all = append(all, n)
		}
	}
	return build(k.secrets, all)
}

var nothing = &known{mask: Mask}

func (s *Set) known() *known {
	if s == nil || s.k == nil {
		return nothing
	}
	return s.k
}

func build(secrets, names []string) *Set {
	k := &known{names: names, mask: Mask}
	for _, secret := range secrets {
		if secret == "" || slices.Contains(k.secrets, secret) {
			continue
		}
		k.secrets = append(k.secrets, secret)
		k.forms = append(k.forms, forms(secret)...)
	}
	// Longest first: where one secret is a part of another the whole one goes.
	slices.SortFunc(k.forms, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	k.forms = slices.Compact(k.forms)
	pairs := make([]string, 0, 2*len(k.forms))
	for _, f := range k.forms {
		if strings.Contains(Mask, f) {
			k.mask = otherMask
		}
	}
	for _, f := range k.forms {
		pairs = append(pairs, f, k.mask)
	}
	if len(pairs) > 0 {
		k.replace = strings.NewReplacer(pairs...)
	}
	return &Set{k}
}

// Text returns in with every secret hidden: known values anywhere, and what
// follows a secret name in the shapes name=value, "name":"value",
// <name>value</name>, "Authorization: value" and scheme://user:password@host.
// It takes time linear in the length of in.
func (s *Set) Text(in string) string {
	k := s.known()
	// Values first: a value with a blank in it would otherwise lose only its
	// first word to the name before it.
	out := k.byName(k.byValue(in))
	if out == in {
		return out
	}
	// What is left and right of a removed piece, or the mask itself, may add
	// up to a secret. No real key does that; a hostile server's text could.
	for range 2 {
		if !k.holds(out) {
			return out
		}
		out = k.byValue(out)
	}
	if k.holds(out) {
		return k.mask
	}
	return out
}

// Bytes is Text for a byte slice; in is not changed.
func (s *Set) Bytes(in []byte) []byte {
	return []byte(s.Text(string(in)))
}

// Snippet returns at most limit bytes of the redacted text of b, for printing
// in an error. b may be the cut-off beginning of a longer body: a secret of
// which only the first half was read is hidden too. Redact first, cut later:
// the other way round leaves half secrets, hence this method.
func (s *Set) Snippet(b []byte, limit int) string {
	k := s.known()
	in := string(b)
	if n := k.cutOff(in); n > 0 {
		in = in[:len(in)-n] + k.mask
	}
	out := strings.ToValidUTF8(s.Text(in), "\uFFFD")
	if len(out) <= limit {
		return out
	}
	cut := max(limit, 0)
	for cut > 0 && out[cut]&0xC0 == 0x80 { // not in the middle of a rune
		cut--
	}
	return out[:cut] + "…"
}

// cutOff returns how many bytes at the end of in are the beginning of a
// secret, at least half of it; fewer are as likely an ordinary word.
func (k *known) cutOff(in string) int {
	longest := 0
	for _, f := range k.forms {
		for n := min(len(f)-1, len(in)); n >= max(minLen, (len(f)+1)/2); n-- {
			if strings.HasSuffix(in, f[:n]) {
				longest = max(longest, n)
				break
			}
		}
	}
	return longest
}

func (k *known) byValue(in string) string {
	if k.replace == nil {
		return in
	}
	return k.replace.Replace(in)
}

func (k *known) holds(s string) bool {
	return slices.ContainsFunc(k.forms, func(f string) bool { return strings.Contains(s, f) })
}

// String describes the Set without its secrets.
func (s Set) String() string {
	return fmt.Sprintf("redact.Set(%d secrets)", len((&s).known().secrets))
}

// GoString describes the Set without its secrets.
func (s Set) GoString() string { return s.String() }

// Format writes the description for every verb: %v, %+v and %#v print no secret.
func (s Set) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue keeps the secrets out of log/slog.
func (s Set) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps the secrets out of encoders.
func (s Set) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
