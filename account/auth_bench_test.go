package account_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"example.com/ostraka/account"
)

// BenchmarkRefusedLogins times logins that are refused for different reasons, in
// turn, and reports the median of each in milliseconds: nobody should be able to
// tell them apart by a stopwatch. Run it with -benchtime 200x.
func BenchmarkRefusedLogins(b *testing.B) {
	h := newHouse(b, openSQLite(b))
	ctx := context.Background()
	admin := must(account.NewAdmin(h.store, account.AdminOptions{}))(b) // with the default parameters
	auth := must(account.NewAuth(h.store, account.AuthOptions{}))(b)
	for _, handle := range []string{"bob", "carol"} {
		must(admin.Create(as("root"), account.CreateOptions{Handle: handle, Password: password}))(b)
	}
	carol := must(admin.ByHandle(ctx, "carol"))(b)
	must(admin.Suspend(as("root"), carol.ID, account.SuspendOptions{}))(b)

	attempts := []struct{ what, login, password string }{
		{"unknown-ms", "nobody", password}, {"wrong-ms", "bob", "wrong password"}, {"suspended-ms", "carol", password},
	}
	took := make([][]time.Duration, len(attempts))
	for b.Loop() {
		for i, a := range attempts {
			began := time.Now()
			if _, err := auth.Authenticate(ctx, a.login, a.password); err == nil {
				b.Fatal("somebody was let in")
			}
			took[i] = append(took[i], time.Since(began))
		}
	}
	for i, a := range attempts {
		slices.Sort(took[i])
		b.ReportMetric(float64(took[i][len(took[i])/2])/float64(time.Millisecond), a.what)
	}
}

// BenchmarkSession times what stands before every request, beside the look-up of
// the store alone.
func BenchmarkSession(b *testing.B) {
	h := newHouse(b, openSQLite(b))
	ctx := context.Background()
	h.create(b, "bob")
	s := h.login(b, "bob")
	b.Run("Session", func(b *testing.B) {
		for b.Loop() {
			must(h.auth.Session(ctx, s.Secret))(b)
		}
	})
	b.Run("baseline=CredentialByHash", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := h.store.CredentialByHash(ctx, s.Credential.Hash); err != nil {
				b.Fatal(err)
			}
		}
	})
}
