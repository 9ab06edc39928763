// Package memstore keeps bans, blocks, lists and accounts in memory: for tests,
// and for programs that need them only while they run.
//
//	st := memstore.New()
//	defer st.Close()
//	admin, err := ban.NewAdmin(st, ban.AdminOptions{})
//
// It fulfils the whole contract of package store, which storetest checks.
package memstore

import (
	"context"
	"fmt"
	"sync"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/ruleindex"
	"example.com/ostraka/store"
)

// Store is a [store.Store] in memory. Make one with [New]. It is safe for
// concurrent use and must not be copied.
type Store struct {
	mu     sync.RWMutex
	closed bool

	bans   map[uuid.UUID]*record
	values map[value]*record // the head of the list of those that have a rule, by what they ban
	order  []*record         // by Seq, ascending
	seq    int64             // the last one given
	blocks blocks
	rules  *ruleindex.Index // of the bans that have one, and of the blocks
	lists  lists

	subscriptions map[string]store.Subscription // by list

	accounts    accounts
	credentials credentials
	aliases     aliases

	log        []logged // what is left of it; Seqs without a gap
	lastLogged int64    // the Seq of the newest change there ever was
	bulk       []int64  // the Seqs of changes whose keys are kept, ascending
	known      int      // how many keys are kept of them
	keyTables  string   // as KeyTables returns it

	subs changelog.Subscribers
}

var _ store.Store = (*Store)(nil)

// New returns an empty store. Nothing has to be released: Close only makes
// later calls fail.
func New() *Store {
	return &Store{
		bans:   make(map[uuid.UUID]*record),
		values: make(map[value]*record),
		blocks: blocks{byID: make(map[uuid.UUID]*blockRecord), byDomain: make(map[string]*blockRecord)},
		rules:  ruleindex.New(),
		lists:  lists{byName: make(map[string]*list), applying: make(map[string]*attempt)},

		subscriptions: make(map[string]store.Subscription),

		accounts:    newAccounts(),
		credentials: newCredentials(),
		aliases:     newAliases(),
	}
}

// Close implements [store.Store].
func (s *Store) Close() error {
	s.mu.Lock() // which every operation holds for as long as it touches data
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// read calls f with the lock held for reading, unless the context has ended or
// the store is closed.
func (s *Store) read(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("memstore: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.run(f)
}

func (s *Store) run(f func() error) error {
	if s.closed {
		return fmt.Errorf("memstore: %w", store.ErrClosed)
	}
	if err := f(); err != nil {
		return fmt.Errorf("memstore: %w", err)
	}
	return nil
}
