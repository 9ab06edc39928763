package storetest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func TestRun(t *testing.T) {
	Run(t, func(*testing.T) store.Store { return memstore.New() })
}

func TestRunPersistent(t *testing.T) {
	var mu sync.Mutex
	data := map[string]store.Store{}
	RunPersistent(t, func(_ *testing.T, dir string) store.Store {
		mu.Lock()
		defer mu.Unlock()
		if data[dir] == nil {
			data[dir] = memstore.New()
		}
		return newHandle(data[dir])
	})
}

func TestRunPersistentOnANotifier(t *testing.T) {
	for _, c := range notifyClauses {
		c.check(cited{t, c.says}, openNotifying(true, true))
	}
}

func TestEveryRuleHasANameOfItsOwn(t *testing.T) {
	var names []string
	for _, c := range clauses() {
		names = append(names, c.name)
		checkWording(t, c.name, c.says)
	}
	for _, c := range persistentClauses() {
		names = append(names, c.name)
		checkWording(t, c.name, c.says)
	}
	slices.Sort(names)
	if n := len(slices.Compact(slices.Clone(names))); n != len(names) {
		t.Errorf("%d of %d names are taken twice", len(names)-n, len(names))
	}
}

func checkWording(t *testing.T, name, says string) {
	t.Helper()
	if name == "" || strings.HasSuffix(name, ".") || strings.Contains(name, "/") {
		t.Errorf("%q is no name for a subtest", name)
	}
	if !strings.HasSuffix(says, ".") {
		t.Errorf("%s: %q is no sentence", name, says)
	}
}

func TestAFailureStatesTheRule(t *testing.T) {
	failures := verdict(t, func(r reporter) {
		c := cited{r, "A rule with 100% in it."}
		c.Errorf("got %d, want %d", 1, 2)
		c.Fatalf("got nothing")
	})
	want := []string{
		"broken rule: A rule with 100% in it.\ngot 1, want 2",
		"broken rule: A rule with 100% in it.\ngot nothing",
	}
	if !slices.Equal(failures, want) {
		t.Errorf("the failures read %q, want %q", failures, want)
	}
}

// handle makes several stores of one: each is closed and subscribed to by
// itself, as those of two processes on one file are.
type handle struct {
	*override
	mu     sync.RWMutex
	closed bool
	subs   []func(store.Change)
}

func newHandle(shared store.Store) store.Store {
	h := &handle{override: &override{Store: shared}}
	h.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
		h.mu.RLock()
		defer h.mu.RUnlock()
		if h.closed {
			return store.Ban{}, store.ErrClosed
		}
		b, err := shared.CreateBan(ctx, b, c)
		if err == nil && len(h.subs) > 0 {
			log, _ := shared.ListChanges(ctx, b.ID, store.Page{})
			for _, fn := range h.subs {
				fn(log[0])
			}
		}
		return b, err
	}
	h.subscribe = func(fn func(store.Change)) func() {
		h.subs = append(h.subs, fn)
		return func() {}
	}
	h.close = func() error {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.closed = true
		return nil
	}
	return h
}
