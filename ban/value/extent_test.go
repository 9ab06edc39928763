package value_test

import (
	"testing"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

func TestWhichRulesMayMeet(t *testing.T) {
	extent := func(kind store.Kind, text string) value.Extent {
		v, err := value.Parse(kind, text)
		if err != nil {
			t.Fatal(err)
		}
		return value.ExtentOf(v)
	}
	for _, c := range []struct {
		rule string
		kind store.Kind
		a, b string
		meet bool
	}{
		{"a pattern and an address of it", store.KindEmail, "shop*@example.org", "shop1@example.org", true},
		{"a pattern and an address beside it", store.KindEmail, "shop*@example.org", "bob@example.org", false},
		{"a pattern and an address elsewhere", store.KindEmail, "shop*@example.org", "shop1@example.com", false},
		{"patterns of one domain", store.KindEmail, "shop*@example.org", "*shop@example.org", true},
		{"patterns of two domains", store.KindEmail, "shop*@example.org", "*shop@example.com", false},
		{"a pattern and an address of a provider's other domain", store.KindEmail, "a*@gmail.com", "ann@googlemail.com", true},
		{"a domain and a host below it", store.KindDomain, "example.org", "*.mail.example.org", true},
		{"a domain and what is below it", store.KindDomain, "example.org", "*.example.org", true},
		{"two domains", store.KindDomain, "example.org", "example.com", false},
		{"what is below two domains", store.KindDomain, "*.a.example", "*.b.example", false},
		{"a host alone and what is below it", store.KindDomain, "=example.org", "*.example.org", false},
		{"two spellings of a mailbox", store.KindEmail, "a.nn@gmail.com", "ann+x@googlemail.com", true},
		{"two mailboxes", store.KindEmail, "ann@gmail.com", "bob@gmail.com", false},
		{"a pattern and a name of it", store.KindName, "shop*", "shop1", true},
		{"a pattern and a name beside it", store.KindName, "shop*", "bob", false},
		{"patterns of one beginning", store.KindName, "sh*", "shop*", true},
		{"patterns of two beginnings", store.KindName, "shop*", "bob*", false},
		{"patterns of one end", store.KindName, "*op", "*shop", true},
		{"patterns of two ends", store.KindName, "*op", "*bob", false},
		{"a beginning and an end", store.KindName, "shop*", "*bob", true},
		{"twins", store.KindName, "admin", "аdmin", true},
		{"a name alone and its twin", store.KindName, "=admin", "=аdmin", false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			a, b := extent(c.kind, c.a), extent(c.kind, c.b)
			if a.Overlaps(&b) != c.meet || b.Overlaps(&a) != c.meet {
				t.Errorf("%s and %s: %v and %v, want %v", c.a, c.b, a.Overlaps(&b), b.Overlaps(&a), c.meet)
			}
		})
	}
}

func TestKeysThatTablesMake(t *testing.T) {
	var tables *value.Tables // those that come with the package
	if got, ok := tables.Mailbox("A.nn+x@GoogleMail.com"); got != "ann@gmail.com" || !ok {
		t.Errorf("the mailbox is %q, %v", got, ok)
	}
	if got, ok := tables.HandleKeys("Bob"); len(got) != 1 || got[0] != "bob" || !ok {
		t.Errorf("the handle looks like %q, %v", got, ok)
	}
	if got, ok := tables.LocalKey("Bob"); got != "bob" || !ok {
		t.Errorf("the local part looks like %q, %v", got, ok)
	}
	_, mailbox := tables.Mailbox("no address")
	keys, handle := tables.HandleKeys("a\x00b")
	_, local := tables.LocalKey("a\x00b")
	if mailbox || handle || local || keys != nil {
		t.Errorf("what cannot be read is read: %v, %v, %v, %q", mailbox, handle, local, keys)
	}
}
