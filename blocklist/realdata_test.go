package blocklist_test

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/internal/refdata"
)

func readLines(t testing.TB, name string) []string {
	t.Helper()
	data, err := os.ReadFile(refdata.Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(data))
}

// The list of disposable domains: synced, synced again, changed and undone.
func TestTheDisposableDomains(t *testing.T) {
	all := readLines(t, "disposable-domains.txt")
	a := newAdmin(t, openSQLite(t))
	o := blocklist.SyncOptions{Source: "disposable-domains.txt"}
	text := func(lines []string) string { return strings.Join(lines, "\n") }

	first := sync(t, a, "disposable", text(all), o)
	t.Logf("%d lines: added %d, rejected %d", len(all), first.Added, first.Rejected)
	if first.Added+first.Rejected != len(all) || first.Rejected > 100 {
		t.Errorf("%s of %d lines", counts(first), len(all))
	}
	for _, r := range first.Rejects {
		if codeOf(r.Err) != ban.GuardPublicSuffix {
			t.Errorf("line %d, %s: %v", r.Line, r.Value, r.Err)
		}
	}
	again := sync(t, a, "disposable", text(all), o)
	t.Logf("again: added %d, removed %d, unchanged %d", again.Added, again.Removed, again.Unchanged)
	if again.Added != 0 || again.Removed != 0 || again.Unchanged != first.Added || again.List.Version != 1 {
		t.Errorf("again: %s at version %d", counts(again), again.List.Version)
	}

	rejected := make(map[string]bool)
	for _, r := range first.Rejects {
		rejected[r.Value] = true
	}
	good := slices.DeleteFunc(slices.Clone(all), func(s string) bool { return rejected[s] })
	changed := slices.Clone(good[100:])
	for i := range 50 {
		changed = append(changed, strings.Repeat("x", i+1)+".added.example")
	}
	third := sync(t, a, "disposable", text(changed), o)
	t.Logf("100 lines out, 50 in: added %d, removed %d, unchanged %d", third.Added, third.Removed, third.Unchanged)
	if third.Added != 50 || third.Removed != 100 || third.Unchanged != first.Added-100 {
		t.Errorf("changed: %s", counts(third))
	}
	undone, err := a.Undo(as("alice"), "disposable")
	if err != nil || undone.Entries != int64(first.Added) {
		t.Fatalf("Undo: %+v, %v", undone, err)
	}
	if r := sync(t, a, "disposable", text(good), o); counts(r) != counts(blocklist.Result{Unchanged: first.Added}) {
		t.Errorf("after Undo the list differs from what it was: %s", counts(r))
	}
}

// The prefixes of hosting networks answer as a scan over all of them does: with
// OSTRAKA_LONG set, for 100,000 addresses.
func TestTheDatacenterPrefixes(t *testing.T) {
	st := openSQLite(t)
	a, c := newAdmin(t, st), newChecker(t, st)
	var prefixes []netip.Prefix
	for _, name := range []string{"datacenter-ipv4", "datacenter-ipv6"} {
		lines := readLines(t, name+".txt")
		// The list has prefixes wider than the guards let through one by one.
		r := sync(t, a, name, strings.Join(lines, "\n"), blocklist.SyncOptions{Source: name + ".txt", AllowWide: true})
		t.Logf("%s: %d lines, added %d, rejected %d", name, len(lines), r.Added, r.Rejected)
		if r.Added != len(lines) {
			t.Errorf("%s: %s of %d lines", name, counts(r), len(lines))
		}
		for _, line := range lines {
			prefixes = append(prefixes, netip.MustParsePrefix(line))
		}
	}
	n := 500 // the scan is slow
	if os.Getenv("OSTRAKA_LONG") != "" {
		n = 100_000
	}
	random := rand.New(rand.NewPCG(1, 2))
	denied := 0
	for range n {
		addr := randomAddr(random, prefixes)
		want := ban.Allowed
		for _, p := range prefixes {
			if p.Contains(addr) {
				want = ban.Denied
				denied++
				break
			}
		}
		d, err := c.Check(context.Background(), ban.Subject{IP: addr.String()})
		if err != nil || d.Verdict != want {
			t.Fatalf("%v: %v, %v; a scan says %v", addr, d.Verdict, err, want)
		}
	}
	t.Logf("%d addresses, %d of them denied, answered as by a scan of %d prefixes", n, denied, len(prefixes))
}

// randomAddr returns an address of either family, half of them near a prefix.
func randomAddr(random *rand.Rand, prefixes []netip.Prefix) netip.Addr {
	if random.IntN(2) == 0 {
		var b [4]byte
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return netip.AddrFrom4(b)
	}
	p := prefixes[random.IntN(len(prefixes))]
	b := p.Addr().AsSlice()
	for i := range 8 * len(b) {
		if i >= p.Bits()-random.IntN(2) && random.IntN(2) == 0 {
			b[i/8] ^= 0x80 >> (i % 8)
		}
	}
	addr, _ := netip.AddrFromSlice(b)
	return addr.Unmap()
}
