package value

import (
	"errors"
	"net/mail"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"
)

var fuzzSeeds = []string{
	"", " ", "j.doe+x@GoogleMail.com", "spam*@gmail.com", `a\*b@example.org`, "ａdmin@gmail.com", "x@user.fastmail.com",
	"example.com.", "*.bücher.example", "=xn--bcher-kva.example", "r3---sn.example.com", "www。example．com", "xn--", "-.-",
	"203.0.113.7/24", "::ffff:203.0.113.7/100", "fe80::1%eth0", "010.1.1.1",
	"Admin*", `*\*\\*`, "kate  doe", "аdmin", "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc", "col·lega", "\u202eab", "a\xff",
	"e\u0301\u0316*", "İ", "ẞ", "ϴ", "\u1e9b\u0323", "\U000e0001", "name:a@b", "ip:1.2.3.4",
	"h:2026:5QcTUniGbiHUqUrESn8CovcGwagUzty0KTunkZZWcqw", "h:k1:5QcTUniGbiHUqUrESn8CovcGwagUzty0KTunkZZWcqx", "email:h:k.1:oENhnGCOLjjqt6oh5fK2m8VCwcObIb1rpPIYIUMXMEw",
}

func seed(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s)
	}
}

// checkError fails unless err is a complete *ValueError.
func checkError(t *testing.T, in string, err error) {
	t.Helper()
	var ve *ValueError
	if !errors.As(err, &ve) || ve.Field == "" || ve.Code == "" || ve.Hint == "" || codeTexts[ve.Code] == "" {
		t.Fatalf("%q gives the error %#v", in, err)
	}
	if text := ve.Error(); len(text) > 1500 || !utf8.ValidString(text) {
		t.Errorf("%q gives the text %q", in, text)
	}
}

// checkValue holds what is so for every value: its text parses to it again, and
// has no room for surprises.
func checkValue(t *testing.T, in string, v Value, err error) bool {
	t.Helper()
	if err != nil {
		if v != (Value{}) {
			t.Errorf("%q gives %q with the error %v", in, v, err)
		}
		checkError(t, in, err)
		return false
	}
	if again, err := Parse(v.Kind(), v.String()); again != v {
		t.Errorf("%q gives %q, which gives %q, %v", in, v, again, err)
	}
	if v.String() == "" || strings.TrimSpace(v.String()) != v.String() || !utf8.ValidString(v.String()) || len(v.String()) > 600 {
		t.Errorf("%q gives %q", in, v)
	}
	return true
}

// checkHashed checks a value that is a hash: it is its own key, and no subject's.
func checkHashed(t *testing.T, in string, v Value) {
	t.Helper()
	id := v.HashKey()
	if v.Key().Text != v.String() || strings.TrimSpace(in) != v.String() || v.String() != "h:"+id+":"+v.String()[len(v.String())-43:] {
		t.Errorf("%q gives the hash %q with the key %q", in, v, v.Key())
	}
	if a, err := ParseAddress(v.String()); err == nil {
		t.Errorf("the hash %q is the address %v", v, a)
	}
	if n, err := ParseNickname(v.String()); err == nil && n.Skeleton() == v.Key().Text {
		t.Errorf("the hash %q is a name that looks so", v)
	}
}

func FuzzParseEmail(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseEmail(s)
		if !checkValue(t, s, v, err) {
			return
		}
		if v.Hashed() {
			checkHashed(t, s, v)
			return
		}
		if v.Wildcard() {
			CompileLocalPattern(v.String())
			return
		}
		a, err := ParseAddress(PlainText(v.String()))
		if err != nil || a.mailbox != v.Key().Text || a.text != PlainText(v.String()) {
			t.Errorf("the value %q has key %q, as a subject it is %q, %v", v, v.Key().Text, a, err)
		}
	})
}

func FuzzParseAddress(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddress(s)
		if err != nil {
			checkError(t, s, err)
			return
		}
		if again, err := ParseAddress(a.text); again != a {
			t.Errorf("%q gives %q, which gives %q, %v", s, a, again, err)
		}
		if box, err := ParseAddress(a.mailbox); err != nil || box.mailbox != a.mailbox {
			t.Errorf("%q has the mailbox %q, which has %q, %v", s, a.mailbox, box.mailbox, err)
		}
		if a.text != a.Local()+"@"+a.Domain() || len(a.text) > maxAddress || len(a.Local()) > maxLocal {
			t.Errorf("%q gives %q", s, a)
		}
		if m, err := mail.ParseAddress(a.text); err != nil || m.Address != a.text {
			t.Errorf("%q gives %q, which net/mail takes for %v, %v", s, a.text, m, err)
		}
	})
}

func FuzzParseDomain(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseDomain(s)
		if !checkValue(t, s, v, err) {
			return
		}
		host := SplitDomain(v.String()).Name
		if again, err := ParseHost(host); again != host || host != v.Key().Text {
			t.Errorf("%q has the host %q, which gives %q, %v", s, host, again, err)
		}
		if len(host) > maxDomain || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
			t.Errorf("%q has the host %q", s, host)
		}
		if _, err := netip.ParseAddr(host); err == nil {
			t.Errorf("%q has the host %q, an IP address", s, host)
		}
	})
}

// The path by inspection and the path through UTS #46 give the same.
func FuzzPlainHost(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		lower := strings.ToLower(s)
		if !isPrintableASCII(s) || !isPlainHost(lower) {
			return
		}
		if host, fault := foldHost(s); host != lower {
			t.Errorf("%q is plain, but folds to %q, %v", s, host, fault)
		}
	})
}

// The path by inspection and the path by parts give the same.
func FuzzPlainAddress(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		a, fault := bundled.foldAddress(s)
		at, plain := plainAddress(s)
		if plain != (fault.ok() && a.text == s && isPrintableASCII(s) && isPlainHost(a.Domain())) {
			t.Errorf("%q is plain: %v, but folds to %q, %v", s, plain, a, fault)
		}
		if fast, _ := bundled.subjectAddress(s); plain && (fast != a || at != len(a.Local())) {
			t.Errorf("%q gives %q and %q", s, fast, a)
		}
	})
}

// folds are the ways to fold a name.
var folds = map[string]func(s string, whole bool) (string, fault){"user name": foldUsername, "nickname": foldNickname}

// The path by inspection and the path through PRECIS give the same.
func FuzzPlainName(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		lower := strings.ToLower(s)
		if !isPrintableASCII(s) || !isPlainName(lower) {
			return
		}
		for what, fold := range folds {
			if name, fault := fold(s, true); name != lower {
				t.Errorf("%q is plain, but folds as a %s to %q, %v", s, what, name, fault)
			}
		}
	})
}

func FuzzParsePrefix(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParsePrefix(s)
		addr, errAddr := ParseAddr(s)
		if errAddr != nil {
			checkError(t, s, errAddr)
		} else if slow, fault := subjectAddr(s); slow != addr || !fault.ok() || v.String() != addr.String() {
			t.Errorf("%q is the address %v, but the value %q", s, addr, v)
		}
		want, ok := slowPrefix(s)
		if ok != (err == nil) || ok && v.Prefix() != want {
			t.Errorf("%q gives %q, %v; netip says %v, %v", s, v, err, want, ok)
		}
		checkValue(t, s, v, err)
	})
}

// slowPrefix reads a prefix with netip alone.
func slowPrefix(s string) (netip.Prefix, bool) {
	if s = strings.TrimSpace(s); !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		zone := a.Zone() // Unmap drops it
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), err == nil && zone == ""
	}
	p, err := netip.ParsePrefix(s)
	if err == nil && p.Addr().Is4In6() {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), err == nil && p.IsValid()
}

func FuzzParseName(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNickname(s)
		if err != nil {
			checkError(t, s, err)
		} else if again, err := ParseNickname(n.String()); again.look != n.look || utf8.RuneCountInString(n.String()) > maxName {
			t.Errorf("%q gives the name %q, which gives %q, %v", s, n, again, err)
		} else if v, err := ParseName("=" + Literal(s)); err == nil && (v.Key().Text != n.Skeleton() || PlainText(v.String()[1:]) != n.String()) {
			t.Errorf("%q gives the name %q, and the value %q with the key %q", s, n, v, v.Key())
		}
		if strict, err := ParseUsername(s); err != nil {
			checkError(t, s, err)
		} else if strict != n {
			t.Errorf("%q is %+v as a user name, and %+v as a nickname", s, strict, n)
		}
		v, err := ParseName(s)
		if !checkValue(t, s, v, err) {
			return
		}
		if v.Hashed() {
			checkHashed(t, s, v)
		} else if v.Wildcard() {
			CompileNamePattern(v.String())
		} else if name, _ := SplitName(v.String()); len(name) == 0 {
			t.Errorf("the value %q is of no name", v)
		} else if n, err := ParseNickname(name); err != nil || n.Skeleton() != v.Key().Text || n.String() != name {
			t.Errorf("the value %q has key %q, as a subject it is %q, %v", v, v.Key().Text, n, err)
		}
	})
}

func FuzzParseAny(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseAny(s)
		checkValue(t, s, v, err)
	})
}
