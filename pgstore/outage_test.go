package pgstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/ostraka/ban"
	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
)

// TestAReplicaThatLagsAnswersNothing has a pool that comes to the replica later on,
// as one that a host balances does. The replica still has what was revoked.
func TestAReplicaThatLagsAnswersNothing(t *testing.T) {
	primary := pgtest.Own(t, "fsync = off")
	s, err := pgstore.Open(t.Context(), primary.DSN(), pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b, err := s.CreateBan(t.Context(), newBan("a.example"), aChange(store.BanCreate))
	if err != nil {
		t.Fatal(err)
	}
	replica, err := primary.Replica(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	defer replica.Remove()
	b.RevokedAt = time.Now()
	if _, err := s.UpdateBan(t.Context(), b, aChange(store.BanRevoke)); err != nil {
		t.Fatal(err)
	}

	if _, err := pgstore.Open(t.Context(), replica.DSN(), pgstore.Options{}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Open of a replica: %v, want an error that matches ErrUnavailable", err)
	}
	if _, err := pgstore.New(t.Context(), hostPool(t, replica.DSN(), 2), pgstore.Options{}); !errors.Is(err, pgstore.ErrReplica) {
		t.Errorf("New on a replica: %v, want ErrReplica", err)
	}

	config, err := pgxpool.ParseConfig(primary.DSN())
	if err != nil {
		t.Fatal(err)
	}
	port := primary.Port
	config.BeforeConnect = func(_ context.Context, c *pgx.ConnConfig) error {
		c.Port = uint16(port)
		return nil
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	balanced, err := pgstore.New(t.Context(), pool, pgstore.Options{NoListen: true})
	if err != nil {
		t.Fatal(err)
	}
	defer balanced.Close()
	port = replica.Port
	pool.Reset()
	if rules, err := balanced.Lookup(t.Context(), []store.Key{b.Key()}); !errors.Is(err, pgstore.ErrReplica) {
		t.Errorf("Lookup from a replica = %v, %v, want ErrReplica", rules, err)
	}
	if _, err := balanced.Changes(t.Context(), 0, 0); !errors.Is(err, pgstore.ErrReplica) {
		t.Errorf("Changes from a replica: %v, want ErrReplica", err)
	}
	if _, err := balanced.PrefixLengths(t.Context()); !errors.Is(err, pgstore.ErrReplica) {
		t.Errorf("PrefixLengths from a replica: %v, want ErrReplica", err)
	}
	for _, err := range balanced.Scan(t.Context(), 0) {
		if !errors.Is(err, pgstore.ErrReplica) {
			t.Errorf("Scan of a replica: %v, want ErrReplica", err)
		}
	}
	if _, err := balanced.CreateBan(t.Context(), newBan("b.example"), aChange(store.BanCreate)); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("CreateBan on a replica: %v, want an error that matches ErrUnavailable", err)
	}
}

// TestAServerThatIsKilledComesBack kills the server, and asks what is left.
func TestAServerThatIsKilledComesBack(t *testing.T) {
	server := pgtest.Own(t)
	var stores []*pgstore.Store
	for range 2 {
		s, err := pgstore.Open(t.Context(), server.DSN(), pgstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		stores = append(stores, s)
	}
	writing, asked := stores[0], stores[1]
	checker, err := ban.NewChecker(asked, ban.CheckerOptions{PollInterval: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer checker.Close()
	denied := func() bool {
		d, err := checker.Check(t.Context(), ban.Subject{Email: "x@a.example"})
		if err != nil && !errors.Is(err, store.ErrUnavailable) {
			t.Fatal(err)
		}
		return err == nil && d.Verdict == ban.Denied
	}
	until(t, "the store listens", func() bool { return asked.Stats().Listening })
	if denied() {
		t.Fatal("denied before there is a ban")
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := writing.CreateBan(t.Context(), newBan("a.example"), aChange(store.BanCreate)); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("CreateBan without a server: %v, want an error that matches ErrUnavailable", err)
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	until(t, "the store writes again", func() bool {
		_, err := writing.CreateBan(t.Context(), newBan("a.example"), aChange(store.BanCreate))
		return err == nil || errors.Is(err, store.ErrExists)
	})
	// Long before the log's next turn: what was missed is told of when listening begins anew.
	until(t, "the other store's checker knows of the ban", denied)
	if n := asked.Stats().ListenerConnects; n < 2 {
		t.Errorf("the store began to listen %d times, want at least 2", n)
	}
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for began := time.Now(); !holds(); time.Sleep(time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatal("not within 20s: " + what)
		}
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	for field, o := range map[string]pgstore.Options{
		"Schema":             {Schema: `x"; DROP SCHEMA public; --`},
		"StatementTimeout":   {StatementTimeout: -1},
		"LockTimeout":        {LockTimeout: time.Nanosecond},
		"TransactionTimeout": {TransactionTimeout: 25 * time.Hour},
		"Retries":            {Retries: -1},
		"MaxConns":           {MaxConns: -1},
	} {
		_, err := pgstore.Open(t.Context(), "postgres://127.0.0.1:1/x", o)
		if e := (*pgstore.OptionError)(nil); !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s out of range: %v, want an *OptionError of it", field, err)
		}
	}
	_, err := pgstore.Open(t.Context(), "postgres://u:secret@[bad/x", pgstore.Options{})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a bad connection string: %v, want an error without what is in it", err)
	}
}
