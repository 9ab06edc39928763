package sqlitestore

import (
	"context"
	"errors"
	"testing"

	"example.com/ostraka/store"
)

// TestAListLeavesRoomOnTheDisk: what it has written is removed again, which needs room as
// all writes do.
func TestAListLeavesRoomOnTheDisk(t *testing.T) {
	s := openTempSteps(t)
	free := int64(spareRoom)
	s.free = func(string) (int64, bool) { return free, true }
	kept := mustApply(t, s, newList("kept", domainEntries("a", 3*testSteps)...))
	free--
	for name, d := range map[string]store.ListDelta{
		"a new one":       newList("new", domainEntries("b", 3*testSteps)...),
		"another content": delta(kept, domainEntries("a", 3*testSteps), domainEntries("c", 3*testSteps)),
	} {
		if _, err := s.ApplyList(context.Background(), d, by(store.ListSync)); !errors.Is(err, ErrDiskFull) || !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrDiskFull", name, err)
		}
		wantRows(t, s, "afterwards", 3*testSteps)
	}
	wantValues(t, s, "kept", domainEntries("a", 3*testSteps))
	mustApply(t, s, newList("small", domainEntries("d", testSteps-1)...)) // a write like others
	mustCreate(t, s, "x.example")
	s.free = func(string) (int64, bool) { return 0, false }
	mustApply(t, s, newList("unknown", domainEntries("e", 3*testSteps)...))
	mustCheck(t, s)
}

func TestTheRoomOfAFolderIsKnown(t *testing.T) {
	if free, ok := freeBytes(t.TempDir()); ok && free <= 0 {
		t.Errorf("%d bytes", free)
	}
	if _, ok := freeBytes("/nowhere/at/all"); ok {
		t.Error("that of a folder that is not there is known")
	}
}
