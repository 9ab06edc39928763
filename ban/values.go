package ban

import "example.com/ostraka/ban/value"

// Values are made canonical by package value, which may be used alone. These are
// its names that users of this package meet.
type (
	// Kind says what sort of value a rule is about; see [value.Kind].
	Kind = value.Kind
	// Value is the canonical value of a rule; see [value.Value].
	Value = value.Value
	// ValueError reports a value that is not what its field wants; see
	// [value.ValueError].
	ValueError = value.ValueError
	// Address is a person's e-mail address in canonical form; see [value.Address].
	Address = value.Address
	// Username is a person's user name in canonical form; see [value.Username].
	Username = value.Username
	// Via says how a rule came to match; see [value.Via].
	Via = value.Via
)

// The kinds.
const (
	KindEmail  = value.KindEmail
	KindDomain = value.KindDomain
	KindIP     = value.KindIP
	KindName   = value.KindName
)

// The ways in which a rule matches; see package value for what each means. With
// [CheckerOptions.Leet] there is ViaLeet, with [CheckerOptions.MX] ViaMX, with
// [CheckerOptions.Traits] ViaTrait.
const (
	ViaExact        = value.ViaExact
	ViaParentDomain = value.ViaParentDomain
	ViaMailbox      = value.ViaMailbox
	ViaPrefix       = value.ViaPrefix
	ViaSkeleton     = value.ViaSkeleton
	ViaLeet         = value.ViaLeet
	ViaWildcard     = value.ViaWildcard
	ViaMX           = value.ViaMX
	ViaTrait        = value.ViaTrait
)

// The codes of a [ValueError]; see package value for what each means.
const (
	CodeEmpty       = value.CodeEmpty
	CodeTooLong     = value.CodeTooLong
	CodeInvalidUTF8 = value.CodeInvalidUTF8
	CodeControl     = value.CodeControl
	CodeInvisible   = value.CodeInvisible
	CodeCharacter   = value.CodeCharacter
	CodeSyntax      = value.CodeSyntax
	CodeRange       = value.CodeRange
	CodeWildcard    = value.CodeWildcard
	CodeKind        = value.CodeKind
	CodeDuplicate   = value.CodeDuplicate
	CodeConflict    = value.CodeConflict
	CodeException   = value.CodeException
	CodeUnknown     = value.CodeUnknown
	CodeInPast      = value.CodeInPast
	CodeEmptyPatch  = value.CodeEmptyPatch
	CodeNotForIP    = value.CodeNotForIP
	CodeNoEffect    = value.CodeNoEffect

	CodeNotSupported = value.CodeNotSupported
	CodeAmbiguous    = value.CodeAmbiguous
)

// ProvidersVersion is the version of the table of mail providers by which
// canonical mailboxes are made; see [value.ProvidersVersion].
const ProvidersVersion = value.ProvidersVersion

// ParseEmail reads the value of an email rule; see [value.ParseEmail].
func ParseEmail(s string) (Value, error) { return value.ParseEmail(s) }

// ParseDomain reads the value of a domain rule; see [value.ParseDomain].
func ParseDomain(s string) (Value, error) { return value.ParseDomain(s) }

// ParsePrefix reads the value of an ip rule; see [value.ParsePrefix].
func ParsePrefix(s string) (Value, error) { return value.ParsePrefix(s) }

// ParseName reads the value of a name rule; see [value.ParseName].
func ParseName(s string) (Value, error) { return value.ParseName(s) }

// Parse reads the value of a rule of that kind; see [value.Parse].
func Parse(kind Kind, s string) (Value, error) { return value.Parse(kind, s) }

// ParseAny reads the value of a rule whose kind is seen from its form; see
// [value.ParseAny].
func ParseAny(s string) (Value, error) { return value.ParseAny(s) }

// ParseListed reads the value of a rule from a list of mixed kinds, in which a
// plain word is no name; see [value.ParseListed].
func ParseListed(s string) (Value, error) { return value.ParseListed(s) }

// Mailbox returns the canonical mailbox of an address; see [value.Mailbox].
func Mailbox(email string) (string, error) { return value.Mailbox(email) }

// ParseAddress reads a person's e-mail address; see [value.ParseAddress].
func ParseAddress(s string) (Address, error) { return value.ParseAddress(s) }

// ParseHost reads a domain name without mark; see [value.ParseHost].
func ParseHost(s string) (string, error) { return value.ParseHost(s) }

// ParseUsername reads a person's user name; see [value.ParseUsername].
func ParseUsername(s string) (Username, error) { return value.ParseUsername(s) }

// NewValueError returns a [ValueError] that keeps no more than a short stretch of
// the value.
func NewValueError(field, text, code, hint string) *ValueError {
	return value.NewValueError(field, text, code, hint)
}
