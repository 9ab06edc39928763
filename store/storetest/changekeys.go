package storetest

import (
	"fmt"
	"slices"
	"time"

	"example.com/ostraka/store"
)

// many is how many keys are too many for a change to name.
const many = store.MaxChangeKeys + 1

var changedKeysClauses = []clause{
	{"ChangedKeys of a change that names its keys yields those",
		"The keys whose rules a change may have changed are the Keys of one that is not Bulk.",
		func(t reporter, s store.Store) {
			b := create(t, s, domainBan("a.example"))
			wantKnown(t, s, "CreateBan", b.Key())
			createMany(t, s, domainBans(3))
			wantKnown(t, s, "CreateBans of 3", keysOfBans(domainBans(3))...)
		}},
	{"ChangedKeys yields those of many bans that come and go",
		"The keys of a Bulk change that CreateBans or PurgeBans made are kept, each once.",
		func(t reporter, s store.Store) {
			bans := domainBans(many)
			for i := range bans {
				bans[i] = expired(bans[i])
			}
			createMany(t, s, bans)
			wantKnown(t, s, "CreateBans", keysOfBans(bans)...)
			createMany(t, s, domainBans(many)) // which retires the rules of the others
			wantKnown(t, s, "CreateBans of the same again", keysOfBans(bans)...)
			gone := make([]store.Ban, many)
			for i := range gone {
				gone[i] = expired(newBan(store.KindName, fmt.Sprint("n", i)))
			}
			createMany(t, s, gone)
			if _, err := s.PurgeBans(t.Context(), noon.Add(time.Hour), change(store.BanPurge)); err != nil {
				t.Fatalf("PurgeBans: %v", err)
			}
			wantKnown(t, s, "PurgeBans", keysOfBans(gone)...)
		}},
	{"ChangedKeys yields those of entries that come and go",
		"The keys of a Bulk change that ApplyList, UndoList or DropList made are kept, each once: those of all entries added and removed.",
		func(t reporter, s store.Store) {
			all := domainEntries(3 * many)
			first, second := all[:2*many], all[many:]
			l := apply(t, s, newList("l"), first, nil)
			wantKnown(t, s, "ApplyList of a new list", keysOf(first)...)
			apply(t, s, l, all[2*many:], all[:many])
			wantKnown(t, s, "ApplyList", keysOf(slices.Concat(all[2*many:], all[:many]))...)
			undo(t, s, "l")
			wantKnown(t, s, "UndoList", keysOf(slices.Concat(all[2*many:], all[:many]))...)
			apply(t, s, readList(t, s, "l"), all[2*many:], all[:many])
			drop(t, s, "l")
			wantKnown(t, s, "DropList", keysOf(second)...)
		}},
	{"ChangedKeys yields those of entries that stay in a list of other texts",
		"If Source, Reason or PublicReason change, the keys of the entries that stay have changed too.",
		func(t reporter, s store.Store) {
			all := domainEntries(5)
			l := apply(t, s, newList("l"), all[:4], nil)
			l.Reason = "another"
			l = apply(t, s, l, all[4:], all[:1])
			wantKnown(t, s, "ApplyList", keysOf(all)...)
			undo(t, s, "l")
			wantKnown(t, s, "UndoList", keysOf(all)...)
		}},
	{"ChangedKeys of what is not known is ErrNotFound",
		"If there is no such change, or its keys are not known, ChangedKeys yields an error that matches ErrNotFound, with a zero Key: of a Seq that was never given, and of a change that was pruned.",
		unknownKeys},
	{"A loop over ChangedKeys may stop, and may write",
		"The loop may stop early, and may call other methods of the store meanwhile.",
		func(t reporter, s store.Store) {
			createMany(t, s, domainBans(many))
			n := 0
			for _, err := range s.ChangedKeys(t.Context(), lastChange(t, s)) {
				if err != nil {
					t.Fatalf("ChangedKeys: %v", err)
				}
				create(t, s, newBan(store.KindName, fmt.Sprint("n", n)))
				if n++; n == 3 {
					break
				}
			}
			if n != 3 {
				t.Errorf("ChangedKeys yielded %d keys before the loop stopped, want 3", n)
			}
		}},
}

func unknownKeys(t reporter, s store.Store) {
	createMany(t, s, domainBans(many))
	seq := lastChange(t, s)
	for _, none := range []int64{seq + 1, 0, -1} {
		_, err := changedKeys(t, s, none)
		wantError(t, fmt.Sprintf("ChangedKeys(%d) of %d changes", none, seq), err, store.ErrNotFound)
	}
	l := apply(t, s, newList("l"), domainEntries(2*many), nil)
	if keys, err := changedKeys(t, s, seq); err != nil || len(keys) != many {
		t.Errorf("ChangedKeys of an older change: %d keys, error %v; want %d", len(keys), err, many)
	}
	drop(t, s, l.Name)
	last := lastChange(t, s)
	if _, err := s.PruneChanges(t.Context(), noon.Add(time.Hour)); err != nil {
		t.Fatalf("PruneChanges: %v", err)
	}
	for n := seq; n <= last; n++ {
		_, err := changedKeys(t, s, n)
		wantError(t, fmt.Sprintf("ChangedKeys(%d) of a log that was pruned", n), err, store.ErrNotFound)
	}
}

var changedKeysReopenClauses = []persistentClause{
	{"The keys of changes are there again",
		"The keys of Bulk changes are kept beside the log, for others who read it too.",
		func(t reporter, open func() store.Store) {
			s, other := open(), open()
			createMany(t, s, domainBans(many))
			wantKnown(t, other, "CreateBans through another store", keysOfBans(domainBans(many))...)
			if err := s.Close(); err != nil {
				t.Fatalf("Close: %v", err)
			}
			wantKnown(t, open(), "CreateBans before the store was opened", keysOfBans(domainBans(many))...)
		}},
}

// changedKeys collects the keys of a change.
func changedKeys(t reporter, s store.Store, seq int64) (keys []store.Key, err error) {
	t.Helper()
	for k, e := range s.ChangedKeys(t.Context(), seq) {
		if err != nil {
			t.Errorf("ChangedKeys yields %v and %v after the error %v", k, e, err)
		}
		if err = e; err != nil {
			if k != (store.Key{}) {
				t.Errorf("ChangedKeys yields the key %v beside an error", k)
			}
		} else {
			keys = append(keys, k)
		}
	}
	return keys, err
}

// wantKnown wants the newest change to have those keys.
func wantKnown(t reporter, s store.Store, doing string, want ...store.Key) {
	t.Helper()
	got, err := changedKeys(t, s, lastChange(t, s))
	if err != nil {
		t.Errorf("ChangedKeys of %s: %v", doing, err)
		return
	}
	wantKeys(t, "ChangedKeys of "+doing, got, want)
}

func keysOfBans(bans []store.Ban) []store.Key {
	keys := make([]store.Key, len(bans))
	for i := range bans {
		keys[i] = bans[i].Key()
	}
	return keys
}

// wantKeys wants the keys, each once, in any order.
func wantKeys(t reporter, doing string, got, want []store.Key) {
	t.Helper()
	left := make(map[store.Key]bool, len(want))
	for _, k := range want {
		left[k] = true
	}
	for _, k := range got {
		if !left[k] {
			t.Errorf("%s: %v is not among the keys that changed, or came twice", doing, k)
			return
		}
		delete(left, k)
	}
	for k := range left {
		t.Errorf("%s: %v is missing, with %d others", doing, k, len(left)-1)
		return
	}
}
