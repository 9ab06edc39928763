package value_test

import (
	"strings"
	"testing"

	"example.com/ostraka/ban/value"
)

var (
	label63   = strings.Repeat("a", 63)
	domain253 = label63 + "." + label63 + "." + label63 + "." + strings.Repeat("b", 61)
)

// letters returns n different ones.
func letters(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteRune(rune(0x4E00 + i))
	}
	return b.String()
}

func TestDomains(t *testing.T) {
	accepted{
		"a domain":                               {"example.com", "example.com", "example.com"},
		"capitals become small":                  {"EXAMPLE.Com", "example.com", "example.com"},
		"white space around goes":                {"\u00a0 example.com\t", "example.com", "example.com"},
		"one trailing dot goes":                  {"example.com.", "example.com", "example.com"},
		"a trailing ideographic dot goes":        {"example.com。", "example.com", "example.com"},
		"ideographic dots are dots":              {"www。example．com", "www.example.com", "www.example.com"},
		"U-labels become A-labels":               {"bücher.example", "xn--bcher-kva.example", "xn--bcher-kva.example"},
		"capital U-labels too":                   {"BÜCHER.example", "xn--bcher-kva.example", "xn--bcher-kva.example"},
		"decomposed letters too":                 {"bu\u0308cher.example", "xn--bcher-kva.example", "xn--bcher-kva.example"},
		"A-labels stay":                          {"XN--Bcher-KVA.example", "xn--bcher-kva.example", "xn--bcher-kva.example"},
		"letters that are written with 66 marks": {strings.Repeat("e\u0323\u0302", 22) + ".example", "xn--qlgaaaaaaaaaaaaaaaaaaaaa.example", "xn--qlgaaaaaaaaaaaaaaaaaaaaa.example"},
		"ß is kept (non-transitional)":           {"straße.example", "xn--strae-oqa.example", "xn--strae-oqa.example"},
		"full-width letters are letters":         {"ｅｘａｍｐｌｅ.com", "example.com", "example.com"},
		"a joiner where its script needs it":     {"\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example", "xn--mgba3gch31f060k.example", "xn--mgba3gch31f060k.example"},
		"one label":                              {"localhost", "localhost", "localhost"},
		"digits in front":                        {"1and1.com", "1and1.com", "1and1.com"},
		"a label of digits, but the last":        {"126.com", "126.com", "126.com"},
		"hyphens in the third and fourth place":  {"r3---sn-abc.example.com", "r3---sn-abc.example.com", "r3---sn-abc.example.com"},
		"253 bytes":                              {domain253, domain253, domain253},
		"253 bytes and the root's dot":           {domain253 + ".", domain253, domain253},
		"subdomains only":                        {"*.Example.com.", "*.example.com", "example.com"},
		"the host only":                          {"=Example.com", "=example.com", "example.com"},
		"spaces behind a mark are no part of it": {"=bücher.example ", "=xn--bcher-kva.example", "xn--bcher-kva.example"},
	}.run(t, value.KindDomain)
}

func TestDomainsThatAreRefused(t *testing.T) {
	refused{
		"254 bytes":                            {domain253 + "b", value.CodeTooLong},
		"a label of 64 bytes":                  {label63 + "a.com", value.CodeTooLong},
		"a label of 64 letters":                {strings.Repeat("語", 64) + ".com", value.CodeTooLong},
		"a label of 1,300 different letters":   {letters(1300) + ".com", value.CodeTooLong},
		"a last label of 64 letters":           {"www." + letters(64), value.CodeTooLong},
		"64 letters behind an ideographic dot": {"www。" + letters(64), value.CodeTooLong},
		"254 letters in short labels":          {strings.Repeat("語語語.", 85) + "com", value.CodeTooLong},
		"a label of 64 bytes once encoded":     {strings.Repeat("ü", 60) + ".com", value.CodeTooLong},
		"the root":                             {".", value.CodeEmpty},
		"a mark alone":                         {"=", value.CodeEmpty},
		"a star and a dot alone":               {"*.", value.CodeEmpty},
		"two trailing dots":                    {"example.com..", value.CodeSyntax},
		"a leading dot":                        {".example.com", value.CodeSyntax},
		"an empty label":                       {"www..example.com", value.CodeSyntax},
		"a leading hyphen":                     {"-a.com", value.CodeCharacter},
		"a trailing hyphen":                    {"a-.com", value.CodeCharacter},
		"a trailing hyphen in a U-label":       {"bücher-.com", value.CodeCharacter},
		"a leading hyphen in an A-label":       {"xn---bcher-4ya.com", value.CodeCharacter},
		"an underscore":                        {"_dmarc.example.com", value.CodeCharacter},
		"a space inside":                       {"exa mple.com", value.CodeCharacter},
		"a no-break space inside":              {"exa\u00a0mple.com", value.CodeCharacter},
		"a symbol that maps to others":         {"a℀b.com", value.CodeCharacter},
		"an A-label that encodes nothing":      {"xn--.com", value.CodeSyntax},
		"an A-label that encodes ASCII":        {"xn--abc-.com", value.CodeCharacter},
		"an A-label that is no Punycode":       {"xn--a-ä.com", value.CodeCharacter},
		"an A-label of what UTS #46 maps away": {"xn--x-yq0i.com", value.CodeCharacter},
		"an A-label that is not normalized":    {"xn--ux-uub.com", value.CodeCharacter},
		"an A-label that hides an A-label":     {"xn--xn---3ra.com", value.CodeCharacter},
		"a label in mixed directions":          {"aא.com", value.CodeCharacter},
		"quotes of another script":             {"「example.com」", value.CodeCharacter},
		"a quote at the end":                   {"example.com”", value.CodeCharacter},
		"a comma of another script":            {"example.com، ", value.CodeCharacter},
		"a bullet before it":                   {"=•example.com", value.CodeCharacter},
		"an unassigned character":              {"a\u0378.com", value.CodeCharacter},
		"a URL":                                {"https://example.com/x", value.CodeKind},
		"a path":                               {"example.com/x", value.CodeKind},
		"a port":                               {"example.com:443", value.CodeKind},
		"an e-mail address":                    {"a@example.com", value.CodeKind},
		"an IPv4 address":                      {"203.0.113.7", value.CodeKind},
		"an IPv4 address in full-width digits": {"２０３.0.113.7", value.CodeKind},
		"an IPv6 address":                      {"2001:db8::1", value.CodeKind},
		"an IPv6 address in brackets":          {"[2001:db8::1]", value.CodeKind},
		"a number at the end":                  {"example.123", value.CodeKind},
		"a star in the middle":                 {"www.*.com", value.CodeWildcard},
		"a star without a dot":                 {"*example.com", value.CodeWildcard},
		"a star alone":                         {"*", value.CodeWildcard},
		"two marks":                            {"=*.example.com", value.CodeWildcard},
		"a mark inside":                        {"*.=example.com", value.CodeWildcard},
	}.run(t, value.KindDomain)
}
