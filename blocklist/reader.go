package blocklist

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/bits"
	"net/netip"
	"slices"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// progressEvery is how many lines are read between two reports.
const progressEvery = 10_000

// reader turns lines into entries of a list.
type reader struct {
	tables  *value.Tables
	guard   *ban.Guard
	list    uuid.UUID
	options SyncOptions
	result  *Result

	admitted []admitted // room for those of a batch of lines

	entries []store.Entry
	index   *idIndex              // of entries
	kinds   [ban.KindName + 1]int // how many entries are of each
	excused []string              // guards that do not apply
	formats [formats]int          // of the lines that made entries
	repeats []Reject              // apart from the other rejects, which come before them
	known   int                   // rejects of what was understood, and is not supported
}

// mostExpected bounds the room that is made for what a list had before.
const mostExpected = 1 << 22

// newReader returns a reader for a list that is as given, and likely to have about as
// many entries as before.
func newReader(t *value.Tables, g *ban.Guard, list *List, o SyncOptions, r *Result) *reader {
	expected := int(min(list.Entries, mostExpected))
	if o.MaxRejects == 0 {
		o.MaxRejects = DefaultMaxRejects
	}
	return &reader{tables: t, guard: g, list: list.ID, options: o, result: r,
		entries: make([]store.Entry, 0, expected), index: newIDIndex(expected), excused: excused(o.AllowWide)}
}

// readAll reads the lines to their end, or to the end of the context.
func (r *reader) readAll(ctx context.Context, lines iter.Seq2[Line, error]) error {
	defer r.addRepeats() // after an error, too: the result says how far it came
	a := adder{reader: r}
	defer a.end()
	n := 0
	for line, err := range lines {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil { // at every line: whoever wrote them may have made them long
			return err
		}
		if n%progressEvery == 0 {
			r.report(n)
		}
		n++
		a.take(&line)
	}
	r.report(n)
	return ctx.Err()
}

func (r *reader) report(n int) {
	if r.options.Progress != nil {
		r.options.Progress(Progress{Phase: PhaseRead, Done: n})
	}
}

// takeAll makes entries of lines, or rejects. It looks for all of them at once in the
// index, and so waits for memory once, not at every line.
func (r *reader) takeAll(lines []Line) {
	if cap(r.admitted) < len(lines) {
		r.admitted = make([]admitted, len(lines))
	}
	all := r.admitted[:len(lines)]
	for i := range lines {
		all[i] = r.admit(&lines[i])
	}
	r.index.fetch(all)
	for i := range lines {
		err := all[i].err
		if err == nil {
			err = r.add(&lines[i], all[i].id)
		}
		if err != nil {
			r.reject(&lines[i], err)
		}
	}
}

// admitted is what becomes of a line as far as it alone says: the ID of an entry, or
// why there is none.
type admitted struct {
	id  uuid.UUID
	err error
}

// admit decides on a line by itself. It makes its value one of the tables.
func (r *reader) admit(line *Line) admitted {
	if line.Err != nil {
		return admitted{err: line.Err}
	}
	if line.Effect == ban.Allow && !r.options.AllowExceptions {
		return admitted{err: ban.NewValueError(line.Value.Kind().String(), line.Text, ban.CodeException,
			"an exception lets in what bans keep out: whoever writes the list would have to be allowed that")}
	}
	if line.Value.Hashed() {
		// Under a secret that the host has not, it would have all checks fail.
		return admitted{err: ban.NewValueError(line.Value.Kind().String(), line.Text, ban.CodeNotSupported,
			"a hash is kept by a ban, not in a list: make a ban of it")}
	}
	line.Value = r.tables.Value(line.Value)
	if err := r.guard.Check(line.Value, line.Effect, r.excused...); err != nil {
		return admitted{err: err}
	}
	return admitted{id: entryID(r.list, line.Value)}
}

// add makes an entry of a line that was admitted, or says why it cannot.
func (r *reader) add(line *Line, id uuid.UUID) error {
	e := store.Entry{
		ID: id, Key: line.Value.Key(), Value: line.Value.String(),
		Effect: line.Effect, Scope: line.Scope, Shadow: line.Shadow, Line: line.Number,
	}
	if i, ok := r.index.put(r.entries, e.ID); ok {
		return r.again(line, &e, &r.entries[i])
	}
	r.entries = append(r.entries, e)
	r.kinds[e.Key.Kind]++
	if line.Format.valid() {
		r.formats[line.Format]++
	}
	return nil
}

// guardTogether returns what is dangerous about the entries together, nil if
// nothing is.
func (r *reader) guardTogether() *ban.GuardError {
	var denied []netip.Prefix
	for i := range r.entries {
		e := &r.entries[i]
		if e.Key.Kind == ban.KindIP && e.Effect == ban.Deny && !e.Shadow {
			denied = append(denied, value.Stored(e.Key, e.Value).Prefix())
		}
	}
	guard, _ := errors.AsType[*ban.GuardError](r.guard.CheckTogether(denied))
	return guard
}

// again settles that a line is about a value that has an entry. Which one counts
// does not depend on their order.
func (r *reader) again(line *Line, e, there *store.Entry) error {
	conflict := func(text string, by int) error {
		return ban.NewValueError(line.Value.Kind().String(), text, ban.CodeConflict,
			fmt.Sprintf("line %d says something else of the same value, and counts", by))
	}
	switch {
	case same(there, e):
		r.repeat(line, there.Line)
		return nil
	case !goesBefore(e, there):
		return conflict(line.Text, there.Line)
	}
	r.reject(&Line{Number: there.Line, Text: there.Value}, conflict(there.Value, e.Line))
	*there = *e
	return nil
}

// goesBefore reports whether of two entries of one value that say different things
// the first counts: what decides before a shadow, then by the precedence of
// effects, then the one about more actions.
func goesBefore(a, b *store.Entry) bool {
	rank := func(e *store.Entry) []int {
		effect := map[ban.Effect]int{ban.Allow: 2, ban.Deny: 1, ban.Review: 0}[e.Effect]
		actions := bits.OnesCount64(uint64(e.Scope))
		if e.Scope == 0 {
			actions = math.MaxInt
		}
		decides := 1
		if e.Shadow {
			decides = 0
		}
		return []int{decides, effect, actions, -int(e.Scope)}
	}
	return slices.Compare(rank(a), rank(b)) > 0
}

// kindCounts returns how many entries there are of each kind.
func (r *reader) kindCounts() map[ban.Kind]int {
	counts := make(map[ban.Kind]int)
	for kind, n := range r.kinds {
		if n > 0 {
			counts[ban.Kind(kind)] = n
		}
	}
	return counts
}

// format returns the format of most of the lines that made entries.
func (r *reader) format() Format {
	n := r.formats
	if n[FormatPlain] > 0 {
		n[FormatPlain], n[FormatNetset] = n[FormatPlain]+n[FormatNetset], 0
	}
	most := FormatAuto
	for f := range n {
		if n[f] > n[most] {
			most = Format(f)
		}
	}
	return most
}

// excused returns the guards that do not apply if what is wide is allowed: those
// of width.
func excused(allowWide bool) []string {
	if !allowWide {
		return nil
	}
	return []string{ban.GuardPublicSuffix, ban.GuardPrefixTooShort, ban.GuardWildcardTooWide}
}

func (r *reader) reject(line *Line, err error) {
	r.result.Rejected++
	if e, ok := errors.AsType[*ban.ValueError](err); ok && e.Code == ban.CodeNotSupported {
		r.known++
	}
	r.result.Rejects = r.keep(r.result.Rejects, line, err)
}

// repeat rejects a line whose value is on line first already.
func (r *reader) repeat(line *Line, first int) {
	r.result.Rejected++
	r.result.Duplicates++
	r.repeats = r.keep(r.repeats, line, ban.NewValueError(line.Value.Kind().String(), line.Text, ban.CodeDuplicate,
		fmt.Sprintf("the one that counts is on line %d", first)))
}

// keep adds a line to rejects that are to be shown, unless they are enough.
func (r *reader) keep(rejects []Reject, line *Line, err error) []Reject {
	if len(rejects) >= r.options.MaxRejects {
		return rejects
	}
	return append(rejects, Reject{Line: line.Number, Value: line.Text, Err: err})
}

// addRepeats adds repetitions to the rejects of the result, as far as those have
// room for them.
func (r *reader) addRepeats() {
	room := max(r.options.MaxRejects-len(r.result.Rejects), 0)
	r.result.Rejects = append(r.result.Rejects, r.repeats[:min(room, len(r.repeats))]...)
	slices.SortStableFunc(r.result.Rejects, func(a, b Reject) int { return cmp.Compare(a.Line, b.Line) })
}

// entryID returns the ID of the entry of a value in a list: the same one in
// every version, so that what an entry caught stays with it. It is a version 8
// UUID (RFC 9562), of a hash that nobody can make collide.
func entryID(list uuid.UUID, v ban.Value) uuid.UUID {
	in := make([]byte, 0, 17+320)
	in = append(in, list[:]...)
	in = append(in, byte(v.Kind()))
	in = append(in, v.String()...)
	sum := sha256.Sum256(in)
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}
