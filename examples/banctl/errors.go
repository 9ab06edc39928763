package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/keyfile"
	"example.com/ostraka/pgstore"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// usageError reports a command line, or a file on it, that cannot be used.
type usageError struct {
	err  error
	hint string // what to do instead
}

func (e *usageError) Error() string { return fmt.Sprintf("%v; %s", e.err, e.hint) }
func (e *usageError) Unwrap() error { return e.err }

// stoppedError reports an import that stopped, with what it would have done.
type stoppedError struct {
	err error
	doc importDoc
}

func (e *stoppedError) Error() string { return e.err.Error() }
func (e *stoppedError) Unwrap() error { return e.err }

// The codes of a problem.
const (
	codeUsage       = "usage"           // the command line
	codeFile        = "file"            // a file cannot be read or written
	codeValue       = "value"           // a value does not fit; the reason is that of a ban.ValueError
	codeGuard       = "guard"           // a value is dangerous to ban; the reason is that of a ban.GuardError
	codeStopped     = "stopped"         // an import looks like a mistake, the reason being that of a blocklist.StopError; or a sweep is about too many
	codeFormat      = "format"          // a file is no list of its format, or an entry cannot be said in it
	codeExists      = "exists"          // there is such a ban or block already
	codeNotFound    = "not_found"       // there is none
	codeAmbiguous   = "ambiguous"       // there are several
	codeNothingUndo = "nothing_to_undo" // the list has no version before
	codeConflict    = "conflict"        // somebody else changed it at the same time
	codeBusy        = "busy"            // another process kept the database to itself
	codeUnavailable = "unavailable"     // the disk is full, or the file cannot be read or written
	codeDatabase    = "database"        // the file is none of ours, or damaged
	codeMissingKey  = "missing_key"     // bans are hashed under a key that is not in the key file
	codeInterrupted = "interrupted"     // by a signal
	codeFailed      = "failed"          // all else
)

// problem is an error as it is printed.
type problem struct {
	Code    string `json:"code"`    // one of the codes
	Message string `json:"message"` // for people

	Reason  string     `json:"reason,omitzero"`   // of a value, guard or stop: what exactly, as the library codes it
	Field   string     `json:"field,omitzero"`    // of a value: what it is
	Value   string     `json:"value,omitzero"`    // of a value or guard
	Ban     *banDoc    `json:"ban,omitempty"`     // that exists
	Block   *blockDoc  `json:"block,omitempty"`   // that exists
	Import  *importDoc `json:"import,omitempty"`  // that stopped: what it would have done
	Damages []string   `json:"damages,omitempty"` // of a database
}

// fail prints an error and returns the exit status.
func (a *app) fail(ctx context.Context, err error) int {
	if errors.Is(err, syscall.EPIPE) { // who reads the output has seen enough
		return a.status
	}
	p := a.describe(err)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		p = problem{Code: codeInterrupted, Message: "interrupted"}
	}
	_ = a.errors().print(p) // the exit status still says it
	switch p.Code {
	case codeUsage, codeValue:
	default:
		if a.asks {
			return statusUnknown
		}
	}
	return statusTrouble
}

// describe turns an error into what is printed, with what can be done about it.
func (a *app) describe(err error) problem {
	p := problem{Code: codeOf(err), Message: err.Error()}
	if !a.started { // then it is about the command line, whoever found it
		p.Code = codeUsage
		if !is[*usageError](err) && !is[*backend.Error](err) && !is[*keyfile.Error](err) {
			p.Message += `; "banctl help" and "banctl help COMMAND" say more`
		}
		return p
	}
	if e, ok := errors.AsType[*ban.ValueError](err); ok {
		p.Reason, p.Field, p.Value = e.Code, e.Field, e.Value
	}
	if e, ok := errors.AsType[*ban.GuardError](err); ok {
		p.Reason, p.Value = e.Code, e.Value
		p.Message += "; --force overrides this"
	}
	if e, ok := errors.AsType[*ban.ExistsError](err); ok {
		doc := newBanDoc(e.Existing, a.now())
		p.Ban = &doc
		p.Message = fmt.Sprintf("%v as #%d; put updates it", e, e.Existing.Seq)
	}
	if e, ok := errors.AsType[*blocklist.ExistsError](err); ok {
		p.Block = &blockDoc{e.Existing}
		p.Message = fmt.Sprintf("%v as #%d", e, e.Existing.Seq)
	}
	if e, ok := errors.AsType[*stoppedError](err); ok {
		p.Import = &e.doc
	}
	if e, ok := errors.AsType[*blocklist.StopError](err); ok {
		p.Reason = e.Code
		p.Message = e.Error() + "; --force takes it all the same"
	}
	if e, ok := errors.AsType[*blocklist.FormatError](err); ok {
		p.Reason, p.Value = e.Code, e.Header
	}
	if e, ok := errors.AsType[*sqlitestore.CheckError](err); ok {
		p.Damages = e.Problems
	}
	if hint := hintOn(err); hint != "" && !is[*backend.Error](err) { // which has its own
		p.Message += "; " + hint
	}
	return p
}

// hintOn returns what to do about trouble with a database that was opened; empty: nothing
// that could be said.
func hintOn(err error) string {
	switch {
	case errors.Is(err, store.ErrBusy):
		return "try again"
	case errors.Is(err, sqlitestore.ErrDiskFull):
		return "make room on the disk: nothing was half written"
	case errors.Is(err, sqlitestore.ErrIO):
		return "look at the disk, and at who may read and write the file and its folder"
	}
	return ""
}

// unreadableKeys reports whether an error is about a key file. That a key is missing is
// about the database, and no answer to a check.
func unreadableKeys(err error) bool {
	return is[*keyfile.Error](err) && !errors.Is(err, ban.ErrMissingKey)
}

// codeOf returns the code of an error of a command that ran.
func codeOf(err error) string {
	for _, c := range []struct {
		code string
		is   bool
	}{
		{codeUsage, is[*usageError](err) || unreadableKeys(err) || errors.Is(err, backend.ErrMissing) || errors.Is(err, backend.ErrFilesOnly)},
		{codeMissingKey, errors.Is(err, ban.ErrMissingKey)},
		{codeAmbiguous, is[*ambiguousError](err)},
		{codeStopped, is[*blocklist.StopError](err) || is[*account.SweepLimitError](err)},
		{codeFormat, is[*blocklist.FormatError](err) || is[*blocklist.WriteError](err)},
		{codeValue, is[*ban.ValueError](err)},
		{codeGuard, is[*ban.GuardError](err)},
		{codeExists, errors.Is(err, store.ErrExists)},
		{codeNotFound, errors.Is(err, store.ErrNotFound)},
		{codeNothingUndo, errors.Is(err, blocklist.ErrNothingToUndo)},
		{codeConflict, errors.Is(err, store.ErrConflict)},
		{codeBusy, errors.Is(err, store.ErrBusy)},
		{codeUnavailable, errors.Is(err, store.ErrUnavailable) && !isDatabase(err)},
		{codeDatabase, isDatabase(err)},
		{codeFile, is[*fs.PathError](err)},
	} {
		if c.is {
			return c.code
		}
	}
	return codeFailed
}

// isDatabase reports whether the error is about what the database is.
func isDatabase(err error) bool {
	for _, is := range []error{
		sqlitestore.ErrCorrupt, sqlitestore.ErrForeign, sqlitestore.ErrSchemaTooNew,
		pgstore.ErrCorrupt, pgstore.ErrSchemaTooNew, pgstore.ErrSchemaTooOld,
	} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// text prints the problem on one line, after what an import rejected.
func (p problem) text(t *text) {
	if p.Import != nil {
		p.Import.rejected(t)
	}
	for _, d := range p.Damages {
		t.line("damage: %s", d)
	}
	t.line("banctl: %s", p.Message)
}

// warning is about something that does not stop a command.
type warning struct {
	Warning string `json:"warning"`
}

func (w warning) text(t *text) { t.line("banctl: %s", w.Warning) }

// warn prints a warning. Nothing can be done if that fails.
func (a *app) warn(format string, args ...any) {
	_ = a.errors().print(warning{fmt.Sprintf(format, args...)})
}

// MarshalJSON puts the problem under the name "error".
func (p problem) MarshalJSON() ([]byte, error) {
	type fields problem
	return marshal(struct {
		Error fields `json:"error"`
	}{fields(p)})
}
