package redact

import "context"

// A Credential is the key of a client, and where it travels besides the places
// that everyone knows: for a server in the same process that shows what it got.
type Credential struct {
	Value  string
	Param  string // "" for api_key
	Header string // "" for the standard ones
}

type credentialKey struct{}

// WithCredential returns the context of a call that is made with c.
func WithCredential(ctx context.Context, c *Credential) context.Context {
	return context.WithValue(ctx, credentialKey{}, c)
}

// CredentialOf returns the credential of a call, or nil.
func CredentialOf(ctx context.Context) *Credential {
	c, _ := ctx.Value(credentialKey{}).(*Credential)
	return c
}
