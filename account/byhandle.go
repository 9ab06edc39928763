package account

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// handles is what finding an account by its handle needs of a store.
type handles interface {
	store.Accounts
	store.Keys
}

// byHandle finds the account that has exactly that handle.
func byHandle(ctx context.Context, st handles, handle string) (Account, error) {
	name, err := ban.ParseUsername(handle)
	if err != nil {
		return Account{}, fmt.Errorf("account by handle: %w", ErrNotFound)
	}
	// By what it looks like; by itself, if an older account came to look like it; and
	// one by one, if other tables made the keys.
	for _, find := range []func(context.Context, handles, ban.Username) (Account, error){byLook, bySpare, byFold} {
		found, err := find(ctx, st, name)
		if err == nil && found.HandleFold == name.String() {
			return found, nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return Account{}, fmt.Errorf("account by handle: %w", err)
		}
	}
	return Account{}, fmt.Errorf("account by handle: %w", ErrNotFound)
}

func byLook(ctx context.Context, st handles, name ban.Username) (Account, error) {
	return st.AccountByHandleKey(ctx, name.Skeleton())
}

func bySpare(ctx context.Context, st handles, name ban.Username) (Account, error) {
	return st.AccountByHandleKey(ctx, (*value.Tables)(nil).HandleSpare(name.String()))
}

// byFold looks through all accounts, unless the keys in the store are those that this
// program makes.
func byFold(ctx context.Context, st handles, name ban.Username) (Account, error) {
	have, err := st.KeyTables(ctx)
	if err != nil || sameHandleKeys(have) {
		return Account{}, err
	}
	filter, page := store.AccountFilter{HandleContains: name.String()}, store.Page{OldestFirst: true}
	for {
		accounts, err := st.ListAccounts(ctx, filter, page)
		if err != nil || len(accounts) == 0 {
			return Account{}, err
		}
		for _, a := range accounts {
			if a.HandleFold == name.String() {
				return a, nil
			}
		}
		page.After = accounts[len(accounts)-1].Seq
	}
}

// sameHandleKeys reports whether tables of that name, as a store has it, make the
// same keys of handles as ours. They depend neither on the table of mail providers nor
// on rows of hosts.
func sameHandleKeys(have string) bool {
	if strings.HasPrefix(have, store.RekeyMark) {
		return false
	}
	v, ok := value.ParseTablesVersion(have)
	ours := (*value.Tables)(nil).Version()
	return ok && v.Format == ours.Format && v.Unicode == ours.Unicode
}
