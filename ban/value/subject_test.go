package value

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestSubjectsAreLiteral(t *testing.T) {
	a := mustAddress(t, " J*.Doe*+x@GoogleMail.com")
	if want := (Address{"j*.doe*+x@googlemail.com", "j*doe*@gmail.com", 9}); a != want {
		t.Errorf("the address is %q, want %q", a, want)
	}
	if n := mustUsername(t, ` *Admin\`); n != (Username{look: Look{`*admin\`, `*adrnin\`}}) {
		t.Errorf("the name is %q", n)
	}
	if h, err := ParseHost(" BÜCHER.example."); h != "xn--bcher-kva.example" || err != nil {
		t.Errorf("the host is %q, %v", h, err)
	}
	if ip, err := ParseAddr(" ::ffff:203.0.113.7 "); ip != netip.MustParseAddr("203.0.113.7") || err != nil {
		t.Errorf("the address is %v, %v", ip, err)
	}
}

func TestAnAddressOfAnUnknownProviderIsItsMailbox(t *testing.T) {
	a := mustAddress(t, "j.doe@example.org")
	if a.mailbox != a.text || a.text != a.Local()+"@"+a.Domain() {
		t.Errorf("the address is %q", a)
	}
}

func TestSubjectsThatAreRefused(t *testing.T) {
	host := func(s string) error { _, err := ParseHost(s); return err }
	addr := func(s string) error { _, err := ParseAddr(s); return err }
	mail := func(s string) error { _, err := ParseAddress(s); return err }
	name := func(s string) error { _, err := ParseUsername(s); return err }
	for rule, c := range map[string]struct {
		err         error
		field, code string
	}{
		"a host with a star":        {host("*.example.com"), "domain", CodeWildcard},
		"a host with an equal sign": {host("=example.com"), "domain", CodeWildcard},
		"no host":                   {host(""), "domain", CodeEmpty},
		"a prefix for an address":   {addr("192.0.2.0/24"), "ip", CodeSyntax},
		"a zone":                    {addr("fe80::1%eth0"), "ip", CodeSyntax},
		"no address":                {addr(" "), "ip", CodeEmpty},
		"a huge address":            {addr(strings.Repeat("1", 10<<20)), "ip", CodeTooLong},
		"a mail without @":          {mail("example.org"), "email", CodeSyntax},
		"a mail with a backslash":   {mail(`a\*@example.org`), "email", CodeCharacter},
		"no mail":                   {mail(""), "email", CodeEmpty},
		"no name":                   {name("\t"), "name", CodeEmpty},
		"a long name":               {name(strings.Repeat("x", 65)), "name", CodeTooLong},
	} {
		t.Run(rule, func(t *testing.T) {
			var ve *ValueError
			if !errors.As(c.err, &ve) || ve.Field != c.field || ve.Code != c.code {
				t.Errorf("%v, want code %q of %q", c.err, c.code, c.field)
			}
		})
	}
}

func TestEveryCharacterFoldsOnceAndForAll(t *testing.T) {
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		for _, s := range []string{string(r), "a" + string(r)} {
			if folded := foldLocal(s); foldLocal(folded) != folded {
				t.Errorf("foldLocal(%+q) = %+q, and that folds to %+q", s, folded, foldLocal(folded))
			}
			for what, fold := range folds {
				if folded, f := fold(s, true); f.ok() {
					if again, f := fold(folded, true); again != folded {
						t.Errorf("%+q is folded as a %s to %+q, and that to %+q (%v)", s, what, folded, again, f)
					}
				}
			}
		}
	}
}

func TestTheProviderTableIsWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range providers {
		if !strings.HasPrefix(p.Source, "https://") {
			t.Errorf("the provider of %s has no source", p.Domains[0])
		}
		if p.CanonicalDomain != "" && !slices.Contains(p.Domains, p.CanonicalDomain) {
			t.Errorf("%s stands for domains it is not among", p.CanonicalDomain)
		}
		for _, d := range p.Domains {
			if seen[d] {
				t.Errorf("%s is listed twice", d)
			}
			seen[d] = true
			if host, err := ParseHost(d); err != nil || host != d {
				t.Errorf("%s is not canonical (%q, %v)", d, host, err)
			}
			if p.Subdomains && bundled.rows["user."+d] != nil {
				t.Errorf("user.%s is a provider of its own", d)
			}
		}
	}
}

func TestParsersAreSafeForConcurrentUse(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				n, errN := ParseUsername("ｋａТЕ\u0301")
				h, errH := ParseHost("BÜCHER.דב.example")
				a, errA := ParseAddress("ÄRGER@bücher.example")
				if err := errors.Join(errN, errH, errA); err != nil || n.look.text != "kaте\u0301" || h != "xn--bcher-kva.xn--5dbd.example" || a.Local() != "ärger" {
					t.Errorf("%q, %q, %q, %v", n, h, a, err)
					return
				}
			}
		})
	}
	wg.Wait()
}
