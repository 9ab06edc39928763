package blocklist

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// DefaultMaxRejects is how many rejected lines a [Result] holds by default.
const DefaultMaxRejects = 1000

// SyncOptions configures [Admin.Sync] and [Admin.Plan]. The zero value is the
// default.
type SyncOptions struct {
	// Source says where the lines come from, a file name or URL; it is shown
	// with every match. At most [ban.MaxReason] characters.
	Source string

	// Reason is for moderators, PublicReason for the person refused, of every
	// entry of the list. At most [ban.MaxReason] characters each.
	Reason       string
	PublicReason string

	// Base, if not nil, is the list as it was when the caller decided on the lines, as
	// [Admin.GetList] gives it; the zero List: there was none. If its content is another by
	// now, because somebody else synced, undid or dropped it meanwhile, the Sync changes
	// nothing, and the error is a [*ChangedError]. Force does not override it. ID and
	// Version are all that is looked at. Default nil: whatever the list holds is replaced.
	Base *List

	// Force goes on where a [*StopError] would stop.
	Force bool
	// AllowWide takes lines whose value a guard finds too wide: public suffixes,
	// short prefixes, short wildcards; see [ban.GuardError]. By default they are
	// rejected. It also takes prefixes that only together are too wide, which stop
	// the Sync by default ([StopTooManyAddresses]). What covers a protected value or an
	// address that is not public is rejected all the same.
	AllowWide bool
	// AllowExceptions takes lines that Allow. By default they are rejected: an
	// exception goes before a ban that is as specific, so that whoever writes the
	// list could lift the bans that moderators made.
	AllowExceptions bool

	// MaxRejects is how many rejected lines the Result holds; those beyond are
	// counted. Default [DefaultMaxRejects]; negative: none.
	MaxRejects int

	// MaxListed is how many entries the Result lists of those that were added, of
	// those that changed and of those that were removed, each. Default none.
	MaxListed int

	// Progress, if not nil, is called now and then from the goroutine of the
	// caller.
	Progress func(Progress)
}

// Progress says how far a Sync is.
type Progress struct {
	Phase Phase
	Done  int // lines read, or changes written
	Total int // changes to write; 0 while reading: unknown
}

// Phase is a part of the work of a Sync.
type Phase string

// The phases, in order.
const (
	PhaseRead  Phase = "read"  // reading the lines
	PhaseWrite Phase = "write" // writing what changed
)

// Result says what a Sync did, or what it would do.
type Result struct {
	List      List // as it is afterwards; of a Plan, as it is now
	Added     int  // entries that the list did not have
	Changed   int  // entries whose effect, scope or shadow mark is another now
	Removed   int  // entries that the input no longer has
	Unchanged int
	Rejected  int // lines that made no entry, repetitions included

	// Duplicates is how many of the rejected lines are repetitions: they have the
	// value of an earlier line, perhaps in other case or in punycode.
	Duplicates int

	// Format is that of most of the lines that made entries, FormatAuto if the lines
	// do not say theirs; see [Line.Format]. Where plain values are, addresses among
	// them count as such.
	Format Format
	// Kinds says how many entries of each kind the input has.
	Kinds map[ban.Kind]int

	// Rejects are the rejected lines by their numbers, at most
	// [SyncOptions.MaxRejects]. If there are more, repetitions are left out first;
	// their errors have the code [ban.CodeDuplicate].
	Rejects []Reject

	// Listed are entries that were added, changed and removed, in no particular
	// order, at most [SyncOptions.MaxListed] of each: of those that changed, as they
	// are afterwards.
	Listed Listed
}

// Listed are entries in which two contents of a list differ.
type Listed struct {
	Added, Changed, Removed []Entry
}

// Reject is a line that made no entry.
type Reject struct {
	Line  int    // its number, from 1
	Value string // as written, clipped
	// Err is why: a [*ban.ValueError] or a [*ban.GuardError]. Both have a code
	// and a hint.
	Err error
}

// StopError says that a Sync stopped before it changed anything, because its
// input looks like a mistake. [SyncOptions.Force] overrides it.
type StopError struct {
	Code     string // one of the Stop constants
	List     string // its name
	Accepted int    // lines that make entries
	Rejected int    // lines that make none, repetitions not counted
	Entries  int64  // entries that the list has now
	Removed  int    // entries that would be removed
	Weakened int    // entries that would keep out fewer than before: as a shadow, by a weaker effect or a narrower scope

	// Guard says how much the entries would deny together, if the code is
	// StopTooManyAddresses; else it is nil.
	Guard *ban.GuardError
}

// The codes of a [StopError].
const (
	StopEmpty          = "empty"           // no line makes an entry, and none was rejected
	StopMostlyRejected = "mostly_rejected" // more lines are rejected than accepted, those of the code not_supported aside; or all are
	StopAllRemoved     = "all_removed"     // none of the entries would stay, however few they are
	StopMostlyRemoved  = "mostly_removed"  // more than half of the entries would go or be weakened, of [StopMinEntries] or more

	// StopTooManyAddresses: the entries would together deny more addresses than
	// [ban.Guard.CheckTogether] lets through. They are all that the list then has, so
	// that what it has already counts too; bans and other lists do not.
	// [SyncOptions.AllowWide] overrides it, too.
	StopTooManyAddresses = ban.GuardTooManyAddresses
)

// StopMinEntries is how many entries a list has at least for [StopMostlyRemoved]:
// of a few lines kept by hand, most may well go at once.
const StopMinEntries = 10

func (e *StopError) Error() string {
	var what string
	switch e.Code {
	case StopEmpty:
		what = "the input has no entries"
	case StopMostlyRejected:
		what = fmt.Sprintf("%d of %d lines were rejected", e.Rejected, e.Rejected+e.Accepted)
	case StopTooManyAddresses:
		what = "its " + e.Guard.Error()
	default:
		what = fmt.Sprintf("of %d entries %d would be removed and %d weakened", e.Entries, e.Removed, e.Weakened)
	}
	return fmt.Sprintf("list %q is left as it is: %s", e.List, what)
}

// Unwrap returns the GuardError behind it, nil if there is none.
func (e *StopError) Unwrap() error {
	if e.Guard == nil {
		return nil
	}
	return e.Guard
}

// Sync makes a list hold what the lines say, and nothing else; a list that does
// not exist is created. It is atomic, and the same lines again change nothing.
// Lines usually come from [Parse]; an error among them ends the Sync before
// anything is changed.
//
// Another Source, Reason or PublicReason alone makes a new version too, of the
// same entries; the version before it can then no longer be brought back by
// [Admin.Undo].
//
// Errors: a [*ban.ValueError] for a name or text that does not fit, a
// [*StopError] for input that looks like a mistake, [ErrConflict] if the same
// list was synced by somebody else meanwhile, which is a [*ChangedError] if that was
// since [SyncOptions.Base]. With a StopError, the Result says what the Sync would have
// done.
func (a *Admin) Sync(ctx context.Context, name string, lines iter.Seq2[Line, error], o SyncOptions) (Result, error) {
	c, err := a.change(ctx, store.ListSync)
	if err != nil {
		return Result{}, err
	}
	d, err := a.diff(ctx, name, lines, o)
	if err != nil {
		return d.result, err
	}
	if d.empty() {
		return d.result, nil
	}
	if d.delta.List.Version == 0 {
		d.delta.List.CreatedAt = c.At
	}
	if o.Progress != nil {
		total := len(d.delta.Add) + len(d.delta.Remove)
		d.delta.Progress = func(written int) { o.Progress(Progress{PhaseWrite, written, total}) }
	}
	list, err := a.store.ApplyList(ctx, d.delta, c)
	if err != nil {
		return Result{}, fmt.Errorf("sync list %q: %w", name, err)
	}
	d.result.List = list
	return d.result, nil
}

// Plan says what Sync would do, and changes nothing. Its errors are those of
// Sync. No actor is needed.
func (a *Admin) Plan(ctx context.Context, name string, lines iter.Seq2[Line, error], o SyncOptions) (Result, error) {
	d, err := a.diff(ctx, name, lines, o)
	return d.result, err
}

// diff is the difference between a list and what it is to be.
type diff struct {
	result Result
	delta  store.ListDelta
	old    List // zero if there is none

	weakened int             // changed entries that do less than before
	known    int             // lines that were rejected, but understood
	guard    *ban.GuardError // what the entries are too many for together, nil if they are not
}

// empty reports whether there is nothing to write.
func (d *diff) empty() bool {
	same := d.old.Source == d.delta.List.Source && d.old.Reason == d.delta.List.Reason && d.old.PublicReason == d.delta.List.PublicReason
	return d.old.ID != uuid.Nil && same && len(d.delta.Add)+len(d.delta.Remove) == 0
}

// diff reads the lines and compares them with the list.
func (a *Admin) diff(ctx context.Context, name string, lines iter.Seq2[Line, error], o SyncOptions) (*diff, error) {
	d := new(diff)
	if err := o.check(name); err != nil {
		return d, err
	}
	old, err := a.store.List(ctx, name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return d, fmt.Errorf("sync list %q: %w", name, err)
	}
	if o.Base != nil && (o.Base.ID != old.ID || o.Base.Version != old.Version) {
		return d, fmt.Errorf("sync list %q: %w", name, &ChangedError{List: name, Base: o.Base.Version, Version: old.Version})
	}
	d.old, d.result.List = old, old
	d.delta.List = old
	if old.ID == uuid.Nil {
		if d.delta.List.ID, err = uuid.NewV7(); err != nil {
			return d, fmt.Errorf("make an id: %w", err)
		}
		d.delta.List.Name = name
	}
	d.delta.List.Source, d.delta.List.Reason, d.delta.List.PublicReason = o.Source, o.Reason, o.PublicReason

	in := newReader(a.tables, a.guard, &d.delta.List, o, &d.result)
	if err := in.readAll(ctx, lines); err != nil {
		return d, fmt.Errorf("sync list %q: %w", name, err)
	}
	d.result.Format, d.result.Kinds, d.known = in.format(), in.kindCounts(), in.known
	if !o.AllowWide {
		d.guard = in.guardTogether()
	}
	d.delta.Digest = digest(in.entries)
	same, err := d.sameContent(ctx, a.store)
	switch {
	case err == nil && same:
		d.result.Unchanged = len(in.entries)
	case err == nil:
		err = d.compare(ctx, a.store, in, o.MaxListed)
	}
	if err != nil {
		return d, fmt.Errorf("sync list %q: %w", name, err)
	}
	return d, d.stop(o.Force)
}

// sameContent reports whether the list has just the entries that were read, which
// its digest tells: none of them need be read from the store then.
func (d *diff) sameContent(ctx context.Context, st store.Lists) (bool, error) {
	if d.old.ID == uuid.Nil || d.old.Digest != d.delta.Digest || d.old.Source != d.delta.List.Source {
		return false, nil
	}
	now, err := st.List(ctx, d.old.Name)
	if err != nil {
		return false, err
	}
	return now.ID == d.old.ID && now.Version == d.old.Version, nil // else comparing says what is wrong
}

// compare turns what was read into the delta and the counts. It takes over the
// entries of in.
func (d *diff) compare(ctx context.Context, st store.Lists, in *reader, most int) error {
	list := func(to *[]Entry, e *Entry) {
		if len(*to) < most {
			*to = append(*to, *e)
		}
	}
	stays := make([]bool, len(in.entries))
	kept := make([]bool, len(in.entries))
	if d.old.ID != uuid.Nil {
		for e, err := range st.ListEntries(ctx, d.old.Name) {
			if err != nil {
				return err
			}
			i, still := in.index.find(in.entries, e.ID)
			if still {
				stays[i] = true
			}
			switch {
			case !still:
				list(&d.result.Listed.Removed, &e)
				d.delta.Remove = append(d.delta.Remove, e)
				d.result.Removed++
			case same(&in.entries[i], &e):
				d.result.Unchanged++
				// Lines are those of the source: of another one, all are others.
				kept[i] = d.old.Source == d.delta.List.Source
				if !kept[i] {
					d.delta.Remove = append(d.delta.Remove, e)
				}
			default:
				d.delta.Remove = append(d.delta.Remove, e)
				d.result.Changed++
				list(&d.result.Listed.Changed, &in.entries[i])
				if weaker(&in.entries[i], &e) {
					d.weakened++
				}
			}
		}
	}
	for i := range in.entries {
		if !stays[i] {
			list(&d.result.Listed.Added, &in.entries[i])
		}
	}
	d.delta.Add = in.entries[:0]
	for i, e := range in.entries {
		if !kept[i] {
			d.delta.Add = append(d.delta.Add, e)
		}
	}
	d.result.Added = in.index.used - d.result.Changed - d.result.Unchanged
	return nil
}

// same reports whether two entries of one value do the same. Their lines may
// differ: a line that moves changes nothing.
func same(a, b *Entry) bool {
	return a.Effect == b.Effect && a.Scope == b.Scope && a.Shadow == b.Shadow
}

// weaker reports whether an entry keeps out fewer than it did: it became a
// shadow, lets more in, or is about fewer actions.
func weaker(now, before *Entry) bool {
	strength := map[ban.Effect]int{ban.Allow: 0, ban.Review: 1, ban.Deny: 2}
	fewer := now.Scope != 0 && (before.Scope == 0 || before.Scope&^now.Scope != 0)
	return now.Shadow && !before.Shadow || strength[now.Effect] < strength[before.Effect] || fewer
}

// stop returns a StopError for a difference that looks like a mistake.
func (d *diff) stop(force bool) error {
	accepted := d.result.Added + d.result.Changed + d.result.Unchanged
	e := &StopError{
		List: d.delta.List.Name, Accepted: accepted, Rejected: d.result.Rejected - d.result.Duplicates,
		Entries: d.old.Entries, Removed: d.result.Removed, Weakened: d.weakened,
	}
	switch {
	case force:
		return nil
	case accepted == 0 && e.Rejected == 0:
		e.Code = StopEmpty
	case e.Rejected-d.known > accepted, accepted == 0:
		e.Code = StopMostlyRejected
	case e.Entries > 0 && int64(e.Removed) >= e.Entries:
		e.Code = StopAllRemoved
	case e.Entries >= StopMinEntries && 2*int64(e.Removed+e.Weakened) > e.Entries:
		e.Code = StopMostlyRemoved
	case d.guard != nil:
		e.Code, e.Guard = StopTooManyAddresses, d.guard
	default:
		return nil
	}
	return e
}

// check checks the options, and the name of the list that they are for. It makes the
// reasons what they are kept as.
func (o *SyncOptions) check(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := ban.CheckText("source", o.Source); err != nil {
		return err
	}
	return ban.CleanReasons(&o.Reason, &o.PublicReason)
}
