package blocklist

import (
	"bytes"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"example.com/ostraka/ban"
)

// isFilter reports whether a line is an Adblock filter and nothing else: for a
// host, an exception, for the beginning of a URL, or for elements of pages.
func isFilter(line []byte) bool {
	return bytes.HasPrefix(line, []byte("||")) || bytes.HasPrefix(line, []byte("@@")) || bytes.HasPrefix(line, []byte("|http")) || isElementRule(line)
}

// isElementRule reports whether a filter is for elements of the pages of some
// domains: it has "##" or a relative of it after them.
func isElementRule(line []byte) bool {
	if bytes.IndexByte(line, '#') < 1 {
		return false
	}
	for _, sign := range []string{"##", "#@#", "#?#", "#$#", "#%#"} {
		if i := bytes.Index(line, []byte(sign)); i > 0 && !bytes.ContainsAny(line[:i], " \t#") {
			return true
		}
	}
	return false
}

func isAdblockComment(line []byte) bool {
	switch line[0] {
	case '!', '[', ';':
		return true
	case '#': // "### such ###", but not "###advert", which is for elements of all pages
		rest := bytes.TrimLeft(line, "#")
		return len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t'
	}
	return false
}

func (p *parser) adblockLine(line []byte) bool {
	line = bytes.TrimSpace(line)
	if len(line) == 0 || isAdblockComment(line) {
		return true
	}
	p.holding = true
	text := string(line)
	f, hint := parseFilter(text)
	if hint != "" {
		return p.reject(text, ban.CodeSyntax, hint)
	}
	l := p.entry(text)
	if f.exception {
		l.Effect = ban.Allow
	}
	kind, host := p.Kind, f.host
	if kind == 0 {
		kind = ban.KindDomain
		if addr, ok := unbracket(host); ok {
			kind, host = ban.KindIP, addr
		}
	}
	return p.hold(held{Line: l.read(kind, host), filter: f})
}

// filter is a filter for a whole host.
type filter struct {
	host      string
	exception bool
	important bool // goes before exceptions that are not
	bad       bool // takes back the filter that is the same otherwise
	same      string
}

// parseFilter reads a filter, or says why it is for anything but a whole host.
func parseFilter(text string) (f filter, hint string) {
	if rest, _, ok := strings.Cut(text, " #"); ok && strings.HasPrefix(text, "||") {
		text = strings.TrimSpace(rest) // hosts have no spaces: it is a comment
	}
	pattern, exception := strings.CutPrefix(text, "@@")
	f.exception = exception
	if isElementRule([]byte(pattern)) || strings.HasPrefix(pattern, "#") {
		return f, "filters for elements of pages are not supported: only those for whole hosts are, as ||example.com^"
	}
	pattern, modifiers, modified := cutModifiers(pattern)
	if f.host, hint = hostOfPattern(pattern); hint != "" {
		return f, hint
	}
	if modified {
		if hint = f.modify(modifiers); hint != "" {
			return f, hint
		}
	}
	return f.keyed(pattern, modifiers), ""
}

// cutModifiers cuts a filter into its pattern and its modifiers.
func cutModifiers(text string) (pattern, modifiers string, ok bool) {
	if strings.HasPrefix(text, "/") {
		return text, "", false // a regular expression, which may have a $ of its own
	}
	return strings.Cut(text, "$")
}

// modify applies the modifiers of a filter, or says which of them makes it one
// for less than a whole host, or for something else. Those that keep it one are
// of uBlock Origin and AdGuard: "important", "all" and "document" or "doc" block
// visits, not parts of pages; "match-case" means nothing to a host, and "_" is no
// modifier. For an exception, "document" is about what pages of the host load.
func (f *filter) modify(modifiers string) (hint string) {
	for name := range strings.SplitSeq(strings.ToLower(modifiers), ",") {
		switch name = strings.TrimSpace(name); {
		case name == "important":
			f.important = true
		case name == "badfilter":
			f.bad = true
		case name == "all", name == "match-case", name != "" && strings.Trim(name, "_") == "":
		case (name == "document" || name == "doc") && !f.exception:
		default:
			return "of options only important, all, document and badfilter are supported: without " + strconv.Quote(clip(name)) + ", the filter would mean more or other than it says"
		}
	}
	return ""
}

// keyed sets by what a filter is the same as another, its badfilter aside.
func (f filter) keyed(pattern, modifiers string) filter {
	names := strings.Split(strings.ToLower(modifiers), ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	names = slices.DeleteFunc(names, func(n string) bool { return n == "" || n == "badfilter" })
	slices.Sort(names)
	f.same = strconv.FormatBool(f.exception) + strings.ToLower(pattern) + "$" + strings.Join(slices.Compact(names), ",")
	return f
}

// hostOfPattern returns the host that a pattern is for, or a hint if it is for
// anything else. What may follow the ^ says no more: "|", the end of the URL,
// stands in lists for resolvers, and "*" is anything.
func hostOfPattern(pattern string) (host, hint string) {
	host, ok := strings.CutPrefix(pattern, "||")
	if !ok {
		return "", "only filters for whole hosts are supported, as ||example.com^"
	}
	host, rest, ok := strings.Cut(host, "^")
	switch {
	case strings.Contains(host, "/") || rest != "" && rest != "|" && rest != "*":
		return "", "filters for paths are not supported: only those for whole hosts are, as ||example.com^"
	case !ok:
		return "", "end the filter with ^: without it, it is for every host that begins so"
	case strings.HasPrefix(host, "="):
		return "", "a filter is for a host and its subdomains; there is none for one host alone"
	}
	return host, ""
}

// unbracket returns the address that a host is, in URLs an IPv6 one in brackets
// (RFC 3986, section 3.2.2), and whether it is one. An IPv6 address without them is
// taken as well.
func unbracket(host string) (addr string, ok bool) {
	inner, bracketed := strings.CutPrefix(host, "[")
	if bracketed {
		if inner, ok = strings.CutSuffix(inner, "]"); !ok {
			return host, false
		}
	}
	parsed, err := netip.ParseAddr(inner)
	if err != nil || bracketed && parsed.Is4() {
		return host, false
	}
	return inner, true
}
