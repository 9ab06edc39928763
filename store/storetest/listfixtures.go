package storetest

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// newBlock returns a block with every field set that its creator sets, found by
// a key that is not its domain.
func newBlock(domain string) store.Block {
	return store.Block{
		ID:     uuid.Must(uuid.NewV7()),
		Domain: domain, KeyText: "key of " + domain,
		Effect: store.Review, Scope: store.ScopeOf(store.SignUp, store.Alias),
		Reason: "reason for " + domain, PublicReason: "public reason for " + domain,
		CreatedAt: noon, CreatedBy: "creator",
	}
}

// newList returns a list with every field set that its creator sets.
func newList(name string) store.List {
	return store.List{
		ID: uuid.Must(uuid.NewV7()), Name: name,
		Source: "https://" + name + ".example/list", Reason: "reason of " + name, PublicReason: "public reason of " + name,
		CreatedAt: noon,
	}
}

// newEntry returns an entry with every field set.
func newEntry(kind store.Kind, value string) store.Entry {
	return store.Entry{
		ID:  uuid.Must(uuid.NewV7()),
		Key: store.Key{Kind: kind, Text: "key of " + value}, Value: value,
		Effect: store.Review, Scope: store.ScopeOf(store.SignIn, store.Mail), Shadow: true, Line: 7,
	}
}

func domainEntry(value string) store.Entry { return newEntry(store.KindDomain, value) }

func ipEntry(text string) store.Entry {
	e := newEntry(store.KindIP, text)
	e.Key.Text = text
	return e
}

// domainEntries returns n entries of different values.
func domainEntries(n int) []store.Entry {
	entries := make([]store.Entry, n)
	for i := range entries {
		entries[i] = domainEntry(fmt.Sprintf("d%d.example", i))
		entries[i].Line = i + 1
	}
	return entries
}

func keysOf(entries []store.Entry) []store.Key {
	keys := make([]store.Key, len(entries))
	for i, e := range entries {
		keys[i] = e.Key
	}
	return keys
}

func createBlock(t reporter, s store.Store, b store.Block) store.Block {
	t.Helper()
	got, err := s.CreateBlock(t.Context(), b, change(store.BlockCreate))
	if err != nil {
		t.Fatalf("CreateBlock(%q): %v", b.Domain, err)
	}
	return got
}

func removeBlock(t reporter, s store.Store, b store.Block) store.Block {
	t.Helper()
	got, err := s.DeleteBlock(t.Context(), b.ID, change(store.BlockDelete))
	if err != nil {
		t.Fatalf("DeleteBlock(%q): %v", b.Domain, err)
	}
	return got
}

func listBlocks(t reporter, s store.Store, page store.Page) []store.Block {
	t.Helper()
	got, err := s.ListBlocks(t.Context(), store.BlockFilter{}, store.BlocksBySeq, page)
	if err != nil {
		t.Fatalf("ListBlocks(%+v): %v", page, err)
	}
	return got
}

func allBlocks(t reporter, s store.Store) []store.Block {
	t.Helper()
	return listBlocks(t, s, store.Page{OldestFirst: true, Limit: store.MaxPageLimit})
}

func allLists(t reporter, s store.Store) []store.List {
	t.Helper()
	got, err := s.Lists(t.Context())
	if err != nil {
		t.Fatalf("Lists: %v", err)
	}
	return got
}

// apply makes a new version of the list as it is given.
func apply(t reporter, s store.Store, l store.List, add, remove []store.Entry) store.List {
	t.Helper()
	got, err := s.ApplyList(t.Context(), store.ListDelta{List: l, Add: add, Remove: remove}, change(store.ListSync))
	if err != nil {
		t.Fatalf("ApplyList(%q): %v", l.Name, err)
	}
	return got
}

func undo(t reporter, s store.Store, name string) store.List {
	t.Helper()
	got, err := s.UndoList(t.Context(), name, 0, change(store.ListUndo))
	if err != nil {
		t.Fatalf("UndoList(%q): %v", name, err)
	}
	return got
}

func drop(t reporter, s store.Store, name string) store.List {
	t.Helper()
	got, err := s.DropList(t.Context(), name, change(store.ListDrop))
	if err != nil {
		t.Fatalf("DropList(%q): %v", name, err)
	}
	return got
}

func readList(t reporter, s store.Store, name string) store.List {
	t.Helper()
	got, err := s.List(t.Context(), name)
	if err != nil {
		t.Fatalf("List(%q): %v", name, err)
	}
	return got
}

func entriesOf(t reporter, s store.Store, name string) (entries []store.Entry) {
	t.Helper()
	for e, err := range s.ListEntries(t.Context(), name) {
		if err != nil {
			t.Fatalf("ListEntries(%q): %v", name, err)
		}
		entries = append(entries, e)
	}
	return entries
}

// wantList wants every read to return just this list with these entries, of
// which there are no more than Lookup takes keys.
func wantList(t reporter, s store.Store, l store.List, entries ...store.Entry) {
	t.Helper()
	wantSame(t, "what List returns", readList(t, s, l.Name), l)
	if all := allLists(t, s); !slices.Contains(all, l) {
		t.Errorf("Lists = %+v, want %+v among them", all, l)
	}
	if l.Entries != int64(len(entries)) {
		t.Errorf("list %q has %d Entries, want %d", l.Name, l.Entries, len(entries))
	}
	wantEntries(t, "ListEntries", entriesOf(t, s, l.Name), entries...)
	var rules []store.Rule
	for _, e := range entries {
		rules = append(rules, e.Rule(&l))
	}
	wantJustRules(t, "Lookup", ofList(l, lookup(t, s, keysOf(entries)...)), rules...)
	wantJustRules(t, "Scan", ofList(l, scan(t, s, 0)), rules...)
}

// ofList returns the rules that come from the list.
func ofList(l store.List, rules []store.Rule) []store.Rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r store.Rule) bool { return r.Origin != "list:"+store.Origin(l.Name) })
}

// wantEntries compares entries in any order.
func wantEntries(t reporter, doing string, got []store.Entry, want ...store.Entry) {
	t.Helper()
	byID := make(map[uuid.UUID]store.Entry, len(got))
	for _, e := range got {
		if _, dup := byID[e.ID]; dup {
			t.Errorf("%s: %q came twice", doing, e.Value)
		}
		byID[e.ID] = e
	}
	for _, w := range want {
		e, ok := byID[w.ID]
		if !ok {
			t.Errorf("%s: %q is missing", doing, w.Value)
			continue
		}
		wantSame(t, fmt.Sprintf("%s: %q", doing, w.Value), e, w)
		delete(byID, w.ID)
	}
	for _, e := range byID {
		t.Errorf("%s: got %q, which it should not give", doing, e.Value)
	}
}
