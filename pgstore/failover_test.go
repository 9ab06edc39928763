//go:build unix

package pgstore_test

import (
	"fmt"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
)

// TestAfterAFailoverThatLostWritesEverythingIsReadAnew has a replica take over that
// lacks the last writes, while Checkers remember what those said.
func TestAfterAFailoverThatLostWritesEverythingIsReadAnew(t *testing.T) {
	primary := pgtest.Own(t, "fsync = off")
	before, err := pgstore.Open(t.Context(), primary.DSN(), pgstore.Options{NoListen: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := before.CreateBan(t.Context(), newBan("kept.example"), aChange(store.BanCreate)); err != nil {
		t.Fatal(err)
	}
	before.Close()
	replica, err := primary.Replica(0)
	if err != nil {
		t.Fatal(err)
	}
	defer replica.Remove()
	if err := replica.Stop(); err != nil { // from here on it gets nothing
		t.Fatal(err)
	}

	dsn := fmt.Sprintf("postgres://postgres@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable", replica.Port, primary.Port)
	s, err := pgstore.Open(t.Context(), dsn, pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	checkers := make(map[string]*ban.Checker)
	for rule, o := range map[string]ban.CheckerOptions{"cache": {}, "mirror": {Mirror: true}} {
		o.PollInterval = 200 * time.Millisecond
		if checkers[rule], err = ban.NewChecker(s, o); err != nil {
			t.Fatal(err)
		}
		defer checkers[rule].Close()
	}
	// verdict is that which a Checker is sure of.
	verdict := func(rule, domain string) ban.Verdict {
		d, err := checkers[rule].Check(t.Context(), ban.Subject{Email: "x@" + domain})
		if err != nil || d.Stale {
			return ban.NeedsReview
		}
		return d.Verdict
	}
	// Another process makes them: what this one does it would know of.
	other, err := pgstore.Open(t.Context(), primary.DSN(), pgstore.Options{NoListen: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := other.CreateBan(t.Context(), newBan(fmt.Sprintf("lost%d.example", i)), aChange(store.BanCreate)); err != nil {
			t.Fatal(err)
		}
	}
	other.Close()
	for rule := range checkers {
		until(t, rule+": the bans are known", func() bool {
			return verdict(rule, "kept.example") == ban.Denied && verdict(rule, "lost2.example") == ban.Denied
		})
	}

	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := replica.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := replica.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	for rule := range checkers {
		until(t, rule+": what was lost is forgotten, and what was kept is not", func() bool {
			return verdict(rule, "kept.example") == ban.Denied && verdict(rule, "lost2.example") == ban.Allowed
		})
	}
	// The log goes on with numbers that were given before.
	until(t, "the store writes", func() bool {
		_, err := s.CreateBan(t.Context(), newBan("new.example"), aChange(store.BanCreate))
		return err == nil
	})
	for rule := range checkers {
		until(t, rule+": a new ban is known", func() bool { return verdict(rule, "new.example") == ban.Denied })
		if v := verdict(rule, "lost0.example"); v == ban.Denied {
			t.Errorf("%s: what was lost is %v", rule, v)
		}
	}
}
