package value

import "strings"

// What is written in place of a value, in lists for other programs and by hand.
var (
	aRegexp = fault{CodeNotSupported, "regular expressions are not supported; patterns have stars, as in *.example.com, spam*@example.com and admin*; a name that looks like one is written with name: before it"}
	aRange  = fault{CodeNotSupported, "a range is many values: write the prefixes that it is made of, or put it in a list"}
	aShort  = fault{CodeNotSupported, "write both ends of a range as whole addresses, or the prefix"}
	aNumber = fault{CodeNotSupported, "the number of a network is not supported: write the prefixes that the network announces"}
	aRule   = fault{CodeNotSupported, "what the word before the colon means is not supported; before a value stands one of domain:, ip:, email: and name:"}
	aQuote  = fault{CodeSyntax, "leave out the quotes; a name that has them is written with name: before it"}
	aCell   = fault{CodeSyntax, "write one value, without commas, semicolons and pipes; a name that has them is written with name: before it"}
)

// foreign tells what a text is that does not say its kind and cannot be taken for
// a value. What is merely a value with a mistake in it is not its business.
func foreign(s string) fault {
	_, _, isRange := cutRange(s)
	_, inWords := RangeInWords(s)
	switch {
	case isRange, inWords:
		return aRange
	case isShortRange(s):
		return aShort
	case IsRegexp(s):
		return aRegexp
	case isQuoted(s):
		return aQuote
	case strings.ContainsAny(s, ",;"), !strings.Contains(s, "@") && strings.Contains(s, "|"):
		return aCell
	case isNetworkNumber(s):
		return aNumber
	case isForeignRule(s):
		return aRule
	}
	return fault{}
}

// IsRegexp reports whether a text has what regular expressions have, and values
// without their kind have not: slashes around it, an anchor, an escape, a class,
// a group or a repetition. Escaped stars (\*) and addresses in brackets are no
// sign of one.
func IsRegexp(s string) bool {
	if looksLikeIP(s) {
		return false
	}
	if len(s) > 1 && s[0] == '/' && strings.Contains(s[1:], "/") && strings.Trim(s[strings.LastIndexByte(s, '/')+1:], "gimsuxy") == "" {
		return true
	}
	plain := strings.ReplaceAll(strings.ReplaceAll(s, `\\`, ""), `\*`, "")
	return strings.HasPrefix(s, "^") || strings.HasSuffix(s, "$") || strings.HasPrefix(s, ".*") || strings.HasSuffix(s, ".*") ||
		strings.ContainsAny(plain, `\[]()`) || strings.Contains(plain, ".+") || strings.Contains(plain, ".*.") || strings.Contains(plain, "+?")
}

// isShortRange reports whether a text is a range of IPv4 addresses whose last one
// is shortened, as 203.0.113.1-20, or that has x or a star for a number, as
// 203.0.113.x. The first two would pass for host names.
func isShortRange(s string) bool {
	const digits = "0123456789."
	for _, part := range []string{"x", "*"} {
		if rest, ok := strings.CutSuffix(s, "."+part); ok && rest != "" && rest[0] != '.' {
			return strings.Trim(rest, digits+part) == "" && strings.ContainsAny(rest, digits[:10])
		}
	}
	from, to, ok := strings.Cut(s, "-")
	_, isAddr := plainIPv4(strings.TrimSpace(from))
	return ok && isAddr && strings.Trim(strings.TrimSpace(to), digits) == ""
}

// quotes are the characters that values are found between.
const quotes = "\"'`\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb\u2039\u203a\u300c\u300d\u300e\u300f\uff02\uff07"

// isQuoted reports whether a text begins or ends with a quote.
func isQuoted(s string) bool {
	return strings.TrimLeft(s, quotes) != s || strings.TrimRight(s, quotes) != s
}

// isNetworkNumber reports whether a text is the number of an autonomous system,
// as in AS64496 or ASN 64496.
func isNetworkNumber(s string) bool {
	if len(s) < 3 || !strings.EqualFold(s[:2], "as") {
		return false
	}
	number := s[2:]
	if number[0] == 'n' || number[0] == 'N' {
		number = number[1:]
	}
	number = strings.TrimLeft(number, " ")
	return number != "" && strings.Trim(number, "0123456789") == ""
}

// isForeignRule reports whether a text begins with a word and a colon, as rules
// of proxies and resolvers do: "keyword:x", "geosite:cn", "local-zone: x". A URL
// is none, and neither is a host with a port: it has a dot before the colon.
func isForeignRule(s string) bool {
	word, rest, ok := strings.Cut(s, ":")
	if !ok || word == "" || strings.HasPrefix(rest, "//") || looksLikeIP(s) {
		return false
	}
	return strings.Trim(strings.ToLower(word), "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}
