// Package mirror keeps all rules of a store in memory, current by its changes.
package mirror

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/match"
	"example.com/ostraka/internal/ruleindex"
	"example.com/ostraka/store"
)

// Mirror holds all rules of a store in memory. Checks read its content without
// a lock: it is replaced as a whole, never changed.
//
// What a change names is looked up: changes come in any order and twice, and those
// that are looked up one after the other end in the state that the store is in. Only a
// change of one ban that this process made, and that comes in its turn, is applied as it
// is told; see put.
type Mirror struct {
	source   store.Rules
	bans     bans // nil: a ban cannot be read alone
	tables   *value.Tables
	ring     *match.Ring
	timeout  time.Duration // of a look-up
	progress func(loaded, total int)
	done     <-chan struct{} // closed when the context ends
	lookup   context.Context // for reads that a change makes necessary; ends then too

	content atomic.Pointer[Content]
	behind  atomic.Bool // content lacks changes that others may have seen
	due     atomic.Bool // content lacks changes that were put off
	loads   atomic.Int64

	wake  chan struct{} // tells run that there is something to do
	later chan struct{} // and that something was put off

	// indexing is held by who changes the index, what was put off and the content, with mu
	// held or not, for moments: never while the store is asked.
	indexing sync.Mutex
	index    *ruleindex.Index // its pointer changes with mu held, too
	deferred []*told
	under    []store.Rule // room

	mu       sync.Mutex             // held by who changes what follows
	owed     map[store.Key]struct{} // keys that are to be looked up: it failed
	patterns map[pattern]time.Time  // bans of patterns that are to be read, and when they were made if that is new
	touched  map[store.Key]struct{} // keys that changed since the reading of all rules began that is under way
	newest   int64                  // the newest change that is known of
	told     int64                  // the newest bulk change that is known of
	read     int64                  // the newest one that content has
	seen     int64                  // the newest one that others may have seen
	waiting  map[int64]int          // bulk changes whose makers wait for them, by Seq
	ended    chan struct{}          // closed when a reading of all rules ends, then replaced
	failed   int64                  // readings that failed
}

// Content is all rules as they were at a time. It is never changed.
type Content struct {
	view   *ruleindex.View
	wild   match.PatternSet
	hashes *match.Hashing
}

// retryPause is how long a mirror waits before it tries again to read what it
// could not.
const retryPause = 500 * time.Millisecond

// lookupTimeout is how long a look-up may take, and perKey how much longer for each
// key: who has made a change waits for it.
const (
	lookupTimeout = 5 * time.Second
	perKey        = 100 * time.Microsecond
)

// New returns a Mirror that has yet to be loaded, whose wildcards match by those
// tables, and hashed rules by the secrets of the ring. The context bounds all its reads
// but those of Load. progress, if not nil, is called now and then while all rules
// are read.
func New(ctx context.Context, source store.Rules, tables *value.Tables, ring *match.Ring, progress func(loaded, total int)) *Mirror {
	return &Mirror{
		source: source, tables: tables, ring: ring, timeout: lookupTimeout, progress: progress, lookup: ctx, done: ctx.Done(),
		wake: make(chan struct{}, 1), later: make(chan struct{}, 1), ended: make(chan struct{}),
		owed: make(map[store.Key]struct{}), patterns: make(map[pattern]time.Time), bans: bansOf(source), waiting: make(map[int64]int),
	}
}

// Apply makes changes take effect. The Seq of a later one is higher. If they are this process's own, it returns
// when they have, or else checks know that they have not.
func (m *Mirror) Apply(changes []store.Change, own bool) {
	m.mu.Lock()
	var bulk int64
	for i := range changes {
		c := &changes[i]
		next := c.Seq == m.newest+1
		m.newest = max(m.newest, c.Seq)
		if c.Bulk {
			bulk = max(bulk, c.Seq)
			continue
		}
		if !m.put(c, own, next) {
			m.owe(c)
		}
	}
	m.told = max(m.told, bulk)
	m.refresh()
	wait := own && bulk > m.read && m.index != nil
	if wait {
		m.waiting[bulk]++
	} else if m.waiting[bulk] == 0 {
		m.seen = max(m.seen, bulk)
	}
	m.settle()
	m.mu.Unlock()
	if wait {
		m.await(bulk)
	}
}

// refresh looks up the keys that are owed. It is called with mu held.
func (m *Mirror) refresh() {
	if !m.owes() {
		return
	}
	if m.touched != nil {
		maps.Copy(m.touched, m.owed)
	}
	if m.index == nil { // the first reading will find them
		m.forget()
		return
	}
	m.flush() // what is looked up is newer
	if m.replace(m.index, m.owed) == nil {
		m.forget()
	}
}

// forget owes nothing any more.
func (m *Mirror) forget() {
	clear(m.owed)
	clear(m.patterns)
}

// replace makes an index have what the store has for the keys, as of one moment:
// nobody is to see a part of a change. If it is the one in use, checks see it. It is called
// with mu held, so that what is looked up later is newer.
func (m *Mirror) replace(x *ruleindex.Index, keys map[store.Key]struct{}) error {
	if len(keys)+len(m.patterns) == 0 {
		return nil
	}
	all := slices.Collect(maps.Keys(keys))
	ctx, cancel := context.WithTimeout(m.lookup, m.timeout+time.Duration(len(all))*perKey)
	defer cancel()
	patterns, whole, err := m.readPatterns(ctx)
	if err != nil {
		return err
	}
	for _, key := range whole {
		if _, asked := keys[key]; !asked {
			all = append(all, key)
		}
	}
	var rules []store.Rule
	if len(all) > 0 {
		if rules, err = m.source.Lookup(ctx, all); err != nil {
			return fmt.Errorf("look up what changed: %w", err)
		}
	}
	m.indexing.Lock()
	defer m.indexing.Unlock()
	x.Replace(all, rules)
	m.replacePatterns(x, patterns, whole)
	if x == m.index {
		m.publish()
	}
	return nil
}

// publish makes checks see the index as it is. It is called with indexing held.
func (m *Mirror) publish() {
	next := &Content{view: m.index.View()}
	old := m.content.Load()
	next.hashes = m.ring.Using(next.view.HashKeys())
	for _, kind := range match.Kinds {
		var before ruleindex.Wildcards
		var patterns *match.Patterns
		if old != nil {
			before, patterns = old.view.Wildcards(kind), old.wild[kind]
		} else {
			patterns = match.NewPatterns(m.tables, kind, nil)
		}
		if gone, added := next.view.Wildcards(kind).Since(before); len(gone)+len(added) > 0 {
			patterns = patterns.Change(gone, added)
		}
		next.wild[kind] = patterns
	}
	m.content.Store(next)
}

// settle decides whether the content may be used, and has Run do what is left.
// It is called with mu held.
func (m *Mirror) settle() {
	if m.judge() {
		m.rouse()
	}
}

// rouse has Run look for what is left to be done.
func (m *Mirror) rouse() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// judge decides whether the content may be used, and reports whether something is
// left to be read. It is called with mu held.
func (m *Mirror) judge() (left bool) {
	m.behind.Store(m.owes() || m.seen > m.read)
	return m.owes() || m.told > m.read
}

// await waits until the content has a bulk change that this process made. If
// the rules cannot be read, checks ask the store from then on.
func (m *Mirror) await(seq int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	failed := m.failed
	for m.read < seq && m.failed == failed {
		ended := m.ended
		m.mu.Unlock()
		select {
		case <-ended:
		case <-m.done:
			m.mu.Lock()
			return
		}
		m.mu.Lock()
	}
	if m.waiting[seq]--; m.waiting[seq] == 0 {
		delete(m.waiting, seq)
	}
	m.seen = max(m.seen, seq)
	m.settle()
}

// Load reads all rules, and puts them in the place of the content.
func (m *Mirror) Load(ctx context.Context) error {
	m.mu.Lock()
	m.flush() // from now on, what is told is looked up
	m.touched = make(map[store.Key]struct{})
	told := m.told // what is known of now, the reading will find
	m.mu.Unlock()

	x, err := m.scan(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		err = m.replace(x, m.touched)
	}
	m.touched = nil
	close(m.ended)
	m.ended = make(chan struct{})
	if err != nil {
		m.failed++
		return fmt.Errorf("read all rules: %w", err)
	}
	m.read = max(m.read, told)
	m.forget() // what was owed before was found, the rest was looked up
	m.loads.Add(1)
	m.use(x)
	m.settle()
	return nil
}

// use makes checks see another index.
func (m *Mirror) use(x *ruleindex.Index) {
	m.indexing.Lock()
	defer m.indexing.Unlock()
	m.index = x
	m.publish()
}

// The rules that are read while others are put into an index, at a time and at most.
const (
	batchRules = 1024
	batches    = 4
)

// scan reads all rules into a new index. It reads and builds side by side.
func (m *Mirror) scan(ctx context.Context) (*ruleindex.Index, error) {
	total := countRules(ctx, m.source)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	read, spare := make(chan []store.Rule, batches), make(chan []store.Rule, batches)
	for range batches {
		spare <- make([]store.Rule, 0, batchRules)
	}
	failed := make(chan error, 1)
	go func() {
		defer close(read)
		failed <- m.readAll(ctx, read, spare)
	}()
	building := ruleindex.NewBuilder(total)
	n := 0
	for batch := range read {
		for i := range batch {
			building.Add(&batch[i])
			if n++; m.progress != nil && n%8192 == 0 {
				m.progress(n, max(n, total))
			}
		}
		spare <- batch[:0]
	}
	if err := <-failed; err != nil {
		return nil, err
	}
	if m.progress != nil {
		m.progress(n, n)
	}
	return building.Index(), nil
}

// readAll sends all rules in batches, which it takes from those that are spare.
func (m *Mirror) readAll(ctx context.Context, to chan<- []store.Rule, spare <-chan []store.Rule) error {
	batch := <-spare
	for r, err := range m.source.Scan(ctx, 0) {
		if err != nil {
			return err
		}
		if batch = append(batch, r); len(batch) == cap(batch) {
			to <- batch
			batch = <-spare
		}
	}
	to <- batch
	return nil
}

// countRules asks a store that can tell how many rules there are. Bans that
// were revoked count too.
func countRules(ctx context.Context, source store.Rules) int {
	if s, ok := source.(interface{ Underlying() store.Rules }); ok {
		source = s.Underlying()
	}
	s, ok := source.(interface {
		CountBans(context.Context, store.BanFilter) (int64, error)
		CountBlocks(context.Context, store.BlockFilter) (int64, error)
		Lists(context.Context) ([]store.List, error)
	})
	if !ok {
		return 0
	}
	bans, err := s.CountBans(ctx, store.BanFilter{})
	if err != nil {
		return 0
	}
	blocks, err := s.CountBlocks(ctx, store.BlockFilter{})
	if err != nil {
		return 0
	}
	lists, err := s.Lists(ctx)
	if err != nil {
		return 0
	}
	total := bans + blocks
	for _, l := range lists {
		total += l.Entries
	}
	return int(total)
}

// Run reads what is left to be read, until the context ends.
func (m *Mirror) Run(ctx context.Context) {
	retry := time.NewTimer(retryPause)
	defer retry.Stop()
	deferred := time.NewTimer(deferral)
	defer deferred.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.later:
			deferred.Reset(deferral)
			continue
		case <-deferred.C:
			m.flush()
			continue
		case <-m.wake:
		case <-retry.C:
		}
		if !m.catchUp(ctx) {
			retry.Reset(retryPause)
		}
	}
}

// catchUp reports whether nothing is left to be read.
func (m *Mirror) catchUp(ctx context.Context) bool {
	m.mu.Lock()
	if m.told > m.read {
		m.mu.Unlock()
		return m.Load(ctx) == nil // it finds the keys that are owed too
	}
	defer m.mu.Unlock()
	m.flush()
	m.refresh()
	return !m.judge() // if it failed, it is tried again after a pause
}

// Content returns the rules as they are now, with all that was put off.
func (m *Mirror) Content() *Content {
	if m.due.Load() {
		m.flush()
	}
	return m.content.Load()
}

// Behind reports whether Content lacks changes that others may have seen.
func (m *Mirror) Behind() bool { return m.behind.Load() }

// SetLookupTimeout changes how long a change waits for what it makes the mirror
// look up.
func (m *Mirror) SetLookupTimeout(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.timeout = d
}

// Stats are figures of a Mirror.
type Stats struct {
	Rules int   // in memory
	Bytes int64 // that they take, estimated
	Loads int64 // how often all rules were read
}

// Stats returns the figures of now.
func (m *Mirror) Stats() Stats {
	view := m.Content().view
	return Stats{Rules: view.Len(), Bytes: view.Bytes(), Loads: m.loads.Load()}
}
