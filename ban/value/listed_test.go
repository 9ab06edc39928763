package value_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/ostraka/ban/value"
)

// What is written where a value should be, and why nobody may take it for one.
var noValues = map[string]string{
	"/(?i)ad/": value.CodeNotSupported, "^spam35$": value.CodeNotSupported, "/ads/i": value.CodeNotSupported,
	`^ads[0-9]+\.example\.com$`: value.CodeNotSupported, `(a|b)\.example`: value.CodeNotSupported, `.*@spam\.example`: value.CodeNotSupported,
	".*spam.*": value.CodeNotSupported, `spam\d+`: value.CodeNotSupported, "spam.*": value.CodeNotSupported, "^admin": value.CodeNotSupported,
	"AS13335": value.CodeNotSupported, "as64496": value.CodeNotSupported, "ASN 64496": value.CodeNotSupported, "AS64496 ": value.CodeNotSupported,
	"keyword:spam": value.CodeNotSupported, "full:www.example.com": value.CodeNotSupported, "geosite:cn": value.CodeNotSupported,
	"include:foo": value.CodeNotSupported, `regexp:\.cn$`: value.CodeNotSupported, "geoip:private": value.CodeNotSupported, "ext:x.dat:y": value.CodeNotSupported,
	"domain-suffix:x.example": value.CodeNotSupported, "phone:admin": value.CodeNotSupported,
	"203.0.113.7-203.0.113.20": value.CodeNotSupported, "203.0.113.7 - 203.0.113.20": value.CodeNotSupported,
	"2001:db8::1-2001:db8::ff": value.CodeNotSupported, "2001:db8::1 - 2001:db8::ff": value.CodeNotSupported,
	"203.0.113.7-20": value.CodeNotSupported, "203.0.113.7 - 20": value.CodeNotSupported, "203.0.113.x": value.CodeNotSupported, "203.0.x.x": value.CodeNotSupported,
	"admin,": value.CodeSyntax, "admin;": value.CodeSyntax, "admin|root": value.CodeSyntax, "a,b": value.CodeSyntax, ",admin": value.CodeSyntax,
	"spam.example,": value.CodeSyntax, "spam.example|ads.example": value.CodeSyntax, "DOMAIN-SUFFIX,x.example": value.CodeSyntax, "a@x.example;": value.CodeSyntax,
	`"admin"`: value.CodeSyntax, "'admin'": value.CodeSyntax, "`admin`": value.CodeSyntax, "“admin”": value.CodeSyntax, "«admin»": value.CodeSyntax,
	`"spam.example"`: value.CodeSyntax, `"203.0.113.7"`: value.CodeSyntax, `admin"`: value.CodeSyntax,
	"「spam.example」": value.CodeSyntax, "『admin』": value.CodeSyntax, "＂spam.example＂": value.CodeSyntax,
}

func TestWhatIsNoValueIsNotTakenForAName(t *testing.T) {
	for in, code := range noValues {
		t.Run(in, func(t *testing.T) {
			_, err := value.ParseAny(in)
			wantValueError(t, err, "value", code)
			_, err = value.ParseListed(in)
			wantValueError(t, err, "value", code)
		})
	}
}

func TestAWordOfAListIsNoName(t *testing.T) {
	for _, in := range []string{"admin", "RU", "12345", "Forbidden", "omm", "admin*", "*admin*", "username", "abc/24", "john doe", "münchen", "=localhost", "=ema"} {
		_, err := value.ParseListed(in)
		wantValueError(t, err, "value", value.CodeAmbiguous)
	}
}

func TestWhatSaysItsKindIsReadAlikeByHandAndInLists(t *testing.T) {
	for _, in := range []string{
		"name:admin", "NAME:john.doe", "name:a,b", `name:"x"`, "name:^x$", "domain:localhost", "domain:=localhost", "ip:203.0.113.7", "email:^a@example.com",
		"spam.example", "*.spam.example", "=www.spam.example", "203.0.113.7", "2001:db8::/32", "a@spam.example", "o'brien@spam.example", "a+b@spam.example", "spam*@spam.example",
		"1-2.example", "as64496.example", "r3---sn.example", "xn--bcher-kva.example",
	} {
		v, err := value.ParseAny(in)
		if w, listed := value.ParseListed(in); err != nil || listed != nil || v != w {
			t.Errorf("%q is %v, %v by hand and %v, %v in a list", in, v, err, w, listed)
		}
	}
}

// "=word" is one host or one name: by hand as in a list, it has to say which. And a
// URL without a dot is no name.
func TestWhatIsNoPlainWordIsNoNameByHand(t *testing.T) {
	for in, code := range map[string]string{
		"=localhost": value.CodeAmbiguous, "=ema": value.CodeAmbiguous, " =ema": value.CodeAmbiguous,
		"http://a": value.CodeKind, "https://localhost/x": value.CodeKind,
	} {
		_, err := value.ParseAny(in)
		wantValueError(t, err, "value", code)
	}
	for in, kind := range map[string]value.Kind{"name:=ema": value.KindName, "domain:=localhost": value.KindDomain, "=www.example": value.KindDomain} {
		if v, err := value.ParseAny(in); err != nil || v.Kind() != kind {
			t.Errorf("ParseAny(%q) = %v, %v", in, v, err)
		}
	}
}

// What looks like an address is not called a regular expression.
func TestTheHintForAnAddressIsAboutAddresses(t *testing.T) {
	for in, hint := range map[string]string{
		"198.51.100.*": "prefix", "198.51.*.*": "prefix", "198.51.*": "prefix", "[2001:db8::1]:443": "brackets", "[2001:db8::1]": "brackets",
	} {
		_, err := value.ParseAny(in)
		if v, ok := errors.AsType[*value.ValueError](err); !ok || !strings.Contains(v.Hint, hint) || strings.Contains(v.Hint, "expression") {
			t.Errorf("ParseAny(%q): %v, want a hint of %s", in, err, hint)
		}
	}
}

// By hand a word is a name, with or without wildcards.
func TestAWordByHandIsAName(t *testing.T) {
	for _, in := range []string{"admin", "admin*", "*admin*", "12345", "o'brien", "RU", "a+b", `\*x`} {
		if v, err := value.ParseAny(in); err != nil || v.Kind() != value.KindName {
			t.Errorf("ParseAny(%q) = %v, %v", in, v, err)
		}
	}
}
