package value

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/publicsuffix"

	"example.com/ostraka/internal/confusables"
)

// Tables are what canonical forms and keys are made by: the mail providers, the
// characters that look alike, and the public suffixes. A nil *Tables stands for
// those that this package bundles, which its functions use; a host makes its own
// with [NewTables], and gives the same to all that read or write one store.
//
// Tables are never changed, and safe for concurrent use.
type Tables struct {
	rows    map[string]*row
	sieve   [sieveBits / 64]uint64
	suffix  PublicSuffixList
	version TablesVersion

	hostSuffixes bool // suffix is a list of the host's
}

// sieveBits is how many bits a sieve of domains has: one is set for every domain
// of a provider. Nearly all mail domains that are none are told by it, for less
// than a look into the map.
const sieveBits = 64 * 64

// TablesOptions say what a host adds to the bundled tables. The zero value adds
// nothing.
type TablesOptions struct {
	// Providers are rows for domains of the host's own, whose mail server it knows.
	// A row that names a domain of a bundled row takes the place of that whole row.
	Providers []Provider

	// PublicSuffixes is a list of public suffixes that is newer than the bundled
	// one, which is that of golang.org/x/net/publicsuffix. Default: that one. It
	// matters to guards only; no key depends on it.
	PublicSuffixes PublicSuffixList
}

// PublicSuffixList tells the public suffix of a domain: the part under which
// anybody may register names. Every net/http/cookiejar.PublicSuffixList is one.
type PublicSuffixList interface {
	// PublicSuffix returns the public suffix of a domain name in lower case, its
	// labels in ASCII.
	PublicSuffix(domain string) string
	// String says where the list comes from and how old it is.
	String() string
}

// keyFormat counts the ways in which keys were ever made of the same tables. It
// goes up when code makes others.
const keyFormat = 2

// TablesVersion says by which tables keys were made. Two that are equal make the
// same keys.
type TablesVersion struct {
	Format    int    // counts the ways in which keys were made of the same tables
	Providers string // the day of the bundled table of providers, as in [ProvidersVersion]
	Unicode   string // the version of the table of look-alikes
	Own       string // a digest of the rows of the host; empty: there are none
}

// String returns a text that [ParseTablesVersion] reads.
func (v TablesVersion) String() string {
	return fmt.Sprintf("%d/%s/%s/%s", v.Format, v.Providers, v.Unicode, v.Own)
}

// ParseTablesVersion reads what [TablesVersion.String] returned. ok is false for
// any other text.
func ParseTablesVersion(s string) (v TablesVersion, ok bool) {
	parts := strings.Split(s, "/")
	if len(parts) != 4 {
		return TablesVersion{}, false
	}
	format, err := strconv.Atoi(parts[0])
	v = TablesVersion{format, parts[1], parts[2], parts[3]}
	return v, err == nil && v.String() == s
}

// Compare returns a negative number if the bundled tables of v are older than
// those of w, 0 if they are the same, else a positive number. It does not look at
// the rows of hosts, which have no age.
func (v TablesVersion) Compare(w TablesVersion) int {
	return cmp.Or(cmp.Compare(v.Format, w.Format), strings.Compare(v.Providers, w.Providers), compareNumbers(v.Unicode, w.Unicode))
}

// compareNumbers compares versions of numbers with dots between.
func compareNumbers(v, w string) int {
	return slices.CompareFunc(strings.Split(v, "."), strings.Split(w, "."), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	})
}

// bundled are the tables of this package.
var bundled = func() *Tables {
	t := &Tables{suffix: publicsuffix.List, version: TablesVersion{keyFormat, ProvidersVersion, confusables.Version, ""}}
	t.index(bundledRows())
	return t
}()

func bundledRows() []*row {
	rows := make([]*row, len(providers))
	for i := range providers {
		rows[i] = &row{Provider: providers[i]}
	}
	return rows
}

// index makes rows findable by their domains.
func (t *Tables) index(rows []*row) {
	t.rows = make(map[string]*row)
	for _, r := range rows {
		for _, d := range r.Domains {
			t.rows[d] = r
			i := sieveBit(d)
			t.sieve[i/64] |= 1 << (i % 64)
		}
	}
}

// NewTables returns the bundled tables with what a host adds. A row that makes no
// sense gives a [*ValueError].
func NewTables(o TablesOptions) (*Tables, error) {
	t := &Tables{suffix: bundled.suffix, version: bundled.version}
	if o.PublicSuffixes != nil {
		t.suffix, t.hostSuffixes = o.PublicSuffixes, true
	}
	own := make(map[string]bool)
	var rows []*row
	for i := range o.Providers {
		r, err := ownRow(&o.Providers[i])
		if err != nil {
			return nil, err
		}
		for _, d := range r.Domains {
			if own[d] {
				return nil, NewValueError("providers", d, CodeDuplicate, "name each domain in one row, once")
			}
			own[d] = true
		}
		rows = append(rows, r)
	}
	t.version.Own = digest(rows)
	for _, r := range bundledRows() {
		if !slices.ContainsFunc(r.Domains, func(d string) bool { return own[d] }) {
			rows = append(rows, r)
		}
	}
	t.index(rows)
	return t, nil
}

// ownRow checks a row of a host, and makes it canonical.
func ownRow(p *Provider) (*row, error) {
	r := &row{*p, true}
	r.Domains = make([]string, len(p.Domains))
	for i, d := range p.Domains {
		var err error
		if r.Domains[i], err = ParseHost(d); err != nil {
			return nil, fmt.Errorf("providers: %w", err)
		}
		if strings.ContainsFunc(d, isStrayPunctuation) {
			return nil, NewValueError("providers", d, CodeCharacter, "leave out quotes and separators around the domain")
		}
	}
	const field = "providers"
	switch name := strings.Join(p.Domains, " "); {
	case len(r.Domains) == 0:
		return nil, NewValueError(field, "", CodeEmpty, "name at least one domain in each row")
	case strings.ContainsFunc(p.DropChars, func(c rune) bool { return c != '.' && (c > '~' || !isAtext(byte(c))) }):
		return nil, NewValueError(field, p.DropChars, CodeCharacter, "ignore dots and ASCII characters of local parts")
	case p.CutAt != 0 && !isAtext(p.CutAt):
		return nil, NewValueError(field, string(rune(p.CutAt)), CodeCharacter, "cut at an ASCII character of local parts")
	case p.CanonicalDomain == "":
		return r, nil
	default:
		canonical, err := ParseHost(p.CanonicalDomain)
		if err != nil {
			return nil, fmt.Errorf("providers: %w", err)
		}
		if r.CanonicalDomain = canonical; !slices.Contains(r.Domains, canonical) {
			return nil, NewValueError(field, name, CodeUnknown, "choose one of the domains of the row as the canonical one")
		}
		return r, nil
	}
}

// digest returns a text that tells rows of different effect apart; empty for none.
func digest(rows []*row) string {
	if len(rows) == 0 {
		return ""
	}
	texts := make([]string, len(rows))
	for i, r := range rows {
		domains, drop := slices.Sorted(slices.Values(r.Domains)), []byte(r.DropChars)
		slices.Sort(drop)
		texts[i] = fmt.Sprintf("%q %q %q %q %t", domains, r.CanonicalDomain, slices.Compact(drop), r.CutAt, r.Subdomains)
	}
	slices.Sort(texts)
	sum := sha256.Sum256([]byte(strings.Join(texts, "\n")))
	return hex.EncodeToString(sum[:6])
}

// or returns the tables, those of the package for nil.
func (t *Tables) or() *Tables {
	if t == nil {
		return bundled
	}
	return t
}

// Version says by which tables keys are made.
func (t *Tables) Version() TablesVersion { return t.or().version }

// MailDomains returns the mail domains of all providers in the table, sorted. The
// slice is the caller's.
func (t *Tables) MailDomains() []string {
	domains := make([]string, 0, len(t.or().rows))
	for d := range t.or().rows {
		domains = append(domains, d)
	}
	slices.Sort(domains)
	return domains
}

// PublicSuffix reports whether a canonical host is a public suffix, or all names
// directly below it are: of "compute.amazonaws.com" the list has only the latter.
func (t *Tables) PublicSuffix(host string) bool {
	t = t.or()
	below := "*." + host
	if t.hostSuffixes && t.suffix.PublicSuffix(host) == host {
		return true
	}
	// What the bundled list matches of a host, it matches of a name below it, too: so
	// one search answers both. The list of a host may not be so.
	found := t.suffix.PublicSuffix(below)
	return found == below || !t.hostSuffixes && found == host
}

// Parse reads the value of a rule of that kind as the function [Parse] does, by
// these tables.
func (t *Tables) Parse(kind Kind, s string) (Value, error) {
	switch kind {
	case KindEmail:
		return t.ParseEmail(s)
	case KindDomain:
		return ParseDomain(s)
	case KindIP:
		return ParsePrefix(s)
	case KindName:
		return ParseName(s)
	}
	return Value{}, fault{CodeUnknown, "use email, domain, ip or name"}.in("kind", kind.String())
}

// ParseEmail reads the value of an email rule as the function [ParseEmail] does,
// by these tables.
func (t *Tables) ParseEmail(s string) (Value, error) {
	v, f := t.or().emailValue(s)
	if !f.ok() {
		return Value{}, f.in("email", s)
	}
	return v, nil
}

// ParseAddress reads a person's e-mail address as the function [ParseAddress]
// does, by these tables.
func (t *Tables) ParseAddress(s string) (Address, error) {
	a, f := t.or().subjectAddress(s)
	if !f.ok() {
		return Address{}, f.in("email", s)
	}
	return a, nil
}

// Value returns a value that other tables may have made as these make it.
func (t *Tables) Value(v Value) Value {
	if v.kind != KindEmail || t == nil {
		return v
	}
	if made, err := t.ParseEmail(v.text); err == nil {
		return made
	}
	return v
}
