package mxlookup

import "context"

// mailDomainKey is the key of [WithMailDomain].
type mailDomainKey struct{}

// WithMailDomain has a check with the context ask for the mail hosts of the name,
// instead of those of the domain of its address: an address whose domain is no
// host name stands there for one of which the DNS knows more. With an empty name
// none are asked for.
func WithMailDomain(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, mailDomainKey{}, name)
}

// MailDomain returns the name of [WithMailDomain], or domain if there is none.
func MailDomain(ctx context.Context, domain string) string {
	if name, ok := ctx.Value(mailDomainKey{}).(string); ok {
		return name
	}
	return domain
}
