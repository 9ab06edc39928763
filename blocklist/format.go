package blocklist

import "fmt"

// Format is a way to write a list down.
type Format uint8

// The formats.
const (
	// FormatAuto is for [Parse] only, which then looks at the first 32 KiB and
	// takes the first of these that holds:
	//
	//   - JSON begins with "[", unless that begins "[Adblock",
	//   - CSV begins with a line of two or more columns of which one is a column
	//     of values, or with "#domain" alone; if the first of more columns begins
	//     with "#", all do,
	//   - Adblock begins with "[Adblock" or "!", or has more filters ("||", "@@|",
	//     "##" after domains) than other lines,
	//   - hosts has more lines of an address and a host than other lines,
	//   - netset has only addresses and prefixes,
	//   - all else is plain.
	//
	// Nothing but white space, and a JSON document that is no array, is no list.
	FormatAuto Format = iota
	// FormatPlain has one value a line, with comments from "#" or ";" at its
	// start or after white space to its end. The kind of a value is that of
	// [ParseOptions], or seen from its form as [ban.ParseAny] does it: a value may
	// begin with its kind ("name:john.doe"). Effect, scope and shadow are those of
	// the options.
	FormatPlain
	// FormatHosts is that of /etc/hosts: an address that leads nowhere (0.0.0.0,
	// 127.0.0.1, :: or ::1) and hosts, each of which gives a Line. A host means
	// its domain with all subdomains: who keeps people from a host by name wants
	// nothing below it either. Comments begin with "#". What such files say about
	// the machine itself ("127.0.0.1 localhost") is no entry and passed over; to
	// send it nowhere ("0.0.0.0 localhost") is rejected.
	FormatHosts
	// FormatAdblock has filters for whole hosts: "||example.com^" for a domain
	// and its subdomains, "||203.0.113.7^" for an address, and "@@" before either
	// for an exception, which is [ban.Allow] whatever the options say. Lines that
	// begin with "!", "[", or "#" and white space are comments. Filters for a part
	// of a host, for paths or elements of pages, and filters with options, are
	// rejected: taken for their host alone, they would mean more than was written.
	FormatAdblock
	// FormatNetset has one address or CIDR a line, and comments from "#" or ";".
	FormatNetset
	// FormatCSV is RFC 4180 with a header. The columns "value", "domain", "ip",
	// "email" and "name" hold values, exactly one in each row; "kind", "effect",
	// "scope" and "shadow" say the rest, and the options where they are empty or
	// not there. An effect may be "shadow". Other columns are ignored. Names of
	// columns may be in capitals and begin with "#", as in what Mastodon exports:
	// its "severity" is the effect Deny for suspend, Review for silence; noop is
	// no entry.
	FormatCSV
	// FormatJSON is an array of strings, as the values of FormatPlain, or of
	// objects whose members are the columns of FormatCSV, "shadow" being a
	// boolean.
	FormatJSON
)

var formatNames = [...]string{
	FormatAuto: "auto", FormatPlain: "plain", FormatHosts: "hosts", FormatAdblock: "adblock",
	FormatNetset: "netset", FormatCSV: "csv", FormatJSON: "json",
}

// ParseFormat reads "auto", "plain", "hosts", "adblock", "netset", "csv" or
// "json".
func ParseFormat(s string) (Format, error) {
	for f, name := range formatNames {
		if name == s {
			return Format(f), nil
		}
	}
	return 0, fmt.Errorf("unknown format %q", clip(s))
}

func (f Format) valid() bool { return int(f) < len(formatNames) }

// String returns the format as [ParseFormat] reads it.
func (f Format) String() string {
	if !f.valid() {
		return fmt.Sprintf("format(%d)", uint8(f))
	}
	return formatNames[f]
}

// MarshalText implements [encoding.TextMarshaler]. A value that is no format is
// an error.
func (f Format) MarshalText() ([]byte, error) {
	if !f.valid() {
		return nil, fmt.Errorf("no such format: %d", uint8(f))
	}
	return []byte(formatNames[f]), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseFormat].
func (f *Format) UnmarshalText(b []byte) error {
	parsed, err := ParseFormat(string(b))
	if err == nil {
		*f = parsed
	}
	return err
}

// FormatError reports that an input is not a list of its format, so that
// nothing in it, or nothing after Line, can be told from it.
type FormatError struct {
	Format Format // as it was asked for or found; FormatAuto if it was not recognised
	Line   int    // where, from 1; 0 if it is the input as a whole
	Hint   string // what it is, and what would be right, as a phrase
}

// Error returns, for example:
//
//	not a list: it looks like an HTML page: check where it was fetched from
//	not a json list: line 3: the array ends with no ]
func (e *FormatError) Error() string {
	what := "not a list"
	if e.Format != FormatAuto {
		what = "not a " + e.Format.String() + " list"
	}
	if e.Line > 0 {
		return fmt.Sprintf("%s: line %d: %s", what, e.Line, e.Hint)
	}
	return what + ": " + e.Hint
}
