package blocklist

import (
	"fmt"
	"io"
	"iter"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
)

// Line is what one line of a list says: an entry, or why there is none.
type Line struct {
	// Number is that of the line, from 1. Several Lines of one line have the
	// same number. Of a CSV record and a JSON element, it is the line that it
	// begins on.
	Number int
	// Text is the value as it was written, or the line if no value was found in
	// it, clipped to 64 characters.
	Text   string
	Value  ban.Value  // zero if Err is set
	Effect ban.Effect // as the line says, else that of ParseOptions
	Scope  ban.Scope  // likewise
	Shadow bool       // likewise
	// Format is the format that the line was read in. Of a list that is read with
	// FormatAuto, lines may have different ones.
	Format Format
	// Err is why the line is rejected, always a [*ban.ValueError]; nil if it is
	// not. Its Field is "line" if it is not about one value.
	Err error
}

// ParseOptions says what a list does not say itself. The zero value parses a
// list in any format, of values of any kind, that denies everything.
type ParseOptions struct {
	Format Format
	// Kind is that of every value; a line that says otherwise is rejected. 0: as
	// the line says, or else as the form of the value tells, which a name has
	// none of: without it, only what says so ("name:john.doe", or the column of a
	// CSV file) is a name, and a word is rejected.
	Kind   ban.Kind
	Effect ban.Effect // of entries that do not say theirs
	Scope  ban.Scope  // likewise
	Shadow bool       // likewise
}

func (o ParseOptions) validate() error {
	switch {
	case !o.Format.valid():
		return optionError("format", o.Format.String(), ban.CodeUnknown, "use auto, plain, hosts, adblock, netset, csv or json")
	case o.Kind != 0 && !knownKind(o.Kind):
		return optionError("kind", o.Kind.String(), ban.CodeUnknown, "use email, domain, ip or name, or none")
	case o.Format == FormatNetset && o.Kind != 0 && o.Kind != ban.KindIP:
		return optionError("kind", o.Kind.String(), ban.CodeKind, "the values of a netset are of kind ip")
	case o.Effect > ban.Allow:
		return optionError("effect", o.Effect.String(), ban.CodeUnknown, "use deny, review or allow")
	case !o.Scope.Valid():
		return optionError("scope", o.Scope.String(), ban.CodeUnknown, "use actions of this version")
	}
	return nil
}

func optionError(field, value, code, hint string) error {
	return ban.NewValueError(field, value, code, hint)
}

func knownKind(k ban.Kind) bool { return ban.KindEmail <= k && k <= ban.KindName }

// Parse reads a list and yields its entries in order, and the lines that it
// rejects, with the reason: one bad line never fails the rest. Blank lines and
// comments are not yielded. Values are canonical; that one is there twice is not
// noticed.
//
// It reads r as it goes, through a buffer of fixed size: the memory it takes
// depends neither on the length of the list nor on that of its lines. Only from
// the first Adblock filter on are up to a million Lines kept before they are
// yielded, since a later filter may take an earlier one back. A line of
// more than 4,096 bytes is rejected, as is a CSV record or JSON element of more
// than 16 KiB. Lines end with LF, CR LF or CR, and a UTF-8 byte order mark at the
// start is ignored. To stop it, let r fail, or leave the loop. Range over it once.
//
// A range of addresses ("203.0.113.7-203.0.113.20") gives a Line for each of the
// prefixes that it is made of.
//
// The error is not nil if reading fails; a [*FormatError] if the input is not a
// list: an HTML page, the message of a server that has none, a compressed or
// otherwise binary file, CSV without a column of values, broken JSON; or a
// [*ban.ValueError] if the options make no sense. The Line with it is zero, and
// nothing more is yielded. Entries may have been yielded before: who replaces one
// list with another keeps the old one after an error.
func Parse(r io.Reader, o ParseOptions) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		if err := o.validate(); err != nil {
			yield(Line{}, err)
			return
		}
		p := &parser{ParseOptions: o, in: newInput(r), yield: yield, as: o.Format}
		err := p.run()
		p.release()
		if err != nil && !p.stopped {
			yield(Line{}, err)
		}
	}
}

// parser parses one list.
type parser struct {
	ParseOptions
	in      *input
	yield   func(Line, error) bool
	stopped bool   // yield wants no more
	as      Format // that of the line last read
	held    []held // from the first filter on
	holding bool
}

func (p *parser) run() error {
	err := p.begin()
	switch {
	case err != nil:
	case p.as == FormatCSV:
		err = p.csv()
	case p.as == FormatJSON:
		err = p.json()
	default:
		p.lines(lineFormats[p.as])
	}
	if failure := p.in.failure(); failure != nil && !p.stopped {
		return fmt.Errorf("reading the list, after line %d: %w", p.in.number, failure)
	}
	return err
}

// lineFormat emits what a line of a format says. It returns false if no more is
// wanted. The text is valid until it returns.
type lineFormat func(p *parser, text []byte) bool

// lineFormats are the formats in which a line can be read by itself.
var lineFormats = [...]lineFormat{
	FormatAuto:    (*parser).anyLine,
	FormatPlain:   (*parser).plainLine,
	FormatHosts:   (*parser).hostsLine,
	FormatAdblock: (*parser).adblockLine,
	FormatNetset:  (*parser).netsetLine,
}

func (p *parser) lines(parse lineFormat) {
	for {
		text, long, ok := p.in.line()
		switch {
		case !ok:
			return
		case long:
			ok = p.reject(string(text), ban.CodeTooLong, "a line has at most 4096 bytes")
		default:
			ok = parse(p, text)
		}
		if !ok {
			return
		}
	}
}

// entry returns a Line of the line last read, with what the options say.
func (p *parser) entry(text string) Line {
	return p.entryAt(p.in.number, text)
}

// entryAt returns a Line of another line.
func (p *parser) entryAt(number int, text string) Line {
	return Line{Number: number, Text: clip(text), Effect: p.Effect, Scope: p.Scope, Shadow: p.Shadow, Format: p.as}
}

// emit yields a Line. It returns false if no more is wanted.
func (p *parser) emit(l Line) bool {
	if p.holding {
		return p.hold(held{Line: l})
	}
	return p.give(l)
}

func (p *parser) give(l Line) bool {
	p.stopped = !p.yield(l, nil)
	return !p.stopped
}

// reject emits that the line last read is rejected.
func (p *parser) reject(text, code, hint string) bool {
	return p.emit(p.entry(text).rejected("line", text, code, hint))
}

// rejected returns the Line as one that has no entry.
func (l Line) rejected(field, value, code, hint string) Line {
	l.Value = ban.Value{}
	l.Err = ban.NewValueError(field, value, code, hint)
	return l
}

// emitValue emits what a text means: an entry, or several if it is a range.
func (p *parser) emitValue(l Line, kind ban.Kind, text string) bool {
	if kind == 0 || kind == ban.KindIP {
		values, ok, err := value.ParseRange(text)
		if err != nil {
			l.Err = err
			return p.emit(l)
		}
		if ok {
			for _, l.Value = range values {
				if !p.emit(l) {
					return false
				}
			}
			return true
		}
	}
	return p.emit(l.read(kind, text))
}

// read sets the Value of the Line, or why it is rejected.
func (l Line) read(kind ban.Kind, text string) Line {
	if kind == 0 || kind == ban.KindDomain {
		text = withoutDot(kind, text)
	}
	if kind == 0 {
		l.Value, l.Err = value.ParseListed(text)
	} else {
		l.Value, l.Err = value.Parse(kind, text)
	}
	return l
}

// withoutDot returns a domain without the dot that it begins with in lists of
// squid, where it means the domain with its subdomains, as it does without. Of no
// kind, a single label after the dot is none: it is as likely the end of a file's
// name.
func withoutDot(kind ban.Kind, text string) string {
	trimmed := strings.TrimSpace(text)
	rest, ok := strings.CutPrefix(trimmed, ".")
	if !ok || strings.HasPrefix(rest, ".") || strings.HasSuffix(rest, ".") || kind == 0 && !strings.Contains(rest, ".") {
		return text
	}
	if kind == 0 && strings.ContainsAny(rest, "@*:/") {
		return text
	}
	return rest
}

// maxText is how many characters of a text are kept to show.
const maxText = 64

// clip returns the first characters of s, as valid UTF-8 and without holding on
// to a longer s.
func clip(s string) string {
	if len(s) <= maxText {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	n := 0
	for i := range s {
		if n == maxText {
			return strings.ToValidUTF8(s[:i], "\ufffd") + "…"
		}
		n++
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
