package ban

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/match"
	"example.com/ostraka/store"
)

// hasher hashes the values of bans. The zero hasher has no keys.
type hasher struct {
	tables *value.Tables
	ring   *match.Ring // nil: none
	newest string      // the ID of the key that new bans are hashed under
}

func newHasher(tables *value.Tables, ring KeyRing, newest string) (hasher, error) {
	compiled, err := ring.compile()
	if err != nil {
		return hasher{}, err
	}
	if newest, err = ring.Newest(newest); err != nil {
		return hasher{}, err
	}
	return hasher{tables, compiled, newest}, nil
}

// hash returns what is kept in the place of a value.
func (h *hasher) hash(v Value) (Value, error) {
	if h.ring == nil {
		return Value{}, NewValueError("hashed", "true", CodeNotSupported, "there is no key to hash under: give AdminOptions.Keys")
	}
	return h.ring.Hash(h.newest, v)
}

// under returns the value as it is kept under each key of the ring; none if it is not
// hashed.
func (h *hasher) under(v Value) []Value {
	var all []Value
	for _, id := range h.ring.IDs() {
		if hashed, err := h.ring.Hash(id, v); err == nil {
			all = append(all, hashed)
		}
	}
	return all
}

// checkHashed checks what depends on whether the value of a ban is hashed.
func (h *hasher) checkHashed(b *Ban) error {
	if !b.Hashed() {
		if b.Label != "" {
			return NewValueError("label", b.Label, CodeNoEffect, "only a ban whose value is hashed has a label")
		}
		return nil
	}
	if b.Kind == KindName && b.Effect == Allow {
		return NewValueError("effect", b.Effect.String(), CodeNotSupported,
			"an exception for a name is for that name alone, and a hash is of all that look like it: do not hash this one")
	}
	if err := CheckText("label", b.Label); err != nil {
		return hideValue(err, true)
	}
	if strings.ContainsAny(b.Label, "\n\t") {
		return NewValueError("label", "", CodeControl, "a label is one line without tabs")
	}
	for _, t := range [...]struct{ field, text string }{
		{"label", b.Label}, {"reason", b.Reason}, {"public_reason", b.PublicReason}, {"revoked_reason", b.RevokedReason},
	} {
		if h.names(b, t.text) {
			return NewValueError(t.field, "", CodeConflict, "leave out what is banned: only its hash is kept")
		}
	}
	return nil
}

// maxNameWords is how many words of a text are taken for a name, at most.
const maxNameWords = 4

// names reports whether a text names what a hashed ban is about, as far as the keys
// tell: the address in any spelling, or the name.
func (h *hasher) names(b *Ban, text string) bool {
	id := banValue(b).HashKey()
	if text == "" || !h.ring.Has(id) {
		return false
	}
	is := func(v Value, err error) bool {
		if err != nil {
			return false
		}
		hashed, err := h.ring.Hash(id, v)
		return err == nil && hashed.Key() == b.Key()
	}
	words := strings.Fields(text)
	for i, word := range words {
		if b.Kind == KindEmail {
			if strings.Contains(word, "@") && is(h.tables.ParseEmail(Literal(trimWord(word)))) {
				return true
			}
			continue
		}
		for n := 1; n <= maxNameWords && i+n <= len(words); n++ {
			if is(ParseName(Literal(trimWord(strings.Join(words[i:i+n], " "))))) {
				return true
			}
		}
	}
	return false
}

// trimWord returns a word without what stands around it in a sentence.
func trimWord(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) })
}

// hideValue keeps the value out of an error where it must not be repeated.
func hideValue(err error, hide bool) error {
	e, ok := errors.AsType[*ValueError](err)
	if !hide || !ok {
		return err
	}
	hidden := *e
	hidden.Value = ""
	return &hidden
}

// forms returns the other values that a ban of the value may be kept as, as far as the
// keys tell: of one that is to be kept as a hash the plain one and its hashes under
// other keys, of a plain one its hashes.
func (a *Admin) forms(kept, v Value) []Value {
	if a.hasher.ring == nil || v.Hashed() {
		return nil
	}
	all := a.hasher.under(v)
	if kept.Hashed() {
		all = append(all, v)
		if plain, err := a.tables.Parse(v.Kind(), plainMailbox(v)); err == nil && plain != v {
			all = append(all, plain)
		}
	}
	return slices.DeleteFunc(all, func(x Value) bool { return x == kept })
}

// plainMailbox returns the plain spelling of an address, as a rule has it; another value
// as it is.
func plainMailbox(v Value) string {
	if v.Kind() != KindEmail || v.Wildcard() {
		return v.String()
	}
	return value.Literal(v.Key().Text)
}

// plainly returns a ban that does what one does that keeps a value as a hash only, as
// long as the value is known, for what compares rules by what they say: of the mailbox in
// its plain spelling, or of the name. The latter goes before rules for names that look like
// it, which the hashed one does not. Another ban is returned as it is.
func (a *Admin) plainly(b Ban, v Value) Ban {
	if b.Hashed() && !v.Hashed() {
		if plain, err := a.tables.Parse(v.Kind(), plainMailbox(v)); err == nil {
			setValue(&b, plain)
		}
	}
	return b
}

// otherForm returns an [*ExistsError] if an active ban keeps the value in another form:
// one that is hashed and one that is not are bans of the same value, and so are two that
// are hashed under different keys.
func (a *Admin) otherForm(ctx context.Context, b *Ban, v Value, now time.Time) error {
	found, err := a.inForm(ctx, a.forms(banValue(b), v), now)
	if err == nil && found != nil {
		err = &ExistsError{Existing: *found}
	}
	return err
}

// inForm returns an active ban of one of the values, nil if there is none.
func (a *Admin) inForm(ctx context.Context, values []Value, now time.Time) (*Ban, error) {
	if len(values) == 0 {
		return nil, nil
	}
	keys := make([]store.Key, len(values))
	for i, v := range values {
		keys[i] = v.Key()
	}
	rules, err := a.store.Lookup(ctx, keys)
	if err != nil {
		return nil, err
	}
	for i := range rules {
		r := &rules[i]
		if r.Origin != store.OriginBan || !r.InForce(now) || !slices.Contains(values, value.Stored(r.Key, r.Value)) {
			continue
		}
		found, err := a.store.Ban(ctx, r.ID)
		if errors.Is(err, ErrNotFound) {
			continue // deleted meanwhile
		}
		return &found, err
	}
	return nil, nil
}
