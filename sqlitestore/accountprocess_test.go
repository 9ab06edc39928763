package sqlitestore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// talk is a child process that answers every line with one.
type talk struct {
	t  *testing.T
	in io.Writer
	// out is read by the goroutine that asks.
	out *bufio.Scanner
}

// converse starts a child, which ends with the test.
func converse(t *testing.T, job string) *talk {
	t.Helper()
	cmd := child(t, job)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", job, err)
		}
	})
	return &talk{t, in, bufio.NewScanner(out)}
}

func (c *talk) say(line string) {
	c.t.Helper()
	if _, err := fmt.Fprintln(c.in, line); err != nil {
		c.t.Fatal(err)
	}
}

func (c *talk) hear() string {
	c.t.Helper()
	if !c.out.Scan() {
		c.t.Fatalf("the child said nothing: %v", c.out.Err())
	}
	return c.out.Text()
}

// answering opens the store and prints what fn makes of every line of its input.
func answering(path string, fn func(ctx context.Context, s *Store, line string) (string, error)) error {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{BusyTimeout: 30 * time.Second})
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		answer, err := fn(ctx, s, lines.Text())
		if err != nil {
			return err
		}
		fmt.Println(answer)
	}
	return errors.Join(lines.Err(), s.Close())
}

// demoteRepeatedly takes the admin's rights from the accounts that it is told the
// IDs of.
func demoteRepeatedly(path string) error {
	return answering(path, func(ctx context.Context, s *Store, line string) (string, error) {
		a, err := s.Account(ctx, uuid.MustParse(line))
		if err != nil {
			return "", err
		}
		a.Admin = false
		_, err = s.UpdateAccount(ctx, store.AccountWrite{Account: a}, by(store.AccountUpdate))
		if errors.Is(err, store.ErrLastAdmin) {
			return "last admin", nil
		}
		return "demoted", err
	})
}

func TestProcessesLeaveAnAdmin(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "x.db")
	s := openAt(t, path, Options{BusyTimeout: 30 * time.Second})
	var admins [2]store.Account
	for i := range admins {
		a := newAccount(fmt.Sprintf("admin%d", i))
		a.Admin = true
		admins[i] = mustAccount(t, s, a)
	}
	children := [2]*talk{converse(t, "demote "+path), converse(t, "demote "+path)}
	for range 20 {
		for i, c := range children {
			c.say(admins[i].ID.String())
		}
		answers := map[string]int{children[0].hear(): 1}
		answers[children[1].hear()]++
		if answers["demoted"] != 1 || answers["last admin"] != 1 {
			t.Fatalf("two processes that demote the last two admins: %v, want one of each", answers)
		}
		for i := range admins {
			a, err := s.Account(ctx, admins[i].ID)
			if err != nil {
				t.Fatal(err)
			}
			if !a.Admin {
				a.Admin = true
				mustUpdateAccount(t, s, store.AccountWrite{Account: a})
			}
		}
	}
}

// beLoggedIn says of every use of the session whose hash begins with 1 whether
// it is let in, and whether one more session could be made as of what it knew at
// the beginning.
func beLoggedIn(path string) error {
	var first store.Account
	var made byte = 100
	return answering(path, func(ctx context.Context, s *Store, _ string) (string, error) {
		c, a, err := s.CredentialByHash(ctx, store.SecretHash{1})
		if err != nil {
			return "", err
		}
		if first.ID == uuid.Nil {
			first = a
		}
		made++
		_, err = s.CreateSession(ctx, newSession(first, made), first.Version)
		if err != nil && !errors.Is(err, store.ErrConflict) {
			return "", err
		}
		return fmt.Sprintf("valid: %t, active: %t, logs in: %t", c.Valid(at), a.Active(), err == nil), nil
	})
}

func TestOtherProcessSeesSuspensionAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	s := openAt(t, path, Options{BusyTimeout: 30 * time.Second})
	a := mustAccount(t, s, newAccount("ann"))
	mustSession(t, s, a, 1)
	other := converse(t, "be-logged-in "+path)
	other.say("before")
	if got, want := other.hear(), "valid: true, active: true, logs in: true"; got != want {
		t.Errorf("before the suspension: %q, want %q", got, want)
	}
	a.SuspendedAt = at
	written := mustUpdateAccount(t, s, store.AccountWrite{Account: a, RevokeCredentials: true})
	if written.CredentialsRevoked != 2 {
		t.Errorf("%d sessions were revoked, want that of here and that of there", written.CredentialsRevoked)
	}
	other.say("after")
	if got, want := other.hear(), "valid: false, active: false, logs in: false"; got != want {
		t.Errorf("after the suspension: %q, want %q", got, want)
	}
}
