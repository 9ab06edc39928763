package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"example.com/ostraka/blocklist"
)

// The formats, in the order of the help.
var (
	writeFormats = []blocklist.Format{
		blocklist.FormatPlain, blocklist.FormatHosts, blocklist.FormatAdblock,
		blocklist.FormatNetset, blocklist.FormatCSV, blocklist.FormatJSON,
	}
	readFormats = append([]blocklist.Format{blocklist.FormatAuto}, writeFormats...)
)

func listCommands(a *app) []*cobra.Command {
	return []*cobra.Command{importCommand(a), exportCommand(a), listsCommand(a), undoCommand(a), dropCommand(a)}
}

// listDoc is a list as it is printed.
type listDoc struct {
	blocklist.List
	Subscription *subscriptionDoc `json:"subscription,omitempty"`
}

func newListDoc(l blocklist.List) listDoc {
	d := listDoc{List: l}
	if l.Subscription != nil {
		d.Subscription = newSubscriptionDoc(*l.Subscription)
	}
	return d
}

// fetched says when the list was last fetched, if it is subscribed.
func (d listDoc) fetched() string {
	switch s := d.Subscription; {
	case s == nil:
		return ""
	case s.State.Problem != "":
		return "PROBLEM: " + s.State.Problem
	case s.State.CheckedAt.IsZero():
		return "not yet"
	default:
		return moment(s.State.CheckedAt)
	}
}

func (d listDoc) fields(t *text) {
	t.field("entries", digits(d.Entries))
	t.field("version", digits(d.Version))
	t.field("source", d.Source)
	t.field("reason", d.Reason)
	t.field("public reason", d.PublicReason)
	t.field("synced", by(d.SyncedAt, d.SyncedBy))
	t.field("can be undone", yesNo(d.Undoable))
	if d.Subscription != nil {
		d.Subscription.fields(t)
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// listsDoc are all lists.
type listsDoc struct {
	Lists []listDoc `json:"lists"`
}

func (d listsDoc) text(t *text) {
	if len(d.Lists) == 0 {
		t.line("0 lists")
		return
	}
	t.head("NAME", "ENTRIES", "VERSION", "UNDO", "SYNCED", "BY", "FETCHED", "SOURCE", "REASON")
	for _, l := range d.Lists {
		t.row(l.Name, digits(l.Entries), digits(l.Version), yesNo(l.Undoable), moment(l.SyncedAt), l.SyncedBy, l.fetched(), l.Source, l.Reason)
	}
}

func listsCommand(a *app) *cobra.Command {
	return a.command(groupLists, "lists", "show all lists", func(cmd *cobra.Command, _ []string) error {
		return a.with(cmd.Context(), reads, func(ctx context.Context, s *session) error {
			lists, err := s.lists.Lists(ctx)
			if err != nil {
				return err
			}
			doc := listsDoc{[]listDoc{}}
			for _, l := range lists {
				doc.Lists = append(doc.Lists, newListDoc(l))
			}
			return a.output().print(doc)
		})
	})
}

// listChangeDoc says what became of a list.
type listChangeDoc struct {
	Action string  `json:"action"` // undone or dropped
	DryRun bool    `json:"dry_run,omitzero"`
	List   listDoc `json:"list"` // as it then is; one that is dropped, and in a dry run, as it was
}

func (d listChangeDoc) text(t *text) {
	t.line("%s: list %s", rehearsed(d.DryRun, d.Action), d.List.Name)
	d.List.fields(t)
}

func undoCommand(a *app) *cobra.Command {
	return listChangeCommand(a, "undo LIST", "go back to the version of a list before its last import", "undone",
		func(ctx context.Context, s *session, name string) (blocklist.List, error) {
			return s.lists.Undo(ctx, name)
		})
}

func dropCommand(a *app) *cobra.Command {
	return listChangeCommand(a, "drop LIST", "remove a list with all its entries", "dropped",
		func(ctx context.Context, s *session, name string) (blocklist.List, error) {
			return s.lists.Drop(ctx, name)
		})
}

func listChangeCommand(a *app, use, short, action string, do func(context.Context, *session, string) (blocklist.List, error)) *cobra.Command {
	var dryRun bool
	cmd := a.command(groupLists, use, short, func(cmd *cobra.Command, args []string) error {
		return a.with(cmd.Context(), writes(dryRun, changes), func(ctx context.Context, s *session) error {
			l, err := do(ctx, s, args[0])
			if err != nil {
				return err
			}
			return a.output().print(listChangeDoc{action, dryRun, newListDoc(l)})
		})
	})
	cmd.ValidArgsFunction = a.completeLists
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}

func exportCommand(a *app) *cobra.Command {
	var format blocklist.Format
	var safe bool
	cmd := a.command(groupLists, "export LIST", "write the entries of a list to standard output", func(cmd *cobra.Command, args []string) error {
		if a.json {
			if cmd.Flags().Changed("format") && format != blocklist.FormatJSON {
				return &usageError{errors.New("--json and --format " + format.String() + " contradict each other"), "give one of them"}
			}
			format = blocklist.FormatJSON
		}
		if safe && format != blocklist.FormatCSV {
			return &usageError{errors.New("--safe-csv is for the format csv"), "leave out one of them"}
		}
		return a.with(cmd.Context(), reads, func(ctx context.Context, s *session) error {
			return a.export(func(w io.Writer) error {
				to := w
				var b bytes.Buffer
				if safe {
					to = &b
				}
				if err := s.lists.Export(ctx, args[0], to, format); err != nil || !safe {
					return named(err, "a list %q", args[0])
				}
				return safeCSV(w, &b)
			})
		})
	})
	cmd.ValidArgsFunction = a.completeLists
	addFormat(cmd, &format, writeFormats, blocklist.FormatCSV)
	cmd.Flags().BoolVar(&safe, "safe-csv", false, "put an apostrophe before what a spreadsheet would take for a formula; import does not read that")
	cmd.Long = `Write the entries of a list to standard output, in a format that import reads.
Only csv and json can say every entry; --json is --format json.`
	return cmd
}

// safeCSV copies CSV whose cells are texts to a spreadsheet: one that begins like a
// formula, as strangers may have made it, gets an apostrophe in front (OWASP, CSV
// Injection).
func safeCSV(w io.Writer, r io.Reader) error {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return err
	}
	for _, row := range rows {
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
				row[i] = "'" + cell
			}
		}
	}
	return csv.NewWriter(w).WriteAll(rows)
}

// export writes to standard output what do writes, or nothing if that fails: a
// part of a list must not pass for the whole. A terminal gets it with control
// characters escaped, a file the bytes as they are.
func (a *app) export(do func(io.Writer) error) error {
	var b bytes.Buffer
	if err := do(&b); err != nil {
		return err
	}
	out := b.Bytes()
	if _, ok := terminal(a.stdout); ok {
		t := new(text)
		for line := range bytes.Lines(out) {
			t.line("%s", bytes.TrimRight(line, "\r\n"))
		}
		out = t.bytes()
	}
	_, err := a.stdout.Write(out)
	return err
}

// completeLists completes the name of a list, for shells.
func (a *app) completeLists(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	if err := a.findDatabase(); err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	err := a.with(cmd.Context(), reads, func(ctx context.Context, s *session) error {
		lists, err := s.lists.Lists(ctx)
		for _, l := range lists {
			names = append(names, l.Name)
		}
		return err
	})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
