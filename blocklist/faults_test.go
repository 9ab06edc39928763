package blocklist_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
)

// fault is a list that is easily misread, and what is right.
type fault struct {
	list    string // or the name of a file in testdata/faults
	kind    ban.Kind
	values  string // the entries, sorted
	rejects string // the codes of rejected lines, in order
	format  string
	stops   string // the code of the FormatError or StopError, if it stops; the entries are then of no matter
}

// faults are named by what the lists have in them.
var faults = map[string]fault{
	"ranges of IPv6":                  {list: "ipv6-ranges.txt", format: "netset", values: ranges6},
	"ranges among prefixes":           {list: "ranges-among-prefixes.txt", format: "netset", values: "198.51.100.16/30 198.51.100.20 198.51.100.7 198.51.100.8/29 " + range6(1) + " 2001:db8:2::/48 203.0.113.0/24"},
	"commas at the end":               {list: "trailing-comma.txt", stops: blocklist.StopMostlyRejected, rejects: "ambiguous ambiguous ambiguous"},
	"commas at the end of names":      {list: "trailing-comma.txt", kind: ban.KindName, format: "plain", values: "admin root support"},
	"words in quotes":                 {list: "quoted-words.txt", stops: blocklist.StopMostlyRejected, rejects: "ambiguous ambiguous"},
	"names in quotes":                 {list: "quoted-words.txt", kind: ban.KindName, format: "plain", values: "admin root"},
	"pipes between words":             {list: "pipes.txt", stops: blocklist.StopMostlyRejected, rejects: "bad_syntax"},
	"pipes between names":             {list: "pipes.txt", kind: ban.KindName, format: "plain", values: "admin root support"},
	"a column username":               {list: "csv-username-header.csv", format: "csv", values: "admin root"},
	"a header of one column":          {list: "one-column-header.csv", format: "csv", values: "junk.example spam.example"},
	"a column ip_address":             {list: "csv-ip-address.csv", format: "csv", values: "198.51.100.0/24 203.0.113.7"},
	"a column domain that is second":  {list: "csv-domain-second.csv", format: "csv", values: "spam.example"},
	"a header that nobody knows":      {list: "csv-unknown-header.csv", stops: blocklist.FormatUnknownHeader},
	"regular expressions":             {list: "regexes.txt", stops: blocklist.StopMostlyRejected, rejects: "not_supported not_supported not_supported"},
	"numbers of networks":             {list: "asns.txt", format: "netset", rejects: "not_supported not_supported", values: "203.0.113.7"},
	"rules of a proxy":                {list: "v2ray-style.txt", format: "plain", rejects: "not_supported not_supported", values: "spam.example"},
	"words among domains":             {list: "bare-words-among-domains.txt", format: "plain", values: "junk.example spam.example waste.example", rejects: "ambiguous ambiguous"},
	"a message of a server":           {list: "error-body.txt", stops: blocklist.FormatNoList},
	"addresses, then domains":         {list: "sorted-mixed.txt", format: "plain", values: mixed},
	"a licence of 47 KB first":        {list: "long-header.txt", format: "hosts", values: twenty},
	"filters for whole hosts":         {list: "adblock-whole-host.txt", format: "adblock", values: "all.example allow:good.blocked.example blocked.example doc.example imp.example"},
	"comments that begin with !":      {list: "exclamation-comments.txt", format: "plain", values: "*.spam2.example spam1.example"},
	"domains that begin with a dot":   {list: "squid.txt", format: "plain", values: "spam1.example spam2.example"},
	"addresses with a count":          {list: "ipsum.txt", format: "netset", values: "198.51.100.4 203.0.113.7"},
	"JSON lines of prefixes":          {list: "drop.jsonl", format: "json", values: "2001:db8::/32 203.0.113.0/24"},
	"prefixes with a number behind ;": {list: "drop.txt", format: "netset", values: "198.51.100.0/24 203.0.113.0/24"},
	"decisions of CrowdSec":           {list: "crowdsec.csv", format: "csv", values: "198.51.100.0/24 203.0.113.7"},
	"a hosts file of zeros":           {list: "hosts-zero.txt", format: "hosts", values: "ads.example track.example"},
	"five domains":                    {list: "five-domains.txt", format: "plain", values: "a1.example a2.example a3.example a4.example a5.example"},
}

// variants are lists of the same kinds.
var variants = map[string]fault{
	"a range that is one prefix":             {list: "192.0.2.0 - 192.0.2.255\n", format: "netset", values: "192.0.2.0/24"},
	"a range between tabs":                   {list: "203.0.113.8\t-\t203.0.113.11\n", format: "netset", values: "203.0.113.8/30"},
	"a range with a comment":                 {list: "203.0.113.8-203.0.113.11 # x\n203.0.113.16-203.0.113.17; y\n203.0.113.18-203.0.113.19 ; y\n", format: "netset", values: "203.0.113.18/31 203.0.113.8/30", rejects: "bad_syntax"},
	"a range the wrong way round":            {list: "203.0.113.9-203.0.113.1\na.example\n", format: "plain", values: "a.example", rejects: "out_of_range"},
	"a range of both kinds":                  {list: "203.0.113.9-2001:db8::1\na.example\n", format: "plain", values: "a.example", rejects: "bad_syntax"},
	"a short range":                          {list: "203.0.113.1-20\n203.0.113.x\na.example\nb.example\n", format: "plain", values: "a.example b.example", rejects: "not_supported not_supported"},
	"ranges in CSV":                          {list: "ip_range,note\n203.0.113.8-203.0.113.11,x\n2001:db8::2 - 2001:db8::3,y\n", format: "csv", values: "2001:db8::2/127 203.0.113.8/30"},
	"ranges in JSON":                         {list: `["203.0.113.8-203.0.113.11", {"cidr": "2001:db8::2-2001:db8::3"}]`, format: "json", values: "2001:db8::2/127 203.0.113.8/30"},
	"ranges where all are addresses":         {list: "203.0.113.8-203.0.113.11\n", kind: ban.KindIP, format: "netset", values: "203.0.113.8/30"},
	"domains with separators behind":         {list: "a.example,\nb.example;\nc.example |\n\"d.example\",\n'e.example'\n203.0.113.7,\n", format: "plain", values: "203.0.113.7 a.example b.example c.example d.example e.example"},
	"CSV without a header":                   {list: "203.0.113.7,scanner\n203.0.113.8,scanner\n", stops: blocklist.StopMostlyRejected, rejects: "bad_syntax bad_syntax"},
	"names of CSV without a header":          {list: "admin,reserved\nroot,reserved\n", kind: ban.KindName, stops: blocklist.FormatUnknownHeader},
	"words of CSV without a header":          {list: "admin,reserved\nroot,reserved\n", stops: blocklist.FormatUnknownHeader},
	"names that are regular expressions":     {list: "/admin/\n^root$\nadmin\nroot\nname:^x$\n", kind: ban.KindName, format: "plain", values: "^x$ admin root", rejects: "not_supported not_supported"},
	"names with quotes and commas":           {list: "“admin”\n'root',\n\"a,b\"\n«x»;\n", kind: ban.KindName, format: "plain", values: "a,b admin root x"},
	"names that are headings":                {list: "account\nuser\nemail\nlogin\n", kind: ban.KindName, format: "plain", values: "account email login user"},
	"a heading above names":                  {list: "username\nadmin\nroot\n", kind: ban.KindName, format: "csv", values: "admin root"},
	"a heading user":                         {list: "user\nadmin\nroot\n", format: "csv", values: "admin root"},
	"a heading in capitals":                  {list: "\ufeffIP Address\r\n203.0.113.7\r\n", format: "csv", values: "203.0.113.7"},
	"a heading in quotes":                    {list: "\"Domain\"\n\"a.example\"\n\"b.example\"\n", format: "csv", values: "a.example b.example"},
	"columns between semicolons":             {list: "Network;Comment\n203.0.113.0/24;x\n", format: "csv", values: "203.0.113.0/24"},
	"columns between tabs":                   {list: "hostname\tfirst seen\na.example\t2026\n203.0.113.7\t2026\n", format: "csv", values: "203.0.113.7 a.example"},
	"e-mail addresses in a column":           {list: "id,email_address\n1,a@spam.example\n", format: "csv", values: "a@spam.example"},
	"e-mail domains in a column":             {list: "id,E-Mail Domain,email_domain\n1,x,spam.example\n", format: "csv", values: "spam.example"},
	"addresses of any kind in a column":      {list: "address,note\n203.0.113.7,x\na@spam.example,y\nadmin,z\n", format: "csv", values: "203.0.113.7 a@spam.example", rejects: "ambiguous"},
	"words in a column of any kind":          {list: "value,note\nadmin,x\na.example,y\n", format: "csv", values: "a.example", rejects: "ambiguous"},
	"scopes of CrowdSec that are no value":   {list: "scope,value,type\nCountry,RU,ban\nAS,64496,ban\nip,203.0.113.7,ban\nIp,203.0.113.8,captcha\nRange,2001:db8::/32,\nip,203.0.113.9,ban\nip,203.0.113.10,ban\n", format: "csv", values: "2001:db8::/32 203.0.113.10 203.0.113.7 203.0.113.9", rejects: "not_supported not_supported not_supported"},
	"countries":                              {list: "RU\nCN\nKP\n", stops: blocklist.StopMostlyRejected, rejects: "ambiguous ambiguous ambiguous"},
	"rules of many programs":                 {list: "full:www.a.example\ngeosite:ads\nregexp:\\.cn$\ndomain:b.example\nDOMAIN-SUFFIX,c.example\nip:203.0.113.7\ngeoip:cn\nname:x\naddress=/d.example/0.0.0.0\ne.example\nf.example\n", format: "plain", values: "203.0.113.7 b.example e.example f.example x", rejects: "not_supported not_supported not_supported bad_syntax not_supported wrong_kind"},
	"wildcards that may be names":            {list: "admin*\n*bot*\n*.spam.example\nspam*@a.example\n", format: "plain", values: "*.spam.example spam*@a.example", rejects: "ambiguous ambiguous"},
	"domains with a count":                   {list: "a.example 12\nb.example\t7\nc.example x\n", format: "plain", values: "a.example b.example", rejects: "bad_syntax"},
	"prefixes with a count":                  {list: "203.0.113.0/24\t9\n2001:db8::/32 4\n", format: "netset", values: "2001:db8::/32 203.0.113.0/24"},
	"dots that are no domain":                {list: ".com\n.adserver.\n..a.example\n.*\n.b.example.\n.c.example\n.d.example\n.e.example\n.f.example\n.g.example\n", format: "plain", values: "c.example d.example e.example f.example g.example", rejects: "bad_syntax bad_syntax bad_syntax not_supported bad_syntax"},
	"domains of squid":                       {list: ".spam.example\n.com\n", kind: ban.KindDomain, format: "plain", values: "spam.example", rejects: ban.GuardPublicSuffix},
	"zeros, addresses and counts":            {list: "0 a.example b.example # c\n0\tc.example\n0 localhost\n203.0.113.7 3\n", format: "hosts", values: "203.0.113.7 a.example b.example c.example", rejects: "unknown"},
	"filters that end in a bar or star":      {list: "||a.example^|\n||b.example^*\n@@||c.b.example^|\n", format: "adblock", values: "a.example allow:c.b.example b.example"},
	"options that narrow a filter":           {list: "||a.example^$third-party\n||b.example^$all,third-party\n||c.example^$domain=x.example\n||d.example^$popup\n||e.example^$dnstype=AAAA\n||f.example^$\n@@||g.example^$document\n||h.example^$important,script\n||i.example^\n||j.example^$ALL\n||k.example^$doc,important\n||l.example^$_,match-case\n||m.example^ # x\n||n.example^\n||o.example^\n||p.example^\n", format: "adblock", values: "i.example j.example k.example l.example m.example n.example o.example p.example", rejects: strings.TrimSpace(strings.Repeat("bad_syntax ", 8))},
	"filters that others take back":          {list: "||a.example^$badfilter\n||a.example^\n||A.example^\n||b.example^$important,all\n||b.example^$all,badfilter,important\n||c.example^$important\n||c.example^$badfilter\n@@||d.example^\n@@||d.example^$badfilter\n||e.example^$badfilter\n", format: "adblock", values: "c.example"},
	"an exception above what it lifts":       {list: "||a.example^\n||www.b.example^\n@@||b.example^\n@@||a.example^\n||c.example^\n||d.example^\n", format: "adblock", values: "allow:a.example allow:b.example c.example d.example", rejects: "conflict conflict"},
	"an exception that is overruled":         {list: "@@||www.a.example^\n||a.example^$important\n||b.example^$important\n@@||b.example^$important\n", format: "adblock", values: "a.example allow:b.example", rejects: "conflict conflict"},
	"all formats at once":                    {list: "! x\n[Adblock Plus 2.0]\n||a.example^\nb.example\n0.0.0.0 c.example\n0 d.example\n203.0.113.7\t9\n203.0.113.8-203.0.113.9\n.e.example\n@@||f.a.example^\nu@g.example\nname:admin\n// y\n; z\n", format: "plain", values: "203.0.113.7 203.0.113.8/31 a.example admin allow:f.a.example b.example c.example d.example e.example u@g.example"},
	"JSON lines with an error in them":       {list: "{\"type\":\"metadata\"}\n{\"ip\":\"203.0.113.7\",\"n\":3}\n{\"x\":1}\n{\"cidr\":\"203.0.113.0/24\",\"domain\":\"a.example\"}\n{\"domain\":\"a.example\"}\n{\"name\":\"admin\"}\n", format: "json", values: "203.0.113.7 a.example admin", rejects: "empty bad_syntax"},
	"objects without lines":                  {list: `{"ip":"203.0.113.7"} {"ip":"203.0.113.8"}{ "ip" : "203.0.113.9" }`, format: "json", values: "203.0.113.7 203.0.113.8 203.0.113.9"},
	"ends of lines of all kinds":             {list: "\ufeff# x\r\na.example\r\n203.0.113.7\rb.example\n\r\n0 c.example\r\n", format: "plain", values: "203.0.113.7 a.example b.example c.example"},
	"a line of 5,000 bytes":                  {list: "a.example\n" + strings.Repeat("x", 5000) + ".example\nb.example\n", format: "plain", values: "a.example b.example", rejects: "too_long"},
	"UTF-16":                                 {list: "\xff\xfea\x00.\x00x\x00\n\x00", stops: blocklist.FormatUnreadable},
	"UTF-16 without a mark":                  {list: "a\x00.\x00x\x00\n\x00b\x00.\x00x\x00", stops: blocklist.FormatUnreadable},
	"a sentence that begins with an address": {list: "127.0.0.1 is the loopback\n0.0.0.0 a.example\nb.example\nc.example\n", format: "plain", values: "a.example b.example c.example", rejects: "ambiguous ambiguous ambiguous"},
	"a title that is a domain":               {list: "[a.example]\nb.example\n", format: "plain", values: "b.example", rejects: "not_supported"},
	"a heading that is a word":               {list: "name\nadmin\nspam.example\n203.0.113.7\nroot\n", format: "csv", values: "admin root", rejects: "ambiguous ambiguous"},
	"a heading of user names":                {list: "usernames\nadmin\njohn.doe\n", format: "csv", values: "admin john.doe"},
	"rules of Clash":                         {list: "ip-cidr,203.0.113.0/24\nDOMAIN,a.example\n", stops: blocklist.StopMostlyRejected, rejects: "bad_syntax bad_syntax"},
	"names with an exclamation mark":         {list: "! staff\n!root\nadmin\n", kind: ban.KindName, format: "plain", values: "!root admin"},
	"a number where text should be":          {list: "{\"ip\": 5}\n{\"ip\":\"203.0.113.7\"}\n", format: "json", values: "203.0.113.7", rejects: "bad_syntax"},
	"members that are there twice":           {list: `[{"domain":"a.example","domain":"b.example"},{"dom\u0061in":"a.example","domain":"a.example"},{"domain":"c.example","x":":","x":{"a":1,"a":2}},{"domain":"d.example","effect":"allow","effect":"deny"},{"domain":"e\":.example"},{"domain":"f.example","type":{"domain":"g.example"}},"g.example","h.example"]`, format: "json", values: "c.example f.example g.example h.example", rejects: "bad_syntax bad_syntax bad_syntax bad_character"},
	"objects a line with members twice":      {list: "{\"ip\":\"203.0.113.7\"}\n{\"ip\":\"203.0.113.8\",\"ip\":\"203.0.113.9\"}\n", format: "json", values: "203.0.113.7", rejects: "bad_syntax"},
	"columns that are there twice":           {list: "domain,domain,reason\na.example,b.example,x\n", stops: blocklist.FormatBroken},
	"ranges in words":                        {list: "203.0.113.7 to 203.0.113.20\n203.0.113.7 -> 203.0.113.9\n2001:db8::1 bis 2001:db8::4\na.example\nb.example\nc.example\n", format: "plain", values: "a.example b.example c.example", rejects: "bad_syntax bad_syntax bad_syntax"},
	"the machine's own address":              {list: "127.0.0.1 localhost\n127.0.1.1 box.example box\n127.0.0.53 dns.example\n0.0.0.0 a.example b.example c.example\n::1 d.example\n", format: "hosts", values: "a.example b.example c.example d.example", rejects: "bad_syntax bad_syntax bad_syntax"},
	"an address with a bracket":              {list: "||1.2.3.4]^\n||[2001:db8::1^\n||[2001:db8::2]^\n||1.2.3.5^\n||a.example^\n||b.example]^\n||[1.2.3.6]^\n||c.example^\n||d.example^\n||e.example^\n", format: "adblock", values: "1.2.3.5 2001:db8::2 a.example c.example d.example e.example", rejects: "bad_character wrong_kind bad_character wrong_kind"},
	"an empty table":                         {list: "domain,reason\n", stops: blocklist.StopEmpty},
	"an empty array":                         {list: "[]", stops: blocklist.StopEmpty},
	"a page without a head":                  {list: "Sorry!\n<br>\n<p>The page was moved.\n", stops: blocklist.StopMostlyRejected, rejects: "ambiguous bad_syntax bad_syntax"},
	"a page where names were":                {list: "<br>\n<hr>\n", kind: ban.KindName, stops: blocklist.StopMostlyRejected, rejects: "bad_syntax bad_syntax"},
}

func (f *fault) text(t *testing.T) string {
	t.Helper()
	if strings.Contains(f.list, "\n") || filepath.Ext(f.list) == "" || strings.ContainsAny(f.list, "{[\x00") || !utf8.ValidString(f.list) {
		return f.list
	}
	data, err := os.ReadFile(filepath.Join("testdata", "faults", f.list))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestListsThatAreEasilyMisread(t *testing.T) {
	for _, all := range []map[string]fault{faults, variants} {
		for name, f := range all {
			t.Run(name, func(t *testing.T) { f.run(t, f.text(t)) })
		}
	}
}

func (f *fault) run(t *testing.T, text string) {
	t.Helper()
	a := newAdmin(t, memstore.New())
	lines := blocklist.Parse(strings.NewReader(text), blocklist.ParseOptions{Kind: f.kind})
	o := blocklist.SyncOptions{AllowExceptions: true}
	r, err := a.Sync(as("alice"), "l", lines, o)
	if got := stopCode(err); got != f.stops {
		t.Fatalf("it stops with %q, %v; want %q", got, err, f.stops)
	}
	var codes []string
	for _, reject := range r.Rejects {
		if code := codeOf(reject.Err); code != ban.CodeDuplicate {
			codes = append(codes, code)
		}
	}
	if got := strings.Join(codes, " "); got != f.rejects {
		t.Errorf("it rejects %q, want %q: %v", got, f.rejects, r.Rejects)
	}
	if f.stops != "" {
		if all, err := a.Lists(t.Context()); err != nil || len(all) > 0 {
			t.Errorf("there are lists: %v, %v", all, err)
		}
		return
	}
	if got := values(t, a, "l"); got != f.values {
		t.Errorf("its entries are\n%s\nwant\n%s", got, f.values)
	}
	if got := r.Format.String(); got != f.format {
		t.Errorf("its format is %s, want %s", got, f.format)
	}
	n := 0
	for _, k := range r.Kinds {
		n += k
	}
	if n != r.Added {
		t.Errorf("it has %v of %d entries", r.Kinds, r.Added)
	}
}

// stopCode returns the code of what stopped a Sync.
func stopCode(err error) string {
	if e, ok := errors.AsType[*blocklist.FormatError](err); ok {
		return e.Code
	}
	if e, ok := errors.AsType[*blocklist.StopError](err); ok {
		return e.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// The order of lines means nothing, where there is no header.
func TestShuffledLinesAreTheSameEntries(t *testing.T) {
	for _, all := range []map[string]fault{faults, variants} {
		for name, f := range all {
			if f.format == "csv" || f.format == "json" || f.stops != "" || f.rejects != "" {
				continue
			}
			t.Run(name, func(t *testing.T) {
				lines := strings.FieldsFunc(strings.TrimPrefix(f.text(t), "\ufeff"), func(r rune) bool { return r == '\n' || r == '\r' })
				for seed := range uint64(20) {
					rand.New(rand.NewPCG(seed, 0)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
					f.run(t, strings.Join(lines, "\n"))
				}
			})
		}
	}
}

func TestAFailedDownloadLeavesTheListAsItWas(t *testing.T) {
	five := faults["five domains"]
	for _, body := range []string{
		"Forbidden\n", "404", "null", "{}", `{"error":"x"}`, "<html>", "", "\n", "# moved\n", "[]", "Not\nFound\n", "moved.example\n", "203.0.113.7\n", "z1.example\nz2.example\n", "domain\n", "domain,reason\n",
	} {
		a := newAdmin(t, memstore.New())
		before := sync(t, a, "l", five.text(t), blocklist.SyncOptions{})
		_, err := trySync(a, "l", body, blocklist.SyncOptions{})
		after, _ := a.GetList(t.Context(), "l")
		if stopCode(err) == "" || after != before.List || values(t, a, "l") != five.values {
			t.Errorf("%q: %v, then the list is %+v", body, err, after)
		}
	}
	a := newAdmin(t, memstore.New())
	sync(t, a, "l", five.text(t), blocklist.SyncOptions{})
	r := sync(t, a, "l", "z1.example\nz2.example\n", blocklist.SyncOptions{Force: true})
	if got := counts(r); got != "+2 ~0 -5 =0 !0" {
		t.Errorf("by force: %s", got)
	}
}

var (
	ranges6 = range6(1) + " " + range6(2)
	mixed   = func() string {
		var all []string
		for i := 1; i <= 300; i++ {
			all = append(all, fmt.Sprintf("203.0.%d.%d", (i-1)/250, (i-1)%250+1))
		}
		for i := range 200 {
			all = append(all, fmt.Sprintf("d%d.example", i))
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}()
	twenty = func() string {
		var all []string
		for i := range 20 {
			all = append(all, fmt.Sprintf("h%d.example", i))
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}()
)

// range6 are the prefixes of 2001:db8:n::1 to ::ff.
func range6(n int) string {
	net := fmt.Sprintf("2001:db8:%d::", n)
	all := []string{net + "1"}
	for bits := 127; bits > 120; bits-- {
		all = append(all, fmt.Sprintf("%s%x/%d", net, 1<<(128-bits), bits))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}
