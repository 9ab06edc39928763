package blocklist

import "fmt"

// Format is a way to write a list down.
type Format uint8

// The formats.
const (
	// FormatAuto is for [Parse] only, which then finds out by itself. White space
	// and comments come first, as long as they may be; then a list is
	//
	//   - JSON if it begins with "[" or "{",
	//   - CSV if it begins with a header: two or more headings of which one is of a
	//     column of values, with most lines after it in columns; or one such heading
	//     alone, or "#domain". Where all values are names by [ParseOptions], of single
	//     words only "username" is a heading. A line of headings of which none is
	//     known stops with a [*FormatError].
	//
	// Of all other lists, each line is read by its own form, which tells plain
	// values, lines of hosts files, Adblock filters, addresses and prefixes apart:
	// neither what most lines are nor their order matters. With Kind KindName, all
	// lines are plain. Nothing but white space is a list without lines.
	FormatAuto Format = iota
	// FormatPlain has one value a line, with comments from "#" or ";" at its
	// start or after white space to its end, and from "!" or "// " at its start. The
	// kind of a value is that of [ParseOptions], or seen from its form as
	// [ban.ParseListed] does it: a value may begin with its kind ("name:john.doe"),
	// and a word that does not is rejected. Effect, scope and shadow are those of the
	// options.
	//
	// A domain may begin with a dot, as for squid: it is the domain with its
	// subdomains. A number after a value and white space, as in "203.0.113.7\t9", is
	// a count and passed over. Quotes around a value are left out, and a comma,
	// semicolon or pipe after it. A line of names, where the options say that they
	// are names, may have several with pipes between them. What has separators in it
	// otherwise is rejected. A range of addresses stands for its prefixes.
	FormatPlain
	// FormatHosts is that of /etc/hosts: an address that leads nowhere (0.0.0.0,
	// 0 for short, 127.0.0.1, :: or ::1) and hosts, each of which gives a Line. A host means
	// its domain with all subdomains: who keeps people from a host by name wants
	// nothing below it either. Comments begin with "#". What such files say about
	// the machine itself ("127.0.0.1 localhost") is no entry and passed over; to
	// send it nowhere ("0.0.0.0 localhost") is rejected.
	FormatHosts
	// FormatAdblock has filters for whole hosts: "||example.com^" for a domain
	// and its subdomains, "||203.0.113.7^" for an address, and "@@" before either
	// for an exception, which is [ban.Allow] whatever the options say. "|" or "*" may
	// follow the "^". Lines that begin with "!", "[", ";", or "#" and white space are
	// comments.
	//
	// The modifiers "important", "all" and, for what is blocked, "document" or "doc"
	// leave a filter one for a whole host. "badfilter" takes back the filter that is
	// the same without it, before or after it. As filters do, an exception goes
	// before what is blocked at its host and below, and "important" before both:
	// what has to yield is rejected with the code "conflict". Filters for a part of a
	// host, for paths or elements of pages, and filters with other modifiers, are
	// rejected: taken for their host alone, they would mean more than was written.
	// (See the syntax of uBlock Origin, https://github.com/gorhill/uBlock/wiki/Static-filter-syntax,
	// and of AdGuard, https://adguard-dns.io/kb/general/dns-filtering-syntax/.)
	FormatAdblock
	// FormatNetset has one address, CIDR or range of addresses a line, perhaps with
	// a count after it, and comments from "#" or ";".
	FormatNetset
	// FormatCSV is RFC 4180 with a header, with commas, semicolons, tabs or pipes
	// between the cells, whichever the header has most of. Columns that hold values
	// are, exactly one of them filled in each row,
	//
	//   - "value", "address", "indicator": of any kind but a name, as its form tells,
	//   - "domain", "domain_name", "email_domain", "fqdn",
	//   - "host", "hostname": a domain or an address,
	//   - "ip", "ip_address", "cidr", "network", "prefix", "range", "subnet" and so on,
	//   - "email", "email_address", "mail",
	//   - "name", "username", "user", "nickname", "login", "handle".
	//
	// "kind", "effect", "scope" and "shadow" say the rest, and the options where they
	// are empty or not there. An effect may be "shadow", a "type" may be a kind. Other
	// columns are ignored. Headings may be in capitals, with spaces or hyphens for
	// "_", and begin with "#", as in what Mastodon exports: its "severity" is the
	// effect Deny for suspend, Review for silence; noop is no entry. Of the decisions
	// of CrowdSec, those to ban in the scopes Ip and Range are entries. Lines that
	// begin with "#" and white space are comments. A header without a column of
	// values stops with a [*FormatError] that names it.
	FormatCSV
	// FormatJSON is an array of strings, as the values of FormatPlain without its
	// comments, quotes and counts, or of objects whose members are the columns of
	// FormatCSV, "shadow" being a boolean; or such objects one after the other, as in
	// JSON lines. An object of the type "metadata" without a value is passed over.
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

const formats = len(formatNames) // how many there are

func (f Format) valid() bool { return int(f) < formats }

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
	Code   string // one of FormatUnreadable and so on
	Header string // of CSV, if Code is FormatUnknownHeader: as it was written, clipped
	Hint   string // what it is, and what would be right, as a phrase
}

// The codes of a [FormatError].
const (
	FormatUnreadable    = "unreadable"     // no text in UTF-8: compressed, or in another encoding
	FormatNoList        = "no_list"        // what a server sends in place of a list: a page, a message, an error as JSON
	FormatUnknownHeader = "unknown_header" // CSV of whose columns none is known to hold values
	FormatBroken        = "broken"         // CSV or JSON with a mistake that hides what follows
)

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
