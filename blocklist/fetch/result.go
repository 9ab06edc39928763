package fetch

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"example.com/ostraka/blocklist"
)

// Outcome says what became of a fetch.
type Outcome string

// The outcomes.
const (
	Applied   Outcome = "applied"   // the content was another, or was to be applied whatever it is, and the list now is as it says
	Unchanged Outcome = "unchanged" // the server says, or the content shows, that nothing changed
	Stopped   Outcome = "stopped"   // the content looks like a mistake: the list is as it was
	Failed    Outcome = "failed"    // no content: the list is as it was
)

// Result is what became of one fetch.
type Result struct {
	List    string
	URL     string
	Outcome Outcome
	Sync    blocklist.Result // of one that was applied or stopped
	DueAt   time.Time        // when it is fetched next
	// Err says why it failed or was stopped: an [*Error], or trouble with the store. nil
	// for the other outcomes.
	Err error
}

// String describes the result in one line.
func (r Result) String() string {
	if r.Err != nil {
		return fmt.Sprintf("list %q: %s: %v", r.List, r.Outcome, r.Err)
	}
	if r.Outcome == Applied {
		return fmt.Sprintf("list %q: applied: %d added, %d changed, %d removed, %d unchanged, %d rejected",
			r.List, r.Sync.Added, r.Sync.Changed, r.Sync.Removed, r.Sync.Unchanged, r.Sync.Rejected)
	}
	return fmt.Sprintf("list %q: %s", r.List, r.Outcome)
}

// The codes of an [Error].
const (
	CodeNetwork     = "network"         // no connection, or one that broke: the text has what the system says
	CodeTimeout     = "timeout"         // it took longer than [Options.Timeout]
	CodeCanceled    = "canceled"        // the context was canceled, or the Fetcher closed: the list stays as due as it was, for others too
	CodePrivate     = "private_address" // the host has an address that is not public
	CodeRedirect    = "redirect"        // the server sends elsewhere, which is not allowed
	CodeStatus      = "status"          // the server answers with another status than 200 or 304
	CodeTooLarge    = "too_large"       // the content is longer than the subscription allows
	CodeUnreadable  = "unreadable"      // it is compressed, and damaged
	CodeChecksum    = "checksum"        // the checksum is another, or there is none
	CodeSignature   = "signature"       // there is no signature, or it is not one of the content
	CodeNoList      = "no_list"         // the content is no list; see [blocklist.FormatError]
	CodeStopped     = "stopped"         // it looks like a mistake; see [blocklist.StopError]
	CodeConflict    = "conflict"        // somebody else changed the list or its subscription meanwhile; what they did stays
	CodeStore       = "store"           // the store could not be read or written
	CodeNotModified = "not_modified"    // "not modified" to somebody who has nothing
	CodeKey         = "public_key"      // the key in the store cannot be read
)

// Error says why a fetch failed or was stopped. Its text is for moderators.
type Error struct {
	Code string // one of the Code constants
	Err  error  // what it was
}

func (e *Error) Error() string { return fmt.Sprintf("%v (%s)", e.Err, e.Code) }

// Unwrap returns what it was.
func (e *Error) Unwrap() error { return e.Err }

func failure(code, format string, args ...any) *Error {
	return &Error{code, fmt.Errorf(format, args...)}
}

// asError returns what is to be known of an error.
func asError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{CodeNetwork, err}
}

// Stats are figures of a Fetcher since it was made, for metrics. Fetches that were
// canceled are not among them.
type Stats struct {
	Applied, Unchanged, Stopped, Failed int64 // fetches, by outcome
}

type counters struct{ applied, unchanged, stopped, failed atomic.Int64 }

func (c *counters) of(o Outcome) *atomic.Int64 {
	switch o {
	case Applied:
		return &c.applied
	case Unchanged:
		return &c.unchanged
	case Stopped:
		return &c.stopped
	}
	return &c.failed
}

// Stats returns the figures of now.
func (f *Fetcher) Stats() Stats {
	return Stats{
		Applied: f.stats.applied.Load(), Unchanged: f.stats.unchanged.Load(),
		Stopped: f.stats.stopped.Load(), Failed: f.stats.failed.Load(),
	}
}
