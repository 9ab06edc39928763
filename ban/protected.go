package ban

import "slices"

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

// DefaultProtected returns the values that no ban may cover unless forced or
// [AdminOptions.NoDefaultProtected] is set: the domains of the large providers
// of mailboxes. The slice is the caller's.
func DefaultProtected() []string { return slices.Clone(defaultProtected) }

// parseProtected reads the protected values of the options. A domain is
// protected as a host: a ban of a name below it does not cover it.
func parseProtected(o AdminOptions) ([]Value, error) {
	texts := o.Protected
	if !o.NoDefaultProtected {
		texts = slices.Concat(o.Protected, defaultProtected)
	}
	values := make([]Value, 0, len(texts))
	for _, text := range texts {
		v, err := ParseAny(text)
		if err != nil {
			return nil, err
		}
		if host, form := splitDomain(v.String()); v.Kind() == KindDomain && form == formTree {
			if v, err = ParseDomain("=" + host); err != nil {
				return nil, err
			}
		}
		values = append(values, v)
	}
	return values, nil
}

// display returns a protected value as whoever protected it wrote it.
func (v Value) display() string {
	if v.kind == KindDomain {
		host, _ := splitDomain(v.text)
		return host
	}
	return v.text
}
