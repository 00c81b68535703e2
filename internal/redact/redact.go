// Package redact is the only place that knows what is secret: the API key of a
// client and the personal data of the people who report.
//
// A thing is hidden for one of two reasons. By name: a parameter, member,
// element or header called api_key or email is hidden whatever it holds, so
// other people's data in a server's answer is covered too. By value: a secret
// handed to [New] is hidden wherever it turns up: in capitals or not, escaped
// however often, a phone number however its digits are set apart.
package redact

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
)

// Mask stands where something was hidden. Its letters survive URL escaping, so
// that a redacted URL is still a readable URL.
const Mask = "REDACTED"

// otherMask is used when one of the secrets is itself a part of Mask. It is
// shorter than minLen, so no secret can be a part of it.
const otherMask = "***"

// A Set knows what to hide. It is immutable and safe for concurrent use. The
// nil and the zero Set know no values and hide by name alone.
type Set struct {
	// Everything lives behind one pointer, so that printing a struct that
	// holds a Set in an unexported field (where fmt calls no method) shows an
	// address and no secret.
	k *known
}

// known is made in two steps: most calls print nothing, and what their secrets look like in every spelling takes
// longer to find out than all the rest of a call.
type known struct {
	base  *known          // what it adds to; nil for nothing
	more  func() []string // the secrets that it adds; nil for none
	names names

	once    sync.Once
	secrets []string // all of them
	values  values
	mask    string
}

// New returns a Set that hides the given secrets. Empty strings are ignored;
// secrets shorter than four bytes are hidden only where a name gives them away.
func New(secrets ...string) *Set { return (*Set)(nil).With(secrets...) }

// With returns a Set that hides the given secrets as well; s is unchanged.
func (s *Set) With(secrets ...string) *Set {
	return s.Later(func() []string { return secrets })
}

// Later is With for secrets that are asked for only when something is to be hidden.
func (s *Set) Later(secrets func() []string) *Set {
	k := s.known()
	return &Set{&known{base: k, more: secrets, names: k.names}}
}

// WithNames returns a Set for which the given parameter or header names are
// secret as well; s is unchanged. A dialect that sends the key as "token" or
// "X-Auth" needs it, because those names are harmless elsewhere.
func (s *Set) WithNames(more ...string) *Set {
	k := s.known()
	return &Set{&known{base: k, names: k.names.with(more)}}
}

var nothing = &known{}

func (s *Set) known() *known {
	if s == nil || s.k == nil {
		return nothing
	}
	return s.k
}

// ready returns what is known, in the forms that are looked for.
func (s *Set) ready() *known {
	k := s.known()
	k.once.Do(k.prepare)
	return k
}

func (k *known) prepare() {
	k.secrets, k.mask = k.all(), Mask
	k.values = valuesOf(k.secrets)
	if len(k.values.find(&view{text: Mask}, nil)) > 0 {
		k.mask = otherMask
	}
}

// all returns the secrets, each once.
func (k *known) all() []string {
	var all []string
	if k.base != nil {
		all = k.base.all()
	}
	if k.more == nil {
		return all
	}
	for _, secret := range k.more() {
		if secret != "" && !slices.Contains(all, secret) {
			all = append(all, secret)
		}
	}
	return all
}

// Text returns in with every secret hidden: known values anywhere, and what
// follows a secret name in the shapes name=value, "name":"value",
// <name>value</name>, "Authorization: value" and scheme://user:password@host;
// all of them also where the text is escaped, or escaped again. It takes time
// linear in the length of in.
func (s *Set) Text(in string) string {
	k := s.ready()
	found, _ := k.find(in)
	return k.settle(in, found)
}

// Values returns in with the known secrets hidden, and nothing for its name.
func (s *Set) Values(in string) string {
	k := s.ready()
	return k.settle(in, k.holds(in))
}

// settle puts the mask in place of the spans, until no secret is left.
func (k *known) settle(in string, found []span) string {
	out := k.cover(in, found)
	if out == in {
		return out
	}
	// What is left and right of a removed piece, or the mask itself, may add
	// up to a secret. No real key does that; a hostile server's text could.
	for range 2 {
		found := k.holds(out)
		if len(found) == 0 {
			return out
		}
		out = k.cover(out, found)
	}
	if len(k.holds(out)) > 0 {
		return k.mask
	}
	return out
}

// find returns what is to be hidden in a text at any level of escaping, and
// whether there were more levels than are looked at. A text that can be read in
// more ways than are tried is hidden as a whole.
func (k *known) find(in string) (found []span, deeper bool) {
	deeper, endless := views(in, func(v *view) {
		found = k.names.find(v, k.values.find(v, found))
	})
	if endless {
		found = append(found, span{to: len(in)})
	}
	return found, deeper
}

// holds returns where the secrets themselves are in a text.
func (k *known) holds(in string) (found []span) {
	if _, endless := views(in, func(v *view) { found = k.values.find(v, found) }); endless {
		found = append(found, span{to: len(in)})
	}
	return found
}

// cover puts the mask in place of the spans.
func (k *known) cover(in string, found []span) string {
	if len(found) == 0 {
		return in
	}
	slices.SortFunc(found, func(a, b span) int {
		return cmp.Or(a.from-b.from, b.to-a.to, b.quoteTo-a.quoteTo)
	})
	var out strings.Builder
	done := 0
	for i := 0; i < len(found); {
		s := found[i]
		for i++; i < len(found) && found[i].from < s.to; i++ {
			s.to = max(s.to, found[i].to)
		}
		out.WriteString(in[done:s.from])
		quote := in[s.quoteFrom:s.quoteTo]
		out.WriteString(quote + k.mask + quote)
		done = s.to
	}
	out.WriteString(in[done:])
	return out.String()
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
	k := s.ready()
	in := string(b)
	end := len(in)
	views(in, func(v *view) { end = min(end, k.values.cutOff(v)) })
	if end < len(in) {
		in = in[:end] + k.mask
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

// Hides reports whether a parameter of that name is secret, whatever it holds.
func (s *Set) Hides(name string) bool { return s.known().names.secret(normalize(name)) }

// String describes the Set without its secrets.
func (s Set) String() string {
	return fmt.Sprintf("redact.Set(%d secrets)", len((&s).ready().secrets))
}

// GoString describes the Set without its secrets.
func (s Set) GoString() string { return s.String() }

// Format writes the description for every verb: %v, %+v and %#v print no secret.
func (s Set) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue keeps the secrets out of log/slog.
func (s Set) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps the secrets out of encoders.
func (s Set) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
