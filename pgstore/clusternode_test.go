//go:build unix

package pgstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/pgstore"
	"example.com/ostraka/store"
)

// The variables that make this test program a node.
const (
	nodeEnv      = "PGSTORE_TEST_NODE" // its number
	nodeDSNEnv   = "PGSTORE_TEST_DSN"
	nodeBoardEnv = "PGSTORE_TEST_BOARD"
	nodeRateEnv  = "PGSTORE_TEST_RATE" // writes a second
)

// nodeReport is what a node has seen.
type nodeReport struct {
	Writes, FailedWrites     int64
	Unknown                  int64          // writes that failed without its being clear whether they took place
	Checks, Failed, Stale    int64          // Failed and Stale: those that were no answer, or marked
	WrongHere, WrongOf       int64          // answers from before a write that had returned: here, or elsewhere for longer than the PollInterval
	Wrong                    []string       // some of them
	Fresh                    [2]map[int]int // of LRU and mirror: how many writes of others were seen after so many tenths of a millisecond
	Recovered                []recovery     // after each outage
	Deadlocks, Serialization int64
}

// recovery is how long after the server was back something was right again.
type recovery struct {
	Wrote time.Duration    // a write that was begun after it had returned
	Saw   [2]time.Duration // a Checker, of LRU and mirror, answered by what others wrote after it
}

func (r recovery) whole() time.Duration { return max(r.Wrote, r.Saw[0], r.Saw[1]) }

// node is one of the processes: it writes its values, and asks about those of all.
type node struct {
	number   int
	board    *board
	admin    *ban.Admin
	checkers [2]*ban.Checker // LRU and mirror

	mu        sync.Mutex
	report    nodeReport
	lastWrite atomic.Int64 // when the last one that has returned began
	seenWrite [2]atomic.Int64
}

// runNode is the whole process. It prints "ready", and its report when the board says
// stop.
func runNode() error {
	number, err := strconv.Atoi(os.Getenv(nodeEnv))
	if err != nil {
		return err
	}
	rate, err := strconv.Atoi(os.Getenv(nodeRateEnv))
	if err != nil {
		return err
	}
	b, err := openBoard(os.Getenv(nodeBoardEnv))
	if err != nil {
		return err
	}
	s, err := pgstore.Open(context.Background(), os.Getenv(nodeDSNEnv), pgstore.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	n := &node{number: number, board: b}
	n.report.Fresh = [2]map[int]int{{}, {}}
	if n.admin, err = ban.NewAdmin(s, ban.AdminOptions{}); err != nil {
		return err
	}
	for i := range n.checkers {
		if n.checkers[i], err = ban.NewChecker(s, ban.CheckerOptions{Mirror: i == 1}); err != nil {
			return err
		}
		defer n.checkers[i].Close()
	}
	fmt.Println("ready")
	n.run(rate)
	stats := s.Stats()
	n.report.Deadlocks, n.report.Serialization = stats.Deadlocks, stats.SerializationFailures
	return json.NewEncoder(os.Stdout).Encode(n.report)
}

func (n *node) stopped() bool { return n.board.stop.Load() != 0 }

func (n *node) run(rate int) {
	const writers = 4
	var running sync.WaitGroup
	turns := make(chan struct{}, writers)
	for w := range writers {
		running.Go(func() {
			ids := make(map[int]uuid.UUID)
			value := w
			for range turns {
				n.write(value, ids)
				value = (value + writers) % nodeValues
			}
		})
	}
	for c := range n.checkers {
		for part := range followers {
			running.Go(func() { n.follow(c, part) })
		}
	}
	running.Go(n.recoveries)
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for !n.stopped() {
		<-tick.C
		select {
		case turns <- struct{}{}:
		default: // all are busy
		}
	}
	close(turns)
	running.Wait()
}

// write turns a value into its opposite, and asks about it at once.
func (n *node) write(value int, ids map[int]uuid.UUID) {
	ctx, cancel := context.WithTimeout(ban.WithActor(context.Background(), "node"), 20*time.Second)
	defer cancel()
	v := &n.board.nodes[n.number].values[value]
	name := valueName(n.number, value)
	began := time.Now()
	v.begin()
	state := v.state.Load()
	if state == unknown {
		state = n.find(ctx, name, value, ids)
		v.end(state, time.Now())
		if state == unknown {
			return
		}
		v.begin()
	}
	var err error
	if state == banned {
		_, err = n.admin.Revoke(ctx, ids[value], "")
		state = unbanned
	} else {
		var b ban.Ban
		b, err = n.admin.Create(ctx, ban.CreateOptions{Kind: ban.KindDomain, Value: name})
		ids[value], state = b.ID, banned
	}
	n.mu.Lock()
	n.report.Writes++
	if err != nil {
		state = unknown
		n.report.FailedWrites++
		if errors.Is(err, pgstore.ErrOutcome) {
			n.report.Unknown++
		}
	}
	n.mu.Unlock()
	v.end(state, time.Now())
	if err != nil {
		return
	}
	n.lastWrite.Store(began.UnixNano())
	mine := &n.board.nodes[n.number]
	mine.ring[mine.written.Load()%ringEntries].Store(int64(value))
	mine.written.Add(1)
	for c := range n.checkers {
		n.check(c, n.number, value, 0)
	}
}

// find asks the store for the state of a value that only this node writes.
func (n *node) find(ctx context.Context, name string, value int, ids map[int]uuid.UUID) int64 {
	active := true
	bans, err := n.admin.List(ctx, ban.Filter{Kind: ban.KindDomain, Contains: name, Active: &active}, ban.Page{})
	if err != nil {
		return unknown
	}
	for _, b := range bans {
		if b.Value == name {
			ids[value] = b.ID
			return banned
		}
	}
	return unbanned
}

// check asks about a value, and holds the answer against the board: it must be as the
// value was for all of the time given before. It reports whether the answer is that of
// a version of the value that is in force, and which.
func (n *node) check(c, of, value int, within time.Duration) (agrees bool, at int64) {
	v := &n.board.nodes[of].values[value]
	version, state, at, ok := v.settled()
	began := time.Now()
	d, err := n.checkers[c].Check(context.Background(), ban.Subject{Email: "x@" + valueName(of, value)})
	after := v.version.Load()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.report.Checks++
	switch {
	case err != nil:
		n.report.Failed++
		if !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrBusy) && !errors.Is(err, context.DeadlineExceeded) {
			n.wrong(fmt.Sprintf("an error of no kind: %v", err))
		}
		return false, 0
	case d.Stale:
		n.report.Stale++
		return false, 0
	case !ok || after != version || state == unknown:
		return false, 0
	case (d.Verdict == ban.Denied) == (state == banned):
		return true, at
	case began.UnixNano()-at <= int64(within):
		return false, 0
	}
	if of == n.number {
		n.report.WrongHere++
	} else {
		n.report.WrongOf++
	}
	n.wrong(fmt.Sprintf("checker %d: %s is %v %v after version %d, state %d, took %v", c, valueName(of, value), d.Verdict,
		time.Duration(began.UnixNano()-at), version, state, time.Since(began)))
	return false, 0
}

func (n *node) wrong(text string) {
	if len(n.report.Wrong) < 10 {
		n.report.Wrong = append(n.report.Wrong, text)
	}
}

// followers is how many ask a Checker at a time: one that waits for the store must not
// hold up the others.
const followers = 4

// follow asks about what others have written, a part of all values, until the answer is as
// they wrote.
func (n *node) follow(c, part int) {
	type waiting struct{ of, value int }
	var all []waiting
	var at [nodes]int64
	for of := range at {
		at[of] = n.board.nodes[of].written.Load()
	}
	for !n.stopped() {
		for of := range n.board.nodes {
			for other := &n.board.nodes[of]; of != n.number && at[of] < other.written.Load(); at[of]++ {
				if value := int(other.ring[at[of]%ringEntries].Load()); value/4%followers == part { // of all writers alike
					all = append(all, waiting{of, value})
				}
			}
		}
		left := all[:0]
		for _, w := range all {
			agrees, since := n.check(c, w.of, w.value, ban.DefaultPollInterval)
			if !agrees {
				left = append(left, w)
				continue
			}
			now := time.Now().UnixNano()
			n.mu.Lock()
			n.report.Fresh[c][int((now-since)/int64(100*time.Microsecond))]++
			n.mu.Unlock()
			n.seenWrite[c].Store(since)
		}
		all = left
		time.Sleep(time.Millisecond)
	}
}

// recoveries notes, after each outage, how long it took until everything was right again.
func (n *node) recoveries() {
	last := n.board.outage.Load()
	var r recovery
	for !n.stopped() {
		time.Sleep(time.Millisecond)
		outage := n.board.outage.Load()
		if outage == last {
			continue
		}
		back := n.board.backAt.Load()
		note := func(took *time.Duration, last *atomic.Int64) bool {
			if *took == 0 && last.Load() >= back {
				*took = time.Duration(time.Now().UnixNano() - back)
			}
			return *took != 0
		}
		wrote, cache, mirror := note(&r.Wrote, &n.lastWrite), note(&r.Saw[0], &n.seenWrite[0]), note(&r.Saw[1], &n.seenWrite[1])
		if !wrote || !cache || !mirror {
			continue
		}
		n.mu.Lock()
		n.report.Recovered = append(n.report.Recovered, r)
		n.mu.Unlock()
		n.board.nodes[n.number].recovered.Store(outage)
		last, r = outage, recovery{}
	}
}
