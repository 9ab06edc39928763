package web_test

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
)

func prefixes(texts ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, t := range texts {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}

func proxies(t testing.TB, texts ...string) web.Proxies {
	t.Helper()
	p, err := web.NewProxies(prefixes(texts...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestClient(t *testing.T) {
	type lines = []string
	tests := []struct {
		name      string
		peer      string
		xff       lines
		forwarded lines
		want      string // "" for a ForwardedError
	}{
		{"without proxies in between, the peer", "198.51.100.1:999", nil, nil, "198.51.100.1"},
		{"a peer that is no proxy is not believed", "198.51.100.1:999", lines{"203.0.113.7"}, lines{"for=203.0.113.7"}, "198.51.100.1"},
		{"a proxy that says nothing is the client", "10.0.0.1:1", nil, nil, "10.0.0.1"},
		{"the entry of a proxy", "10.0.0.1:1", lines{"203.0.113.7"}, nil, "203.0.113.7"},
		{"the right-most, not what the client claims", "10.0.0.1:1", lines{"192.0.2.1, 203.0.113.7"}, nil, "203.0.113.7"},
		{"over proxies in between", "10.0.0.1:1", lines{"192.0.2.1, 203.0.113.7, 10.0.0.3,10.0.0.2"}, nil, "203.0.113.7"},
		{"over lines of headers", "10.0.0.1:1", lines{"192.0.2.1", "203.0.113.7", "10.0.0.2"}, nil, "203.0.113.7"},
		{"if all are proxies, the left-most", "10.0.0.1:1", lines{"10.0.0.9, 10.0.0.2"}, nil, "10.0.0.9"},
		{"garbage that the client sent before", "10.0.0.1:1", lines{`"<script>", 203.0.113.7`}, nil, "203.0.113.7"},
		{"empty elements count for nothing", "10.0.0.1:1", lines{" , 203.0.113.7 ,,", ""}, nil, "203.0.113.7"},
		{"IPv4 with a port", "10.0.0.1:1", lines{"203.0.113.7:4711"}, nil, "203.0.113.7"},
		{"IPv6", "10.0.0.1:1", lines{"2001:db8::7"}, nil, "2001:db8::7"},
		{"IPv6 in brackets", "10.0.0.1:1", lines{"[2001:db8::7]"}, nil, "2001:db8::7"},
		{"IPv6 with a port", "10.0.0.1:1", lines{"[2001:db8::7]:4711"}, nil, "2001:db8::7"},
		{"IPv4 written as IPv6", "[::ffff:10.0.0.1]:1", lines{"::ffff:203.0.113.7"}, nil, "203.0.113.7"},
		{"a proxy in IPv6", "[2001:db8:ffff::1]:1", lines{"203.0.113.7"}, nil, "203.0.113.7"},
		{"no address", "10.0.0.1:1", lines{"203.0.113.7, unknown"}, nil, ""},
		{"an address with a zone", "10.0.0.1:1", lines{"fe80::1%eth0"}, nil, ""},
		{"IPv4 in brackets", "10.0.0.1:1", lines{"[203.0.113.7]"}, nil, ""},
		{"no port after the colon", "10.0.0.1:1", lines{"203.0.113.7:"}, nil, ""},
		{"octal numbers", "10.0.0.1:1", lines{"010.0.0.9"}, nil, ""},

		{"Forwarded", "10.0.0.1:1", nil, lines{"for=203.0.113.7"}, "203.0.113.7"},
		{"Forwarded with all pairs", "10.0.0.1:1", nil, lines{`For="203.0.113.7:80";proto=https;by=10.0.0.1;host="a.example"`}, "203.0.113.7"},
		{"Forwarded with IPv6", "10.0.0.1:1", nil, lines{`for="[2001:db8::7]:4711"`}, "2001:db8::7"},
		{"Forwarded with an obfuscated port", "10.0.0.1:1", nil, lines{`for="203.0.113.7:_x1"`}, "203.0.113.7"},
		{"Forwarded with quotes forgotten", "10.0.0.1:1", nil, lines{`for=[2001:db8::7]:4711`}, "2001:db8::7"},
		{"Forwarded with escapes", "10.0.0.1:1", nil, lines{`for="203.\0.113.7"`}, "203.0.113.7"},
		{"Forwarded, over proxies", "10.0.0.1:1", nil, lines{`for=192.0.2.1, for=203.0.113.7;by="_a,b"`, `for=10.0.0.2`}, "203.0.113.7"},
		{"Forwarded with space around its commas and semicolons", "10.0.0.1:1", nil, lines{"for=192.0.2.1 ; by=10.0.0.9 ,\tfor=203.0.113.7\t;proto=https \t"}, "203.0.113.7"},
		{"Forwarded with empty pairs", "10.0.0.1:1", nil, lines{"; ;for=203.0.113.7;; "}, "203.0.113.7"},
		{"Forwarded with space around an equals sign", "10.0.0.1:1", nil, lines{"for =203.0.113.7"}, ""},
		{"Forwarded with a quoted space and tab", "10.0.0.1:1", nil, lines{"for=203.0.113.7;by=\"a b\tc\""}, "203.0.113.7"},
		{"Forwarded with a quoted control character", "10.0.0.1:1", nil, lines{"for=203.0.113.7;by=\"a\x01b\""}, ""},
		{"Forwarded with DEL", "10.0.0.1:1", nil, lines{"for=203.0.113.7;by=\"a\x7fb\""}, ""},
		{"Forwarded with an escaped line break", "10.0.0.1:1", nil, lines{"for=203.0.113.7;by=\"a\\\nb\""}, ""},
		{"Forwarded with a space around the client", "10.0.0.1:1", nil, lines{`for=" 203.0.113.7"`}, ""},
		{"the highest port", "10.0.0.1:1", lines{"203.0.113.7:65535"}, nil, "203.0.113.7"},
		{"a port of six digits", "10.0.0.1:1", lines{"203.0.113.7:655350"}, nil, ""},
		{"an obfuscated name left of the client", "10.0.0.1:1", nil, lines{`for=_secret, for=203.0.113.7`}, "203.0.113.7"},
		{"an obfuscated name", "10.0.0.1:1", nil, lines{`for=203.0.113.7, for=_hidden`}, ""},
		{"unknown", "10.0.0.1:1", nil, lines{`for=unknown`}, ""},
		{"an element that does not say for", "10.0.0.1:1", nil, lines{`for=203.0.113.7, proto=https`}, ""},
		{"an element that says for twice", "10.0.0.1:1", nil, lines{`for=203.0.113.7;for=192.0.2.1`}, ""},
		{"a quote left open swallows nothing", "10.0.0.1:1", nil, lines{`for="192.0.2.1, for=203.0.113.7`}, ""},
		{"not on another line either", "10.0.0.1:1", nil, lines{`for="192.0.2.1`, `for=203.0.113.7`}, ""},
		{"no pair", "10.0.0.1:1", nil, lines{`203.0.113.7`}, ""},
		{"no value", "10.0.0.1:1", nil, lines{`for=`}, ""},
		{"nothing after a value", "10.0.0.1:1", nil, lines{`for="203.0.113.7"x`}, ""},

		{"both headers that agree", "10.0.0.1:1", lines{"203.0.113.7"}, lines{"for=203.0.113.7"}, "203.0.113.7"},
		{"both headers that do not", "10.0.0.1:1", lines{"203.0.113.7"}, lines{"for=192.0.2.1"}, ""},
		{"both headers, of which one is garbage", "10.0.0.1:1", lines{"203.0.113.7"}, lines{"garbage"}, ""},
		{"both headers, of which one is empty", "10.0.0.1:1", lines{"203.0.113.7"}, lines{""}, "203.0.113.7"},
	}
	trusted := proxies(t, "10.0.0.0/24", "2001:db8:ffff::/48")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := trusted.Client(request(tt.peer, tt.xff, tt.forwarded))
			if _, wrong := errors.AsType[*web.ForwardedError](err); wrong != (tt.want == "") || !wrong && err != nil {
				t.Fatalf("%v, %v; want %q", got, err, tt.want)
			}
			if tt.want != "" && got.String() != tt.want {
				t.Errorf("the client is %v, want %s", got, tt.want)
			}
		})
	}
}

func TestAPeerWithoutAddressIsNoClient(t *testing.T) {
	for _, peer := range []string{"", "@", "/run/sock", "pipe", "name.example:80", "203.0.113.7"} {
		if a, err := proxies(t, "0.0.0.0/0").Client(request(peer, []string{"203.0.113.7"}, nil)); !errors.Is(err, web.ErrNoPeer) {
			t.Errorf("%q: %v, %v", peer, a, err)
		}
	}
}

func TestProxiesThatDoNotFit(t *testing.T) {
	for _, p := range []netip.Prefix{{}, netip.MustParsePrefix("::ffff:10.0.0.0/104")} {
		_, err := web.NewProxies([]netip.Prefix{p})
		if wrong, ok := errors.AsType[*ban.ValueError](err); !ok || wrong.Field != "TrustedProxies" {
			t.Errorf("%v: %v", p, err)
		}
	}
}

func request(peer string, xff, forwarded []string) *http.Request {
	return &http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": xff, "Forwarded": forwarded}}
}

// FuzzClient compares with an oracle that splits where no quotes are, and knows
// pairs and nodes by regular expressions.
func FuzzClient(f *testing.F) {
	for _, s := range []string{
		"", "203.0.113.7", "a, 203.0.113.7:80, 10.0.0.2", "[2001:db8::7]:1\n10.0.0.1", "::ffff:1.2.3.4", "1.2.3.4:_p",
		`for="[2001:db8::7]:80";by=_x, for=10.0.0.2`, "for=1.2.3.4;proto=http\n,;,for=10.0.0.1", `for="a\"b", for=unknown`, `for="x`, "for=a;FOR=b",
	} {
		f.Add(s, "")
		f.Add("", s)
		f.Add("203.0.113.7", s)
	}
	trusted := proxies(f, "10.0.0.0/24")
	f.Fuzz(func(t *testing.T, xff, forwarded string) {
		xffLines, forwardedLines := lines(xff), lines(forwarded)
		got, err := trusted.Client(request("10.0.0.1:1", xffLines, forwardedLines))
		older, olderOK := oracleClient(trusted, xffLines, oracleForwardedFor)
		newer, newerOK := oracleClient(trusted, forwardedLines, oracleForwarded)
		var want netip.Addr
		wantOK := olderOK && newerOK
		switch {
		case !older.IsValid() && !newer.IsValid():
			want = netip.MustParseAddr("10.0.0.1")
		case !newer.IsValid():
			want = older
		case !older.IsValid():
			want = newer
		default:
			want, wantOK = older, wantOK && older == newer
		}
		if wantOK != (err == nil) || wantOK && got != want {
			t.Errorf("%q, %q: %v, %v; want %v, %v", xffLines, forwardedLines, got, err, want, wantOK)
		}
		if err != nil && got.IsValid() {
			t.Errorf("%v with the error %v", got, err)
		}
	})
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

func oracleClient(trusted web.Proxies, lines []string, parse func(string) ([]string, bool)) (client netip.Addr, ok bool) {
	var all []string
	for _, line := range lines {
		hops, ok := parse(line)
		if !ok {
			return netip.Addr{}, false
		}
		all = append(all, hops...)
	}
	for len(all) > 0 {
		ip := oracleNode(all[len(all)-1])
		if !ip.IsValid() {
			return netip.Addr{}, false
		}
		client = ip
		if !trusted.Trusts(client) {
			break
		}
		all = all[:len(all)-1]
	}
	return client, true
}

func oracleForwardedFor(line string) (hops []string, ok bool) {
	for _, s := range regexp.MustCompile(`[ \t]*,[ \t]*`).Split(line, -1) {
		if s = strings.Trim(s, " \t"); s != "" {
			hops = append(hops, s)
		}
	}
	return hops, true
}

var (
	oraclePair = regexp.MustCompile(`(?s)^([!#$%&'*+\-.^_` + "`" + `|~0-9A-Za-z]+)=([!#$%&'*+\-.^_` + "`" + `|~0-9A-Za-z:\[\]]+|".*")$`)
	oracleText = regexp.MustCompile(`(?s)^"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*"$`)
	oracleHost = regexp.MustCompile(`^(?:\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\](?::(?:[0-9]{1,5}|_[0-9A-Za-z._-]+))?|([0-9.]+):(?:[0-9]{1,5}|_[0-9A-Za-z._-]+))$`)
)

func oracleForwarded(line string) (hops []string, ok bool) {
	for _, element := range splitUnquoted(line, ',') {
		var names, values []string
		for _, pair := range splitUnquoted(element, ';') {
			pair = strings.Trim(pair, " \t")
			if pair == "" {
				continue
			}
			m := oraclePair.FindStringSubmatch(pair)
			if m == nil {
				return nil, false
			}
			value := m[2]
			if value[0] == '"' {
				if !oracleText.MatchString(value) {
					return nil, false
				}
				value = regexp.MustCompile(`(?s)\\(.)`).ReplaceAllString(value[1:len(value)-1], "$1")
			}
			names, values = append(names, strings.ToLower(m[1])), append(values, value)
		}
		hop, count := "unknown", 0
		for i, name := range names {
			if name == "for" {
				hop, count = values[i], count+1
			}
		}
		if count > 1 {
			return nil, false
		}
		if len(names) > 0 {
			hops = append(hops, hop)
		}
	}
	return hops, true
}

func splitUnquoted(s string, sep byte) []string {
	var out []string
	quoted, start := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

func oracleNode(s string) netip.Addr {
	if m := oracleHost.FindStringSubmatch(s); m != nil {
		s = m[1] + m[2]
	}
	a, _ := netip.AddrFromSlice(net.ParseIP(s))
	return a.Unmap()
}
