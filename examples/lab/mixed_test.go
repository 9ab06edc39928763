package lab

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

var mixed = flag.Duration("mixed", 10*time.Second, "how long TestMixed goes on")

// event is something that made a value banned or not, at one moment between its
// begin and its end.
type event struct {
	banned     bool
	began, end time.Time
}

// timeline has the events of a value in the order of their ends, and of each the
// latest begin of all up to it.
type timeline struct {
	events []event
	began  []time.Time
}

func newTimeline(events []event) *timeline {
	l := &timeline{events: slices.Clone(events)}
	slices.SortFunc(l.events, func(a, b event) int { return a.end.Compare(b.end) })
	var latest time.Time
	for _, e := range l.events {
		if e.began.After(latest) {
			latest = e.began
		}
		l.began = append(l.began, latest)
	}
	return l
}

// possible reports whether the value may have been banned, or not, at some moment
// from one time to another: by an event that had begun by then, and after which none
// had surely come before. One surely comes after another if it begins when that has
// ended.
func (l *timeline) possible(banned bool, from, to time.Time) bool {
	over, _ := slices.BinarySearchFunc(l.events, from, func(e event, t time.Time) int {
		if e.end.After(t) {
			return 1
		}
		return -1
	})
	var sure time.Time // events that ended before were overruled
	if over > 0 {
		sure = l.began[over-1]
	}
	first, _ := slices.BinarySearchFunc(l.events, sure, func(e event, t time.Time) int { return e.end.Compare(t) })
	return slices.ContainsFunc(l.events[first:], func(e event) bool { return e.banned == banned && !e.began.After(to) })
}

func TestPossible(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	l := newTimeline([]event{{false, at(0), at(0)}, {true, at(10), at(20)}, {false, at(15), at(30)}, {true, at(40), at(50)}})
	for _, tt := range []struct {
		from, to          int
		banned, notBanned bool
	}{
		{1, 9, false, true}, {1, 10, true, true}, {20, 20, true, true}, {25, 39, true, true},
		{35, 39, true, true}, // the two before may have come in either order
		{45, 49, true, true}, {50, 60, true, false},
	} {
		if b, n := l.possible(true, at(tt.from), at(tt.to)), l.possible(false, at(tt.from), at(tt.to)); b != tt.banned || n != tt.notBanned {
			t.Errorf("from %d to %d: banned is possible: %v, not banned: %v; want %v, %v", tt.from, tt.to, b, n, tt.banned, tt.notBanned)
		}
	}
}

// judge collects what the programs say.
type judge struct {
	mu      sync.Mutex
	events  map[string][]event
	answers []answered
	errors  map[string]int // writes that failed, by kind
	others  []string       // errors of no kind that is provoked
	longest time.Duration  // of a write that ended as busy
}

func (j *judge) write(w wrote) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if w.Err == "" {
		j.events[w.Value] = append(j.events[w.Value], event{banned: w.Banned, began: w.Began, end: w.End})
		return
	}
	j.errors[w.Kind]++
	if w.Kind == "busy" {
		j.longest = max(j.longest, w.End.Sub(w.Began))
	}
	if w.Kind == "other" {
		j.others = append(j.others, w.Err)
	}
}

// verdict counts the answers that were right, stale, and wrong.
func (j *judge) verdict(t *testing.T) {
	const slack = 5 * time.Millisecond // between the clocks of two processes, and for the last step to a pipe
	stale, failed, wrong := 0, 0, 0
	lines := map[string]*timeline{}
	for value, events := range j.events {
		lines[value] = newTimeline(events)
	}
	for _, a := range j.answers {
		switch {
		case a.Err != "":
			failed++
		case a.Stale:
			stale++
		case !lines[a.Value].possible(a.Denied, a.Asked.Add(-pollEvery-slack), a.Told.Add(slack)):
			if wrong++; wrong <= 10 {
				t.Errorf("at %v %s was denied: %v, which is wrong; its events:\n%v", a.Told, a.Value, a.Denied, around(j.events[a.Value], a.Told))
			}
		}
	}
	writes := 0
	for _, events := range j.events {
		writes += len(events)
	}
	t.Logf("%d answers judged, %d of them stale, %d failed, %d wrong; %d events; writes that failed: %v, a busy one after %v at most",
		len(j.answers), stale, failed, wrong, writes, j.errors, j.longest.Round(time.Millisecond))
	for _, other := range j.others {
		t.Errorf("a write failed with %s", other)
	}
	if len(j.answers) == 0 || writes == 0 {
		t.Error("nothing was judged")
	}
}

// around returns the events within some seconds of a time.
func around(events []event, at time.Time) (near []string) {
	for _, e := range events {
		if at.Sub(e.end).Abs() < 3*time.Second {
			near = append(near, fmt.Sprintf("%v from %v to %v before", e.banned, at.Sub(e.began), at.Sub(e.end)))
		}
	}
	return near
}

// trouble makes things go wrong until the context ends, one at a time.
type trouble struct {
	t     *testing.T
	judge *judge
	path  string
	dir   string // of the database
	fill  bool   // the disk can be filled
	rng   *rand.Rand
	made  map[string]int
	n     int
}

func (x *trouble) run(ctx context.Context) {
	for ctx.Err() == nil {
		x.n++
		kind := []string{"restore", "restore", "lock", "full disk", "vacuum"}[x.rng.IntN(5)]
		if kind == "full disk" && !x.fill {
			continue
		}
		var err error
		switch kind {
		case "restore":
			err = x.restore(ctx)
		case "lock":
			err = x.lock()
		case "full disk":
			err = x.fillDisk()
		case "vacuum":
			err = x.vacuum()
		}
		if err != nil {
			x.t.Errorf("%s: %v", kind, err)
		}
		x.made[kind]++
		time.Sleep(time.Duration(100+x.rng.IntN(900)) * time.Millisecond)
	}
}

// lock holds the write lock for a while.
func (x *trouble) lock() error {
	db, err := sql.Open("sqlite", "file:"+x.path+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(context.Background())
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(context.Background(), "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	time.Sleep(time.Duration(x.rng.IntN(1500)) * time.Millisecond)
	_, err = conn.ExecContext(context.Background(), "ROLLBACK")
	return err
}

// restore backs up, waits, and puts the backup back: an event of every value.
func (x *trouble) restore(ctx context.Context) error {
	backup := filepath.Join(x.t.TempDir(), fmt.Sprintf("backup-%d.db", x.n))
	st, err := sqlitestore.Open(ctx, x.path, sqlitestore.Options{})
	if err != nil {
		return ignore(err)
	}
	defer st.Close()
	if err := st.Backup(ctx, backup); err != nil {
		return ignore(err)
	}
	has, err := banned(backup)
	if err != nil {
		return err
	}
	time.Sleep(time.Duration(x.rng.IntN(800)) * time.Millisecond)
	began := time.Now()
	err = sqlitestore.Restore(ctx, x.path, backup, store.Change{At: time.Now(), Actor: "trouble"}, sqlitestore.Options{})
	end := time.Now()
	if err != nil {
		return ignore(err)
	}
	x.judge.mu.Lock()
	defer x.judge.mu.Unlock()
	for w := range writers {
		for i := range values {
			v := mixedValue(w, i)
			x.judge.events[v] = append(x.judge.events[v], event{banned: has[v], began: began, end: end})
		}
	}
	return nil
}

// ignore passes over what the other troubles do to this one.
func ignore(err error) error {
	for _, may := range []error{store.ErrBusy, store.ErrUnavailable, context.DeadlineExceeded} {
		if errors.Is(err, may) {
			return nil
		}
	}
	return err
}

// banned returns the values that are banned in a file.
func banned(path string) (map[string]bool, error) {
	st, err := sqlitestore.Open(context.Background(), path, sqlitestore.Options{})
	if err != nil {
		return nil, err
	}
	defer st.Close()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		return nil, err
	}
	found, err := admin.List(context.Background(), ban.Filter{Active: new(true)}, ban.Page{Limit: store.MaxPageLimit})
	has := map[string]bool{}
	for _, b := range found {
		has[b.Value] = true
	}
	return has, err
}

// fillDisk takes all space there is for a while.
func (x *trouble) fillDisk() error {
	path := filepath.Join(x.dir, "filler")
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer os.Remove(path)
	defer f.Close()
	for block := make([]byte, 64<<10); ; {
		if _, err := f.Write(block); err != nil {
			break
		}
	}
	time.Sleep(time.Duration(500+x.rng.IntN(1000)) * time.Millisecond)
	return nil
}

func (x *trouble) vacuum() error {
	st, err := sqlitestore.Open(context.Background(), x.path, sqlitestore.Options{})
	if err != nil {
		return ignore(err)
	}
	defer st.Close()
	return ignore(st.Vacuum(context.Background()))
}

func TestMixed(t *testing.T) {
	dir, fill := smallDisk(t)
	path := filepath.Join(dir, "lab.db")
	st, err := sqlitestore.Open(context.Background(), path, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	st.Close()
	j := &judge{events: map[string][]event{}, errors: map[string]int{}}
	for w := range writers {
		for i := range values {
			j.events[mixedValue(w, i)] = []event{{}}
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), *mixed)
	defer cancel()
	var running sync.WaitGroup
	var programs, checkers []*child
	for w := range writers {
		c := start(t, "writer", path, fmt.Sprint(w))
		programs = append(programs, c)
		running.Go(func() { listen(t, c, j.write) })
	}
	for _, args := range [][2]string{{"cache", "jumps"}, {"mirror", "jumps"}, {"mirror", "steady"}} {
		c := start(t, "checker", path, args[0], args[1])
		programs, checkers = append(programs, c), append(checkers, c)
		running.Go(func() {
			listen(t, c, func(a answered) {
				j.mu.Lock()
				defer j.mu.Unlock()
				j.answers = append(j.answers, a)
			})
		})
	}
	x := &trouble{t: t, judge: j, path: path, dir: dir, fill: fill, rng: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1)), made: map[string]int{}}
	running.Go(func() { x.run(ctx) })
	frozen := 0
	running.Go(func() { frozen = freeze(ctx, checkers) })
	<-ctx.Done()
	for _, c := range programs {
		c.in.Close()
	}
	running.Wait()
	for _, c := range programs {
		if err := c.cmd.Wait(); err != nil {
			t.Errorf("a program ended with %v: %s", err, &c.errs)
		}
	}
	j.verdict(t)
	t.Logf("trouble: %v, %d times a checker was frozen", x.made, frozen)
	if st, err = sqlitestore.Open(context.Background(), path, sqlitestore.Options{}); err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if err := st.Check(context.Background()); err != nil {
		t.Error(err)
	}
}

// listen passes on what a program says, until it ends.
func listen[T any](t *testing.T, c *child, take func(T)) {
	for c.lines.Scan() {
		var v T
		if err := json.Unmarshal(c.lines.Bytes(), &v); err != nil {
			t.Errorf("%s: %v", c.lines.Text(), err)
			return
		}
		take(v)
	}
}
