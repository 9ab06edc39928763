package value_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/ostraka/ban/value"
)

func TestPrefixes(t *testing.T) {
	accepted{
		"an IPv4 address":                 {"203.0.113.7", "203.0.113.7", "203.0.113.7"},
		"white space around goes":         {" 203.0.113.7\r\n", "203.0.113.7", "203.0.113.7"},
		"an IPv6 address is compressed":   {"2001:0DB8:0:0:0:0:0:1", "2001:db8::1", "2001:db8::1"},
		"a mapped address is unmapped":    {"::ffff:203.0.113.7", "203.0.113.7", "203.0.113.7"},
		"mapped in hexadecimal, too":      {"::FFFF:cb00:7107", "203.0.113.7", "203.0.113.7"},
		"a prefix":                        {"203.0.113.0/24", "203.0.113.0/24", "203.0.113.0/24"},
		"host bits are cleared":           {"203.0.113.77/24", "203.0.113.0/24", "203.0.113.0/24"},
		"IPv6 host bits are cleared":      {"2001:db8:1:2:3::/64", "2001:db8:1:2::/64", "2001:db8:1:2::/64"},
		"a full IPv4 prefix is its host":  {"203.0.113.7/32", "203.0.113.7", "203.0.113.7"},
		"a full IPv6 prefix is its host":  {"2001:db8::1/128", "2001:db8::1", "2001:db8::1"},
		"a mapped prefix is unmapped":     {"::ffff:203.0.113.7/120", "203.0.113.0/24", "203.0.113.0/24"},
		"a full mapped prefix is a host":  {"::ffff:203.0.113.7/128", "203.0.113.7", "203.0.113.7"},
		"all mapped addresses":            {"::ffff:0:0/96", "0.0.0.0/0", "0.0.0.0/0"},
		"all IPv4":                        {"1.2.3.4/0", "0.0.0.0/0", "0.0.0.0/0"},
		"all IPv6":                        {"::/0", "::/0", "::/0"},
		"IPv4-compatible IPv6 stays IPv6": {"::203.0.113.7", "::cb00:7107", "::cb00:7107"},
	}.run(t, value.KindIP)
}

func TestPrefixesThatAreRefused(t *testing.T) {
	refused{
		"an IPv4 prefix above 32":            {"1.2.3.4/33", value.CodeRange},
		"an IPv6 prefix above 128":           {"::1/129", value.CodeRange},
		"a number no integer holds":          {"::1/99999999999999999999", value.CodeRange},
		"a mapped prefix below 96":           {"::ffff:203.0.113.7/95", value.CodeRange},
		"three numbers":                      {"1.2.3", value.CodeSyntax},
		"five numbers":                       {"1.2.3.4.5", value.CodeSyntax},
		"a number above 255":                 {"1.2.3.256", value.CodeSyntax},
		"a leading zero":                     {"010.1.1.1", value.CodeSyntax},
		"a leading zero in the length":       {"1.2.3.4/024", value.CodeSyntax},
		"a sign in the length":               {"1.2.3.4/+24", value.CodeSyntax},
		"no length behind the slash":         {"1.2.3.4/", value.CodeSyntax},
		"two slashes":                        {"1.2.3.4/8/8", value.CodeSyntax},
		"a netmask":                          {"1.2.3.4/255.255.255.0", value.CodeSyntax},
		"a space inside":                     {"1.2.3.4 /24", value.CodeSyntax},
		"a zone":                             {"fe80::1%eth0", value.CodeSyntax},
		"a zone of a mapped address":         {"::ffff:1.2.3.4%eth0", value.CodeSyntax},
		"a zone in a prefix":                 {"fe80::%eth0/64", value.CodeSyntax},
		"a port":                             {"1.2.3.4:80", value.CodeSyntax},
		"brackets":                           {"[::1]", value.CodeSyntax},
		"brackets and port":                  {"[::1]:80", value.CodeSyntax},
		"too many groups":                    {"1:2:3:4:5:6:7:8:9", value.CodeSyntax},
		"a host name":                        {"example.com", value.CodeSyntax},
		"digits of another script":           {"١.٢.٣.٤", value.CodeSyntax},
		"a number that inet_aton would take": {"3221226219", value.CodeSyntax},
	}.run(t, value.KindIP)
}

// The hint says what to change in what was typed.
func TestHintsForAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"1.2.3.4:80":     "without a port",
		"[2001:db8::1]":  "without brackets",
		"2001:db8:::1":   "hexadecimal digits",
		"1.2.3":          "four numbers",
		"01.2.3.4":       "leading zeros",
		"mail.example":   "a host name is none",
		"fe80::1%eth0":   "leave out the zone",
		"[1.2.3.4]:80":   "without brackets",
		"a:b":            "without a port",
		"2001:db8::g":    "hexadecimal digits",
		"1.2.3.4.5":      "four numbers",
		"203.0.113.7:":   "without a port",
		"::ffff:1.2.3.x": "hexadecimal digits",
	} {
		_, err := value.Parse(value.KindIP, text)
		var e *value.ValueError
		if !errors.As(err, &e) || !strings.Contains(e.Hint, want) {
			t.Errorf("%q: %v, want a hint that says %q", text, err, want)
		}
	}
}
