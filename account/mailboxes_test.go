package account_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"example.com/ostraka/account"
)

func wantMailboxTaken(t *testing.T, what string, err error) {
	t.Helper()
	exists, ok := errors.AsType[*account.ExistsError](err)
	if !ok || !exists.Mailbox || exists.Field != "email" || !errors.Is(err, account.ErrExists) {
		t.Errorf("%s: the error is %v, want that the mailbox is taken", what, err)
	}
}

func TestAMailboxIsOfOneAccountHoweverItIsSpelt(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		lax := h.admin
		must(lax.Create(as("root"), account.CreateOptions{Handle: "old1", Email: "old@gmail.com"}))(t)
		old := must(lax.Create(as("root"), account.CreateOptions{Handle: "old2", Email: "o.l.d@googlemail.com"}))(t)
		var shared []string
		for m, err := range lax.SharedMailboxes(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			shared = append(shared, fmt.Sprint(m.Mailbox, m.Count, m.Accounts[0].Handle, m.Accounts[1].Handle))
		}
		if len(shared) != 1 || shared[0] != "old@gmail.com2old1old2" {
			t.Errorf("shared are %q", shared)
		}

		admin := must(account.NewAdmin(h.store, account.AdminOptions{Passwords: quick, Now: h.clock.Now, UniqueMailbox: true}))(t)
		ann := must(admin.Create(as("root"), account.CreateOptions{Handle: "ann", Email: "a.nn+shop@gmail.com"}))(t)
		bob := must(admin.Create(as("root"), account.CreateOptions{Handle: "bob", Email: "bob@example.org"}))(t)
		_, err := admin.Create(as("root"), account.CreateOptions{Handle: "eve", Email: "ANN+2@googlemail.com", Force: true})
		wantMailboxTaken(t, "Create, forced", err)
		_, err = admin.SignUp(as("signup"), h.checker, signUpOf("eve", "a.n.n@gmail.com", ""))
		wantMailboxTaken(t, "SignUp", err)
		_, err = admin.ForceEmail(as("root"), bob.ID, "ann@gmail.com", true)
		wantMailboxTaken(t, "ForceEmail", err)
		email := "ann@gmail.com"
		_, err = admin.Update(as("root"), bob.ID, account.Patch{Email: &email, Force: true})
		wantMailboxTaken(t, "Update", err)
		must(admin.AddEmail(as("root"), ann.ID, "ann+work@gmail.com", true))(t) // her own
		must(admin.Update(as("root"), ann.ID, account.Patch{Email: &email}))(t)
		bio := "who was there before stays, and may change what else there is"
		must(admin.Update(as("root"), old.ID, account.Patch{Bio: &bio}))(t)
		must(admin.VerifyEmail(as("root"), old.ID, "o.l.d@googlemail.com"))(t)
		must(admin.Delete(as("root"), ann.ID, account.DeleteOptions{}))(t)
		must(admin.AddEmail(as("root"), bob.ID, "a.n.n@gmail.com", true))(t) // free again
	})
}

func TestOfManyWhoWantAMailboxAtOnceOneGetsIt(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		admin := must(account.NewAdmin(h.store, account.AdminOptions{Passwords: quick, UniqueMailbox: true}))(t)
		errs := make([]error, 8)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = admin.Create(as("root"), account.CreateOptions{Handle: fmt.Sprint("user", i), Email: fmt.Sprintf("one+%d@gmail.com", i)})
			})
		}
		wg.Wait()
		got := 0
		for _, err := range errs {
			if err == nil {
				got++
			} else {
				wantMailboxTaken(t, "Create", err)
			}
		}
		if got != 1 {
			t.Errorf("%d have the mailbox", got)
		}
	})
}
