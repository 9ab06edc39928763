package changefeed

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// mark tells a change from any other that may be in its place in the log.
type mark struct {
	seq    int64
	at     int64 // microseconds
	actor  string
	action store.ChangeAction
	target uuid.UUID
}

func markOf(c *store.Change) mark {
	return mark{c.Seq, c.At.UnixMicro(), c.Actor, c.Action, c.Target}
}

// readMark is how far a log was read.
type readMark struct {
	mark
	pruned bool // the change of that Seq was no longer there: only the Seq is known
}

// logLine is what a feed knows of the line of changes that it follows. If a backup
// of the store is put back, the log goes on from there in another line: it is
// shorter, or has other changes at the same places.
type logLine struct {
	read readMark       // the last change that was read from the log
	own  map[int64]mark // changes of this process that are yet to be met in the log

	// met are changes of others that were met, of late: one of them may turn out
	// to be of this process, if it was read before its writer was told of.
	met, metBefore map[int64]mark
	rotated        time.Duration

	// Positions are those of all lines that were followed one after the other, so
	// that a later change has a higher one.
	base, highest int64
}

const (
	maxMarks    = 1 << 14          // kept of own changes, and of those met
	rotateMarks = 10 * time.Second // for twice as long at most a change is kept among those met
	endMarks    = 64               // read back at the end of a log
)

// position returns the position of a change of this line.
func (l *logLine) position(seq int64) int64 {
	l.highest = max(l.highest, seq)
	return l.base + seq
}

// begin follows the log from its end on.
func (l *logLine) begin(end logEnd) {
	l.own, l.met, l.metBefore = make(map[int64]mark), make(map[int64]mark), nil
	l.read = end.read()
	l.highest = max(l.highest, end.last)
	for _, m := range end.known {
		l.met[m.seq] = m
	}
}

// replace follows another log from its end on.
func (l *logLine) replace(end logEnd) {
	l.base += l.highest + 1
	l.highest = 0
	l.begin(end)
}

// made notes a change of this process, which is kept if it will be met in the log.
// It reports false if the line has another change in its place.
func (l *logLine) made(c *store.Change, polled bool) (same bool) {
	m := markOf(c)
	if c.Seq > l.read.seq {
		if before, ok := l.own[c.Seq]; ok && before != m {
			return false
		}
		if polled && len(l.own) < maxMarks {
			l.own[c.Seq] = m
		}
		return true
	}
	return l.met[c.Seq] == m || l.metBefore[c.Seq] == m
}

// take goes on by changes read from the log and returns those, with their
// positions, that are not of this process. It reports false if one stands where
// one of this process was.
func (l *logLine) take(changes []store.Change) (others []store.Change, same bool) {
	for i := range changes {
		c := changes[i]
		m := markOf(&c)
		if own, ok := l.own[c.Seq]; ok {
			if own != m {
				return nil, false
			}
			delete(l.own, c.Seq)
		} else {
			if len(l.met) < maxMarks {
				l.met[c.Seq] = m
			}
			c.Seq = l.position(c.Seq)
			others = append(others, c)
		}
		l.read = readMark{mark: m}
	}
	return others, true
}

// rotate forgets changes that were met long ago. All own ones were met.
func (l *logLine) rotate(now time.Duration) {
	if now-l.rotated >= rotateMarks {
		l.met, l.metBefore, l.rotated = make(map[int64]mark), l.met, now
	}
}

// logEnd is the end of a log: the Seq of its last change, and the last changes
// that are still in it.
type logEnd struct {
	last  int64
	known []mark
}

// read returns how far a log is read whose end this is.
func (e logEnd) read() readMark {
	if n := len(e.known); n > 0 {
		return readMark{mark: e.known[n-1]}
	}
	return readMark{mark: mark{seq: e.last}, pruned: e.last > 0}
}

// readEnd reads the end of a log.
func readEnd(ctx context.Context, log store.Changes) (logEnd, error) {
	last, err := log.LastChange(ctx)
	if err != nil || last == 0 {
		return logEnd{}, err
	}
	end := logEnd{last: last}
	for _, after := range []int64{max(last-endMarks, 0), last - 1} {
		changes, err := log.Changes(ctx, after, endMarks)
		if errors.Is(err, store.ErrPruned) {
			continue
		}
		if err != nil {
			return logEnd{}, err
		}
		for i := range changes {
			if changes[i].Seq <= last {
				end.known = append(end.known, markOf(&changes[i]))
			}
		}
		break
	}
	return end, nil
}

// errAnotherLine says that a log cannot be read on from where it was read to.
var errAnotherLine = errors.New("the change log is another one, or pruned")

// readOn returns the changes after those that were read, and whether there are
// more. It reads the last one again, to find out whether the log is still the same.
func readOn(ctx context.Context, log store.Changes, read readMark) (changes []store.Change, more bool, err error) {
	if read.seq > 0 {
		changes, err = log.Changes(ctx, read.seq-1, store.MaxPageLimit)
		more = len(changes) == store.MaxPageLimit
		if err == nil && (len(changes) == 0 || read.pruned || markOf(&changes[0]) != read.mark) {
			return nil, false, errAnotherLine // a log does not shrink, nor change, nor is what was pruned there again
		}
		if err == nil {
			return slices.Delete(changes, 0, 1), more, nil
		}
		if !errors.Is(err, store.ErrPruned) {
			return nil, false, err
		}
	}
	changes, err = log.Changes(ctx, read.seq, store.MaxPageLimit)
	if errors.Is(err, store.ErrPruned) {
		err = errAnotherLine
	}
	return changes, len(changes) == store.MaxPageLimit, err
}
