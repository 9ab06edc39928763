package ban

import (
	"fmt"
	"slices"

	"example.com/ostraka/ban/value"
)

// defaultProtected are the mail providers that most people have their address
// at: banning one of them bans a country's worth of strangers. They are the
// domains of the providers' free mailboxes.
var defaultProtected = []string{
	"126.com", "163.com", "aol.com", "bol.com.br", "comcast.net", "daum.net", "fastmail.com", "free.fr",
	"gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net", "googlemail.com",
	"hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.es", "hotmail.fr", "hotmail.it",
	"icloud.com", "laposte.net", "libero.it", "live.com", "mac.com", "mail.ru", "mailbox.org", "me.com", "msn.com",
	"naver.com", "orange.fr", "outlook.com", "outlook.de", "outlook.es", "outlook.fr", "outlook.jp",
	"pm.me", "posteo.de", "proton.me", "protonmail.com", "qq.com", "rediffmail.com", "rocketmail.com",
	"seznam.cz", "sfr.fr", "t-online.de", "terra.com.br", "tuta.com", "uol.com.br", "virgilio.it",
	"wanadoo.fr", "web.de", "wp.pl", "ya.ru", "yahoo.co.in", "yahoo.co.jp", "yahoo.co.uk", "yahoo.com",
	"yahoo.com.br", "yahoo.de", "yahoo.es", "yahoo.fr", "yahoo.it", "yandex.com", "yandex.ru", "ymail.com",
	"zoho.com",
}

// DefaultProtected returns the values that no ban may cover unless it is forced
// or [GuardOptions.NoDefaultProtected] is set: the domains of the large providers
// of mailboxes. The slice is the caller's.
func DefaultProtected() []string { return slices.Clone(defaultProtected) }

// parseProtected reads the protected values of the options.
func parseProtected(o GuardOptions) ([]protected, error) {
	texts := o.Protected
	if !o.NoDefaultProtected {
		texts = slices.Concat(o.Protected, defaultProtected)
	}
	values := make([]protected, len(texts))
	for i, text := range texts {
		v, err := ParseAny(text)
		if err != nil {
			return nil, fmt.Errorf("protected value: %w", err)
		}
		values[i] = newProtected(v)
	}
	return values, nil
}

// protected is a value that bans must not cover.
type protected struct {
	Value
	extent value.Extent
}

// newProtected returns a value as protected. What is protected is what is
// written: not its look-alikes, and of a domain the host, not the names below
// it.
func newProtected(v Value) protected {
	p := protected{v, value.ExtentOf(v).AsWritten()}
	if d := value.SplitDomain(v.String()); v.Kind() == KindDomain && d.Form != value.DomainSubdomains {
		host := value.Domain{Name: d.Name, Form: value.DomainExact}
		p.Value = value.Stored(v.Key(), d.Name)
		p.extent = value.ExtentOf(value.Stored(v.Key(), host.String())).AsWritten()
	}
	return p
}

// hitBy reports whether a ban of a value would cover this one, or have an
// address in common with it.
func (p *protected) hitBy(v Value, e *value.Extent) bool {
	return e.Covers(&p.extent) || v.Kind() == KindIP && p.Kind() == KindIP && v.Prefix().Overlaps(p.Prefix())
}
