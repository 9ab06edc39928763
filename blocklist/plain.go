package blocklist

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
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

// anyLine reads a line of a list in which each line may be of a format of its own.
// None can be mistaken for one of another: so neither their order nor what most
// of them are matters.
func (p *parser) anyLine(line []byte) bool {
	line = bytes.TrimSpace(line)
	if p.isComment(line) {
		return true
	}
	entry := uncomment(line)
	switch {
	case p.Kind == ban.KindName:
		p.as = FormatPlain
	case isFilter(line):
		p.as = FormatAdblock
		return p.adblockLine(line)
	case isMapping(entry):
		p.as = FormatHosts
		return p.hostsLine(line)
	default:
		p.as = FormatPlain
		if net, _, _ := cutCount(entry); isNet(net) || isRange(entry) {
			p.as = FormatNetset
		}
	}
	return p.plainLine(line)
}

// isComment reports whether a line is a comment. Among names, a "!" is one only
// with white space after it.
func (p *parser) isComment(line []byte) bool {
	if p.Kind == ban.KindName && len(line) > 1 && line[0] == '!' && line[1] != ' ' && line[1] != '\t' {
		return false
	}
	return isComment(line)
}

func (p *parser) plainLine(line []byte) bool {
	entry := uncomment(line)
	if len(entry) == 0 || p.isComment(bytes.TrimSpace(line)) {
		return true
	}
	text := string(entry)
	if p.Kind == ban.KindName {
		return p.nameLine(text)
	}
	if hasPrefixFold(entry, "name:") {
		return p.emitValue(p.entry(text), p.Kind, p.withoutKind(text))
	}
	if value, count, ok := cutCount(entry); ok && isWord(value) && len(count) > 0 {
		text = string(value)
	}
	cell, hint := unwrap(text)
	if hint == "" {
		hint = foreign([]byte(cell))
	}
	if hint != "" {
		return p.reject(text, ban.CodeSyntax, hint)
	}
	return p.emitValue(p.entry(text), p.Kind, p.withoutKind(cell))
}

// nameLine reads a line of a list of names, which may have several with pipes
// between them.
func (p *parser) nameLine(text string) bool {
	if hasPrefixFold([]byte(text), "name:") {
		return p.emit(p.entry(text).read(ban.KindName, text[len("name:"):]))
	}
	switch {
	case isFilter([]byte(text)), isMapping([]byte(text)), text[0] == '<':
		return p.reject(text, ban.CodeSyntax, "this is a line of another kind of list; a name that is so is written with name: before it")
	case value.IsRegexp(text), isRange([]byte(text)):
		return p.reject(text, ban.CodeNotSupported, "regular expressions and ranges are not supported; a name that is so is written with name: before it")
	case saysOtherKind(text):
		return p.reject(text, ban.CodeKind, "the values of this list are of kind name; a name that is so is written with name: before it")
	}
	for part := range strings.SplitSeq(strings.Trim(text, "| "), "|") {
		cell, hint := unwrap(strings.TrimSpace(part))
		if hint != "" {
			return p.reject(text, ban.CodeSyntax, hint)
		}
		if !p.emit(p.entry(cell).read(ban.KindName, cell)) {
			return false
		}
	}
	return true
}

// saysOtherKind reports whether a line of a list of names says that it is no name.
func saysOtherKind(text string) bool {
	return slices.ContainsFunc([]ban.Kind{ban.KindEmail, ban.KindDomain, ban.KindIP}, func(k ban.Kind) bool {
		return hasPrefixFold([]byte(text), k.String()+":")
	})
}

// quotePairs are what values are found between.
var quotePairs = [...][2]string{{`"`, `"`}, {"'", "'"}, {"`", "`"}, {"\u201c", "\u201d"}, {"\u201e", "\u201c"}, {"\u2018", "\u2019"}, {"\u00ab", "\u00bb"}, {"\u300c", "\u300d"}, {"\u300e", "\u300f"}}

// unwrap returns a value without the quotes around it and without a comma,
// semicolon or pipe after it, or says why it is no single value.
func unwrap(text string) (value, hint string) {
	value = strings.TrimRight(text, ",;| \t")
	for _, q := range quotePairs {
		inner, ok := strings.CutPrefix(value, q[0])
		if !ok {
			continue
		}
		if inner, ok = strings.CutSuffix(inner, q[1]); !ok {
			return "", "a quote opens here that is not closed at the end"
		}
		if q[0] == `"` {
			inner = strings.ReplaceAll(inner, `""`, "")
		}
		if strings.Contains(inner, q[0]) || strings.Contains(inner, q[1]) {
			return "", "this is more than one value: give one a line, or CSV with a header"
		}
		if q[0] == `"` {
			inner = strings.ReplaceAll(value[1:len(value)-1], `""`, `"`)
		}
		return inner, ""
	}
	if strings.ContainsAny(value, ",;") {
		return "", "this is more than one value: give one a line, or CSV with a header"
	}
	return value, ""
}

// withoutKind returns a value without the kind that all values have, if it
// begins with it. With no such kind, [value.ParseListed] sees to that.
func (p *parser) withoutKind(text string) string {
	if p.Kind == 0 {
		return text
	}
	kind, rest, ok := strings.Cut(text, ":")
	if ok && strings.EqualFold(kind, p.Kind.String()) {
		return rest
	}
	return text
}

func hasSpace(b []byte) bool { return bytes.ContainsAny(b, " \t") }

// foreign says how to read a line that is one of another format, as a hint.
func foreign(line []byte) (hint string) {
	switch {
	case len(line) == 0:
		return "there is nothing between the quotes or separators"
	case isFilter(line):
		return "this is an Adblock filter: parse the list as adblock"
	case isRange(line):
		return ""
	case rangeInWords(line) != "":
		return rangeInWords(line)
	case isMapping(line):
		return "this is a line of a hosts file: parse the list as hosts"
	case bytes.HasPrefix(line, []byte("//")), bytes.HasPrefix(line, []byte("--")), hasSpace(line):
		return "this is no single value; a name with spaces is written with name: before it"
	case line[0] == '<':
		return "this looks like a line of an HTML page; a name that begins so is written with name: before it"
	}
	return ""
}

// cutCount cuts a line of a value, white space and a number of something, as in
// "203.0.113.7\t9", into the value and the number. ok is false, and value the
// whole line, if it is none.
func cutCount(line []byte) (value, count []byte, ok bool) {
	i := bytes.IndexAny(line, " \t")
	if i < 0 {
		return line, nil, false
	}
	count = bytes.TrimLeft(line[i:], " \t")
	if len(count) == 0 || len(bytes.Trim(count, "0123456789")) > 0 {
		return line, nil, false
	}
	return line[:i], count, true
}

// isWord reports whether what stands before a number is the value, and not the
// first word of something else.
func isWord(b []byte) bool { return isNet(b) || bytes.ContainsAny(b, ".@") }

// isRange reports whether a line is a range of addresses, right or not.
func isRange(line []byte) bool {
	if !isAddrByte(line[0]) || !bytes.ContainsAny(line, "-\u2013") {
		return false
	}
	_, ok, _ := value.ParseRange(string(line))
	return ok
}

func (p *parser) netsetLine(line []byte) bool {
	if isComment(bytes.TrimSpace(line)) {
		return true
	}
	// No address has these characters: no need for white space before them.
	if i := bytes.IndexAny(line, "#;"); i >= 0 {
		line = line[:i]
	}
	if line = bytes.TrimSpace(line); len(line) == 0 {
		return true
	}
	if net, _, ok := cutCount(line); ok && isNet(net) {
		line = net
	}
	text := string(line)
	cell, hint := unwrap(text)
	if hint == "" {
		hint = rangeInWords([]byte(cell))
	}
	if hint != "" {
		return p.reject(text, ban.CodeSyntax, hint)
	}
	return p.emitValue(p.entry(text), ban.KindIP, cell)
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
