package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/usage"
	"example.com/ostraka/store"
)

// adminScopes are all that the APIs ask for.
var adminScopes = []string{"admin:read", "admin:write"}

// bootstrapCommand makes an admin, and prints what lets them in.
func bootstrapCommand(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	f, err := parseBootstrap(args, stdout)
	if err != nil {
		return err
	}
	if f.db.OnServer() {
		m, err := backend.Migrate(ctx, f.db, "")
		if err != nil {
			return err
		}
		if m.From != m.To {
			fmt.Fprintf(stderr, "%s: schema migrated from version %d to %d\n", f.db, m.From, m.To)
		}
	}
	db, err := openDatabase(ctx, f.db, backend.Serve, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	made, err := bootstrap(ctx, db.Store, f)
	if made.password != "" { // also if there is no token
		fmt.Fprintf(stdout, "handle: %s\npassword: %s\n", made.handle, made.password)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "token: %s\n", made.token)
	fmt.Fprintln(stderr, "Keep the password and the token in a safe place: nothing shows them again.")
	return nil
}

// credentials are what lets an admin in.
type credentials struct{ handle, password, token string }

// bootstrap makes an admin with a password and an API token. If there is an error
// and a password, then the admin was made, and the token was not.
func bootstrap(ctx context.Context, st store.Store, f *bootstrapFlags) (credentials, error) {
	ctx = ban.WithActor(ctx, "bootstrap")
	admin, err := account.NewAdmin(st, account.AdminOptions{})
	if err != nil {
		return credentials{}, err
	}
	auth, err := account.NewAuth(st, account.AuthOptions{})
	if err != nil {
		return credentials{}, err
	}
	if admins, err := countAdmins(ctx, admin); err != nil {
		return credentials{}, err
	} else if admins > 0 && !f.force {
		return credentials{}, errors.New("there is an active admin, who can make others; -force makes one all the same")
	}

	password := rand.Text() // 128 bits or more
	acc, err := admin.Create(ctx, account.CreateOptions{Handle: f.admin, Email: f.email, Password: password, Admin: true})
	if wrong, ok := errors.AsType[*ban.ValueError](err); ok {
		return credentials{}, usage.New("", "", wrong, "nothing was made")
	}
	if errors.Is(err, account.ErrExists) {
		return credentials{}, fmt.Errorf("%w; choose another handle and address", err)
	}
	if err != nil {
		return credentials{}, err
	}
	made := credentials{handle: acc.Handle, password: password}
	token, err := auth.CreateToken(ctx, acc.ID, account.TokenOptions{Name: "bootstrap", Scopes: adminScopes})
	if err != nil {
		return made, fmt.Errorf("the admin has no API token: %w", err)
	}
	made.token = token.Secret
	return made, nil
}

// countAdmins returns how many admins can sign in.
func countAdmins(ctx context.Context, admin *account.Admin) (int64, error) {
	yes := true
	return admin.Count(ctx, account.Filter{Active: &yes, Admin: &yes})
}

// openDatabase opens the database of a flag, with its keys as this version makes them.
func openDatabase(ctx context.Context, a backend.Address, m backend.Mode, busy time.Duration) (*backend.DB, error) {
	return backend.Open(ctx, a, backend.Options{Mode: m, Wait: busy, Rekey: &ban.RekeyOptions{Actor: "adminserver"}})
}
