package changelog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"example.com/ostraka/store"
)

// Rekeyed returns the change that logs that keys of so many records were made
// anew. keys are those of rules, old and new.
func Rekeyed(change store.Change, moved int64, keys []store.Key) store.Change {
	return Many(change, map[string]int64{"rekeyed": moved}, Keys(slices.Values(keys)))
}

// Mixed returns the change that logs that keys by other tables came in with the
// change given.
func Mixed(c store.Change) store.Change {
	return store.Change{At: c.At, Actor: c.Actor, Action: store.KeysMixed, Bulk: true}
}

// Bare returns what the caller gives of a change that has no records and no
// counts.
func Bare(c store.Change) store.Change { return bare(c) }

// Place is where [store.Keys.Rekey] is: a part of the records and a place in it.
type Place struct {
	Part byte
	At   string // of records in the order of their Seq, the last one
}

// ParsePlace reads what String returned; of the empty text, the place before the
// first record of the part given.
func ParsePlace(text string, first byte) (Place, error) {
	if text == "" {
		return Place{Part: first}, nil
	}
	if len(text) < 2 || text[1] != ':' {
		return Place{}, fmt.Errorf("no page of keys: %.64q", text)
	}
	return Place{text[0], text[2:]}, nil
}

// String returns the place as the After and Next of pages have it.
func (p Place) String() string { return string(p.Part) + ":" + p.At }

// Seq returns the Seq that the place is after.
func (p Place) Seq() (int64, error) {
	if p.At == "" {
		return 0, nil
	}
	seq, err := strconv.ParseInt(p.At, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("no page of keys: %.64q", p.String())
	}
	return seq, nil
}

// AtSeq returns the place after that Seq in the same part.
func (p Place) AtSeq(seq int64) Place { return Place{p.Part, strconv.FormatInt(seq, 10)} }

// After returns the place at the beginning of the part that follows in parts;
// last reports that there is none.
func (p Place) After(parts string) (next Place, last bool) {
	i := strings.IndexByte(parts, p.Part)
	if i < 0 || i+1 == len(parts) {
		return Place{}, true
	}
	return Place{Part: parts[i+1]}, false
}

// AccountKeys gives an account the keys that the maker makes for it. taken
// reports whether another account has a key. It reports whether the account
// differs then, and whether it has a spare key. It shares nothing that it changes.
func AccountKeys(a *store.Account, maker store.KeyMaker, taken func(key string) (bool, error)) (moved, spare bool, err error) {
	if keys, ok := maker.HandleKeys(a.Handle); ok {
		for _, k := range keys {
			if spare, err = taken(k); err != nil {
				return false, false, err
			}
			if spare {
				keys = []string{maker.HandleSpare(a.HandleFold)}
				break
			}
		}
		if !slices.Equal(a.HandleKeys, keys) {
			a.HandleKeys, moved = keys, true
		}
	}
	emails := slices.Clone(a.Emails)
	for i := range emails {
		if mailbox, ok := maker.Mailbox(emails[i].Address); ok && mailbox != emails[i].Mailbox {
			emails[i].Mailbox, moved = mailbox, true
		}
	}
	a.Emails = emails
	if moved {
		a.Version++
	}
	return moved, spare, nil
}

// AliasKeys does so for an alias.
func AliasKeys(a *store.MailAlias, maker store.KeyMaker) (moved bool) {
	if key, ok := maker.LocalKey(a.Local); ok && key != a.LocalKey {
		a.LocalKey, moved = key, true
	}
	if mailbox, ok := maker.Mailbox(a.Destination); ok && mailbox != a.Mailbox {
		a.Mailbox, moved = mailbox, true
	}
	if moved {
		a.Version++
	}
	return moved
}

// RuleKey returns the key that the maker makes of a rule, and whether it is
// another one than the rule has.
func RuleKey(key store.Key, value string, maker store.KeyMaker) (store.Key, bool) {
	if key.Kind != store.KindEmail && key.Kind != store.KindName {
		return key, false
	}
	text, ok := maker.RuleKey(key.Kind, value)
	if !ok || text == key.Text {
		return key, false
	}
	return store.Key{Kind: key.Kind, Text: text}, true
}

// Hashed reports whether a value is a hash, of which no maker can tell what was hashed.
func Hashed(kind store.Kind, value string) bool {
	_, ok := store.Key{Kind: kind, Text: value}.HashKey()
	return ok
}
