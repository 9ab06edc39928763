package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"example.com/ostraka/ban"
)

// slowRounds is how often is measured what takes seconds.
const slowRounds = 5

// bench is one run.
type bench struct {
	settings
	dir    string
	sites  []*site
	rows   []row
	growth []point

	firstSync float64 // of the largest site, nanoseconds
}

func (b *bench) close() {
	for _, s := range b.sites {
		s.close()
	}
}

func (b *bench) say(format string, args ...any) {
	if !b.json {
		fmt.Fprintf(b.log, format+"\n", args...)
	}
}

// measure fills in the rows and the growth.
func (b *bench) measure(ctx context.Context) error {
	for _, n := range b.sizes {
		if err := b.build(ctx, n); err != nil {
			return fmt.Errorf("%d rules: %w", n, err)
		}
	}
	for _, s := range steps {
		if !b.wants(s.name) {
			continue
		}
		if err := s.measure(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// steps are what is measured, in order, beside syncStep. Each has rows of its own.
var steps = []struct {
	name    string
	measure func(*bench, context.Context) error
}{
	{"mirror", (*bench).measureMirror}, {"patterns", (*bench).measurePatterns}, {"prefixes", (*bench).measurePrefixes},
	{"letters", (*bench).measureLetters}, {"explain", (*bench).measureExplain}, {"flood", (*bench).measureFlood},
	{"cache", (*bench).measureCache}, {"onefield", (*bench).measureOneField}, {"load", (*bench).measureLoad},
	{"growth", (*bench).measureGrowth}, {"cores", (*bench).measureCores}, {"served", (*bench).measureServed},
	{"bulk", (*bench).measureBulk}, {"create", (*bench).measureCreate}, {"tail", (*bench).measureTail},
}

// syncStep is the first Sync of the largest list, which bulk needs the time of.
const syncStep = "sync"

func stepNames() []string {
	names := []string{syncStep}
	for _, s := range steps {
		names = append(names, s.name)
	}
	return names
}

// wants reports whether a step is to be measured.
func (s *settings) wants(step string) bool {
	return len(s.only) == 0 || slices.Contains(s.only, step)
}

// largest is the site that the table is about.
func (b *bench) largest() *site { return b.sites[len(b.sites)-1] }

// build makes the site of a size. The largest is built several times, to time
// it.
func (b *bench) build(ctx context.Context, n int) error {
	rules := makeRules(n)
	path := b.file(fmt.Sprint(n, ".db"))
	if n != b.sizes[len(b.sizes)-1] || !b.wants(syncStep) && !b.wants("bulk") {
		b.say("%d rules", n)
		if err := syncList(ctx, path, rules); err != nil {
			return err
		}
	} else if err := b.measureSync(ctx, path, rules); err != nil {
		return err
	}
	s, err := newSite(ctx, path, rules)
	if err != nil {
		return err
	}
	b.sites = append(b.sites, s)
	return nil
}

func (b *bench) measureSync(ctx context.Context, path string, rules []rule) error {
	b.say("%d rules: Sync against a loop of inserts, %d times", len(rules), slowRounds)
	times, err := once(slowRounds,
		func(round int) error {
			if err := removeDB(path); err != nil {
				return err
			}
			return syncList(ctx, path, rules)
		},
		func(round int) error {
			bare := b.file("bare.db")
			if err := removeDB(bare); err != nil {
				return err
			}
			return insertBare(ctx, bare, rules)
		})
	if err != nil {
		return err
	}
	b.firstSync = times[0]
	rate := func(ns float64) float64 { return float64(len(rules)) / ns * 1e9 }
	b.rows = append(b.rows, compare("Sync of a list into SQLite", rate(times[0]), rate(times[1]), "rules/s", atLeast(0.5, "a bare loop of prepared inserts")))
	return removeDB(b.file("bare.db"))
}

// checks has a Checker check askers in turn, from the one at first on; each must
// be let in.
func checks(ctx context.Context, c *ban.Checker, askers []asker, first int) work {
	next := first
	return func(n int) error {
		at := next // next itself may share a cache line with that of another goroutine
		for range n {
			d, err := c.Check(ctx, askers[at].subject)
			if err != nil || d.Verdict != ban.Allowed {
				return fmt.Errorf("Check(%+v) = %v by %v, %w", askers[at].subject, d.Verdict, d.Match, err)
			}
			if at++; at == len(askers) {
				at = 0
			}
		}
		next = at
		return nil
	}
}

// mapProbes looks for the keys of the same askers in maps.
func mapProbes(p *plainMaps, askers []asker, first int) work {
	next := first
	return func(n int) error {
		at := next
		for range n {
			if found := p.find(&askers[at]); found != 0 {
				return fmt.Errorf("%d keys of %+v found", found, askers[at].subject)
			}
			if at++; at == len(askers) {
				at = 0
			}
		}
		next = at
		return nil
	}
}

func (b *bench) measureMirror(ctx context.Context) error {
	s := b.largest()
	b.say("%d rules: a mirror against maps, and against four queries", len(s.rules))
	hand, err := newByHand(ctx, b.file("hand.db"), s.rules)
	if err != nil {
		return err
	}
	defer hand.close()
	at := 0
	queries := func(n int) error {
		for range n {
			if found, err := hand.find(ctx, &s.askers[at%len(s.askers)]); err != nil || found != 0 {
				return fmt.Errorf("%d found by hand: %w", found, err)
			}
			at++
		}
		return nil
	}
	// Nobody comes twice: who goes round has their keys in the processor's cache.
	strangers := makeAskers(strangersOnce, 2*strangersOnce, s.plain)
	mirror := checks(ctx, s.mirror, strangers, 0)
	times, err := alternate(b.rounds, b.slice, mirror, mapProbes(s.plain, strangers, 0), rawProbes(s.plain, strangers))
	if err != nil {
		return err
	}
	// By themselves: SQLite leaves nothing of the others in the processor's cache.
	byHand, err := alternate(b.rounds, b.slice, queries, mirror)
	if err != nil {
		return err
	}
	allocs, err := allocations(mirror)
	if err != nil {
		return err
	}
	n := float64(len(s.rules))
	b.rows = append(b.rows,
		compare("mirror Check of a stranger, four fields", times[0], times[1], "ns", atMost(1.5, "plain maps and bart, of keys ready made")),
		compare("mirror Check of a stranger, of raw texts", times[0], times[2], "ns", atMost(1.2, "plain maps and bart, of the texts parsed")),
		row{What: "mirror Check, allocations", Figure: allocs, Unit: "allocs", Bar: "0", Holds: allocs == 0},
		compare("four queries of a handler by hand", byHand[0], byHand[1], "ns", atLeast(20, "mirror Check")),
		row{What: "memory of the mirror", Figure: round(s.heap / n), Unit: "bytes/rule", Baseline: 70, Ratio: round(s.heap / n / 70), Bar: "≤ 70 bytes", Holds: s.heap/n <= 70},
	)
	return nil
}

func (b *bench) measureCache(ctx context.Context) error {
	s := b.largest()
	b.say("%d rules: an LRU over SQLite, warm and cold", len(s.rules))
	cached, err := ban.NewChecker(s.store, ban.CheckerOptions{})
	if err != nil {
		return err
	}
	defer cached.Close()
	warm, mirror := checks(ctx, cached, s.askers, 0), checks(ctx, s.mirror, s.askers, 0)
	if err := warm(len(s.askers)); err != nil {
		return err
	}
	times, err := alternate(b.rounds, b.slice, warm, mirror)
	if err != nil {
		return err
	}
	allocs, err := allocations(warm)
	if err != nil {
		return err
	}
	b.rows = append(b.rows,
		compare("LRU Check, warm", times[0], times[1], "ns", atMost(1, "mirror Check")),
		row{What: "LRU Check, warm, allocations", Figure: allocs, Unit: "allocs", Bar: "0", Holds: allocs == 0},
	)
	return b.measureCold(ctx, s, cached)
}

// measureCold has every check be of somebody new, and the look-up too: of others,
// so that neither finds in SQLite's cache what the other has read.
func (b *bench) measureCold(ctx context.Context, s *site, cached *ban.Checker) error {
	next := knownAskers
	batch := func(n int) []asker {
		next += n
		return makeAskers(n, next, s.plain)
	}
	lookup, err := newInLookup(ctx, s.path, len(s.askers[0].keyTexts()))
	if err != nil {
		return err
	}
	defer lookup.close()
	runtime.GC()
	var times [2][]float64
	const n = 500
	for range b.rounds {
		askers := batch(n)
		began := time.Now()
		if err := checks(ctx, cached, askers, 0)(n); err != nil {
			return err
		}
		times[0] = append(times[0], float64(time.Since(began))/n)
		keys := make([][]any, n)
		for i, a := range batch(n) {
			keys[i] = a.keyTexts()
		}
		began = time.Now()
		for _, k := range keys {
			if found, err := lookup.find(ctx, k); err != nil || found != 0 {
				return fmt.Errorf("%d rules found by hand: %w", found, err)
			}
		}
		times[1] = append(times[1], float64(time.Since(began))/n)
	}
	b.rows = append(b.rows, compare("LRU Check, cold, on SQLite", median(times[0])/1000, median(times[1])/1000, "µs", atMost(2, "one prepared IN of the same keys")))
	return nil
}

func (b *bench) measureLoad(ctx context.Context) error {
	s := b.largest()
	b.say("%d rules: loading a mirror against scanning the rows, %d times", len(s.rules), slowRounds)
	times, err := once(slowRounds,
		func(int) error {
			c, err := ban.NewChecker(s.store, ban.CheckerOptions{Mirror: true})
			if err != nil {
				return err
			}
			return c.Close()
		},
		func(int) error {
			if n, err := scanAll(ctx, s.path); err != nil || n != len(s.rules) {
				return fmt.Errorf("%d rows scanned: %w", n, err)
			}
			return nil
		})
	if err != nil {
		return err
	}
	b.rows = append(b.rows, compare("loading the mirror from SQLite", times[0]/1e6, times[1]/1e6, "ms", atMost(1.15, "scanning the rows")))
	return nil
}

// measureGrowth times checks of all sizes in turn.
func (b *bench) measureGrowth(ctx context.Context) error {
	b.say("growth")
	var works []work
	for _, s := range b.sites {
		works = append(works, checks(ctx, s.mirror, s.askers, 0), mapProbes(s.plain, s.askers, 0))
	}
	times, err := alternate(b.rounds, b.slice, works...)
	if err != nil {
		return err
	}
	for i, s := range b.sites {
		b.growth = append(b.growth, point{len(s.rules), times[2*i], times[2*i+1]})
	}
	first, last := b.growth[0], b.growth[len(b.growth)-1]
	what := fmt.Sprintf("mirror Check, %d rules after %d", last.rules, first.rules)
	b.rows = append(b.rows, compare(what, last.mirror, first.mirror, "ns", atMost(3, "with the fewest rules")))
	return nil
}

// measureCores compares two goroutines with one, and does the same with maps: what
// two of these fall short of is the machine's. It takes longer than others, since
// whoever else uses the machine takes turns of a second or so.
func (b *bench) measureCores(ctx context.Context) error {
	s := b.largest()
	b.say("two goroutines")
	// All of them go through the same askers: with as many more, two goroutines
	// would have less of the processor's cache each.
	half := len(s.askers) / 2
	times, err := alternate(4*b.rounds, b.slice,
		checks(ctx, s.mirror, s.askers, 0),
		both(checks(ctx, s.mirror, s.askers, 0), checks(ctx, s.mirror, s.askers, half)),
		mapProbes(s.plain, s.askers, 0),
		both(mapProbes(s.plain, s.askers, 0), mapProbes(s.plain, s.askers, half)))
	if err != nil {
		return err
	}
	rate := func(ns float64) float64 { return 1e3 / ns }
	b.rows = append(b.rows,
		compare("two goroutines on two cores", rate(times[1]), rate(times[0]), "checks/µs", atLeast(1.7, "one goroutine")),
		compare("two goroutines with plain maps and bart", rate(times[3]), rate(times[2]), "checks/µs", bar{of: "one goroutine"}))
	return nil
}

// both does two works at once, each half as often.
func both(parts ...work) work {
	return func(n int) error {
		errs := make([]error, len(parts))
		var all sync.WaitGroup
		for i, w := range parts {
			all.Go(func() { errs[i] = w((n + 1) / 2) })
		}
		all.Wait()
		return errors.Join(errs...)
	}
}
