package ban_test

import (
	"slices"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// TestAListByAWholeAddressHasItsHashedBans compares pages of every size with a list
// that was made by hand.
func TestAListByAWholeAddressHasItsHashedBans(t *testing.T) {
	st := memstore.New()
	ring := ban.KeyRing{"old": secret('a'), "new": secret('b')}
	var want []int64 // newest first
	create := func(newest, value string, hashed, listed bool) ban.Ban {
		t.Helper()
		b, err := newHashAdmin(t, st, ring, newest).Create(as("alice"), ban.CreateOptions{Kind: ban.KindEmail, Value: value, Hashed: hashed})
		if err != nil {
			t.Fatal(err)
		}
		if listed {
			want = append([]int64{b.Seq}, want...)
		}
		return b
	}
	admin := newHashAdmin(t, st, ring, "new")
	for _, x := range []struct {
		newest string
		hashed bool
	}{{"old", true}, {"new", true}, {"new", false}, {"new", true}, {"old", true}} {
		b := create(x.newest, "m.allory@gmail.com", x.hashed, x.hashed)
		if _, err := admin.Revoke(as("alice"), b.ID, ""); err != nil {
			t.Fatal(err)
		}
		create("new", "other@gmail.com", true, false)
		if b, err := admin.List(t.Context(), ban.Filter{}, ban.Page{Limit: 1}); err != nil {
			t.Fatal(err)
		} else if _, err := admin.Revoke(as("alice"), b[0].ID, ""); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 { // a substring of these is the address, whose hashes are beside them
		value := string(rune('a'+len(want))) + "mallory@gmail.com"
		create("new", value, false, true)
	}
	filter := ban.Filter{Contains: " Mallory@gmail.com "}
	seqs := func(bans []ban.Ban) (all []int64) {
		for _, b := range bans {
			all = append(all, b.Seq)
		}
		return all
	}
	if n, err := admin.Count(t.Context(), filter); err != nil || n != int64(len(want)) {
		t.Errorf("Count: %d, %v; want %d", n, err, len(want))
	}
	oldest := slices.Clone(want)
	slices.Reverse(oldest)
	for limit := 1; limit <= len(want)+1; limit++ {
		for offset := 0; offset <= len(want); offset++ {
			for _, p := range []ban.Page{{}, {OldestFirst: true}} {
				p.Limit, p.Offset = limit, int64(offset)
				all := want
				if p.OldestFirst {
					all = oldest
				}
				bans, err := admin.List(t.Context(), filter, p)
				if page := all[offset:min(offset+limit, len(all))]; err != nil || !slices.Equal(seqs(bans), page) {
					t.Errorf("%+v: %v, %v; want %v", p, seqs(bans), err, page)
				}
			}
		}
		var ranked []int64
		for next := (ban.Rank{}); ; {
			bans, after, err := admin.ListBy(t.Context(), filter, ban.ByHits, next, limit)
			if err != nil {
				t.Fatal(err)
			}
			if len(bans) == 0 {
				break
			}
			ranked, next = append(ranked, seqs(bans)...), after
		}
		if !slices.Equal(ranked, want) {
			t.Errorf("ListBy, %d a page: %v; want %v", limit, ranked, want)
		}
	}
}

// TestAListByWhatIsNoWholeValueHasWhatContainsIt: keys add nothing to it.
func TestAListByWhatIsNoWholeValueHasWhatContainsIt(t *testing.T) {
	st := memstore.New()
	admin := newHashAdmin(t, st, ban.KeyRing{"k": secret('a')}, "k")
	email, err := admin.Create(as("alice"), ban.CreateOptions{Kind: ban.KindEmail, Value: "mallory@gmail.com", Hashed: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Create(as("alice"), ban.CreateOptions{Kind: ban.KindName, Value: "h", Hashed: true}); err != nil {
		t.Fatal(err)
	}
	for contains, want := range map[string]int64{
		email.Value:         1, // with its capital letters
		email.Value[:20]:    1,
		"h:k:":              2,
		"h":                 2, // the name, whose hash has that letter, once
		"mallory":           0,
		"@gmail.com":        0,
		"*@gmail.com":       0,
		"mallory@gmail.com": 1,
	} {
		bans, err := admin.List(t.Context(), ban.Filter{Contains: contains}, ban.Page{})
		n, countErr := admin.Count(t.Context(), ban.Filter{Contains: contains})
		if int64(len(bans)) != want || n != want || err != nil || countErr != nil {
			t.Errorf("%q: %d bans, %v, counted %d, %v; want %d", contains, len(bans), err, n, countErr, want)
		}
	}
	bans, err := admin.List(t.Context(), ban.Filter{Kind: ban.KindName, Contains: "mallory@gmail.com"}, ban.Page{})
	if len(bans) != 0 || err != nil {
		t.Errorf("bans of names: %d, %v", len(bans), err)
	}
	without, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := without.Count(t.Context(), ban.Filter{Contains: "mallory@gmail.com"}); n != 0 || err != nil {
		t.Errorf("without a key: %d, %v", n, err)
	}
}
