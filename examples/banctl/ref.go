package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/store"
)

// References name a record: a ban by its number ("12" or "#12"), its id, or its
// value ("spam.example", "name:john.doe") or the hash of that; a block as "block:" and one of these; a
// list as "list:" and its name.
const (
	blockPrefix = "block:"
	listPrefix  = "list:"
)

// ambiguousError reports a value that several bans have, of which none is active.
type ambiguousError struct {
	value   ban.Value
	numbers []string
}

func (e *ambiguousError) Error() string {
	return fmt.Sprintf("no active ban, but %d ended ones, are of %s %q: name one of them by its number, %s",
		len(e.numbers), e.value.Kind(), e.value.String(), strings.Join(e.numbers, ", "))
}

// record is what a reference names: one of these is set.
type record struct {
	ban   *ban.Ban
	block *blocklist.Block
	list  *blocklist.List
}

func (r record) id() uuid.UUID {
	switch {
	case r.ban != nil:
		return r.ban.ID
	case r.block != nil:
		return r.block.ID
	}
	return r.list.ID
}

// find returns what a reference names.
func (s *session) find(ctx context.Context, ref string) (record, error) {
	if rest, ok := strings.CutPrefix(ref, blockPrefix); ok {
		b, err := s.findBlock(ctx, rest)
		return record{block: &b}, err
	}
	if name, ok := strings.CutPrefix(ref, listPrefix); ok {
		l, err := s.lists.GetList(ctx, name)
		return record{list: &l}, named(err, "a list %q", name)
	}
	id, ok := parseID(ref)
	if !ok {
		b, err := s.findBan(ctx, ref)
		return record{ban: &b}, err
	}
	b, err := s.bans.Get(ctx, id)
	if !errors.Is(err, ban.ErrNotFound) {
		return record{ban: &b}, err
	}
	block, err := s.lists.Get(ctx, id)
	if !errors.Is(err, ban.ErrNotFound) {
		return record{block: &block}, err
	}
	lists, err := s.lists.Lists(ctx)
	if err != nil {
		return record{}, err
	}
	for _, l := range lists {
		if l.ID == id {
			return record{list: &l}, nil
		}
	}
	return record{}, fmt.Errorf("a ban, block or list with the id %s: %w", id, ban.ErrNotFound)
}

// findBan returns the ban that a reference names. Of the bans of a value it is the
// active one, or else the only one. Those that keep a hash of the value are bans of it,
// as far as the keys tell.
func (s *session) findBan(ctx context.Context, ref string) (ban.Ban, error) {
	if id, ok := parseID(ref); ok {
		b, err := s.bans.Get(ctx, id)
		return b, named(err, "a ban with the id %s", id)
	}
	if seq, ok := parseNumber(ref); ok {
		b, err := s.bans.GetSeq(ctx, seq)
		return b, named(err, "a ban #%d", seq)
	}
	forms, err := s.forms(ref)
	if err != nil {
		return ban.Ban{}, err
	}
	v := forms[0]
	var found []ban.Ban
	for _, form := range forms {
		for b, err := range allBans(ctx, s.bans.List, ban.Filter{Kind: form.Kind(), Value: form.String()}, ban.Page{}) {
			switch {
			case err != nil:
				return ban.Ban{}, err
			case b.Active(s.now()):
				return b, nil
			}
			found = append(found, b)
		}
	}
	switch len(found) {
	case 0:
		return ban.Ban{}, s.noBan(ctx, v)
	case 1:
		return found[0], nil
	}
	e := &ambiguousError{value: v}
	for _, b := range found {
		e.numbers = append(e.numbers, fmt.Sprintf("#%d", b.Seq))
	}
	return ban.Ban{}, e
}

// forms returns the values under which bans of the value that a reference names are
// kept: the value itself, and its hashes. What a reference is that is a hash nobody can
// tell: it is one of an address, and one of a name.
func (s *session) forms(ref string) ([]ban.Value, error) {
	if _, _, ok := store.ParseHashText(ref); ok {
		email, err := ban.ParseEmail(ref)
		if err != nil {
			return nil, err
		}
		name, err := ban.ParseName(ref)
		return []ban.Value{email, name}, err
	}
	v, err := ban.ParseAny(ref)
	if err != nil {
		return nil, err
	}
	forms := []ban.Value{v}
	for _, id := range slices.Sorted(maps.Keys(s.keys)) {
		if hashed, err := s.keys.Hash(id, v); err == nil {
			forms = append(forms, hashed)
		}
	}
	return forms, nil
}

// noBan says that there is no ban of a value; if there may be one that is hashed under a
// key that is not there, it says so.
func (s *session) noBan(ctx context.Context, v ban.Value) error {
	err := fmt.Errorf("a ban of %s %q: %w", v.Kind(), v.String(), ban.ErrNotFound)
	if v.Hashed() || v.Wildcard() || v.Kind() != ban.KindEmail && v.Kind() != ban.KindName {
		return err
	}
	missing, missingErr := ban.MissingKeys(ctx, s.store, s.keys)
	if missingErr != nil || len(missing) == 0 {
		return errors.Join(err, missingErr)
	}
	return fmt.Errorf("%w; it was not looked for among those hashed under the key %s: name them by number, or the key file with --key-file", err, strings.Join(missing, ", "))
}

// findBlock returns the block that a reference without its prefix names.
func (s *session) findBlock(ctx context.Context, ref string) (blocklist.Block, error) {
	ref = strings.TrimPrefix(ref, blockPrefix)
	if id, ok := parseID(ref); ok {
		b, err := s.lists.Get(ctx, id)
		return b, named(err, "a block with the id %s", id)
	}
	if seq, ok := parseNumber(ref); ok {
		b, err := s.lists.GetSeq(ctx, seq)
		return b, named(err, "a block #%d", seq)
	}
	v, err := ban.ParseDomain(ref)
	if err != nil {
		return blocklist.Block{}, err
	}
	rules, err := s.store.Lookup(ctx, []store.Key{v.Key()})
	if err != nil {
		return blocklist.Block{}, err
	}
	for _, r := range rules {
		if r.Origin == store.OriginBlock && r.Value == v.String() {
			return s.lists.Get(ctx, r.ID)
		}
	}
	return blocklist.Block{}, fmt.Errorf("a block of %q: %w", v.String(), ban.ErrNotFound)
}

// named says of what is not there what it was; other errors stay as they are.
func named(err error, format string, args ...any) error {
	if errors.Is(err, store.ErrNotFound) {
		err = fmt.Errorf(format+": %w", append(args, store.ErrNotFound)...)
	}
	return err
}

func parseID(ref string) (uuid.UUID, bool) {
	if len(ref) != len("00000000-0000-0000-0000-000000000000") {
		return uuid.UUID{}, false
	}
	id, err := uuid.Parse(ref)
	return id, err == nil
}

// parseNumber reads "12" or "#12". A name of digits is written "name:12".
func parseNumber(ref string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimPrefix(ref, "#"), 10, 64)
	return n, err == nil && n > 0
}

// allBans yields the bans that a filter selects, newest first, a page at a time.
func allBans(ctx context.Context, list func(context.Context, ban.Filter, ban.Page) ([]ban.Ban, error), f ban.Filter, page ban.Page) iter.Seq2[ban.Ban, error] {
	page.Limit = store.MaxPageLimit
	return func(yield func(ban.Ban, error) bool) {
		for {
			bans, err := list(ctx, f, page)
			if err != nil {
				yield(ban.Ban{}, err)
				return
			}
			for _, b := range bans {
				if !yield(b, nil) {
					return
				}
			}
			if len(bans) < page.Limit {
				return
			}
			page.Before = bans[len(bans)-1].Seq
		}
	}
}
