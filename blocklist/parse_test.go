package blocklist_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
)

// parsed is a list, and what Parse yields of it, as text.
type parsed struct {
	list string
	want string
}

// parses are lists of a format, named by the rule that they show.
type parses map[string]parsed

func (tests parses) run(t *testing.T, o blocklist.ParseOptions) {
	t.Helper()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := yields(test.list, o); got != test.want {
				t.Errorf("%q gives\n%s\nwant\n%s", test.list, got, test.want)
			}
		})
	}
}

// yields parses a list and returns what comes of it, as "number kind:value"
// with what is not the default after it, or "number field code" for rejects,
// separated by "; ".
func yields(list string, o blocklist.ParseOptions) string {
	var out []string
	for l, err := range blocklist.Parse(strings.NewReader(list), o) {
		var notList *blocklist.FormatError
		switch {
		case errors.As(err, &notList):
			out = append(out, fmt.Sprintf("not %s, line %d", notList.Format, notList.Line))
		case err != nil:
			out = append(out, err.Error())
		default:
			out = append(out, said(l))
		}
	}
	return strings.Join(out, "; ")
}

func said(l blocklist.Line) string {
	var ve *ban.ValueError
	if errors.As(l.Err, &ve) {
		return fmt.Sprintf("%d %s %s", l.Number, ve.Field, ve.Code)
	}
	s := fmt.Sprintf("%d %s:%s", l.Number, l.Value.Kind(), l.Value)
	if l.Effect != ban.Deny {
		s += " " + l.Effect.String()
	}
	if l.Scope != 0 {
		s += " " + l.Scope.String()
	}
	if l.Shadow {
		s += " shadow"
	}
	return s
}

func TestPlain(t *testing.T) {
	parses{
		"a value a line, of any kind":             {"example.com\na@example.com\n192.0.2.1\nname:admin*\n", "1 domain:example.com; 2 email:a@example.com; 3 ip:192.0.2.1; 4 name:admin*"},
		"the last line needs no end":              {"a.example\nb.example", "1 domain:a.example; 2 domain:b.example"},
		"blank lines count, and say nothing":      {"\n \n\ta.example\n\n", "3 domain:a.example"},
		"# and ; begin comments":                  {"# one\n; two\n  # three\na.example # four\nb.example\t; five", "4 domain:a.example; 5 domain:b.example"},
		"without space before, no comment":        {"name:a#b\n", "1 name:a#b"},
		"CR LF, CR and LF end lines":              {"a.example\r\nb.example\rc.example\n\rd.example\r", "1 domain:a.example; 2 domain:b.example; 3 domain:c.example; 5 domain:d.example"},
		"a byte order mark is ignored":            {"\ufeffa.example\n", "1 domain:a.example"},
		"values are canonical":                    {"EXAMPLE.com.\nexample.com\nbücher.example\nxn--bcher-kva.example", "1 domain:example.com; 2 domain:example.com; 3 domain:xn--bcher-kva.example; 4 domain:xn--bcher-kva.example"},
		"a value may say its kind":                {"name:john.doe\nNAME:#1\n", "1 name:john.doe; 2 name:#1"},
		"a bad line does not fail the rest":       {"a.example\n-.example\nb.example", "1 domain:a.example; 2 domain bad_character; 3 domain:b.example"},
		"invalid UTF-8 is rejected":               {"a.example\nb\xff.example\nc.example", "1 domain:a.example; 2 value invalid_utf8; 3 domain:c.example"},
		"so is a NUL":                             {"a.example\nb\x00.example\nc.example", "1 domain:a.example; 2 value control_character; 3 domain:c.example"},
		"invalid UTF-8 in a comment does no harm": {"# caf\xe9\na.example # \xe9\n", "2 domain:a.example"},
		"an Adblock filter is no name":            {"||x^$third-party\n||example.com^", "1 line bad_syntax; 2 line bad_syntax"},
		"a line of a hosts file is no domain":     {"0.0.0.0 localhost\n", "1 line bad_syntax"},
		"a line of HTML is no name":               {"a.example\n<br>\nb.example", "1 domain:a.example; 2 line bad_syntax; 3 domain:b.example"},
		"a URL is no domain":                      {"https://example.com/\n", "1 domain wrong_kind"},
		"nothing is nothing":                      {"", ""},
	}.run(t, blocklist.ParseOptions{Format: blocklist.FormatPlain})
}

func TestOptionsAreForLinesThatSayNothingElse(t *testing.T) {
	o := blocklist.ParseOptions{
		Kind: ban.KindDomain, Effect: ban.Review, Scope: mustScope(ban.SignUp), Shadow: true,
	}
	for name, test := range map[string]struct {
		format blocklist.Format
		list   string
		want   string
	}{
		"plain":                 {blocklist.FormatPlain, "com\ndomain:net", "1 domain:com review sign_up shadow; 2 domain:net review sign_up shadow"},
		"plain of another kind": {blocklist.FormatPlain, "1.2.3.4\na@b.example", "1 domain wrong_kind; 2 domain wrong_kind"},
		"hosts":                 {blocklist.FormatHosts, "0.0.0.0 a.example", "1 domain:a.example review sign_up shadow"},
		"adblock":               {blocklist.FormatAdblock, "||a.example^\n@@||b.example^\n||1.2.3.4^", "1 domain:a.example review sign_up shadow; 2 domain:b.example allow sign_up shadow; 3 domain wrong_kind"},
		"csv":                   {blocklist.FormatCSV, "value,effect,shadow\na.example,,\nb.example,deny,false", "2 domain:a.example review sign_up shadow; 3 domain:b.example sign_up"},
		"csv of another kind":   {blocklist.FormatCSV, "value,kind\na.example,name\nb.example,domain", "2 value wrong_kind; 3 domain:b.example review sign_up shadow"},
		"json":                  {blocklist.FormatJSON, `["com", {"value":"net","scope":"all"}, {"ip":"1.2.3.4"}]`, "1 domain:com review sign_up shadow; 1 domain:net review shadow; 1 ip wrong_kind"},
	} {
		t.Run(name, func(t *testing.T) {
			o := o
			o.Format = test.format
			if got := yields(test.list, o); got != test.want {
				t.Errorf("%q gives\n%s\nwant\n%s", test.list, got, test.want)
			}
		})
	}
}

func mustScope(actions ...ban.Action) ban.Scope {
	var s ban.Scope
	for _, a := range actions {
		s |= 1 << a
	}
	return s
}

func TestHosts(t *testing.T) {
	parses{
		"addresses that lead nowhere make entries": {"0.0.0.0 a.example\n127.0.0.1\tb.example\n:: c.example\n::1 d.example", "1 domain:a.example; 2 domain:b.example; 3 domain:c.example; 4 domain:d.example"},
		"each host of a line is an entry":          {"0.0.0.0 a.example B.example\n", "1 domain:a.example; 1 domain:b.example"},
		"one bad host does not fail the line":      {"0.0.0.0 a.example b_c.example d.example\n", "1 domain:a.example; 1 domain bad_character; 1 domain:d.example"},
		"# begins a comment anywhere":              {"#x\n0.0.0.0 a.example#x\n 0.0.0.0 b.example # x", "2 domain:a.example; 3 domain:b.example"},
		"the machine's own names are no entries":   {"127.0.0.1 localhost localhost.localdomain local\n::1 ip6-localhost ip6-loopback\n255.255.255.255 broadcasthost\nfe80::1%lo0 localhost\nff02::1 ip6-allnodes\n0.0.0.0 0.0.0.0", ""},
		"to block them is rejected":                {"0.0.0.0 localhost\n:: ip6-localhost\n0.0.0.0 a.example", "1 line unknown; 2 line unknown; 3 domain:a.example"},
		"an address that leads somewhere":          {"192.0.2.1 router.example", "1 line bad_syntax"},
		"a host without address":                   {"a.example\n0.0.0.0", "1 line bad_syntax; 2 line bad_syntax"},
		"an address as host":                       {"0.0.0.0 1.2.3.4", "1 domain wrong_kind"},
		"no wildcards":                             {"0.0.0.0 *.example.com =example.com", "1 line bad_wildcard; 1 line bad_wildcard"},
	}.run(t, blocklist.ParseOptions{Format: blocklist.FormatHosts})
}

func TestAdblock(t *testing.T) {
	parses{
		"a host":                     {"||Example.com^\n||*.example.org^", "1 domain:example.com; 2 domain:*.example.org"},
		"an address":                 {"||192.0.2.1^\n||[2001:DB8::1]^", "1 ip:192.0.2.1; 2 ip:2001:db8::1"},
		"an exception":               {"@@||example.com^", "1 domain:example.com allow"},
		"comments":                   {"[Adblock Plus 2.0]\n! title\n# words\n#\n### words ###\n\n||a.example^", "7 domain:a.example"},
		"an option":                  {"||x^$third-party\n||x$image\n@@||x^$document", "1 line bad_syntax; 2 line bad_syntax; 3 line bad_syntax"},
		"a path":                     {"||example.com/ads\n||example.com^ads\n/banner/\n|https://example.com|", "1 line bad_syntax; 2 line bad_syntax; 3 line bad_syntax; 4 line bad_syntax"},
		"a host with anything after": {"||example.com", "1 line bad_syntax"},
		"elements of pages":          {"##.advert\n###ad\nexample.com##.ad\nexample.com#@#.ad\n#@#.ad", "1 line bad_syntax; 2 line bad_syntax; 3 line bad_syntax; 4 line bad_syntax; 5 line bad_syntax"},
		"a plain host":               {"example.com", "1 line bad_syntax"},
		"a prefix":                   {"||192.0.2.0/24^", "1 line bad_syntax"},
		"a part of a host":           {"||ads*.example.com^\n||=a.example^\n||^", "1 domain bad_wildcard; 2 line bad_syntax; 3 domain empty"},
	}.run(t, blocklist.ParseOptions{Format: blocklist.FormatAdblock})
}

func TestNetset(t *testing.T) {
	parses{
		"addresses and prefixes":    {"192.0.2.1\n192.0.2.77/24\n2001:DB8::/32", "1 ip:192.0.2.1; 2 ip:192.0.2.0/24; 3 ip:2001:db8::/32"},
		"comments":                  {"# a\n; b\n192.0.2.0/24 ; SBL1\n192.0.2.1#c", "3 ip:192.0.2.0/24; 4 ip:192.0.2.1"},
		"a range":                   {"192.0.2.1-192.0.2.9\n192.0.2.1 - 192.0.2.9", "1 ip:192.0.2.1; 1 ip:192.0.2.2/31; 1 ip:192.0.2.4/30; 1 ip:192.0.2.8/31; 2 ip:192.0.2.1; 2 ip:192.0.2.2/31; 2 ip:192.0.2.4/30; 2 ip:192.0.2.8/31"},
		"a domain":                  {"example.com\n192.0.2.1", "1 ip bad_syntax; 2 ip:192.0.2.1"},
		"a prefix that is too long": {"192.0.2.0/33", "1 ip out_of_range"},
	}.run(t, blocklist.ParseOptions{Format: blocklist.FormatNetset})
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	for name, o := range map[string]blocklist.ParseOptions{
		"a format that is none":    {Format: 99},
		"a kind that is none":      {Kind: 99},
		"an effect that is none":   {Effect: 99},
		"a scope that is none":     {Scope: 0x80},
		"a netset of other values": {Format: blocklist.FormatNetset, Kind: ban.KindName},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			for _, err := range blocklist.Parse(strings.NewReader("1.2.3.4"), o) {
				var ve *ban.ValueError
				if n++; !errors.As(err, &ve) {
					t.Errorf("the error is %v", err)
				}
			}
			if n != 1 {
				t.Errorf("yielded %d times", n)
			}
		})
	}
}

// Networks with a netmask and ranges without a hyphen look like lines of a hosts
// file: what is said of them is about networks and ranges.
func TestTheHintForASecondAddressIsAboutNetworks(t *testing.T) {
	for _, line := range []string{"203.0.113.0 255.255.255.0", "198.51.100.0\t255.255.255.128", "203.0.113.7 203.0.113.20", "2001:db8::1 2001:db8::ff"} {
		for l, err := range blocklist.Parse(strings.NewReader(line+"\n"), blocklist.ParseOptions{}) {
			v, ok := errors.AsType[*ban.ValueError](l.Err)
			if err != nil || !ok || v.Code != ban.CodeSyntax || !strings.Contains(v.Hint, "length") {
				t.Errorf("%q: %v, %v", line, l.Err, err)
			}
		}
	}
}

func TestRejectsSayWhatWasWritten(t *testing.T) {
	long := strings.Repeat("ä", 70)
	list := "||" + long + "^$third-party\n||example.com^$image"
	want := []string{"||" + strings.Repeat("ä", 62) + "…", "||example.com^$image"}
	for l, err := range blocklist.Parse(strings.NewReader(list), blocklist.ParseOptions{Format: blocklist.FormatAdblock}) {
		if err != nil {
			t.Fatal(err)
		}
		if l.Text != want[l.Number-1] || !strings.Contains(l.Err.Error(), "options") {
			t.Errorf("line %d is shown as %q, rejected for %v", l.Number, l.Text, l.Err)
		}
	}
}
