package ban

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/match"
	"example.com/ostraka/store"
)

// Hash turns a ban of an e-mail address or a name into one that keeps only the hash,
// under [AdminOptions.HashKey]; see [CreateOptions.Hashed]. ID, life and hits stay. In the
// same step the hash takes the place of the value wherever the store has it: in the log,
// and in other bans of that value that are over; see [store.Redactions]. Reasons stay as
// moderators wrote them: those of the ban must not name the value, else the error is a
// [*ValueError].
//
// The label is what moderators read from then on, empty for none. A ban that is hashed
// already is returned as it is. A missing ban is [ErrNotFound]; if the value is also banned
// by another active ban, the error is an [*ExistsError] with it.
func (a *Admin) Hash(ctx context.Context, id uuid.UUID, label string) (Ban, error) {
	var b Ban
	err := a.turns.Retry(ctx, conflicts, func() (err error) {
		b, err = a.hashOnce(ctx, id, label)
		return err
	})
	return b, err
}

func (a *Admin) hashOnce(ctx context.Context, id uuid.UUID, label string) (Ban, error) {
	c, err := a.change(ctx, store.BanHash, a.clock())
	if err != nil {
		return Ban{}, err
	}
	b, err := a.Get(ctx, id)
	if err != nil || b.Hashed() {
		return b, err
	}
	v := a.tables.Value(banValue(&b))
	kept, err := a.hasher.hash(v)
	if err != nil {
		return Ban{}, err
	}
	setValue(&b, kept)
	b.Label, b.UpdatedAt = label, c.At
	if err := a.hasher.checkHashed(&b); err != nil {
		return Ban{}, err
	}
	b.Rivals = a.hasher.rivals(&b, v)
	hashed, err := a.store.RedactBan(ctx, b, c)
	if err != nil {
		return Ban{}, hashError(id, err)
	}
	return hashed, nil
}

// Rehash hashes a ban anew, under [AdminOptions.HashKey], if it is hashed under an older
// key of the ring. That takes the value, which is in no store: it comes with a Subject
// that the ban matched. So a key can be taken out of use, ban by ban, as those whom they
// keep out come again; see [CheckerOptions.Rehash].
//
// A ban that is not hashed, or is under that key already, is returned as it is. If the
// ban is not about the Subject, or its key is not in the ring, the error is a
// [*ValueError], if the value has another active ban an [*ExistsError].
func (a *Admin) Rehash(ctx context.Context, id uuid.UUID, s Subject) (Ban, error) {
	return a.modify(ctx, id, func(b *Ban, _ store.Change) error {
		v := banValue(b)
		if !v.Hashed() || v.HashKey() == a.hasher.newest {
			return nil
		}
		if !a.hasher.ring.Has(v.HashKey()) {
			return unknownKey(v.HashKey())
		}
		var fields match.Fields
		if err := fields.Parse(s.Email, "", "", s.Name, match.Reading{Tables: a.tables, Leet: true}); err != nil {
			return hideValue(err, true)
		}
		fields.Hash(a.hasher.ring.All())
		if kept, ok := a.hasher.ring.Rehash(&fields, v, a.hasher.newest); ok {
			setValue(b, kept)
			return nil
		}
		return NewValueError("subject", "", CodeConflict, "give a Subject that the ban is about")
	})
}

// maxSightings is how many sightings wait for their turn, and how many bans are
// remembered that had it.
const (
	maxSightings = 64
	maxRehashed  = 4096
)

// rehasher hashes bans anew that checks have met under old keys: one after the other,
// beside the checks. What it does not get to, it leaves to the next sighting.
type rehasher struct {
	admin *Admin
	queue chan sighting

	mu   sync.Mutex
	done map[uuid.UUID]struct{} // bans that were tried, or wait
}

// sighting is somebody who was matched by a ban.
type sighting struct {
	ban     uuid.UUID
	subject Subject
}

func newRehasher(a *Admin) *rehasher {
	return &rehasher{admin: a, queue: make(chan sighting, maxSightings), done: make(map[uuid.UUID]struct{})}
}

// sighted takes note of a rule that matched. It never waits.
func (r *rehasher) sighted(rule *store.Rule, s *Subject) {
	k, ok := rule.Key.HashKey()
	if !ok || k.ID == r.admin.hasher.newest || rule.Origin != store.OriginBan || !r.first(rule.ID) {
		return
	}
	// The texts may be pieces of a request.
	seen := sighting{ban: rule.ID, subject: Subject{Email: strings.Clone(s.Email)}}
	if k.Kind == value.KindName {
		seen.subject = Subject{Name: strings.Clone(s.Name)}
	}
	select {
	case r.queue <- seen:
	default:
		r.mu.Lock()
		delete(r.done, rule.ID)
		r.mu.Unlock()
	}
}

// first reports whether the ban was not tried before.
func (r *rehasher) first(id uuid.UUID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.done[id]; ok {
		return false
	}
	if len(r.done) >= maxRehashed {
		clear(r.done)
	}
	r.done[id] = struct{}{}
	return true
}

func hashError(id uuid.UUID, err error) error { return fmt.Errorf("hash ban %s: %w", id, err) }

// rehashTimeout bounds how long one ban is worked on.
const rehashTimeout = 5 * time.Second

func (r *rehasher) run(ctx context.Context) {
	if ActorFrom(ctx) == "" && r.admin.actor == "" {
		ctx = WithActor(ctx, "ostraka")
	}
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-r.queue:
			one, cancel := context.WithTimeout(ctx, rehashTimeout)
			_, _ = r.admin.Rehash(one, s.ban, s.subject) // it stays under its key until it is sighted again
			cancel()
		}
	}
}
