package storetest

import (
	"bytes"
	"fmt"
	"slices"

	"example.com/ostraka/store"
)

var ruleClauses = []clause{
	{"Lookup finds a rule by its key",
		"Lookup returns the rules that carry one of the keys, as their bans describe them.",
		lookupByKey},
	{"Lookup returns every rule of a key",
		"Several rules may carry the same key; Lookup returns them all.",
		lookupSharedKey},
	{"Lookup returns a rule once for a repeated key",
		"Lookup returns each rule once even if its key is named twice.",
		func(t reporter, s store.Store) {
			b := create(t, s, domainBan("a.example"))
			wantRules(t, "Lookup of one key three times", lookup(t, s, b.Key(), b.Key(), b.Key()), b)
			keys := []store.Key{b.Key()}
			for i := range 100 {
				keys = append(keys, store.Key{Kind: store.KindDomain, Text: fmt.Sprint("unknown", i, ".example")})
			}
			wantRules(t, "Lookup of many keys, all named twice", lookup(t, s, slices.Concat(keys, keys)...), b)
		}},
	{"Lookup of no keys gives no rules",
		"No keys give no rules, and no error.",
		func(t reporter, s store.Store) {
			create(t, s, domainBan("a.example"))
			wantRules(t, "Lookup of nil", lookup(t, s))
			wantRules(t, "Lookup of an empty slice", lookup(t, s, []store.Key{}...))
		}},
	{"Lookup of an unknown key adds nothing",
		"A key that no rule carries adds nothing and hides no others.",
		func(t reporter, s store.Store) {
			unknown := store.Key{Kind: store.KindDomain, Text: "unknown.example"}
			wantRules(t, "Lookup in an empty store", lookup(t, s, unknown))
			b := create(t, s, domainBan("a.example"))
			wantRules(t, "Lookup beside a known key", lookup(t, s, unknown, b.Key(), store.Key{}), b)
		}},
	{"Lookup finds wildcard rules by the key of their kind",
		"Wildcard rules carry the WildcardKey of their kind, which is found like any key.",
		lookupWildcards},
	{"Lookup leaves out revoked rules",
		"Rules of revoked records are never among those of Lookup; reinstated ones are again.",
		func(t reporter, s store.Store) {
			b := create(t, s, domainBan("a.example"))
			created := create(t, s, revoked(domainBan("b.example")))
			wantRules(t, "Lookup of a ban created as revoked", lookup(t, s, created.Key()))
			wantRules(t, "Lookup before revoking", lookup(t, s, b.Key()), b)
			b = update(t, s, revoked(b))
			wantRules(t, "Lookup after revoking", lookup(t, s, b.Key()))
			b = update(t, s, reinstated(b))
			wantRules(t, "Lookup after reinstating", lookup(t, s, b.Key()), b)
		}},
	{"Lookup leaves out deleted rules",
		"Rules of deleted records are never among those of Lookup.",
		func(t reporter, s store.Store) {
			a := create(t, s, withKey(domainBan("=a.example"), "a.example"))
			b := create(t, s, withKey(domainBan("*.a.example"), "a.example"))
			c := create(t, s, withKey(domainBan("a.example"), "a.example"))
			wantRules(t, "Lookup before the deletions", lookup(t, s, a.Key()), a, b, c)
			for i, gone := range []store.Ban{b, c, a} {
				remove(t, s, gone)
				wantRules(t, "Lookup after deleting "+gone.Value, lookup(t, s, a.Key()), [][]store.Ban{{a, c}, {a}, {}}[i]...)
			}
		}},
	{"Lookup keeps expired rules",
		"Whether a rule has expired is decided by who reads it: expired ones are among those of Lookup.",
		func(t reporter, s store.Store) {
			b := create(t, s, expired(domainBan("a.example")))
			wantRules(t, "Lookup", lookup(t, s, b.Key()), b)
		}},
	{"Lookup follows a rule to its new key",
		"Once UpdateBan has returned, the rule is found by its new key only, with its new content.",
		func(t reporter, s store.Store) {
			old := create(t, s, domainBan("a.example"))
			moved := domainBan("b.example")
			wantRules(t, "Lookup before the update", lookup(t, s, old.Key()), old)
			moved.ID, moved.Version = old.ID, old.Version
			moved.Kind, moved.Effect, moved.Scope, moved.Shadow = store.KindName, store.Allow, 0, false
			wantRules(t, "Lookup of the new key before the update", lookup(t, s, moved.Key()))
			moved = update(t, s, moved)
			wantRules(t, "Lookup of the old key", lookup(t, s, old.Key()))
			wantRules(t, "Lookup of the new key", lookup(t, s, moved.Key()), moved)
		}},
	{"Lookup takes a few hundred keys",
		"Callers pass at most a few hundred keys, which are looked up all at once.",
		lookupManyKeys},
	{"PrefixLengths names each length in use once",
		"PrefixLengths returns the lengths of the IP rules that Lookup could return, each once, and none that never was in use.",
		prefixLengths},
	{"PrefixLengths follows revoking, reinstating and updates",
		"PrefixLengths leaves out no length that is in use.",
		prefixLengthsInTime},
	{"HashKeysInUse names each secret in use once",
		"HashKeysInUse returns the names of the secrets under which the values of rules that Lookup could return were hashed, each once; it leaves out none that is in use.",
		hashKeysInUse},
	{"HashKeysInUse names the secrets of a version that UndoList brings back",
		"HashKeysInUse leaves out no secret of a rule that Lookup could return: not of an entry that UndoList has brought back.",
		func(t reporter, s store.Store) {
			text := hashText("k1", 1)
			hashed := newEntry(store.KindEmail, text)
			hashed.Key.Text = text
			l := apply(t, s, newList("l"), []store.Entry{hashed, domainEntry("a.example")}, nil)
			apply(t, s, l, nil, []store.Entry{hashed})
			undo(t, s, "l")
			got, err := s.HashKeysInUse(t.Context())
			if err != nil || !slices.Contains(got, store.HashKey{Kind: store.KindEmail, ID: "k1"}) {
				t.Errorf("HashKeysInUse = %v, %v; want k1 of addresses among them", got, err)
			}
		}},
	{"Lookup and Scan return the label of a rule",
		"A rule has the label of its ban.",
		labels},
}

// hashText is the text of a hashed value.
func hashText(id string, n byte) string {
	return string(store.AppendHashText(nil, id, bytes.Repeat([]byte{n}, 32)))
}

func hashKeysInUse(t reporter, s store.Store) {
	want := func(when string, keys ...store.HashKey) {
		got, err := s.HashKeysInUse(t.Context())
		if err != nil {
			t.Errorf("HashKeysInUse %s: %v", when, err)
		}
		for _, k := range keys {
			if n := len(slices.DeleteFunc(slices.Clone(got), func(x store.HashKey) bool { return x != k })); n != 1 {
				t.Errorf("HashKeysInUse %s names %v %d times, in %v; want once", when, k, n, got)
			}
		}
		if len(got) != len(keys) {
			t.Errorf("HashKeysInUse %s = %v, want %v", when, got, keys)
		}
	}
	want("in an empty store")
	for _, text := range []string{"h:somebody", "h:a:b:c", "h:", "hello"} {
		create(t, s, withKey(newBan(store.KindName, text), text))
	}
	create(t, s, withKey(newBan(store.KindDomain, "a.example"), hashText("k1", 1)))
	want("without hashed values")
	for n := range byte(4) {
		for _, id := range []string{"k1", "k1-old", "k10", "k1.2", "z"} {
			text := hashText(id, n)
			create(t, s, withKey(newBan(store.KindEmail, text), text))
		}
		text := hashText("k1", n)
		create(t, s, withKey(newBan(store.KindName, text), text))
	}
	want("after the creations",
		store.HashKey{Kind: store.KindEmail, ID: "k1"}, store.HashKey{Kind: store.KindEmail, ID: "k1-old"}, store.HashKey{Kind: store.KindEmail, ID: "k10"},
		store.HashKey{Kind: store.KindEmail, ID: "k1.2"}, store.HashKey{Kind: store.KindEmail, ID: "z"}, store.HashKey{Kind: store.KindName, ID: "k1"})
}

func labels(t reporter, s store.Store) {
	b := withKey(newBan(store.KindEmail, hashText("k1", 1)), hashText("k1", 1))
	b.Label = "case 7"
	b = create(t, s, b)
	wantRules(t, "Lookup", lookup(t, s, b.Key()), b)
	for r, err := range s.Scan(t.Context(), store.KindEmail) {
		if err != nil || r.Label != "case 7" {
			t.Errorf("Scan yields the label %q, %v; want case 7", r.Label, err)
		}
	}
}

func lookupByKey(t reporter, s store.Store) {
	var all []store.Ban
	for _, k := range store.Kinds() {
		b := create(t, s, withKey(newBan(k, "same"), "same key"))
		all = append(all, b)
	}
	bare := store.Ban{ID: domainBan("").ID, Kind: store.KindName, Value: "bare", KeyText: "bare", CreatedAt: noon, UpdatedAt: noon}
	bare = create(t, s, bare)
	wantRules(t, "Lookup of a ban with few fields set", lookup(t, s, bare.Key()), bare)

	var keys []store.Key
	for _, b := range all {
		wantRules(t, "Lookup of "+b.Key().String(), lookup(t, s, b.Key()), b)
		wantRules(t, "Lookup of a value that is no key", lookup(t, s, store.Key{Kind: b.Kind, Text: b.Value}))
		keys = append(keys, b.Key())
	}
	wantRules(t, "Lookup of all keys", lookup(t, s, keys...), all...)
}

func lookupSharedKey(t reporter, s store.Store) {
	var bans []store.Ban
	for _, v := range []string{"a.example", "=a.example", "*.a.example"} {
		bans = append(bans, create(t, s, withKey(domainBan(v), "a.example")))
	}
	bans = append(bans, create(t, s, expired(withKey(domainBan("a.example"), "a.example"))))
	create(t, s, withKey(newBan(store.KindName, "a.example"), "a.example"))
	wantRules(t, "Lookup", lookup(t, s, bans[0].Key()), bans...)
}

func lookupWildcards(t reporter, s store.Store) {
	exact := create(t, s, withKey(newBan(store.KindName, "admin"), "admin"))
	a := create(t, s, withKey(newBan(store.KindName, "admin*"), ""))
	b := create(t, s, withKey(newBan(store.KindName, "*root"), ""))
	mail := create(t, s, withKey(newBan(store.KindEmail, "spam*@a.example"), ""))
	wantRules(t, "Lookup of the names' wildcard key", lookup(t, s, store.WildcardKey(store.KindName)), a, b)
	wantRules(t, "Lookup of the addresses' wildcard key", lookup(t, s, store.WildcardKey(store.KindEmail)), mail)
	wantRules(t, "Lookup of the domains' wildcard key", lookup(t, s, store.WildcardKey(store.KindDomain)))
	wantRules(t, "Lookup of a wildcard and a name", lookup(t, s, exact.Key(), store.WildcardKey(store.KindName)), exact, a, b)
}

func lookupManyKeys(t reporter, s store.Store) {
	var bans []store.Ban
	for i := range 100 {
		for _, k := range []store.Kind{store.KindDomain, store.KindName} {
			bans = append(bans, newBan(k, fmt.Sprintf("value-%d", i)))
		}
	}
	createMany(t, s, bans)
	var keys []store.Key
	for i, b := range bans {
		keys = append(keys, b.Key())
		if i%2 == 0 {
			keys = append(keys, store.Key{Kind: b.Kind, Text: fmt.Sprintf("unknown-%d", i)})
		}
	}
	wantRules(t, fmt.Sprintf("Lookup of %d keys", len(keys)), lookup(t, s, keys...), bans...)
}

func ipBan(text string) store.Ban { return withKey(newBan(store.KindIP, text), text) }

func prefixLengths(t reporter, s store.Store) {
	wantLengths(t, s, "in an empty store")
	for _, p := range []string{
		"203.0.113.0/24", "198.51.100.0/24", "192.0.2.1", "192.0.2.2", "10.0.0.0/8",
		"2001:db8::/32", "2001:db8:1::/48", "2001:db8::1",
	} {
		create(t, s, ipBan(p))
	}
	create(t, s, expired(ipBan("192.0.2.0/25"))) // Lookup returns it, so its length is in use
	create(t, s, withKey(newBan(store.KindDomain, "a.example"), "192.0.2.0/26"))
	wantLengths(t, s, "after the creations",
		store.PrefixLen{Bits: 8}, store.PrefixLen{Bits: 24}, store.PrefixLen{Bits: 25}, store.PrefixLen{Bits: 32},
		store.PrefixLen{IPv6: true, Bits: 32}, store.PrefixLen{IPv6: true, Bits: 48}, store.PrefixLen{IPv6: true, Bits: 128})
}

func prefixLengthsInTime(t reporter, s store.Store) {
	len24, len16 := store.PrefixLen{Bits: 24}, store.PrefixLen{Bits: 16}
	a, b := create(t, s, ipBan("203.0.113.0/24")), create(t, s, ipBan("198.51.100.0/24"))
	remove(t, s, b)
	wantLengths(t, s, "after deleting one of two", len24)
	a = update(t, s, revoked(a))
	a = update(t, s, reinstated(a))
	wantLengths(t, s, "after reinstating the only one", len24)
	a.Value, a.KeyText = "203.0.0.0/16", "203.0.0.0/16"
	update(t, s, a)
	wantLengthsInclude(t, s, "after widening it", len16)
	createMany(t, s, []store.Ban{ipBan("2001:db8::/64")})
	wantLengthsInclude(t, s, "after a bulk creation", len16, store.PrefixLen{IPv6: true, Bits: 64})
}

// wantLengths wants just these lengths.
func wantLengths(t reporter, s store.Store, when string, want ...store.PrefixLen) {
	t.Helper()
	for _, l := range wantLengthsInclude(t, s, when, want...) {
		if !slices.Contains(want, l) {
			t.Errorf("PrefixLengths %s names %+v, which no rule ever had", when, l)
		}
	}
}

// wantLengthsInclude wants at least these lengths.
func wantLengthsInclude(t reporter, s store.Store, when string, want ...store.PrefixLen) []store.PrefixLen {
	t.Helper()
	got, err := s.PrefixLengths(t.Context())
	if err != nil {
		t.Fatalf("PrefixLengths %s: %v", when, err)
	}
	for i, l := range got {
		if slices.Contains(got[:i], l) {
			t.Errorf("PrefixLengths %s names %+v twice", when, l)
		}
	}
	for _, l := range want {
		if !slices.Contains(got, l) {
			t.Errorf("PrefixLengths %s leaves out %+v: got %+v", when, l, got)
		}
	}
	return got
}
