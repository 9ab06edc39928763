package storetest

import (
	"errors"
	"fmt"
	"slices"

	"example.com/ostraka/store"
)

var mailboxClauses = []clause{
	{"A mailbox that is to be of one account is refused to another",
		"An address with Sole whose Mailbox another account has gives an *AccountExistsError with Mailbox, and nothing is written; without Sole it does not. Sole is not kept.",
		soleMailboxes},
	{"Of concurrent creations of a mailbox one succeeds",
		"No two accounts get a mailbox that is to be of one, however many are created at once.",
		func(t reporter, s store.Store) {
			for round := range 5 {
				errs := together(t, 4, func(i int) error {
					a := withMailbox(newAccount(fmt.Sprint("round ", round, " ", i)), fmt.Sprint("mailbox ", round), true)
					_, err := s.CreateAccount(t.Context(), a, change(store.AccountCreate))
					return err
				})
				wantOne(t, "CreateAccount with a mailbox that another gets", errs)
			}
		}},
	{"SharedMailboxes returns the mailboxes that several accounts have",
		"SharedMailboxes returns each mailbox of which several accounts have an address, whatever their state, in order, a page at a time, with their number and the oldest of them.",
		sharedMailboxes},
}

// withMailbox gives all addresses of an account that mailbox.
func withMailbox(a store.Account, mailbox string, sole bool) store.Account {
	a.Emails = slices.Clone(a.Emails)
	for i := range a.Emails {
		a.Emails[i].Mailbox, a.Emails[i].Sole = mailbox, sole
	}
	return a
}

func soleMailboxes(t reporter, s store.Store) {
	a := createAccount(t, s, withMailbox(newAccount("a"), "one", true)) // its own addresses may share it
	if a.Emails[0].Sole || a.Emails[1].Sole {
		t.Errorf("CreateAccount returned Sole, want it taken off")
	}
	wantAccount(t, s, a)
	b := createAccount(t, s, withMailbox(newAccount("b"), "two", false))
	verify := unchanged(t, s)
	refused := func(doing string, err error, value string) {
		t.Helper()
		wantError(t, doing, err, store.ErrExists)
		var exists *store.AccountExistsError
		want := store.AccountExistsError{Field: "email", Value: value, Existing: a.ID, Mailbox: true}
		if !errors.As(err, &exists) || *exists != want {
			t.Errorf("%s: error = %+v, want %+v", doing, err, want)
		}
		verify(doing)
	}
	_, err := s.CreateAccount(t.Context(), withMailbox(newAccount("c"), "one", true), change(store.AccountCreate))
	refused("CreateAccount with a mailbox of another", err, "c@one.example")
	_, err = s.UpdateAccount(t.Context(), store.AccountWrite{Account: withMailbox(b, "one", true)}, change(store.AccountUpdate))
	refused("UpdateAccount with a mailbox of another", err, "b@one.example")
	createAccount(t, s, withMailbox(newAccount("c"), "one", false)) // who does not ask is not refused
	a = updateAccount(t, s, withMailbox(readAccount(t, s, b.ID), "two", true))
	if a.Emails[0].Sole {
		t.Errorf("UpdateAccount returned Sole, want it taken off")
	}
	wantAccount(t, s, a)
}

func sharedMailboxes(t reporter, s store.Store) {
	shared := func(after string, limit int) []store.SharedMailbox {
		t.Helper()
		got, err := s.SharedMailboxes(t.Context(), after, limit)
		if err != nil {
			t.Fatalf("SharedMailboxes(%q, %d): %v", after, limit, err)
		}
		return got
	}
	if got := shared("", 0); len(got) != 0 {
		t.Errorf("SharedMailboxes of an empty store = %+v, want none", got)
	}
	var want []store.SharedMailbox
	for i, owners := range []int{2, 1, store.MaxSharing + 2, 3} {
		m := store.SharedMailbox{Mailbox: fmt.Sprint("mailbox ", i), Count: int64(owners)}
		for n := range owners {
			a := withMailbox(newAccount(fmt.Sprint("account ", i, " ", n)), m.Mailbox, false) // with two addresses of it
			if n == 0 {
				a = suspended(a)
			}
			a = createAccount(t, s, a)
			if n < store.MaxSharing {
				m.Accounts = append(m.Accounts, store.AccountRef{ID: a.ID, Seq: a.Seq, Handle: a.Handle})
			}
		}
		if owners > 1 {
			want = append(want, m)
		}
	}
	same := func(a, b store.SharedMailbox) bool {
		return a.Mailbox == b.Mailbox && a.Count == b.Count && slices.Equal(a.Accounts, b.Accounts)
	}
	for _, tt := range []struct {
		after string
		limit int
		want  []store.SharedMailbox
	}{{"", 0, want}, {"", 2, want[:2]}, {"mailbox 0", 0, want[1:]}, {"mailbox 1", 1, want[1:2]}, {"mailbox 3", 0, nil}} {
		if got := shared(tt.after, tt.limit); !slices.EqualFunc(got, tt.want, same) {
			t.Errorf("SharedMailboxes(%q, %d) = %+v, want %+v", tt.after, tt.limit, got, tt.want)
		}
	}
}
