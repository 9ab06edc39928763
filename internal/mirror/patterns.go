package mirror

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/ruleindex"
	"example.com/ostraka/store"
)

// bans are what of a store reads one ban.
type bans interface {
	Ban(ctx context.Context, id uuid.UUID) (store.Ban, error)
}

// pattern is a ban that was or has become a pattern of a kind: a change may make one
// of another kind of it.
type pattern struct {
	ban  uuid.UUID
	kind store.Kind
}

// bansOf returns what reads the bans of a source, nil if it cannot.
func bansOf(source store.Rules) bans {
	if s, ok := source.(interface{ Underlying() store.Rules }); ok {
		source = s.Underlying()
	}
	b, _ := source.(bans)
	return b
}

// owe takes note that what a change names is to be looked up. All patterns of a
// kind have one key, and are many: of a change to one ban, the ban is read instead.
func (m *Mirror) owe(c *store.Change) {
	for _, k := range c.Keys {
		if k.Wildcard() && m.touched == nil && m.bans != nil && ofOneBan(c) && len(m.patterns) < maxPatterns {
			p := pattern{c.Target, k.Kind}
			created := m.patterns[p]
			if c.Action == store.BanCreate {
				created = c.At
			}
			m.patterns[p] = created
		} else {
			m.owed[k] = struct{}{}
		}
	}
}

// maxPatterns is how many bans are read one by one.
const maxPatterns = 64

// ofOneBan reports whether a change is to one ban, and names it.
func ofOneBan(c *store.Change) bool {
	switch c.Action {
	case store.BanCreate, store.BanUpdate, store.BanRevoke, store.BanReinstate, store.BanDelete:
		return c.Target != uuid.Nil
	}
	return false
}

// owes reports whether there is anything to be looked up.
func (m *Mirror) owes() bool { return len(m.owed)+len(m.patterns) > 0 }

// readPatterns reads the bans of patterns that are owed. A ban that was made among the
// changes has retired those of the same value that had expired. Where its value of then
// is not known any more, as it was changed or removed since, all patterns of the kind
// have to be looked up: it returns those kinds.
func (m *Mirror) readPatterns(ctx context.Context) (map[uuid.UUID]store.Ban, []store.Key, error) {
	var all []store.Key
	found := make(map[uuid.UUID]store.Ban, len(m.patterns))
	for p, created := range m.patterns {
		b, err := m.bans.Ban(ctx, p.ban)
		switch {
		case err == nil:
			found[p.ban] = b
		case !errors.Is(err, store.ErrNotFound):
			return nil, nil, fmt.Errorf("read the ban that changed: %w", err)
		}
		if key := store.WildcardKey(p.kind); !created.IsZero() && b.Version != 1 && !slices.Contains(all, key) {
			all = append(all, key)
		}
	}
	return found, all, nil
}

// replacePatterns makes an index have what was read of patterns, but for those of the
// kinds of which all were looked up later.
func (m *Mirror) replacePatterns(x *ruleindex.Index, found map[uuid.UUID]store.Ban, all []store.Key) {
	for p, created := range m.patterns {
		key := store.WildcardKey(p.kind)
		if slices.Contains(all, key) {
			continue
		}
		b, ok := found[p.ban]
		if !ok || !b.RevokedAt.IsZero() || b.Key() != key {
			x.Remove(key, p.ban)
			continue
		}
		x.Put(b.Rule())
		if !created.IsZero() {
			retire(x, &b, created)
		}
	}
}

// retire removes rules of the same value as that of a ban that had expired when it was
// made: that has retired them.
func retire(x *ruleindex.Index, b *store.Ban, at time.Time) {
	var gone []uuid.UUID
	for r := range x.Wildcards(b.Kind).All() {
		if r.Value == b.Value && r.ID != b.ID && !r.InForce(at) {
			gone = append(gone, r.ID)
		}
	}
	for _, id := range gone {
		x.Remove(store.WildcardKey(b.Kind), id)
	}
}
