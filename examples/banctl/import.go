package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
)

// defaultRejects is how many rejected lines are shown.
const defaultRejects = 20

// importDoc says what an import did.
type importDoc struct {
	DryRun     bool     `json:"dry_run,omitzero"`
	Name       string   `json:"name"`
	List       *listDoc `json:"list,omitempty"` // as it then is; of a dry run as it is, if it is there
	Added      int      `json:"added"`
	Changed    int      `json:"changed"`
	Removed    int      `json:"removed"`
	Unchanged  int      `json:"unchanged"`
	Rejected   int      `json:"rejected"`   // lines that made no entry
	Duplicates int      `json:"duplicates"` // of those: repetitions

	Format  blocklist.Format `json:"format"`  // of most of the lines that made entries
	Kinds   map[string]int   `json:"kinds"`   // how many entries of each kind there are in the file
	Rejects []rejectDoc      `json:"rejects"` // the first of them
}

// rejectDoc is a line that made no entry.
type rejectDoc struct {
	Line    int    `json:"line"`
	Value   string `json:"value"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func newImportDoc(name string, r blocklist.Result, dryRun bool) importDoc {
	d := importDoc{
		DryRun: dryRun, Name: name,
		Added: r.Added, Changed: r.Changed, Removed: r.Removed, Unchanged: r.Unchanged,
		Rejected: r.Rejected, Duplicates: r.Duplicates, Rejects: []rejectDoc{},
		Format: r.Format, Kinds: make(map[string]int),
	}
	for kind, n := range r.Kinds {
		d.Kinds[kind.String()] = n
	}
	if r.List.Name != "" {
		d.List = new(newListDoc(r.List))
	}
	for _, reject := range r.Rejects {
		doc := rejectDoc{Line: reject.Line, Value: reject.Value, Message: reject.Err.Error()}
		if e, ok := errors.AsType[*ban.ValueError](reject.Err); ok {
			doc.Code = e.Code
		}
		if e, ok := errors.AsType[*ban.GuardError](reject.Err); ok {
			doc.Code = e.Code
		}
		switch doc.Code {
		case ban.CodeException:
			doc.Message += "; --allow-exceptions takes it"
		case ban.GuardPublicSuffix, ban.GuardPrefixTooShort, ban.GuardWildcardTooWide:
			doc.Message += "; --allow-wide takes it"
		}
		d.Rejects = append(d.Rejects, doc)
	}
	return d
}

func (d importDoc) text(t *text) {
	d.rejected(t)
	duplicates := ""
	if d.Duplicates > 0 {
		duplicates = fmt.Sprintf(" (%d repeated)", d.Duplicates)
	}
	dry := ""
	if d.DryRun {
		dry = "dry run, "
	}
	t.line("%slist %s: %d added, %d changed, %d removed, %d unchanged, %d rejected%s%s",
		dry, d.Name, d.Added, d.Changed, d.Removed, d.Unchanged, d.Rejected, duplicates, d.contents())
}

// contents says in which format the file was read, and how many entries of each
// kind it has.
func (d importDoc) contents() string {
	var kinds []string
	for _, kind := range []ban.Kind{ban.KindEmail, ban.KindDomain, ban.KindIP, ban.KindName} {
		if n := d.Kinds[kind.String()]; n > 0 {
			kinds = append(kinds, fmt.Sprintf("%d %s", n, kind))
		}
	}
	if len(kinds) == 0 {
		return ""
	}
	return fmt.Sprintf("; read as %s: %s", d.Format, strings.Join(kinds, ", "))
}

// rejected prints the rejected lines that are known.
func (d importDoc) rejected(t *text) {
	for _, r := range d.Rejects {
		t.line("line %d: %s", r.Line, r.Message)
	}
	if more := d.Rejected - len(d.Rejects); more > 0 && len(d.Rejects) > 0 {
		t.line("and %s rejected", count(int64(more), "more line", "more lines"))
	}
}

// importFlags say how a list is read and kept.
type importFlags struct {
	list   string
	parse  blocklist.ParseOptions
	sync   blocklist.SyncOptions
	dryRun bool
}

func (f *importFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.list, "list", "", "the `NAME` of the list, required")
	addFormat(cmd, &f.parse.Format, readFormats, blocklist.FormatAuto)
	addKind(cmd, &f.parse.Kind, "the kind of all values (default: as their form tells, which no name has)")
	addEffect(cmd, &f.parse.Effect, ban.Deny.String(), "what entries do that do not say it")
	addScope(cmd, &f.parse.Scope, allActions, "the actions that entries keep people from that do not say it")
	flags.BoolVar(&f.parse.Shadow, "shadow", false, "entries only report and count what they would do")
	flags.StringVar(&f.sync.Source, "source", "", "where the list comes from, `TEXT` such as a URL (default: the name of the file)")
	flags.StringVar(&f.sync.Reason, "reason", "", "why, `TEXT` for moderators (default: as before)")
	flags.StringVar(&f.sync.PublicReason, "public-reason", "", "why, `TEXT` for the person refused (default: as before)")
	flags.BoolVar(&f.sync.Force, "force", false, "go on with what looks like a mistake: most or all of the list would go, most lines are rejected, or they deny very many addresses")
	flags.BoolVar(&f.sync.AllowWide, "allow-wide", false, "take public suffixes, short prefixes, short wildcards, and more addresses than a /8 of IPv4 or a /11 of IPv6 together")
	flags.BoolVar(&f.sync.AllowExceptions, "allow-exceptions", false, "take entries that allow")
	flags.IntVar(&f.sync.MaxRejects, "show-rejects", defaultRejects, "show at most `N` rejected lines")
	addDryRun(flags, &f.dryRun)
}

// check checks the flags that the library leaves to its caller.
func (f *importFlags) check(path string) error {
	switch {
	case f.list == "":
		hint := "name the list that the lines become"
		if name, err := blocklist.ListName(path); err == nil && path != stdinPath {
			hint += ", for example --list " + name
		}
		return &usageError{errors.New("--list is missing"), hint}
	case f.sync.MaxRejects < 0:
		return &usageError{fmt.Errorf("--show-rejects %d is below 0", f.sync.MaxRejects), "use 0 to show none"}
	case f.sync.MaxRejects == 0:
		f.sync.MaxRejects = -1 // where 0 is the default
	}
	return nil
}

func importCommand(a *app) *cobra.Command {
	var flags importFlags
	cmd := a.command(groupLists, "import FILE", "make a list hold what a file says, - for standard input", func(cmd *cobra.Command, args []string) error {
		if err := flags.check(args[0]); err != nil {
			return err
		}
		// The file first: a misspelt one should not leave a database behind.
		src, err := a.openSource(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		defer src.end()
		return a.with(cmd.Context(), writes(flags.dryRun, creates), func(ctx context.Context, s *session) error {
			if err := flags.keep(ctx, s, cmd.Flags().Changed, src); err != nil {
				return err
			}
			doc, err := a.importList(ctx, s, &flags, src)
			if err != nil {
				return err
			}
			return a.output().print(doc)
		})
	})
	cmd.ValidArgsFunction = nil // files
	cmd.Long = `Make a list hold what a file says, and nothing else. It takes effect as a whole or
not at all, and the same file again changes nothing. Lines that make no entry are
shown and counted; the others go in. "undo" goes back to the version before.

Unless --kind, a column or "name:" before it says so, a word is no name, and its
line is rejected. Ranges of addresses become prefixes. What a server sends in place
of a list stops the import, and so does what would leave nothing of the list.`
	flags.add(cmd)
	_ = cmd.RegisterFlagCompletionFunc("list", func(cmd *cobra.Command, _ []string, s string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return a.completeLists(cmd, nil, s)
	})
	return cmd
}

// keep fills in what the flags do not say: as the list has it, so that an import
// of the same file changes nothing.
func (f *importFlags) keep(ctx context.Context, s *session, given func(string) bool, src *source) error {
	old, err := s.lists.GetList(ctx, f.list)
	if err != nil && !errors.Is(err, blocklist.ErrNotFound) {
		return err
	}
	if !given("reason") {
		f.sync.Reason = old.Reason
	}
	if !given("public-reason") {
		f.sync.PublicReason = old.PublicReason
	}
	if !given("source") {
		if f.sync.Source = src.name(); f.sync.Source == "" {
			f.sync.Source = old.Source
		}
	}
	return nil
}

// importList reads the lines and syncs the list, or says what that would do.
func (a *app) importList(ctx context.Context, s *session, f *importFlags, src *source) (importDoc, error) {
	progress := a.newBar(src)
	defer progress.clear()
	f.sync.Progress = progress.update
	do := s.lists.Sync
	if f.dryRun {
		do = s.lists.Plan
	}
	result, err := do(ctx, f.list, blocklist.Parse(src, f.parse), f.sync)
	doc := newImportDoc(f.list, result, f.dryRun)
	switch {
	case err == nil:
		return doc, nil
	case ctx.Err() != nil:
		return doc, ctx.Err() // and not that the file is closed
	case is[*blocklist.StopError](err):
		return doc, &stoppedError{err, doc}
	case is[*blocklist.FormatError](err):
		return doc, explainFormat(src.path, err)
	}
	return doc, err
}

// explainFormat adds what can be done about a file that is no list of its format.
func explainFormat(path string, err error) error {
	if e, ok := errors.AsType[*blocklist.FormatError](err); ok && (e.Code == blocklist.FormatNoList || e.Code == blocklist.FormatUnreadable) {
		return fmt.Errorf("%s: %w", path, err) // in no format
	}
	return fmt.Errorf("%s: %w; --format says what it is", path, err)
}
