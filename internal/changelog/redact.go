package changelog

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// Redaction says what of the log is to be forgotten, as [store.Redactions] and
// [store.AccountRedaction] have it. The zero value forgets nothing.
type Redaction struct {
	keys   map[store.Key]string // what takes the place of the text of a key, and of values with it
	bans   map[uuid.UUID]string // what takes the place of the value of a ban
	gone   uuid.UUID            // the account; zero: none
	actors map[string]struct{}  // its names, as [fold] has them
	texts  map[string]struct{}  // the same as they were written, and what else finds entries
}

// ForBan returns the redaction by which the ban goes from before to after. log is what
// the log has of it.
func ForBan(before, after *store.Ban, log []store.Change) *Redaction {
	r := &Redaction{}
	r.ReplaceBan(before, after.KeyText)
	for i := range log {
		for _, text := range []json.RawMessage{log[i].Before, log[i].After} {
			var was store.Ban
			if json.Unmarshal(text, &was) == nil && was.Kind == before.Kind {
				r.ReplaceBan(&was, after.KeyText)
			}
		}
	}
	return r
}

// ForAccount returns the redaction for an account that goes. log is what the log has
// of it.
func ForAccount(a *store.Account, how *store.AccountRedaction, log []store.Change) *Redaction {
	r := &Redaction{gone: a.ID, keys: maps.Clone(how.Hashes)}
	r.find(a.ID.String())
	r.person(a)
	for i := range log {
		for _, text := range []json.RawMessage{log[i].Before, log[i].After} {
			var was store.Account
			if json.Unmarshal(text, &was) == nil && was.ID == a.ID {
				r.person(&was)
			}
		}
	}
	for key := range how.Hashes {
		r.find(key.Text)
	}
	return r
}

// ReplaceBan has the value and the key of a ban replaced.
func (r *Redaction) ReplaceBan(was *store.Ban, by string) {
	if r.keys == nil {
		r.keys = make(map[store.Key]string)
	}
	if r.bans == nil {
		r.bans = make(map[uuid.UUID]string)
	}
	r.bans[was.ID] = by
	if was.KeyText != by {
		r.keys[was.Key()] = by
	}
	r.find(was.Value)
	r.find(was.KeyText)
	r.find(was.ID.String())
}

func (r *Redaction) person(a *store.Account) {
	names := []string{a.Handle, a.HandleFold}
	for i := range a.Emails {
		names = append(names, a.Emails[i].Address)
	}
	if r.actors == nil {
		r.actors = make(map[string]struct{})
	}
	for _, name := range names {
		if name != "" {
			r.actors[fold(name)] = struct{}{}
			r.find(name)
		}
	}
}

func (r *Redaction) find(text string) {
	if text == "" {
		return
	}
	if r.texts == nil {
		r.texts = make(map[string]struct{})
	}
	r.texts[text] = struct{}{}
}

// fold makes names equal that differ in case.
func fold(name string) string { return strings.ToLower(name) }

// Gone returns the ID of the account that goes; zero: none does.
func (r *Redaction) Gone() uuid.UUID { return r.gone }

// Names returns, in order and in lower case, the names of the account that goes.
func (r *Redaction) Names() []string { return slices.Sorted(maps.Keys(r.actors)) }

// OldKeys returns, in order, the keys that something takes the place of.
func (r *Redaction) OldKeys() []store.Key {
	return slices.SortedFunc(maps.Keys(r.keys), compareKeys)
}

func compareKeys(a, b store.Key) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Text, b.Text))
}

// Key returns what a key becomes.
func (r *Redaction) Key(k store.Key) store.Key {
	if by, ok := r.keys[k]; ok {
		k.Text = by
	}
	return k
}

// Actor returns what the name of who did something becomes.
func (r *Redaction) Actor(name string) string {
	if _, ok := r.actors[fold(name)]; ok {
		return r.gone.String()
	}
	return name
}

// Alias reports whether an alias is one of the account that goes.
func (r *Redaction) Alias(a *store.MailAlias) bool {
	return r.gone != uuid.Nil && (a.Owner == r.gone || r.named(a.Destination))
}

func (r *Redaction) named(text string) bool { return r.Actor(text) != text }

// Change redacts an entry, and reports whether anything in it changed. It changes
// nothing that the entry shares with others.
func (r *Redaction) Change(c *store.Change) (changed bool, err error) {
	if actor := r.Actor(c.Actor); actor != c.Actor {
		c.Actor, changed = actor, true
	}
	if keys, ok := r.replaceKeys(c.Keys); ok {
		c.Keys, changed = keys, true
	}
	kind, _, _ := strings.Cut(string(c.Action), ".")
	for _, text := range []*json.RawMessage{&c.Before, &c.After} {
		if *text == nil {
			continue
		}
		redacted, did, err := r.record(kind, *text)
		if err != nil {
			return false, fmt.Errorf("redact change %d: %w", c.Seq, err)
		}
		if did {
			*text, changed = redacted, true
		}
	}
	return changed, nil
}

// replaceKeys returns the keys as they are to be, each once, if any changes.
func (r *Redaction) replaceKeys(keys []store.Key) ([]store.Key, bool) {
	if !slices.ContainsFunc(keys, func(k store.Key) bool { return r.Key(k) != k }) {
		return nil, false
	}
	return Keys(func(yield func(store.Key) bool) {
		for _, k := range keys {
			if !yield(r.Key(k)) {
				return
			}
		}
	}), true
}

// fields is a record as JSON: what this version does not know of it stays.
type fields map[string]json.RawMessage

func (f fields) text(name string) (text string) {
	_ = json.Unmarshal(f[name], &text) // empty for what is no text
	return text
}

func (f fields) id(name string) (id uuid.UUID) {
	_ = json.Unmarshal(f[name], &id)
	return id
}

// set puts a text in place of another, and reports whether it differs.
func (f fields) set(name, text string) bool {
	if _, ok := f[name]; !ok || f.text(name) == text {
		return false
	}
	f[name], _ = json.Marshal(text) // a string always has a JSON form
	return true
}

// drop takes fields out.
func (f fields) drop(names ...string) (did bool) {
	for _, name := range names {
		if _, ok := f[name]; ok {
			delete(f, name)
			did = true
		}
	}
	return did
}

// keep takes all fields out but these.
func (f fields) keep(names ...string) (did bool) {
	for name := range f {
		if !slices.Contains(names, name) {
			did = f.drop(name) || did
		}
	}
	return did
}

// actorFields are those of all records that name who did something.
var actorFields = []string{"by", "created_by", "updated_by", "revoked_by", "suspended_by", "synced_by", "previous_synced_by"}

// record redacts what the log kept of a record of that kind.
func (r *Redaction) record(kind string, text json.RawMessage) (json.RawMessage, bool, error) {
	var f fields
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, false, err
	}
	did := r.actorsIn(f)
	var err error
	switch kind {
	case "ban":
		did = r.ban(f) || did
	case "account":
		var hold bool
		hold, err = r.account(f)
		did = hold || did
	case "alias":
		if r.gone != uuid.Nil && (f.id("owner") == r.gone || r.named(f.text("destination"))) {
			did = f.drop("local", "local_key", "destination", "mailbox") || did
		}
	case "token":
		if r.gone != uuid.Nil && f.id("account") == r.gone {
			did = f.drop("name") || did
		}
	}
	if err != nil || !did {
		return nil, false, err
	}
	text, err = json.Marshal(f)
	return text, true, err
}

func (r *Redaction) actorsIn(f fields) (did bool) {
	for _, name := range actorFields {
		if was := f.text(name); was != "" {
			did = f.set(name, r.Actor(was)) || did
		}
	}
	return did
}

func (r *Redaction) ban(f fields) bool {
	var kind store.Kind
	if kind.UnmarshalText([]byte(f.text("kind"))) != nil {
		return false
	}
	by, ok := r.keys[store.Key{Kind: kind, Text: f.text("key_text")}]
	if !ok {
		by, ok = r.bans[f.id("id")]
	}
	if !ok {
		return false
	}
	value := f.set("value", by)
	return f.set("key_text", by) || value
}

// keptOfAccount is what the log keeps of an account that is gone; keptOfHold, of what it
// waited for.
var (
	keptOfAccount = []string{
		"id", "seq", "version", "admin", "joined_at", "created_at", "created_by", "updated_at", "last_login_at",
		"suspended_at", "suspended_by", "suspended_reason", "suspension_bans", "hold", "sweep",
	}
	keptOfHold = []string{"since", "by", "let_in", "origin", "rule", "kind", "via"}
)

func (r *Redaction) account(f fields) (did bool, err error) {
	gone := r.gone != uuid.Nil && f.id("id") == r.gone
	if gone {
		did = f.keep(keptOfAccount...)
	}
	var hold fields
	if json.Unmarshal(f["hold"], &hold) != nil || hold == nil {
		return did, nil
	}
	held := r.actorsIn(hold)
	if gone {
		held = hold.keep(keptOfHold...) || held
	} else if by, ok := r.bans[hold.id("rule")]; ok {
		held = hold.set("matched", by) || held
	}
	if held {
		f["hold"], err = json.Marshal(hold)
	}
	return held || did, err
}

// Hold redacts what an account waits for, and reports whether anything in it changed.
func (r *Redaction) Hold(h *store.Hold) (changed bool) {
	if by, ok := r.bans[h.Rule]; ok && h.Matched != "" && h.Matched != by {
		h.Matched, changed = by, true
	}
	if actor := r.Actor(h.By); actor != h.By {
		h.By, changed = actor, true
	}
	return changed
}

// NewKeys returns, in order and each once, what keys become.
func (r *Redaction) NewKeys() (keys []store.Key) {
	for k := range r.keys {
		keys = append(keys, r.Key(k))
	}
	slices.SortFunc(keys, compareKeys)
	return slices.Compact(keys)
}

// Log returns the changes that log what was redacted, and what was done with it, the
// first with the count of bans. If the keys of what was redacted may not be named, that
// one is Bulk, and its keys are not known.
func (r *Redaction) Log(bans int64, unnamed bool, changes ...store.Change) ([]store.Change, error) {
	for i := range changes {
		c := &changes[i]
		if i == 0 {
			setCounts(c, map[string]int64{"bans_redacted": bans})
			if unnamed {
				c.Keys, c.Bulk = nil, true
			}
		}
		if _, err := r.Change(c); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// Bury leaves of an alias its address only, and turns it off.
func Bury(a *store.MailAlias) {
	a.Owner, a.DisabledBan = uuid.Nil, uuid.Nil
	a.Destination, a.Mailbox, a.Active = "", "", false
	a.Version++
}

// Overruled returns those of the bans, which are of one key and in the order of their
// Seq, that are active at that time beside the one that decides.
func Overruled(bans []store.Ban, at time.Time) (others []store.Ban) {
	best := -1
	for i := range bans {
		if bans[i].Active(at) && (best < 0 || decidesBefore(&bans[i], &bans[best])) {
			best = i
		}
	}
	for i := range bans {
		if i != best && bans[i].Active(at) {
			others = append(others, bans[i])
		}
	}
	return others
}

// decidesBefore reports whether a decides beside b: a shadow never does, an exception
// does before all, and of two that say the same the one that lasts longer.
func decidesBefore(a, b *store.Ban) bool {
	rank := map[store.Effect]int{store.Allow: 0, store.Deny: 1, store.Review: 2}
	switch {
	case a.Shadow != b.Shadow:
		return !a.Shadow
	case a.Effect != b.Effect:
		return rank[a.Effect] < rank[b.Effect]
	case a.ExpiresAt.IsZero() || b.ExpiresAt.IsZero():
		return a.ExpiresAt.IsZero() && !b.ExpiresAt.IsZero()
	}
	return a.ExpiresAt.After(b.ExpiresAt)
}
