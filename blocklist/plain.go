package blocklist

import (
	"bytes"
	"net/netip"
	"strings"

	"example.com/ostraka/ban"
)

// uncomment returns a line without a comment from "#" or ";" at its start or
// after white space, and without the white space around.
func uncomment(line []byte) []byte {
	line = bytes.TrimSpace(line)
	for i, c := range line {
		if (c == '#' || c == ';') && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			return bytes.TrimSpace(line[:i])
		}
	}
	return line
}

func (p *parser) plainLine(line []byte) bool {
	value := uncomment(line)
	if len(value) == 0 {
		return true
	}
	text := string(value)
	if p.Kind != ban.KindName {
		if hint := foreign(value); hint != "" {
			return p.reject(text, ban.CodeSyntax, hint)
		}
	}
	return p.emit(p.entry(text).read(p.Kind, p.withoutKind(text)))
}

// withoutKind returns a value without the kind that all values have, if it
// begins with it. With no such kind, [ban.ParseAny] sees to that.
func (p *parser) withoutKind(value string) string {
	if p.Kind == 0 {
		return value
	}
	kind, rest, ok := strings.Cut(value, ":")
	if ok && strings.EqualFold(kind, p.Kind.String()) {
		return rest
	}
	return value
}

func hasSpace(b []byte) bool { return bytes.ContainsAny(b, " \t") }

// foreign says how to read a line that is one of another format, as a hint. Such
// a line might pass for a name.
func foreign(line []byte) (hint string) {
	switch {
	case isFilter(line):
		return "this is an Adblock filter: parse the list as adblock"
	case isMapping(line):
		return "this is a line of a hosts file: parse the list as hosts"
	case bytes.HasPrefix(line, []byte("//")), bytes.HasPrefix(line, []byte("--")), hasSpace(line) && !bytes.HasPrefix(line, []byte("name:")):
		return "this is no single value; a name with spaces is written with name: before it"
	case line[0] == '<':
		return "this looks like a line of an HTML page; a name that begins so is written with name: before it"
	}
	return ""
}

func (p *parser) netsetLine(line []byte) bool {
	// No address has these characters: no need for white space before them.
	if i := bytes.IndexAny(line, "#;"); i >= 0 {
		line = line[:i]
	}
	if line = bytes.TrimSpace(line); len(line) == 0 {
		return true
	}
	text := string(line)
	if from, to, ok := strings.Cut(text, "-"); ok && isNet([]byte(strings.TrimSpace(from))) && isNet([]byte(strings.TrimSpace(to))) {
		return p.reject(text, ban.CodeSyntax, "write a range as the CIDRs that it is made of")
	}
	return p.emit(p.entry(text).read(ban.KindIP, text))
}

// isNet reports whether b is meant as an address or CIDR, right or not.
func isNet(b []byte) bool {
	addr, bits, cidr := bytes.Cut(b, []byte("/"))
	if cidr && (len(bits) == 0 || len(bytes.Trim(bits, "0123456789")) > 0) {
		return false
	}
	return isAddr(addr)
}

// isAddr reports whether b is an address. It may have a zone.
func isAddr(b []byte) bool {
	if len(b) < 2 || len(b) > 64 || !isAddrByte(b[0]) {
		return false
	}
	_, err := netip.ParseAddr(string(b))
	return err == nil
}

func isAddrByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' || c == ':'
}
