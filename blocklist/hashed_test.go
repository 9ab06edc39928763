package blocklist_test

import (
	"context"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
)

// A list has no hashes: whoever writes it could name a secret that nobody has, and all
// checks would fail.
func TestALineThatIsAHashIsRejected(t *testing.T) {
	hash := "h:gone:" + strings.Repeat("A", 43)
	for name, text := range map[string]string{
		"of an address":                   "email:" + hash + "\nspam.example\n",
		"of a name":                       "name:" + hash + "\nspam.example\n",
		"in a column":                     "type,value\nemail," + hash + "\ndomain,spam.example\n",
		"in JSON":                         `[{"email":"` + hash + `"},{"domain":"spam.example"}]`,
		"of a name, as all lines are":     hash + "\nspammer\n",
		"of an address, as all lines are": hash + "\nspam@spam.example\n",
	} {
		st := memstore.New()
		a := newAdmin(t, st)
		o := blocklist.ParseOptions{}
		switch {
		case strings.Contains(name, "of a name, as"):
			o.Kind = ban.KindName
		case strings.Contains(name, "of an address, as"):
			o.Kind = ban.KindEmail
		}
		r, err := a.Sync(as("alice"), "l", blocklist.Parse(strings.NewReader(text), o), blocklist.SyncOptions{Source: "l"})
		if err != nil || r.Added != 1 || r.Rejected != 1 || len(r.Rejects) != 1 || codeOf(r.Rejects[0].Err) != ban.CodeNotSupported {
			t.Errorf("%s: %s, %+v, %v", name, counts(r), r.Rejects, err)
		}
		checker := newChecker(t, st)
		if d, err := checker.Check(context.Background(), ban.Subject{Email: "ann@good.example", Name: "ann"}); err != nil || d.Verdict != ban.Allowed {
			t.Errorf("%s: a check afterwards: %v, %v", name, d, err)
		}
	}
}

// A block is of a domain, and no domain is a hash.
func TestABlockIsOfNoHash(t *testing.T) {
	st := memstore.New()
	hash := "h:gone:" + strings.Repeat("A", 43)
	for _, text := range []string{hash, "email:" + hash, "@" + hash} {
		if b, err := newAdmin(t, st).Create(as("alice"), blocklist.CreateOptions{Domain: text, Force: true}); codeOf(err) == "" {
			t.Errorf("%q: %+v, %v; want a ValueError", text, b, err)
		}
	}
	if inUse, err := st.HashKeysInUse(context.Background()); err != nil || len(inUse) > 0 {
		t.Errorf("in use are %v, %v", inUse, err)
	}
}
