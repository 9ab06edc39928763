package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// knownAskers is how many strangers each measurement goes round. A cache holds
// them all; a mirror knows nothing of those it has seen.
const knownAskers = 1 << 14

// strangersOnce is how many are there for the measurements in which nobody comes
// twice.
const strangersOnce = 1 << 19

// site is a store with so many rules, with what is measured on it.
type site struct {
	path   string
	rules  []rule
	store  *sqlitestore.Store
	plain  *plainMaps
	mirror *ban.Checker
	askers []asker
	heap   float64 // bytes of the mirror
}

// newSite makes a site of a store that has the rules, in the file at path.
func newSite(ctx context.Context, path string, rules []rule) (*site, error) {
	st, err := sqlitestore.Open(ctx, path, sqlitestore.Options{Synchronous: sqlitestore.SyncNormal})
	if err != nil {
		return nil, err
	}
	s := &site{path: path, rules: rules, store: st}
	before := heap()
	if s.mirror, err = ban.NewChecker(st, ban.CheckerOptions{Mirror: true}); err != nil {
		s.close()
		return nil, err
	}
	s.heap = heap() - before
	if n := s.mirror.Stats().MirrorRules; n != len(rules) {
		s.close()
		return nil, fmt.Errorf("the mirror has %d rules, want %d", n, len(rules))
	}
	s.plain = newPlainMaps(rules)
	s.askers = makeAskers(knownAskers, 0, s.plain)
	return s, nil
}

func (s *site) close() {
	if s.mirror != nil {
		_ = s.mirror.Close()
	}
	_ = s.store.Close()
}

// syncList puts the rules into a new store as one list.
func syncList(ctx context.Context, path string, rules []rule) error {
	st, err := sqlitestore.Open(ctx, path, sqlitestore.Options{})
	if err != nil {
		return err
	}
	defer st.Close()
	return syncInto(ctx, st, rules)
}

// syncInto puts the rules into a store that has none, as one list.
func syncInto(ctx context.Context, st store.Store, rules []rule) error {
	admin, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
	if err != nil {
		return err
	}
	input := blocklist.Parse(strings.NewReader(lines(rules)), blocklist.ParseOptions{Format: blocklist.FormatPlain})
	r, err := admin.Sync(ban.WithActor(ctx, "bench"), "bench", input, blocklist.SyncOptions{Source: "bench.txt", Reason: "measured", AllowWide: true})
	if err != nil {
		return err
	}
	if r.Added != len(rules) {
		return fmt.Errorf("%d of %d lines were added, %d rejected, as %v", r.Added, len(rules), r.Rejected, r.Rejects[:min(1, len(r.Rejects))])
	}
	return nil
}

// heap returns the bytes of live objects.
func heap() float64 {
	runtime.GC()
	runtime.GC() // what the first had to leave to finalizers and pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// machine describes where the figures come from.
func machine() string {
	cpu := "unknown processor"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				cpu = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores used, %s/%s, %s", cpu, runtime.GOMAXPROCS(0), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

func (b *bench) file(name string) string { return filepath.Join(b.dir, name) }
