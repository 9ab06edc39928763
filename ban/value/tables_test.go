package value_test

import (
	"errors"
	"net/http/cookiejar"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"
	"pgregory.net/rapid"

	"example.com/ostraka/ban/value"
)

// tablesWith returns tables with rows of a host.
func tablesWith(t *testing.T, rows ...value.Provider) *value.Tables {
	t.Helper()
	tables, err := value.NewTables(value.TablesOptions{Providers: rows})
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

func TestRowsOfAHost(t *testing.T) {
	corp := value.Provider{Domains: []string{"corp.example"}, CutAt: '+'}
	all := value.Provider{Domains: []string{"A.example", "b.example"}, CanonicalDomain: "a.EXAMPLE", DropChars: "_.", CutAt: '-', Subdomains: true}
	for rule, c := range map[string]struct {
		row      value.Provider
		in, want string
	}{
		"a tag is cut":                         {corp, "Victim+Tag@Corp.example", "victim@corp.example"},
		"other domains are left alone":         {corp, "a+b@corp.test", "a+b@corp.test"},
		"what lies below is left alone":        {corp, "a+b@mail.corp.example", "a+b@mail.corp.example"},
		"bundled rows stay":                    {corp, "j.doe+x@gmail.com", "jdoe@gmail.com"},
		"letters beyond ASCII are kept":        {corp, "Jürgen+x@corp.example", "jürgen@corp.example"},
		"full-width letters are letters":       {corp, "ｂｏｂ＋x@corp.example", "bob@corp.example"},
		"a tag alone is left alone":            {corp, "+x@corp.example", "+x@corp.example"},
		"one domain stands for all":            {all, "bob@b.example", "bob@a.example"},
		"characters are dropped":               {all, "b.o_b-x.y@a.example", "bob@a.example"},
		"subdomains are users":                 {all, "shop@bob.b.example", "bob@a.example"},
		"and users are cut as local parts are": {all, "x@bob-shop.b.example", "bob@a.example"},
		"a row takes the place of a bundled one": {
			value.Provider{Domains: []string{"googlemail.com"}, CutAt: '='}, "j.doe=x@googlemail.com", "j.doe@googlemail.com"},
		"with all its domains": {
			value.Provider{Domains: []string{"googlemail.com"}, CutAt: '='}, "j.doe+x@gmail.com", "j.doe+x@gmail.com"},
	} {
		t.Run(rule, func(t *testing.T) {
			tables := tablesWith(t, c.row)
			a, err := tables.ParseAddress(c.in)
			if err != nil || a.Mailbox() != c.want {
				t.Fatalf("the mailbox of %q is %q, %v, want %q", c.in, a.Mailbox(), err, c.want)
			}
			if again, err := tables.ParseAddress(a.Mailbox()); err != nil || again.Mailbox() != c.want {
				t.Errorf("the mailbox of %q is %q, %v: a mailbox is its own", c.want, again.Mailbox(), err)
			}
			parser := value.Parser{Tables: tables}
			if fast, err := parser.Address(c.in); err != nil || fast != a {
				t.Errorf("a Parser reads %q as %+v, %v, want %+v", c.in, fast, err, a)
			}
			bundled, err := value.ParseEmail(value.Literal(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if v := tables.Value(bundled); v.Key().Text != c.want {
				t.Errorf("a value of other tables has the key %q, want %q", v.Key().Text, c.want)
			}
		})
	}
}

func TestRowsThatMakeNoSense(t *testing.T) {
	for rule, c := range map[string]struct {
		rows        []value.Provider
		field, code string
	}{
		"no domain":                  {[]value.Provider{{CutAt: '+'}}, "providers", value.CodeEmpty},
		"a domain that is none":      {[]value.Provider{{Domains: []string{"a..b"}}}, "domain", value.CodeSyntax},
		"a domain in quotes":         {[]value.Provider{{Domains: []string{"「a.example」"}}}, "providers", value.CodeCharacter},
		"a domain twice":             {[]value.Provider{{Domains: []string{"a.example", "A.example"}}}, "providers", value.CodeDuplicate},
		"a domain in two rows":       {[]value.Provider{{Domains: []string{"a.example"}}, {Domains: []string{"a.example"}}}, "providers", value.CodeDuplicate},
		"a canonical one outside":    {[]value.Provider{{Domains: []string{"a.example"}, CanonicalDomain: "b.example"}}, "providers", value.CodeUnknown},
		"a canonical one that isn't": {[]value.Provider{{Domains: []string{"a.example"}, CanonicalDomain: "*"}}, "domain", value.CodeWildcard},
		"a cut at the @":             {[]value.Provider{{Domains: []string{"a.example"}, CutAt: '@'}}, "providers", value.CodeCharacter},
		"a cut at a NUL's neighbour": {[]value.Provider{{Domains: []string{"a.example"}, CutAt: 1}}, "providers", value.CodeCharacter},
		"a drop beyond ASCII":        {[]value.Provider{{Domains: []string{"a.example"}, DropChars: "é"}}, "providers", value.CodeCharacter},
	} {
		t.Run(rule, func(t *testing.T) {
			_, err := value.NewTables(value.TablesOptions{Providers: c.rows})
			var ve *value.ValueError
			if !errors.As(err, &ve) || ve.Field != c.field || ve.Code != c.code {
				t.Errorf("%v, want code %q of %q", err, c.code, c.field)
			}
		})
	}
}

func TestVersionsOfTables(t *testing.T) {
	bundled := (*value.Tables)(nil).Version()
	if bundled.Providers != value.ProvidersVersion || bundled.Own != "" || bundled.Unicode == "" {
		t.Errorf("the bundled tables are %+v", bundled)
	}
	if same := tablesWith(t).Version(); same != bundled {
		t.Errorf("without rows they are %v, want %v", same, bundled)
	}
	row := value.Provider{Domains: []string{"a.example", "b.example"}, DropChars: "_-", CutAt: '+', Source: "the manual"}
	turned := value.Provider{Domains: []string{"b.example", "A.example"}, DropChars: "-_-", CutAt: '+'}
	own := tablesWith(t, row, value.Provider{Domains: []string{"c.example"}, CutAt: '-'}).Version()
	if again := tablesWith(t, value.Provider{Domains: []string{"c.example"}, CutAt: '-'}, turned).Version(); again != own || own == bundled {
		t.Errorf("the same rows in another order are %v, want %v", again, own)
	}
	row.CutAt = '='
	if other := tablesWith(t, row).Version(); other == own || other.Compare(own) != 0 {
		t.Errorf("other rows are %v", other)
	}
	for _, v := range []value.TablesVersion{bundled, own} {
		if got, ok := value.ParseTablesVersion(v.String()); !ok || got != v {
			t.Errorf("%q is read as %+v, %v", v, got, ok)
		}
	}
	for _, s := range []string{"", "~" + bundled.String(), "1/2/3", "x/2/3/4", "01/2/3/4", "1/2/3/4/5"} {
		if v, ok := value.ParseTablesVersion(s); ok {
			t.Errorf("%q is read as %+v", s, v)
		}
	}
	older := []value.TablesVersion{
		{1, "2026-01-01", "17.0.0", ""}, {2, "2025-12-31", "17.0.0", "x"}, {2, "2026-01-01", "9.0.0", ""}, {2, "2026-01-01", "17.0.0", ""}, {2, "2026-01-01", "17.0.1", ""},
	}
	if !slices.IsSortedFunc(older, value.TablesVersion.Compare) || older[2].Compare(older[3]) >= 0 {
		t.Errorf("not in order: %v", older)
	}
}

// suffixes is a list of public suffixes of a host.
type suffixes struct{ cookiejar.PublicSuffixList }

func (suffixes) PublicSuffix(domain string) string {
	if domain == "new.example" || domain == "x.new.example" {
		return "new.example"
	}
	return publicsuffix.List.PublicSuffix(domain)
}

// TestOneSearchFindsPublicSuffixes compares the search in the bundled list with two
// searches, as a list of the host's is searched.
func TestOneSearchFindsPublicSuffixes(t *testing.T) {
	twice, err := value.NewTables(value.TablesOptions{PublicSuffixes: publicsuffix.List})
	if err != nil {
		t.Fatal(err)
	}
	labels := strings.Fields("com uk co jp kawasaki city ck www github io amazonaws compute s3 example xn--p1ai no bo x *")
	rapid.Check(t, func(t *rapid.T) {
		host := strings.Join(rapid.SliceOfN(rapid.SampledFrom(labels), 1, 4).Draw(t, "labels"), ".")
		if got, want := (*value.Tables)(nil).PublicSuffix(host), twice.PublicSuffix(host); got != want {
			t.Fatalf("%s is a public suffix: %v, want %v", host, got, want)
		}
	})
}

func TestPublicSuffixes(t *testing.T) {
	own, err := value.NewTables(value.TablesOptions{PublicSuffixes: suffixes{publicsuffix.List}})
	if err != nil {
		t.Fatal(err)
	}
	if own.Version() != (*value.Tables)(nil).Version() {
		t.Error("no key depends on the list")
	}
	for host, want := range map[string][2]bool{
		"co.uk": {true, true}, "example.com": {false, false}, "new.example": {false, true},
		"x.new.example": {false, false}, "compute.amazonaws.com": {true, true},
	} {
		if got := [2]bool{(*value.Tables)(nil).PublicSuffix(host), own.PublicSuffix(host)}; got != want {
			t.Errorf("%s is a public suffix: %v by the bundled list, then by the host's, want %v", host, got, want)
		}
	}
}
