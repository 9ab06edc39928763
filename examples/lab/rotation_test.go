package lab

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/backend/backendtest"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

const (
	rotated      = 16 // mailboxes and names that are banned throughout, each
	rotateWithin = 2 * time.Minute
)

// Two processes are given a new key one after the other, as docs/hashed.md says, until
// nothing is hashed under the old one. Whoever asks meanwhile gets no wrong answer and
// no error: from a cache or a mirror, for mailboxes and names.
func TestRotationInTheMiddleOfTraffic(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		st := memstore.New()
		rotation(t, st, st)
	})
	t.Run("SQLite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "ostraka.db")
		rotation(t, served(t, path), served(t, path))
	})
	t.Run("PostgreSQL", func(t *testing.T) { // skipped where there is no server
		address := backendtest.Text(t)
		rotation(t, served(t, address), served(t, address))
	})
}

// served returns the store of a database as a program of its own opens it.
func served(t *testing.T, database string) store.Store {
	t.Helper()
	address, err := backend.Named("-db", database)
	if err != nil {
		t.Fatal(err)
	}
	if address.OnServer() {
		if _, err := backend.Migrate(t.Context(), address, ""); err != nil {
			t.Fatal(err)
		}
	}
	db, err := backend.Open(t.Context(), address, backend.Options{Mode: backend.Serve})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db.Store
}

// node is a process that checks, from a cache and from a mirror, and that moderators
// make bans through. A restart gives it other keys.
type node struct {
	st    store.Store
	mu    sync.RWMutex // held for reading by whoever uses what follows
	admin *ban.Admin
	check [2]*ban.Checker
}

func (n *node) restart(t *testing.T, ring ban.KeyRing, newest string) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stop(t)
	if missing, err := ban.MissingKeys(t.Context(), n.st, ring); err != nil || len(missing) > 0 {
		t.Fatalf("a program that starts with %q would miss %q, %v", newest, missing, err)
	}
	var err error
	if n.admin, err = ban.NewAdmin(n.st, ban.AdminOptions{Keys: ring, HashKey: newest, Actor: "alice"}); err != nil {
		t.Fatal(err)
	}
	for i := range n.check {
		if n.check[i], err = ban.NewChecker(n.st, ban.CheckerOptions{
			Keys: ring, Rehash: n.admin, Mirror: i == 1, CacheSize: 16, PollInterval: 50 * time.Millisecond,
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func (n *node) stop(t *testing.T) {
	for _, c := range n.check {
		if c == nil {
			continue
		}
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

// ban bans what a value is, hashed, and asks at once.
func (n *node) ban(t *testing.T, kind ban.Kind, value string) {
	t.Helper()
	n.mu.RLock()
	defer n.mu.RUnlock()
	if _, err := n.admin.Create(t.Context(), ban.CreateOptions{Kind: kind, Value: value, Hashed: true}); err != nil {
		t.Fatal(err)
	}
	n.want(t, kind, value, true)
}

// want asks about a value, and wants whoever has it kept out, or let in.
func (n *node) want(t *testing.T, kind ban.Kind, value string, out bool) (ok bool) {
	t.Helper()
	want := ban.Allowed
	if out {
		want = ban.Denied
	}
	s := ban.Subject{Email: value}
	if kind == ban.KindName {
		s = ban.Subject{Name: value}
	}
	for i, way := range []string{"cache", "mirror"} {
		if d, err := n.check[i].Check(context.Background(), s); err != nil || d.Verdict != want {
			t.Errorf("Check of %q from a %s = %v, %v; want %v", value, way, d.Verdict, err, want)
			return false
		}
	}
	return true
}

// asked is what the i-th question is about, and whether it is about somebody who is
// banned throughout: each mailbox and name in several spellings, and strangers.
func asked(i int) (kind ban.Kind, value string, out bool) {
	who := i / 4 % rotated
	switch i % 4 {
	case 0:
		return ban.KindEmail, fmt.Sprintf("Mal.lory%d+%d@googlemail.com", who, i%7), true
	case 1:
		return ban.KindName, fmt.Sprintf("TRОLL%d", who), true // with a Cyrillic letter
	case 2:
		return ban.KindEmail, fmt.Sprintf("bob%d@gmail.com", i), false
	}
	return ban.KindName, fmt.Sprintf("kindsoul%d", i), false
}

func rotation(t *testing.T, stores ...store.Store) {
	secrets := [][]byte{bytes.Repeat([]byte{1}, ban.MinKey), bytes.Repeat([]byte{2}, ban.MinKey)}
	before := ban.KeyRing{"old": secrets[0]}
	both := ban.KeyRing{"old": secrets[0], "new": secrets[1]}
	after := ban.KeyRing{"new": secrets[1]}

	var nodes []*node
	for _, st := range slices.Compact(stores) {
		n := &node{st: st}
		n.restart(t, before, "old")
		defer n.stop(t)
		nodes = append(nodes, n)
	}
	for i := range rotated {
		nodes[0].ban(t, ban.KindEmail, fmt.Sprintf("mallory%d@gmail.com", i))
		nodes[0].ban(t, ban.KindName, fmt.Sprintf("troll%d", i))
	}
	for _, n := range nodes {
		until(t, "every process keeps out the last name", func() bool { return n.keepsOut(t, ban.Subject{Name: fmt.Sprintf("troll%d", rotated-1)}) })
	}

	var askers sync.WaitGroup
	var questions atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	defer askers.Wait()
	defer stop()
	for i, n := range nodes {
		askers.Go(func() {
			for q := i; ctx.Err() == nil && n.ask(t, q); q++ {
				questions.Add(1)
			}
		})
	}
	// Between two steps everything is asked, and each process makes a ban.
	steps := 0
	traffic := func() {
		steps++
		for i, n := range nodes {
			n.ban(t, ban.KindEmail, fmt.Sprintf("late%d.%d@gmail.com", steps, i))
		}
		from := questions.Load()
		until(t, "everything has been asked", func() bool { return questions.Load()-from >= 4*rotated*int64(len(nodes)) || t.Failed() })
	}
	traffic()
	for _, step := range []struct {
		ring   ban.KeyRing
		newest string
	}{{both, "old"}, {both, "new"}} {
		for _, n := range nodes {
			n.restart(t, step.ring, step.newest)
			traffic()
		}
	}
	// Bans of nobody who comes stay under the old key: they are lifted, or met.
	for step := 1; step <= steps; step++ {
		for i, n := range nodes {
			n.mu.RLock()
			n.want(t, ban.KindEmail, fmt.Sprintf("late%d%d@gmail.com", step, i), true)
			n.mu.RUnlock()
		}
	}
	until(t, "nothing is hashed under the old key", func() bool {
		missing, err := ban.MissingKeys(t.Context(), stores[0], after)
		return err == nil && len(missing) == 0 || t.Failed()
	})
	for _, n := range nodes {
		n.restart(t, after, "new")
		traffic()
	}
	stop()
	askers.Wait()
	for step := 1; step <= steps; step++ {
		for i := range nodes {
			for _, n := range nodes {
				until(t, "every process keeps out who was banned meanwhile", func() bool {
					return n.keepsOut(t, ban.Subject{Email: fmt.Sprintf("late%d%d@gmail.com", step, i)})
				})
			}
		}
	}
	t.Logf("%d questions, each of a cache and of a mirror", questions.Load())
}

// keepsOut reports whether somebody is kept out, from the cache and the mirror.
func (n *node) keepsOut(t *testing.T, s ban.Subject) bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, c := range n.check {
		if d, err := c.Check(t.Context(), s); err != nil || d.Verdict != ban.Denied {
			return false
		}
	}
	return true
}

// ask asks the i-th question.
func (n *node) ask(t *testing.T, i int) (right bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	kind, value, out := asked(i)
	return n.want(t, kind, value, out)
}

// until waits for something to be so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(rotateWithin); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, rotateWithin)
		}
	}
}
