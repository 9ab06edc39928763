package blocklist

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// slowDigest is digest, sorted in the obvious way.
func slowDigest(entries []store.Entry) string {
	var rows [][]byte
	for _, e := range entries {
		shadow := byte(0)
		if e.Shadow {
			shadow = 1
		}
		rows = append(rows, append(e.ID[:len(e.ID):len(e.ID)], 0, byte(e.Effect), byte(e.Scope), shadow))
	}
	slices.SortFunc(rows, bytes.Compare)
	sum := sha256.Sum256(bytes.Join(rows, nil))
	return "1:" + base64.RawURLEncoding.EncodeToString(sum[:])
}

func randomEntries(rng *rand.Rand, n int) []store.Entry {
	entries := make([]store.Entry, n)
	for i := range entries {
		e := &entries[i]
		for j := range e.ID {
			e.ID[j] = byte(rng.IntN(256))
		}
		if i%3 == 0 {
			e.ID = uuid.UUID{15: byte(i), 14: byte(i >> 8)} // alike but for their ends
		}
		e.Effect, e.Scope, e.Shadow = store.Effect(rng.IntN(3)), store.Scope(rng.IntN(4)), rng.IntN(2) == 0
	}
	return entries
}

func TestADigestTellsSetsOfEntriesApart(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 7, 8, 100, 5000} {
		entries := randomEntries(rng, n)
		want := slowDigest(entries)
		for i := range entries {
			entries[i].Line = i // is not looked at, nor is the order
		}
		rng.Shuffle(n, func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
		if got := digest(entries); got != want {
			t.Errorf("%d entries: %s, want %s", n, got, want)
		}
		for what, change := range map[string]func(*store.Entry){
			"ID": func(e *store.Entry) { e.ID[7] ^= 1 }, "effect": func(e *store.Entry) { e.Effect ^= 1 },
			"scope": func(e *store.Entry) { e.Scope ^= 8 }, "shadow": func(e *store.Entry) { e.Shadow = !e.Shadow },
		} {
			other := slices.Clone(entries)
			if n == 0 {
				other = randomEntries(rng, 1)
			} else {
				change(&other[rng.IntN(n)])
			}
			if digest(other) == want {
				t.Errorf("%d entries: another %s has the same digest", n, what)
			}
		}
	}
}

func TestAnIDIndexFindsWhatAMapFinds(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, expected := range []int{0, 10_000} {
		x, model := newIDIndex(expected), map[uuid.UUID]int{}
		var entries []store.Entry
		for _, e := range randomEntries(rng, 5000) {
			for range 2 { // the second time it is there
				at, there := x.put(entries, e.ID)
				was, known := model[e.ID]
				if there != known || there && at != was {
					t.Fatalf("put = %d, %v; want %d, %v", at, there, was, known)
				}
				if !known {
					model[e.ID] = len(entries)
					entries = append(entries, e)
				}
			}
			if _, there := x.find(entries, uuid.New()); there {
				t.Fatal("finds what is not there")
			}
		}
		for id, want := range model {
			if at, there := x.find(entries, id); !there || at != want {
				t.Fatalf("find = %d, %v; want %d", at, there, want)
			}
		}
		if x.used != len(model) {
			t.Errorf("used %d, want %d", x.used, len(model))
		}
	}
}
