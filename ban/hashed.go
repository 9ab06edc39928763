package ban

import (
	"cmp"
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

// rivals returns the bans that keep a value in another form than a ban of it does, as far
// as the keys tell: one that is hashed and one that is not are bans of the same value, and
// so are two that are hashed under different keys.
//
// What was hashed is a mailbox, or a look. A plain ban of another spelling of it is a rival
// if it has the same effect, for then they say the same; with another it says something of
// that spelling alone. So does an exception for a name, and a rule behind an equals sign.
func (h *hasher) rivals(b *Ban, v Value) *store.Rivals {
	if h.ring == nil || v.Hashed() || b.Kind == KindName && b.Effect == Allow {
		return nil
	}
	var keys []store.Key
	for _, form := range h.under(v) {
		if form.Key() != b.Key() {
			keys = append(keys, form.Key())
		}
	}
	if b.Hashed() {
		keys = append(keys, v.Key())
	}
	if len(keys) == 0 {
		return nil
	}
	hashed, effect, text, plain := b.Hashed(), b.Effect, v.String(), h.plain(v).String()
	return &store.Rivals{Keys: keys, Test: func(o *Ban) bool {
		switch {
		case hashed && (o.Hashed() || o.Value == text || o.Value == plain):
			return true
		case o.Kind == KindName:
			_, alone := value.SplitName(o.Value)
			return o.Effect != Allow && !alone
		}
		return o.Effect == effect || !hashed && text == plain
	}}
}

// plain returns the value in the spelling that a hash of it stands for: that of the
// mailbox, of an address; another value as it is.
func (h *hasher) plain(v Value) Value {
	if v.Kind() == KindEmail && !v.Wildcard() && !v.Hashed() {
		if plain, err := h.tables.Parse(KindEmail, Literal(v.Key().Text)); err == nil {
			return plain
		}
	}
	return v
}

// plainly returns a ban that does what one does that keeps a value as a hash only, as
// long as the value is known, for what compares rules by what they say: of the mailbox in
// its plain spelling, or of the name. The latter goes before rules for names that look like
// it, which the hashed one does not. Another ban is returned as it is.
func (h *hasher) plainly(b Ban, v Value) Ban {
	if b.Hashed() && !v.Hashed() {
		setValue(&b, h.plain(v))
	}
	return b
}

// inForm returns an active ban that is one of the rivals of another, nil if there is none.
func (a *Admin) inForm(ctx context.Context, r *store.Rivals, now time.Time) (*Ban, error) {
	if r == nil {
		return nil, nil
	}
	rules, err := a.store.Lookup(ctx, r.Keys)
	if err != nil {
		return nil, err
	}
	for i := range rules {
		if rules[i].Origin != store.OriginBan || !rules[i].InForce(now) {
			continue
		}
		found, err := a.store.Ban(ctx, rules[i].ID)
		switch {
		case errors.Is(err, ErrNotFound): // deleted meanwhile
		case err != nil:
			return nil, err
		case r.Match(&found):
			return &found, nil
		}
	}
	return nil, nil
}

// filters returns those of the hashed bans that a filter is about whose Contains is a
// whole address or name, one for each form in which the keys of the ring keep it. None
// of them selects what the filter itself does.
func (h *hasher) filters(f Filter) []Filter {
	text := f.Contains
	if h.ring == nil || text == "" || f.Value != "" {
		return nil
	}
	var all []Filter
	add := func(v Value, err error) {
		if err != nil || f.Kind != 0 && f.Kind != v.Kind() {
			return
		}
		for _, form := range h.under(v) {
			if !strings.Contains(form.String(), text) {
				f := f
				f.Kind, f.Value, f.Contains = form.Kind(), form.String(), ""
				all = append(all, f)
			}
		}
	}
	add(h.tables.ParseEmail(text))
	add(ParseName(text))
	return all
}

// withHashed returns a page of what a filter selects, which list lists, and of the
// hashed bans that it is about.
func (a *Admin) withHashed(ctx context.Context, f Filter, p Page, list func(Page) ([]Ban, error)) ([]Ban, error) {
	hashed := a.hasher.filters(f)
	if len(hashed) == 0 {
		return list(p)
	}
	size, offset := p.Size(), max(p.Offset, 0)
	first := p
	first.Offset, first.Limit = 0, int(min(offset+int64(size), store.MaxPageLimit))
	var bans []Ban
	for _, f := range hashed {
		some, err := a.store.ListBans(ctx, f, first)
		if err != nil {
			return nil, err
		}
		bans = append(bans, some...)
	}
	// Of those that are passed over some are hashed, so that fewer of the others are.
	skip := min(offset, int64(len(bans)))
	p.Offset, p.Limit = offset-skip, min(size+int(skip), store.MaxPageLimit)
	others, err := list(p)
	if err != nil {
		return nil, err
	}
	bans = append(bans, others...)
	slices.SortFunc(bans, func(x, y Ban) int {
		if p.OldestFirst {
			x, y = y, x
		}
		return cmp.Compare(y.Seq, x.Seq)
	})
	bans = bans[min(int(skip), len(bans)):]
	return bans[:min(size, len(bans))], nil
}
