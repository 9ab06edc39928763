package value

import "strings"

// Parse reads the value of a rule of that kind, with [ParseEmail],
// [ParseDomain], [ParsePrefix] or [ParseName]. The error is a [*ValueError],
// also for a kind that is none.
func Parse(kind Kind, s string) (Value, error) { return bundled.Parse(kind, s) }

// ParseAny reads the value of a rule whose kind is seen from its form. It may
// say its kind itself ("name:john.doe"); otherwise
//
//   - what has an @ is an e-mail value,
//   - what looks like an IP address or prefix is one,
//   - what begins with "*.", or has a dot, is a domain,
//   - a plain word is a name.
//
// "=word" is refused with [CodeAmbiguous]: it may be one host, or one name.
//
// It is for input by hand, where a word is a name; of lists see [ParseListed].
// What stands for many values, or for something that is no value, is refused
// with [CodeNotSupported]: a range of addresses, a regular expression, the number
// of a network (AS64496), a rule of another program ("keyword:x"). Quotes,
// commas, semicolons and pipes are refused with [CodeSyntax], as they are more
// often around a value than in it. A name that is meant to have them is written
// with "name:" before it.
//
// The text of the Value does not say its kind: parse it again with [Parse]. The
// error is a [*ValueError].
func ParseAny(s string) (Value, error) {
	v, word, err := parseForm(s)
	if word == "" {
		return v, err
	}
	if strings.Contains(word, "://") {
		return Value{}, NewValueError("value", word, CodeKind, "give the host alone, without the scheme and path of a URL")
	}
	return ParseName(word)
}

// ParseListed reads the value of a rule from a list that does not say of which
// kind its values are: as [ParseAny], but a name has to say so ("name:john.doe").
// A word without it may be anything, a heading or a part of a sentence, and is
// refused with [CodeAmbiguous].
func ParseListed(s string) (Value, error) {
	v, word, err := parseForm(s)
	if word != "" {
		return Value{}, NewValueError("value", word, CodeAmbiguous, "a word may be anything: write name: before it if it is a name")
	}
	return v, err
}

// parseForm reads a value that says its kind, by its form or by a word before
// it. A plain word does not: it is returned as such.
func parseForm(s string) (v Value, word string, err error) {
	text, f := clean(s)
	if !f.ok() {
		return Value{}, "", f.in("value", s) // junk is of no kind
	}
	if kind, rest := cutKind(text); kind != 0 {
		v, err = Parse(kind, rest)
		return v, "", err
	}
	if f := foreign(text); !f.ok() {
		return Value{}, "", f.in("value", text)
	}
	kind := kindOf(text)
	if kind == 0 {
		return Value{}, text, nil
	}
	v, err = Parse(kind, text)
	if err == nil && kind == KindDomain && strings.HasPrefix(v.text, "=") && !strings.Contains(v.text, ".") {
		return Value{}, "", NewValueError("value", text, CodeAmbiguous, "write domain: before it if it is a host, name: if it is a name")
	}
	return v, "", err
}

// cutKind returns the kind that a text says before a colon, and what follows; 0
// if it says none.
func cutKind(text string) (kind Kind, rest string) {
	for _, kind := range []Kind{KindEmail, KindDomain, KindIP, KindName} {
		prefix := kind.String() + ":"
		if len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix) {
			return kind, text[len(prefix):]
		}
	}
	return 0, text
}

// kindOf tells the kind of a value from its form; 0 for a plain word.
func kindOf(s string) Kind {
	switch {
	case strings.Contains(s, "@"):
		return KindEmail
	case looksLikeIP(s):
		return KindIP
	case strings.HasPrefix(s, "*."), strings.HasPrefix(s, "="), strings.Contains(s, "."):
		return KindDomain
	}
	return 0
}

// looksLikeIP reports whether s is meant as an address or prefix, right or not:
// digits with dots, or hexadecimal digits with colons.
func looksLikeIP(s string) bool {
	addr, _, _ := strings.Cut(s, "/")
	addr, _, _ = strings.Cut(addr, "%")
	if host, port, ok := strings.Cut(addr, "]:"); ok && strings.Trim(port, "0123456789") == "" {
		addr = host
	}
	addr = strings.Trim(addr, "[]")
	v4 := strings.Contains(addr, ".") && strings.Trim(addr, "0123456789.") == ""
	v6 := strings.Contains(addr, ":") && strings.Trim(addr, "0123456789abcdefABCDEF:.") == ""
	return v4 || v6
}
