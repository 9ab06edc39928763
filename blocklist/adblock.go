package blocklist

import (
	"bytes"
	"net/netip"
	"strings"

	"example.com/ostraka/ban"
)

// isFilter reports whether a line is an Adblock filter and nothing else: for a
// host, an exception, or for elements of pages.
func isFilter(line []byte) bool {
	return bytes.HasPrefix(line, []byte("||")) || bytes.HasPrefix(line, []byte("@@|")) || isElementRule(line)
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
	case '!', '[':
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
	text := string(line)
	l := p.entry(text)
	filter, exception := strings.CutPrefix(text, "@@")
	if exception {
		l.Effect = ban.Allow
	}
	host, hint := hostOfFilter(filter)
	if hint != "" {
		return p.emit(l.rejected("line", text, ban.CodeSyntax, hint))
	}
	kind := p.Kind
	if kind == 0 {
		kind = ban.KindDomain
		if addr, ok := unbracket(host); ok {
			kind, host = ban.KindIP, addr
		}
	}
	return p.emit(l.read(kind, host))
}

// hostOfFilter returns the host that a filter is for, or a hint if it is for
// anything else.
func hostOfFilter(filter string) (host, hint string) {
	host, ok := strings.CutPrefix(filter, "||")
	if !ok {
		if strings.HasPrefix(filter, "#") || isElementRule([]byte(filter)) {
			return "", "filters for elements of pages are not supported: only those for whole hosts are, as ||example.com^"
		}
		return "", "only filters for whole hosts are supported, as ||example.com^"
	}
	host, rest, ok := strings.Cut(host, "^")
	switch {
	case strings.Contains(host, "$") || strings.HasPrefix(rest, "$"):
		return "", "options are not supported: without them, the filter would mean more than it says"
	case strings.Contains(host, "/") || rest != "":
		return "", "filters for paths are not supported: only those for whole hosts are, as ||example.com^"
	case !ok:
		return "", "end the filter with ^: without it, it is for every host that begins so"
	case strings.HasPrefix(host, "="):
		return "", "a filter is for a host and its subdomains; there is none for one host alone"
	}
	return host, ""
}

// unbracket returns the address that a host is, in URLs an IPv6 one in brackets,
// and whether it is one.
func unbracket(host string) (addr string, ok bool) {
	addr = host
	if inner, ok := strings.CutPrefix(host, "["); ok {
		addr = strings.TrimSuffix(inner, "]")
	}
	_, err := netip.ParseAddr(addr)
	return addr, err == nil
}
