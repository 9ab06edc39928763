package memstore

import (
	"hash/maphash"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/ruleindex"
	"example.com/ostraka/store"
)

// version is one content of a list with an index by key. It never changes, so
// that whoever has got hold of one reads it without a lock. An entry that two
// versions have in common is the same pointer in both.
type version struct {
	entries []*store.Entry

	// Of the list as it is with the version; zero for the empty one before the first.
	syncedAt                             time.Time
	syncedBy                             string
	source, reason, publicReason, digest string

	table ruleindex.Table   // of the positions of entries, by the hashes of their keys
	lens  []store.PrefixLen // of the entries' keys, each once

	hashes []store.HashKey // under which the values of entries are hashed, each once
}

// seed is for the hashes of all versions of all lists, so that a key that is
// looked up in many is hashed once.
var seed = maphash.MakeSeed()

func hashOf(k store.Key) uint64 { return maphash.String(seed, k.Text) }

// index makes the entries findable by key.
func (v *version) index() {
	v.table = ruleindex.NewTable(len(v.entries))
	lens, hashes := make(map[store.PrefixLen]struct{}), make(map[store.HashKey]struct{})
	for i, e := range v.entries {
		v.table.Add(hashOf(e.Key), uint32(i))
		if l, ok := e.Key.PrefixLen(); ok {
			lens[l] = struct{}{}
		}
		if h, ok := e.Key.HashKey(); ok {
			hashes[h] = struct{}{}
		}
	}
	v.lens, v.hashes = slices.Collect(maps.Keys(lens)), slices.Collect(maps.Keys(hashes))
}

// find calls yield for the entries that carry the key, whose hash is given,
// until it returns false.
func (v *version) find(key store.Key, hash uint64, yield func(*store.Entry) bool) {
	for c := v.table.Find(hash); ; {
		at, _, ok := c.Next()
		if !ok {
			return
		}
		if e := v.entries[at]; e.Key == key && !yield(e) {
			return
		}
	}
}

// has reports whether the version has an entry of that ID and key.
func (v *version) has(id uuid.UUID, key store.Key) (found bool) {
	v.find(key, hashOf(key), func(e *store.Entry) bool {
		found = e.ID == id
		return !found
	})
	return found
}

// emptyVersion is that before the first of every list.
func emptyVersion() *version {
	v := &version{}
	v.index()
	return v
}
