package memstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// accounts are the accounts with their indexes.
type accounts struct {
	byID    map[uuid.UUID]*accountRecord
	byKey   map[string]*accountRecord   // by each of the handle's keys
	byEmail map[string]*accountRecord   // by each address
	byBox   map[string][]*accountRecord // by each mailbox, which several may have; by Seq, ascending
	order   []*accountRecord            // by Seq, ascending
	last    int64                       // the last Seq given
	admins  int                         // those that are active admins
}

func newAccounts() accounts {
	return accounts{
		byID:    make(map[uuid.UUID]*accountRecord),
		byKey:   make(map[string]*accountRecord),
		byEmail: make(map[string]*accountRecord),
		byBox:   make(map[string][]*accountRecord),
	}
}

// accountRecord is an account with its credentials.
type accountRecord struct {
	account     store.Account
	credentials []*credentialRecord // by Seq, ascending
}

func (r *accountRecord) seq() int64 { return r.account.Seq }

// add takes in an account that has its Seq, the highest so far.
func (a *accounts) add(r *accountRecord) {
	a.byID[r.account.ID] = r
	a.order = append(a.order, r)
	a.last = r.account.Seq
	a.index(r)
}

func (a *accounts) remove(r *accountRecord) {
	a.unindex(r)
	i, _ := position(a.order, r.account.Seq)
	a.order = slices.Delete(a.order, i, i+1)
	delete(a.byID, r.account.ID)
}

// replace gives a record another content; ID and Seq stay.
func (a *accounts) replace(r *accountRecord, account store.Account) {
	a.unindex(r)
	r.account = account
	a.index(r)
}

func (a *accounts) index(r *accountRecord) {
	for _, k := range r.account.HandleKeys {
		a.byKey[k] = r
	}
	for i := range r.account.Emails {
		e := &r.account.Emails[i]
		a.byEmail[e.Address] = r
		of := a.byBox[e.Mailbox]
		if at, there := position(of, r.account.Seq); !there {
			a.byBox[e.Mailbox] = slices.Insert(of, at, r)
		}
	}
	if activeAdmin(&r.account) {
		a.admins++
	}
}

func (a *accounts) unindex(r *accountRecord) {
	for _, k := range r.account.HandleKeys {
		delete(a.byKey, k)
	}
	for i := range r.account.Emails {
		e := &r.account.Emails[i]
		delete(a.byEmail, e.Address)
		of := a.byBox[e.Mailbox]
		if at, there := position(of, r.account.Seq); !there {
			continue // it has the mailbox twice
		} else if len(of) == 1 {
			delete(a.byBox, e.Mailbox)
		} else {
			a.byBox[e.Mailbox] = slices.Delete(of, at, at+1)
		}
	}
	if activeAdmin(&r.account) {
		a.admins--
	}
}

func activeAdmin(a *store.Account) bool { return a.Admin && a.Active() }

// taken says whether another account than self, which may be nil, has the
// handle or an address of the account.
func (a *accounts) taken(account *store.Account, self *accountRecord) error {
	for _, k := range account.HandleKeys {
		if r := a.byKey[k]; r != nil && r != self {
			return &store.AccountExistsError{Field: "handle", Value: account.Handle, Existing: r.account.ID}
		}
	}
	for i := range account.Emails {
		address := account.Emails[i].Address
		if r := a.byEmail[address]; r != nil && r != self {
			return &store.AccountExistsError{Field: "email", Value: address, Existing: r.account.ID}
		}
	}
	return a.soleTaken(account, self)
}

// soleTaken refuses an address whose mailbox another account has, where it must not,
// and takes the demand off the account.
func (a *accounts) soleTaken(account *store.Account, self *accountRecord) error {
	for i := range account.Emails {
		e := &account.Emails[i]
		if !e.Sole {
			continue
		}
		for _, r := range a.byBox[e.Mailbox] {
			if r != self {
				return &store.AccountExistsError{Field: "email", Value: e.Address, Existing: r.account.ID, Mailbox: true}
			}
		}
	}
	for i := range account.Emails {
		account.Emails[i].Sole = false
	}
	return nil
}

// losesLastAdmin says whether no active admin would be left if the account were
// to become after, nil for no account.
func (a *accounts) losesLastAdmin(r *accountRecord, after *store.Account) error {
	if a.admins > 1 || !activeAdmin(&r.account) || after != nil && activeAdmin(after) {
		return nil
	}
	return fmt.Errorf("account %s: %w", r.account.ID, store.ErrLastAdmin)
}

// CreateAccount implements [store.Accounts].
func (s *Store) CreateAccount(ctx context.Context, account store.Account, change store.Change) (store.Account, error) {
	account = account.Clone()
	err := s.write(ctx, func() (*store.Change, error) {
		if err := s.accounts.taken(&account, nil); err != nil {
			return nil, err
		}
		if s.accounts.byID[account.ID] != nil {
			return nil, fmt.Errorf("account %s %w", account.ID, store.ErrExists)
		}
		account.Seq, account.Version = s.accounts.last+1, 1
		account.LastLoginAt = store.Account{}.LastLoginAt
		logged, err := changelog.Account(change, nil, &account, nil)
		if err != nil {
			return nil, err
		}
		s.accounts.add(&accountRecord{account: account})
		return &logged, nil
	})
	if err != nil {
		return store.Account{}, err
	}
	return account.Clone(), nil
}

// Account implements [store.Accounts].
func (s *Store) Account(ctx context.Context, id uuid.UUID) (store.Account, error) {
	return s.account(ctx, func() (*accountRecord, error) {
		if r := s.accounts.byID[id]; r != nil {
			return r, nil
		}
		return nil, missingAccount(id)
	})
}

// AccountBySeq implements [store.Accounts].
func (s *Store) AccountBySeq(ctx context.Context, seq int64) (store.Account, error) {
	return s.account(ctx, func() (*accountRecord, error) {
		if i, ok := position(s.accounts.order, seq); ok {
			return s.accounts.order[i], nil
		}
		return nil, fmt.Errorf("account number %d: %w", seq, store.ErrNotFound)
	})
}

// AccountByHandleKey implements [store.Accounts].
func (s *Store) AccountByHandleKey(ctx context.Context, key string) (store.Account, error) {
	return s.account(ctx, func() (*accountRecord, error) {
		if r := s.accounts.byKey[key]; r != nil {
			return r, nil
		}
		return nil, fmt.Errorf("account with the handle key %q: %w", key, store.ErrNotFound)
	})
}

// AccountByEmail implements [store.Accounts].
func (s *Store) AccountByEmail(ctx context.Context, address string) (store.Account, error) {
	return s.account(ctx, func() (*accountRecord, error) {
		if r := s.accounts.byEmail[address]; r != nil {
			return r, nil
		}
		return nil, fmt.Errorf("account with the address %q: %w", address, store.ErrNotFound)
	})
}

// account returns a copy of the account that find finds.
func (s *Store) account(ctx context.Context, find func() (*accountRecord, error)) (account store.Account, err error) {
	err = s.read(ctx, func() error {
		r, err := find()
		if err == nil {
			account = r.account.Clone()
		}
		return err
	})
	return account, err
}

// ListAccounts implements [store.Accounts].
func (s *Store) ListAccounts(ctx context.Context, filter store.AccountFilter, page store.Page) (list []store.Account, err error) {
	err = s.read(ctx, func() error {
		matches := func(r *accountRecord) bool { return filter.Match(&r.account) }
		for r := range inOrder(s.accounts.order, page, matches) {
			list = append(list, r.account.Clone())
		}
		return nil
	})
	return list, err
}

// CountAccounts implements [store.Accounts].
func (s *Store) CountAccounts(ctx context.Context, filter store.AccountFilter) (n int64, err error) {
	err = s.read(ctx, func() error {
		for _, r := range s.accounts.order {
			if filter.Match(&r.account) {
				n++
			}
		}
		return nil
	})
	return n, err
}

func missingAccount(id uuid.UUID) error { return fmt.Errorf("account %s: %w", id, store.ErrNotFound) }

// ActiveAccountTexts implements [store.Accounts].
func (s *Store) ActiveAccountTexts(ctx context.Context, after int64, limit int) (texts []store.AccountTexts, err error) {
	page := store.Page{After: after, Limit: limit, OldestFirst: true}
	err = s.read(ctx, func() error {
		for r := range inOrder(s.accounts.order, page, func(r *accountRecord) bool { return r.account.Active() }) {
			a := store.AccountTexts{ID: r.account.ID, Seq: r.account.Seq, Handle: r.account.Handle}
			for i := range r.account.Emails {
				a.Emails = append(a.Emails, r.account.Emails[i].Address)
			}
			texts = append(texts, a)
		}
		return nil
	})
	return texts, err
}

// SharedMailboxes implements [store.Accounts].
func (s *Store) SharedMailboxes(ctx context.Context, after string, limit int) (shared []store.SharedMailbox, err error) {
	err = s.read(ctx, func() error {
		for mailbox, of := range s.accounts.byBox {
			if mailbox <= after || len(of) < 2 {
				continue
			}
			m := store.SharedMailbox{Mailbox: mailbox, Count: int64(len(of))}
			for _, r := range of[:min(len(of), store.MaxSharing)] {
				m.Accounts = append(m.Accounts, store.AccountRef{ID: r.account.ID, Seq: r.account.Seq, Handle: r.account.Handle})
			}
			shared = append(shared, m)
		}
		return nil
	})
	slices.SortFunc(shared, func(x, y store.SharedMailbox) int { return strings.Compare(x.Mailbox, y.Mailbox) })
	return shared[:min(len(shared), store.Page{Limit: limit}.Size())], err
}
