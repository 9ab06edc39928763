package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"example.com/ostraka/blocklist"
	"example.com/ostraka/examples/internal/usage"
)

// maxShown is how many rejected lines are shown.
const maxShown = 20

// openBans opens the bans: a file, standard input or the sample.
func openBans(path string, stdin io.Reader) (*input, error) {
	if path == stdinPath {
		return stdinInput(stdin), nil
	}
	return openInput("-bans", path, sampleBans)
}

// banLoader makes a list hold what a text says.
type banLoader struct {
	admin  *blocklist.Admin
	format blocklist.Format
	force  bool
	log    io.Writer // for rejected lines and the summary
}

// load syncs the list named after the text, says which lines it rejects and sums
// up. After an error the list is what it was.
func (l *banLoader) load(ctx context.Context, in *input) error {
	// A read from a pipe ends with no context; it does when the pipe is closed.
	defer context.AfterFunc(ctx, func() { in.close() })()
	list, err := blocklist.ListName(in.name)
	if err != nil {
		list = "bans" // a file may be called anything
	}
	lines := blocklist.Parse(in.r, blocklist.ParseOptions{Format: l.format})
	result, err := l.admin.Sync(ctx, list, lines, blocklist.SyncOptions{
		Source:     list,
		Reason:     "listed in " + list,
		Force:      l.force,
		MaxRejects: maxShown,
	})
	if err != nil && ctx.Err() != nil {
		return ctx.Err() // and not that the file is closed
	}
	l.showRejects(in.name, result)
	if err != nil {
		return explain(in.name, err)
	}
	fmt.Fprintf(l.log, "%s: %s\n", list, counts(result))
	return nil
}

func (l *banLoader) showRejects(name string, r blocklist.Result) {
	for _, reject := range r.Rejects {
		fmt.Fprintf(l.log, "%s:%d: %v\n", name, reject.Line, reject.Err)
	}
	if more := r.Rejected - len(r.Rejects); more > 0 {
		fmt.Fprintf(l.log, "%s: %d more rejected\n", name, more)
	}
}

// explain adds to an error of a Sync what the user of this program can do.
func explain(name string, err error) error {
	if stop, ok := errors.AsType[*blocklist.StopError](err); ok {
		return fmt.Errorf("%s: %w; -force takes it all the same", name, stop)
	}
	if foreign, ok := errors.AsType[*blocklist.FormatError](err); ok {
		return usage.New("-bans", name, foreign, "name a list, and what it is with -format")
	}
	return fmt.Errorf("%s: %w", name, err)
}

// counts says in short what a Sync did.
func counts(r blocklist.Result) string {
	changed := ""
	if r.Changed > 0 { // only formats that have effects can change one
		changed = fmt.Sprintf("%d changed, ", r.Changed)
	}
	repeated := ""
	if r.Duplicates > 0 {
		repeated = fmt.Sprintf(", %d of them repeated", r.Duplicates)
	}
	return fmt.Sprintf("%d added, %s%d removed, %d unchanged, %d rejected%s", r.Added, changed, r.Removed, r.Unchanged, r.Rejected, repeated)
}
