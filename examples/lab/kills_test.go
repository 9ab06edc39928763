package lab

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

var kills = flag.Int("kills", 10, "how many times TestKills kills the worker")

// facts are what must be true of a database, by what was acknowledged.
type facts struct {
	banned    map[int]bool // the ban of that order is active; false: revoked
	cascaded  map[int]bool
	suspended map[int]bool // the account of that order is
	feed      []int        // contents of the list: the one in force, and the one before if that is known
	undoable  bool
}

func newFacts() *facts {
	return &facts{banned: map[int]bool{}, cascaded: map[int]bool{}, suspended: map[int]bool{}}
}

func (f *facts) clone() *facts {
	return &facts{maps.Clone(f.banned), maps.Clone(f.cascaded), maps.Clone(f.suspended), slices.Clone(f.feed), f.undoable}
}

// apply makes an order that was carried out a fact. Restorations are the bench's.
func (f *facts) apply(o order) {
	switch o.Do {
	case doBan:
		f.banned[o.N] = true
	case doRevoke:
		f.banned[o.N] = false
	case doCascade:
		f.cascaded[o.N] = true
	case doMake:
		f.suspended[o.N] = false
	case doSuspend:
		f.suspended[o.N] = true
	case doSync:
		f.feed, f.undoable = append([]int{o.N}, f.feed...)[:min(len(f.feed)+1, 2)], true
	case doUndo:
		f.feed, f.undoable = f.feed[1:], false
	}
}

// bench is a run of TestKills.
type bench struct {
	t       *testing.T
	rng     *rand.Rand
	path    string
	dir     string
	journal *os.File

	n       int
	facts   *facts
	backups map[string]*facts        // what each file has
	takes   map[string]time.Duration // how long an order takes, roughly
	killed  map[string]int           // kills by the order that was under way
	done    map[string]int           // of those, how many orders had been carried out
	acked   int
	played  int
}

// next returns an order that makes sense now.
func (b *bench) next() order {
	b.n++
	switch p := b.rng.IntN(100); {
	case p < 20:
		return order{Do: doBan, N: b.n}
	case p < 28:
		if n, ok := b.pick(b.facts.banned, true); ok {
			return order{Do: doRevoke, N: n}
		}
	case p < 38:
		return order{Do: doCascade, N: b.n}
	case p < 44:
		return order{Do: doMake, N: b.n}
	case p < 56:
		if n, ok := b.pick(b.facts.suspended, false); ok {
			return order{Do: doSuspend, N: n}
		}
		return order{Do: doMake, N: b.n}
	case p < 70:
		return order{Do: doSync, N: b.n}
	case p < 78:
		if len(b.facts.feed) == 2 && b.facts.undoable {
			return order{Do: doUndo, N: b.n}
		}
	case p < 84:
		return order{Do: doVacuum, N: b.n}
	case p < 91:
		return order{Do: doBackup, N: b.n, File: backupOf(b.dir, b.n)}
	default:
		if files := slices.Sorted(maps.Keys(b.backups)); len(files) > 0 {
			return order{Do: doRestore, N: b.n, File: files[b.rng.IntN(len(files))]}
		}
	}
	return order{Do: doBan, N: b.n}
}

// pick returns one of the orders of which something is so.
func (b *bench) pick(of map[int]bool, is bool) (int, bool) {
	var all []int
	for n, v := range of {
		if v == is {
			all = append(all, n)
		}
	}
	if len(all) == 0 {
		return 0, false
	}
	slices.Sort(all)
	return all[b.rng.IntN(len(all))], true
}

func (b *bench) note(what string, o order) {
	line, _ := json.Marshal(o)
	fmt.Fprintf(b.journal, "%s %s\n", what, line)
}

// send asks the worker for something.
func (b *bench) send(c *child, o order) {
	b.note("asked", o)
	line, _ := json.Marshal(o)
	if _, err := c.in.Write(append(line, '\n')); err != nil {
		b.t.Fatalf("the worker takes no orders: %v, %s", err, &c.errs)
	}
}

// acknowledge makes an order that was acknowledged a fact.
func (b *bench) acknowledge(o order) {
	b.note("acknowledged", o)
	b.acked++
	b.happened(o)
}

func (b *bench) happened(o order) {
	switch o.Do {
	case doBackup:
		b.backups[o.File] = b.facts.clone()
		if len(b.backups) > 5 {
			oldest := slices.Sorted(maps.Keys(b.backups))[0]
			delete(b.backups, oldest)
			os.Remove(oldest)
		}
	case doRestore:
		b.facts = b.backups[o.File].clone()
	default:
		b.facts.apply(o)
	}
}

// round has a worker carry out a few orders, and kills it within one.
func (b *bench) round() {
	c := start(b.t, "worker", b.path)
	for range 1 + b.rng.IntN(3) {
		o := b.next()
		began := time.Now()
		b.send(c, o)
		if !c.lines.Scan() {
			c.kill()
			b.t.Fatalf("the worker ended within %+v: %s", o, &c.errs)
		}
		b.takes[o.Do] = (b.takes[o.Do] + time.Since(began)) / 2
		b.acknowledge(o)
	}
	o := b.next()
	b.send(c, o)
	time.Sleep(time.Duration(b.rng.Float64() * 1.2 * float64(max(b.takes[o.Do], 2*time.Millisecond))))
	_ = c.cmd.Process.Kill()
	acknowledged := c.lines.Scan()
	c.kill()
	b.killed[o.Do]++
	if acknowledged {
		b.acknowledge(o)
		b.done[o.Do]++
	}
	b.verify(o, !acknowledged)
}

// verify compares the database with the facts. What was under way may have
// happened, and is a fact then.
func (b *bench) verify(o order, open bool) {
	ctx := context.Background()
	st, err := sqlitestore.Open(ctx, b.path, sqlitestore.Options{})
	if err != nil {
		b.t.Fatalf("after a kill within %+v: %v", o, err)
	}
	defer st.Close()
	if err := st.Check(ctx); err != nil {
		b.t.Errorf("after a kill within %+v: %v", o, err)
	}
	wrong, played, err := replay(ctx, st)
	if err != nil {
		b.t.Fatal(err)
	}
	b.played += played
	found, err := look(ctx, st)
	if err != nil {
		b.t.Fatal(err)
	}
	wrong = append(wrong, found.torn...)
	if open && b.carriedOut(ctx, st, o, found.facts) {
		b.note("carried out", o)
		b.happened(o)
		b.done[o.Do]++
	}
	wrong = append(wrong, b.facts.compare(found.facts)...)
	for _, w := range wrong {
		b.t.Errorf("after a kill within %+v: %s", o, w)
	}
}

// carriedOut reports whether an order was, that was not acknowledged.
func (b *bench) carriedOut(ctx context.Context, st *sqlitestore.Store, o order, now *facts) bool {
	switch o.Do {
	case doVacuum:
		return false
	case doBackup:
		_, err := os.Stat(o.File)
		return err == nil
	case doRestore:
		log, err := st.Changes(ctx, 0, 1)
		for after := int64(0); err == nil && len(log) > 0; log, err = st.Changes(ctx, after, store.MaxPageLimit) {
			for _, c := range log {
				if after = c.Seq; c.Action == store.StoreRestore && c.Actor == restorerOf(o.N) {
					return true
				}
			}
		}
		return false
	}
	would := b.facts.clone()
	would.apply(o)
	return len(would.compare(now)) == 0
}

// compare returns how facts differ from what was found.
func (f *facts) compare(found *facts) (wrong []string) {
	for what, sets := range map[string][2]map[int]bool{
		"bans": {f.banned, found.banned}, "cascades": {f.cascaded, found.cascaded}, "suspensions": {f.suspended, found.suspended},
	} {
		if !maps.Equal(sets[0], sets[1]) {
			wrong = append(wrong, fmt.Sprintf("%s: acknowledged %v, found %v", what, sets[0], sets[1]))
		}
	}
	if !slices.Equal(f.feed[:min(len(f.feed), 1)], found.feed) || f.undoable != found.undoable {
		wrong = append(wrong, fmt.Sprintf("the list: acknowledged %v, to be undone %v; found %v, %v", f.feed, f.undoable, found.feed, found.undoable))
	}
	return wrong
}

// found are the facts of a database, and what happened by halves.
type found struct {
	facts *facts
	torn  []string
}

// look finds out what a database says.
func look(ctx context.Context, st *sqlitestore.Store) (found, error) {
	f := found{facts: newFacts()}
	active, err := lookAtBans(ctx, st, &f)
	if err != nil {
		return f, err
	}
	on, err := lookAtAliases(ctx, st, active, &f)
	if err != nil {
		return f, err
	}
	if err := lookAtAccounts(ctx, st, active, on, &f); err != nil {
		return f, err
	}
	return f, lookAtFeed(ctx, st, &f)
}

// lookAtBans returns the active bans by their values.
func lookAtBans(ctx context.Context, st *sqlitestore.Store, f *found) (map[string]store.Ban, error) {
	bans, err := all(func(p store.Page) ([]store.Ban, error) { return st.ListBans(ctx, store.BanFilter{}, p) }, func(b store.Ban) int64 { return b.Seq })
	active := map[string]store.Ban{}
	for _, b := range bans {
		is := b.Active(time.Now())
		if is {
			active[b.Value] = b
		}
		var n int
		if _, err := fmt.Sscanf(b.Value, "d%d.example", &n); err == nil {
			f.facts.banned[n] = is
		}
	}
	return active, err
}

// lookAtAliases returns how many aliases each account has that are active. Those at
// a domain that was banned with them must all be off.
func lookAtAliases(ctx context.Context, st *sqlitestore.Store, active map[string]store.Ban, f *found) (map[uuid.UUID]int, error) {
	aliases, err := all(func(p store.Page) ([]store.MailAlias, error) { return st.ListAliases(ctx, store.AliasFilter{}, p) }, func(a store.MailAlias) int64 { return a.Seq })
	on := map[uuid.UUID]int{}
	for _, a := range aliases {
		if a.Active {
			on[a.Owner]++
		}
		var n int
		b, banned := active[a.Domain]
		if _, err := fmt.Sscanf(a.Domain, "c%d.example", &n); err != nil || !banned {
			continue
		}
		f.facts.cascaded[n] = true
		if a.Active || b.AliasesDisabled != 3 {
			f.torn = append(f.torn, fmt.Sprintf("%s is banned, with %d aliases turned off; %s is active: %v", a.Domain, b.AliasesDisabled, a.Address(), a.Active))
		}
	}
	return on, err
}

// lookAtAccounts wants suspended accounts to have their bans, and no token nor alias
// that works; and others no bans.
func lookAtAccounts(ctx context.Context, st *sqlitestore.Store, active map[string]store.Ban, on map[uuid.UUID]int, f *found) error {
	accounts, err := all(func(p store.Page) ([]store.Account, error) { return st.ListAccounts(ctx, store.AccountFilter{}, p) }, func(a store.Account) int64 { return a.Seq })
	if err != nil {
		return err
	}
	for _, a := range accounts {
		var n int
		if _, err := fmt.Sscanf(a.Handle, "user%d", &n); err != nil {
			return err
		}
		tokens, err := st.ListCredentials(ctx, store.CredentialFilter{Account: a.ID}, store.Page{})
		if err != nil {
			return err
		}
		valid := 0
		for _, c := range tokens {
			if c.RevokedAt.IsZero() {
				valid++
			}
		}
		_, email := active[addressOf(n)]
		_, name := active[handleOf(n)]
		suspended := !a.SuspendedAt.IsZero()
		f.facts.suspended[n] = suspended
		if email != suspended || name != suspended || suspended && (valid != 0 || on[a.ID] != 0) {
			f.torn = append(f.torn, fmt.Sprintf("%s: suspended %v, its address banned %v, its name %v, %d tokens, %d aliases", a.Handle, suspended, email, name, valid, on[a.ID]))
		}
	}
	return nil
}

// lookAtFeed finds which content the list has.
func lookAtFeed(ctx context.Context, st *sqlitestore.Store, f *found) error {
	lists, err := st.Lists(ctx)
	if err != nil || len(lists) == 0 {
		return err
	}
	contents := map[int]int{} // entries by the content that they are of
	for e, err := range st.ListEntries(ctx, "feed") {
		if err != nil {
			return err
		}
		var n, i int
		if _, err := fmt.Sscanf(e.Value, "e%d-%d.example", &n, &i); err != nil {
			return err
		}
		contents[n]++
	}
	if len(contents) != 2 || contents[0] != feedSize/2 || lists[0].Entries != feedSize {
		f.torn = append(f.torn, fmt.Sprintf("the list says %d entries, and has %v", lists[0].Entries, contents))
	}
	f.facts.undoable = lists[0].Undoable
	for n := range contents {
		if n != 0 {
			f.facts.feed = append(f.facts.feed, n)
		}
	}
	return nil
}

func all[T any](list func(store.Page) ([]T, error), seq func(T) int64) (records []T, err error) {
	page := store.Page{OldestFirst: true, Limit: store.MaxPageLimit}
	for {
		found, err := list(page)
		if err != nil || len(found) == 0 {
			return records, err
		}
		records = append(records, found...)
		page.After = seq(found[len(found)-1])
	}
}

func TestKills(t *testing.T) {
	dir := t.TempDir()
	journal, err := os.Create(filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	seed := uint64(time.Now().UnixNano())
	b := &bench{
		t: t, rng: rand.New(rand.NewPCG(seed, 0)), dir: dir, path: filepath.Join(dir, "lab.db"), journal: journal,
		facts: newFacts(), backups: map[string]*facts{}, takes: map[string]time.Duration{}, killed: map[string]int{}, done: map[string]int{},
	}
	for i := 0; i < *kills && !t.Failed(); i++ {
		b.round()
	}
	if err := b.leftovers(); err != nil {
		t.Error(err)
	}
	if t.Failed() {
		text, _ := os.ReadFile(journal.Name())
		lines := strings.Split(string(text), "\n")
		t.Logf("seed %d, the end of the journal:\n%s", seed, strings.Join(lines[max(len(lines)-30, 0):], "\n"))
	}
	t.Logf("%d orders acknowledged, %d entries of the log played; kills by what was under way, and how often that was carried out all the same: %v, %v",
		b.acked, b.played, b.killed, b.done)
}

// leftovers makes a last backup, and reports what killed ones have left.
func (b *bench) leftovers() error {
	st, err := sqlitestore.Open(context.Background(), b.path, sqlitestore.Options{})
	if err != nil {
		return err
	}
	defer st.Close()
	if err := st.Backup(context.Background(), filepath.Join(b.dir, "last.db")); err != nil {
		return err
	}
	left, err := filepath.Glob(filepath.Join(b.dir, ".ostraka-*"))
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("left behind: %v", left)
	}
	return err
}
