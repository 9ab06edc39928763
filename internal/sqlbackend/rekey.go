package sqlbackend

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// The parts of the records that keys are made of, in order.
const (
	rekeyBans      = 'b'
	rekeyAddresses = 'e' // entries of lists, by the letters of their kinds
	rekeyNames     = 'n'
	rekeyAccounts  = 'a'
	rekeyAliases   = 'm'

	rekeyParts = "benam"
)

// RekeyPlace parses where a page of Rekey begins.
func RekeyPlace(page store.RekeyPage) (changelog.Place, error) {
	return changelog.ParsePlace(page.After, rekeyParts[0])
}

// Rekeying is one call of Rekey.
type Rekeying struct {
	Maker  store.KeyMaker
	Size   int // of a page
	Result store.RekeyResult
	keys   []store.Key // of rules, old and new
}

// Rekeyer makes the keys of a page of a part of the records. Each method but Entries
// returns the Seq of the page's last record, if there may be more, or else zero;
// Entries where the next page begins, or else nothing.
type Rekeyer interface {
	Bans(ctx context.Context, after int64) (last int64, err error)
	Accounts(ctx context.Context, after int64) (last int64, err error)
	Aliases(ctx context.Context, after int64) (last int64, err error)
	Entries(ctx context.Context, place changelog.Place) (next string, err error)
}

// Run makes the keys of the page at a place.
func (r *Rekeying) Run(ctx context.Context, by Rekeyer, place changelog.Place) error {
	at, err := r.part(ctx, by, place)
	if err != nil {
		return err
	}
	if at != "" {
		r.Result.Next = changelog.Place{Part: place.Part, At: at}.String()
	} else if next, last := place.After(rekeyParts); !last {
		r.Result.Next = next.String()
	}
	return nil
}

// part returns where the next page of the same part begins, empty if there is none.
func (r *Rekeying) part(ctx context.Context, by Rekeyer, place changelog.Place) (next string, err error) {
	if place.Part == rekeyAddresses || place.Part == rekeyNames {
		return by.Entries(ctx, place)
	}
	after, err := place.Seq()
	if err != nil {
		return "", err
	}
	var last int64
	switch place.Part {
	case rekeyBans:
		last, err = by.Bans(ctx, after)
	case rekeyAccounts:
		last, err = by.Accounts(ctx, after)
	case rekeyAliases:
		last, err = by.Aliases(ctx, after)
	default:
		err = fmt.Errorf("no page of keys: %.64q", place.String())
	}
	if err != nil || last == 0 {
		return "", err
	}
	return strconv.FormatInt(last, 10), nil
}

// Read counts the records of a page that were read. It reports whether there may
// be more behind it.
func (r *Rekeying) Read(n int) (more bool) {
	r.Result.Seen += int64(n)
	return n == r.Size
}

// Move counts a record whose rule gets another key.
func (r *Rekeying) Move(from, to store.Key) {
	r.Result.Moved++
	r.keys = append(r.keys, from, to)
}

// Change returns what is to be logged, if anything has moved.
func (r *Rekeying) Change(change store.Change) (store.Change, bool) {
	return changelog.Rekeyed(change, r.Result.Moved, r.keys), r.Result.Moved > 0
}

// KeyedRow is what the key of a row is made of.
type KeyedRow struct {
	Seq   int64
	ID    uuid.UUID
	Since int64
	List  int64
	Key   store.Key
	Value string
}
