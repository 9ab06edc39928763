package value_test

import (
	"strings"
	"testing"

	"example.com/ostraka/ban/value"
)

func TestReadableHost(t *testing.T) {
	long := strings.Repeat("a.", 200)
	for rule, c := range map[string]struct{ name, want string }{
		"a domain name":                    {"mail.spam.example", "mail.spam.example"},
		"capitals":                         {"MAIL.Spam.Example", "mail.spam.example"},
		"the root's dot":                   {"spam.example.", "spam.example"},
		"more dots than the root's":        {"spam.example...", "spam.example"},
		"white space around":               {" spam.example ", "spam.example"},
		"an underscore":                    {"x_y.spam.example", "invalid.spam.example"},
		"an underscore, capitals, a dot":   {"X_Y.Spam.Example.", "invalid.spam.example"},
		"an underscore above":              {"a.x_y.spam.example", "invalid.spam.example"},
		"several":                          {"_a._b.spam.example", "invalid.spam.example"},
		"ideographic dots":                 {"x_y。spam。example。", "invalid.spam.example"},
		"a hyphen first":                   {"-x.spam.example", "invalid.spam.example"},
		"an empty label":                   {"mail..spam.example", "invalid.spam.example"},
		"a dot first":                      {".spam.example", "invalid.spam.example"},
		"a space":                          {"a b.spam.example", "invalid.spam.example"},
		"a line break":                     {"a\nb.spam.example", "invalid.spam.example"},
		"not UTF-8":                        {"a\xff.spam.example", "invalid.spam.example"},
		"an international domain":          {"x_y.bücher.example", "invalid.xn--bcher-kva.example"},
		"an international domain, encoded": {"x_y.XN--BCHER-KVA.example", "invalid.xn--bcher-kva.example"},
		"an A-label that is none":          {"xn--a.spam.example", "invalid.spam.example"},
		"a label that is too long":         {strings.Repeat("a", 64) + ".spam.example", "invalid.spam.example"},
		"a number among the labels":        {"x_y.1.spam.example", "invalid.1.spam.example"},
		"letters of two directions":        {"x_y.1א.spam.example", "invalid.spam.example"},
		"a name that is too long":          {long + "spam.example", "invalid." + strings.Repeat("a.", 116) + "spam.example"},
		"a name that is far too long":      {strings.Repeat("a.", 1<<16) + "spam.example", "invalid." + strings.Repeat("a.", 116) + "spam.example"},
		"a label that is far too long":     {strings.Repeat("a", 1<<16) + ".spam.example", "invalid.spam.example"},
		"one label only":                   {"x_y.example", "invalid.example"},
		"nothing is a label":               {"x_y", ""},
		"the last is none":                 {"spam.example.x_y", ""},
		"the root":                         {".", ""},
		"empty":                            {"", ""},
		"an IPv4 address":                  {"192.0.2.1", ""},
		"a bracketed address":              {"[192.0.2.1]", ""},
		"an IPv6 address":                  {"2001:db8::1", ""},
		"a rule's mark":                    {"=spam.example", "invalid.example"},
		"a rule's star":                    {"*.spam.example", "invalid.spam.example"},
		"one endless label":                {strings.Repeat("a", 1<<16), ""},
	} {
		t.Run(rule, func(t *testing.T) {
			got, ok := value.ReadableHost(c.name)
			if got != c.want || ok != (c.want != "") {
				t.Errorf("%q, %t, want %q", got, ok, c.want)
			}
		})
	}
}

// slowReadableHost tries every end of a name, the longest first.
func slowReadableHost(name string) string {
	name = strings.NewReplacer("。", ".", "．", ".", "｡", ".").Replace(name)
	name = strings.TrimRight(strings.TrimSpace(name), ".")
	if host, err := value.ParseHost(name); err == nil {
		return host
	}
	for rest, above, more := name, "", true; more; rest = above {
		if _, above, more = strings.Cut(rest, "."); !more {
			break
		}
		if host, err := value.ParseHost("invalid." + above); err == nil && strings.TrimSpace(above) == above {
			return host
		}
	}
	return ""
}

func FuzzReadableHost(f *testing.F) {
	for _, name := range []string{"mail.spam.example", "x_y.Spam.example.", "a..b", "x_y。bücher｡example", "192.0.2.1", "x_y.1א.example", "=a.b", strings.Repeat("a.", 130) + "b"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		host, ok := value.ReadableHost(name)
		if again, err := value.ParseHost(host); ok && (err != nil || again != host) {
			t.Fatalf("%q gives %q, which is none: %v", name, host, err)
		}
		if len(name) < 300 { // it is slow
			if want := slowReadableHost(name); host != want {
				t.Fatalf("%q gives %q, want %q", name, host, want)
			}
		}
	})
}
