package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/sqlitestore"
)

// The soak's sizes. Values are few, so that writes and checks meet.
const (
	soakRules     = 20_000 // of a list that stays
	soakValues    = 500
	soakListed    = 4_000 // lines of a list that is synced again and again
	soakChanged   = 2_000 // of them, each time
	soakPatterns  = 10_000
	soakWriters   = 2
	soakCompared  = 200
	soakExplained = 100   // one of so many is explained too
	soakCached    = 1_000 // fields, of the Checker that has no mirror
	soakPoll      = 200 * time.Millisecond
	soakFlush     = 5 * time.Second // of hits, which take the store's only writer for a while
)

// soaker lets a mirror of this process and one of another handle on the same
// file live through writes, syncs and expiries.
type soaker struct {
	store, other *sqlitestore.Store
	admin        *ban.Admin
	lists        *blocklist.Admin
	mirror, peer *ban.Checker
	first        [2]*ban.Checker // mirrors that are told before that one, which may put off what it is told
	plain        *ban.Checker    // without a mirror: what it answers is what the store says
	base         []rule

	now      atomic.Int64 // the clock of all of them, microseconds since 1970
	checks   atomic.Int64
	writes   atomic.Int64
	syncs    int
	synced   time.Time
	compared int
	heaps    []float64
}

func (k *soaker) clock() time.Time { return time.UnixMicro(k.now.Load()).UTC() }

// soak compares, round after round, what mirrors answer with what the store does
// once the writes of the round have returned. It fails at the first answer that
// differs, and if the heap has grown by more than a quarter in the end.
func soak(ctx context.Context, dir string, duration time.Duration, out io.Writer) error {
	k := &soaker{base: append(makeRules(soakRules), soakBase()...)}
	k.now.Store(time.Now().UnixMicro())
	defer k.close()
	if err := k.open(ctx, filepath.Join(dir, "soak.db")); err != nil {
		return err
	}
	began := time.Now()
	rounds, next := 0, duration/10
	for ; rounds == 0 || time.Since(began) < duration; rounds++ {
		if err := k.round(ctx, rounds); err != nil {
			return fmt.Errorf("round %d, after %v: %w", rounds, time.Since(began).Round(time.Second), err)
		}
		if time.Since(began) >= next {
			next += duration / 10
			k.heaps = append(k.heaps, heap())
			k.report(out, time.Since(began), rounds+1)
		}
	}
	k.heaps = append(k.heaps, heap())
	k.report(out, time.Since(began), rounds)
	early, late := k.heaps[len(k.heaps)/4], k.heaps[len(k.heaps)-1]
	if late > 1.25*early {
		return fmt.Errorf("the heap has grown from %.1f MB to %.1f MB", early/1e6, late/1e6)
	}
	fmt.Fprintf(out, "no answer differed; the heap went from %.1f MB to %.1f MB\n", early/1e6, late/1e6)
	return nil
}

func (k *soaker) report(out io.Writer, after time.Duration, rounds int) {
	s := k.mirror.Stats()
	fmt.Fprintf(out, "%v: %d rounds, %d checks, %d writes, %d syncs, %d answers compared; %d rules, %d loads, heap %.1f MB\n",
		after.Round(time.Second), rounds, k.checks.Load(), k.writes.Load(), k.syncs, k.compared, s.MirrorRules, s.MirrorLoads, k.heaps[len(k.heaps)-1]/1e6)
}

func (k *soaker) open(ctx context.Context, path string) (err error) {
	if err := syncList(ctx, path, k.base); err != nil {
		return err
	}
	for _, st := range []**sqlitestore.Store{&k.store, &k.other} {
		if *st, err = sqlitestore.Open(ctx, path, sqlitestore.Options{Synchronous: sqlitestore.SyncNormal}); err != nil {
			return err
		}
	}
	if k.admin, err = ban.NewAdmin(k.store, ban.AdminOptions{Now: k.clock}); err != nil {
		return err
	}
	if k.lists, err = blocklist.NewAdmin(k.store, blocklist.AdminOptions{Now: k.clock}); err != nil {
		return err
	}
	for _, c := range []**ban.Checker{&k.first[0], &k.first[1], &k.mirror} {
		if *c, err = ban.NewChecker(k.store, ban.CheckerOptions{Mirror: true, Now: k.clock, FlushInterval: soakFlush}); err != nil {
			return err
		}
	}
	if k.plain, err = ban.NewChecker(k.store, ban.CheckerOptions{Now: k.clock, FlushInterval: soakFlush, CacheSize: soakCached}); err != nil {
		return err
	}
	k.peer, err = ban.NewChecker(k.other, ban.CheckerOptions{Mirror: true, Now: k.clock, PollInterval: soakPoll, FlushInterval: soakFlush})
	return err
}

func (k *soaker) close() {
	for _, c := range []*ban.Checker{k.first[0], k.first[1], k.mirror, k.peer, k.plain} {
		if c != nil {
			_ = c.Close()
		}
	}
	for _, st := range []*sqlitestore.Store{k.store, k.other} {
		if st != nil {
			_ = st.Close()
		}
	}
}

// round writes, with checks going on, and then compares.
func (k *soaker) round(ctx context.Context, n int) error {
	var writers, readers sync.WaitGroup
	errs := make([]error, soakWriters+2)
	stop := make(chan struct{})
	for i := range soakWriters {
		writers.Go(func() { errs[i] = k.write(ctx, rand.New(rand.NewPCG(uint64(n), uint64(i)))) })
	}
	readers.Go(func() { errs[soakWriters] = k.check(ctx, rand.New(rand.NewPCG(uint64(n), 100)), stop) })
	if time.Since(k.synced) >= time.Second {
		k.synced = time.Now()
		errs[soakWriters+1] = k.sync(ctx, n)
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	wrote := time.Now()
	k.now.Add(int64(10 * time.Second / time.Microsecond)) // some of the bans end
	rng := rand.New(rand.NewPCG(uint64(n), 200))
	if err := k.compare(ctx, "the mirror", k.mirror, rng); err != nil {
		return err
	}
	for !k.peer.Stats().LastContact.After(wrote) { // the log is read to its end
		time.Sleep(soakPoll / 20)
	}
	return k.compare(ctx, "the mirror of the other handle", k.peer, rng)
}

// soakBase returns patterns, and prefixes of all lengths.
func soakBase() []rule {
	rng := rand.New(rand.NewPCG(11, 12))
	seen := make(map[string]bool)
	var rules []rule
	add := func(kind ban.Kind, text string) {
		if v, err := ban.Parse(kind, text); err == nil && !seen[v.String()] {
			seen[v.String()] = true
			rules = append(rules, rule{kind, v.String()})
		}
	}
	for i := range soakPatterns {
		switch w := word(rng, 3+rng.IntN(2)); i % 10 {
		case 0:
			add(ban.KindName, w+"*")
		case 1:
			add(ban.KindName, "*"+w)
		case 2:
			add(ban.KindEmail, fmt.Sprintf("*%s*@list%d.test", w, i%50))
		default:
			add(ban.KindName, "*"+w+"*")
		}
	}
	for length := 8; length <= 128; length++ {
		if length <= 32 {
			add(ban.KindIP, netip.PrefixFrom(within(rng, netip.MustParsePrefix("150.0.0.0/8")), length).Masked().String())
		}
		add(ban.KindIP, netip.PrefixFrom(within(rng, netip.MustParsePrefix("2400::/8")), length).Masked().String())
	}
	return rules
}

// soakValue returns one of the values that bans come and go of.
func soakValue(rng *rand.Rand) (ban.Kind, string) {
	n := rng.IntN(soakValues)
	switch n % 6 {
	case 0, 1:
		return ban.KindDomain, fmt.Sprintf("v%d.test", n)
	case 2:
		if n%4 == 0 {
			return ban.KindIP, fmt.Sprintf("2400:%x::/%d", n%8, 20+n%109)
		}
		return ban.KindIP, fmt.Sprintf("150.%d.%d.0/%d", n%8, n%4, 9+n%24)
	case 3:
		return ban.KindEmail, fmt.Sprintf("v.%d@gmail.com", n)
	case 4:
		return ban.KindName, fmt.Sprintf("v%d", n)
	}
	return ban.KindName, fmt.Sprintf("*pattern%d*", n)
}

func stranger(rng *rand.Rand) ban.Subject {
	n := rng.IntN(soakValues)
	ip := fmt.Sprintf("150.%d.%d.%d", n%8, n%16, rng.IntN(256))
	if n%4 == 0 {
		ip = fmt.Sprintf("2400:%x::%x", n%8, rng.IntN(256))
	}
	return ban.Subject{
		Email:  fmt.Sprintf("V%d@%s", rng.IntN(soakValues), [...]string{"gmail.com", fmt.Sprintf("mail.v%d.test", n), "example.org"}[rng.IntN(3)]),
		Domain: fmt.Sprintf("l%d.list.test", rng.IntN(2*soakListed)),
		IP:     ip,
		Name:   [...]string{fmt.Sprintf("V%d", n), fmt.Sprintf("a_pattern%d_b", n), word(rng, 4), "nobody"}[rng.IntN(4)],
		Action: ban.SignUp,
	}
}

// write makes, changes and ends bans.
func (k *soaker) write(ctx context.Context, rng *rand.Rand) error {
	ctx = ban.WithActor(ctx, "soak")
	for range 40 {
		o := ban.CreateOptions{Force: true, Effect: ban.Effect(rng.IntN(3)), Shadow: rng.IntN(8) == 0, Reason: "soak"}
		o.Kind, o.Value = soakValue(rng)
		if rng.IntN(2) == 0 {
			o.ExpiresAt = k.clock().Add(time.Duration(1+rng.IntN(60)) * time.Second)
		}
		b, _, err := k.admin.Put(ctx, o)
		if err == nil {
			switch rng.IntN(4) {
			case 0:
				_, err = k.admin.Revoke(ctx, b.ID, "over")
			case 1:
				_, err = k.admin.Delete(ctx, b.ID)
			}
		}
		if err != nil && !errors.Is(err, ban.ErrNotFound) && !errors.Is(err, ban.ErrConflict) && !errors.Is(err, ban.ErrExists) {
			return err
		}
		k.writes.Add(1)
	}
	return nil
}

// sync syncs a list of which two thousand lines are other ones each time.
func (k *soaker) sync(ctx context.Context, n int) error {
	var b strings.Builder
	first := k.syncs * soakChanged / 2
	for i := range soakListed {
		fmt.Fprintf(&b, "domain:l%d.list.test\n", (first+i)%(2*soakListed))
	}
	input := blocklist.Parse(strings.NewReader(b.String()), blocklist.ParseOptions{Format: blocklist.FormatPlain})
	_, err := k.lists.Sync(ban.WithActor(ctx, "soak"), "changing", input, blocklist.SyncOptions{Force: true, Source: "soak"})
	k.syncs++
	return err
}

func (k *soaker) check(ctx context.Context, rng *rand.Rand, stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		for range 100 {
			if _, err := k.mirror.Check(ctx, stranger(rng)); err != nil {
				return err
			}
			k.checks.Add(1)
		}
		time.Sleep(time.Millisecond) // others are to come through too
	}
}

// compare compares answers of a mirror, and some of what it explains, with those of
// the store.
func (k *soaker) compare(ctx context.Context, which string, c *ban.Checker, rng *rand.Rand) error {
	for i := range soakCompared {
		s := stranger(rng)
		got, err := c.Check(ctx, s)
		if err != nil {
			return err
		}
		want, err := k.plain.Check(ctx, s)
		if err != nil {
			return err
		}
		if got.Verdict != want.Verdict || got.Match != want.Match || len(got.Shadows) != len(want.Shadows) {
			return fmt.Errorf("%s answers %+v with %v by %v, the store with %v by %v", which, s, got.Verdict, got.Match, want.Verdict, want.Match)
		}
		k.compared++
		if i%soakExplained > 0 {
			continue
		}
		t, err := k.plain.Explain(ctx, s) // reads all patterns
		if err != nil {
			return err
		}
		own, err := c.Explain(ctx, s)
		if err != nil {
			return err
		}
		if own.String() != t.String() {
			return fmt.Errorf("%s explains %+v by\n%v\nthe store by\n%v", which, s, own, t)
		}
	}
	return nil
}
