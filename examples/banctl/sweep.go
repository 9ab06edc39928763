package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// sweepFlags say what a sweep looks for and does.
type sweepFlags struct {
	rule          string
	action        ban.Action
	traits        ban.TraitOptions
	accountsOnly  bool
	suspend, hold bool
	limit         int
	force, dryRun bool
	resume, undo  string
	reason        string
	mailboxes     bool
}

// findingDoc is an account or alias that would be refused or held.
type findingDoc struct {
	Account     *store.AccountRef `json:"account,omitempty"`
	Alias       *store.AliasRef   `json:"alias,omitempty"`
	Verdict     ban.Verdict       `json:"verdict"`
	Match       ban.Match         `json:"match,omitzero"`
	Unreadable  string            `json:"unreadable,omitzero"` // why what is stored does not parse today
	ResumeAfter string            `json:"resume_after"`
}

func newFindingDoc(f account.Finding) findingDoc {
	d := findingDoc{Verdict: f.Decision.Verdict, Match: f.Decision.Match, ResumeAfter: f.Cursor.String()}
	if f.Account.ID != uuid.Nil {
		d.Account = &f.Account
	} else {
		d.Alias = &f.Alias
	}
	if f.Err != nil {
		d.Unreadable = f.Err.Error()
	}
	return d
}

// sweepDoc says what a sweep found and did.
type sweepDoc struct {
	Sweep     uuid.UUID    `json:"sweep,omitzero"` // its id, if it did something
	Action    string       `json:"action"`         // reported, suspended or held
	DryRun    bool         `json:"dry_run,omitzero"`
	Findings  []findingDoc `json:"findings,omitempty"` // of a report, up to --limit
	Accounts  int64        `json:"accounts"`
	Aliases   int64        `json:"aliases"`
	Suspended int64        `json:"suspended,omitzero"`
	Held      int64        `json:"held,omitzero"`
	Failed    []failedDoc  `json:"failed,omitempty"`
	Resume    string       `json:"resume,omitzero"` // what --resume takes to go on
}

func (d sweepDoc) text(t *text) {
	if len(d.Findings) > 0 {
		t.head("WHO", "VERDICT", "RULE")
	}
	for _, f := range d.Findings {
		who, why := "", ruleOf(f.Match)+suffix(f.Match.Reason)
		if f.Account != nil {
			who = fmt.Sprintf("account %s %s", number(f.Account.Seq), f.Account.Handle)
		} else {
			who = fmt.Sprintf("alias %s %s", number(f.Alias.Seq), f.Alias.Address)
		}
		if f.Unreadable != "" {
			why = f.Unreadable
		}
		t.row(who, f.Verdict.String(), why)
	}
	for _, f := range d.Failed {
		t.line("not %s: %s: %s", d.Action, f.Account, f.Message)
	}
	t.line("%s and %s would be refused or held today", count(d.Accounts, "account", "accounts"), count(d.Aliases, "alias", "aliases"))
	if d.Action != actionReported {
		t.line("%s: %s, %s: %s", rehearsed(d.DryRun, "suspended"), digits(d.Suspended), rehearsed(d.DryRun, "held"), digits(d.Held))
	}
	if d.Sweep != uuid.Nil {
		t.line("undone with --undo %s", d.Sweep)
	}
	if d.Resume != "" {
		t.line("goes on with --resume %s", d.Resume)
	}
}

// undoneDoc says what undoing a sweep did.
type undoneDoc struct {
	Sweep      uuid.UUID   `json:"sweep"`
	DryRun     bool        `json:"dry_run,omitzero"`
	Reinstated int64       `json:"reinstated"`
	Failed     []failedDoc `json:"failed,omitempty"`
}

func (d undoneDoc) text(t *text) {
	for _, f := range d.Failed {
		t.line("not reinstated: %s: %s", f.Account, f.Message)
	}
	t.line("%s: %s", rehearsed(d.DryRun, actionReinstated), count(d.Reinstated, "account", "accounts"))
}

const actionReported = "reported"

func sweepCommand(a *app) *cobra.Command {
	var f sweepFlags
	cmd := a.command(groupAccounts, "sweep", "find accounts and aliases that rules would refuse or hold today", func(cmd *cobra.Command, _ []string) error {
		switch {
		case f.undo != "":
			return a.undoSweep(cmd.Context(), &f)
		case f.limit < 1:
			return ban.NewValueError("limit", strconv.Itoa(f.limit), ban.CodeRange, "use a number above 0")
		case f.mailboxes:
			return a.sweepMailboxes(cmd.Context(), &f)
		case f.suspend || f.hold:
			return a.actOnSweep(cmd.Context(), &f)
		}
		return a.reportSweep(cmd.Context(), &f)
	})
	cmd.Long = `Find the accounts and aliases that are in already, and that the rules would refuse
or hold today: after a ban, a new list, or a flag of your servers about the traits of
addresses, which this command has too. Nothing is done about them without
--suspend or --hold. Then nothing is done either if there are more than --limit,
unless --force. Aliases are only reported. No hit is counted.

Each sweep that does something has an id, which each account's entry in the log has
too; --undo ID lets those in again about whom nobody has decided since.`
	flags := cmd.Flags()
	flags.StringVar(&f.rule, "rule", "", "only what this `RULE` decides: a ban as revoke takes it, or the id of a block or entry")
	addAction(cmd, &f.action)
	addTraits(cmd, &f.traits)
	flags.BoolVar(&f.accountsOnly, "accounts-only", false, "leave out the aliases")
	flags.BoolVar(&f.suspend, "suspend", false, "suspend the accounts that would be refused, hold those that would be held")
	flags.BoolVar(&f.hold, "hold", false, "make the accounts wait for a decision, whether they would be refused or held")
	flags.IntVar(&f.limit, "limit", account.DefaultSweepLimit, "act on `N` accounts at most; without --suspend and --hold: show N at most")
	flags.BoolVar(&f.force, "force", false, "act on all, however many they are")
	flags.StringVar(&f.resume, "resume", "", "go on where a sweep ended, as it said in `TEXT`")
	flags.StringVar(&f.undo, "undo", "", "let those in again whom the sweep of this `ID` suspended or held")
	flags.StringVar(&f.reason, "reason", "", "why, `TEXT` for moderators (default: the rule)")
	flags.BoolVar(&f.mailboxes, "mailboxes", false, "instead find the mailboxes that several accounts have, however they are spelt")
	addDryRun(flags, &f.dryRun)
	cmd.MarkFlagsMutuallyExclusive("suspend", "hold", "undo", "mailboxes")
	cmd.MarkFlagsMutuallyExclusive("resume", "undo")
	return cmd
}

// options returns what the sweep looks for, and the id of the one that it goes on
// with.
func (f *sweepFlags) options(ctx context.Context, s *session) (o account.SweepOptions, sweep uuid.UUID, err error) {
	o.Action, o.AccountsOnly = f.action, f.accountsOnly
	if f.rule != "" {
		id, ok := parseID(f.rule)
		if !ok {
			b, err := s.findBan(ctx, f.rule)
			if err != nil {
				return o, sweep, err
			}
			id = b.ID
		}
		o.Rule = id
	}
	if f.resume == "" {
		return o, sweep, nil
	}
	cursor := f.resume
	if id, rest, ok := strings.Cut(cursor, "/"); ok {
		if sweep, err = uuid.Parse(id); err != nil {
			return o, sweep, &usageError{fmt.Errorf("--resume %q names no sweep", f.resume), "give what the sweep said"}
		}
		cursor = rest
	}
	o.After, err = account.ParseSweepCursor(cursor)
	return o, sweep, err
}

// withSweep is with for what asks all rules about many.
func (a *app) withSweep(ctx context.Context, u use, f *sweepFlags, do func(context.Context, *session, *ban.Checker, account.SweepOptions, uuid.UUID) error) error {
	return a.with(ctx, u, func(ctx context.Context, s *session) (err error) {
		o, sweep, err := f.options(ctx, s)
		if err != nil {
			return err
		}
		checker, err := a.checker(ctx, s, ban.CheckerOptions{Mirror: true, Traits: f.traits})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, checker.Close()) }()
		return do(ctx, s, checker, o, sweep)
	})
}

// reportSweep shows the first findings and counts the others.
func (a *app) reportSweep(ctx context.Context, f *sweepFlags) error {
	return a.withSweep(ctx, reads, f, func(ctx context.Context, s *session, checker *ban.Checker, o account.SweepOptions, _ uuid.UUID) error {
		doc := sweepDoc{Action: actionReported, Findings: []findingDoc{}}
		for found, err := range s.accounts.Sweep(ctx, checker, o) {
			if err != nil {
				return err
			}
			if found.Account.ID != uuid.Nil {
				doc.Accounts++
			} else {
				doc.Aliases++
			}
			if len(doc.Findings) < f.limit {
				doc.Findings = append(doc.Findings, newFindingDoc(found))
			} else {
				doc.Resume = doc.Findings[len(doc.Findings)-1].ResumeAfter
			}
		}
		return a.output().print(doc)
	})
}

func (a *app) actOnSweep(ctx context.Context, f *sweepFlags) error {
	return a.withSweep(ctx, writes(f.dryRun, changes), f, func(ctx context.Context, s *session, checker *ban.Checker, o account.SweepOptions, sweep uuid.UUID) error {
		act, action := account.SweepSuspend, "suspended"
		if f.hold {
			act, action = account.SweepHold, "held"
		}
		done, err := s.accounts.ActOnSweep(ctx, checker, account.ActOptions{
			SweepOptions: o, Act: act, Limit: f.limit, Force: f.force, Reason: f.reason, ID: sweep,
		})
		if err != nil {
			if done.Suspended+done.Held > 0 {
				a.warn("%d suspended and %d held before this; go on with --resume %s/%s, or --undo %s", done.Suspended, done.Held, done.ID, done.Cursor, done.ID)
			}
			return err
		}
		doc := sweepDoc{
			Action: action, DryRun: f.dryRun, Accounts: done.Accounts, Aliases: done.Aliases,
			Suspended: done.Suspended, Held: done.Held, Failed: a.failedDocs(done.Failed),
		}
		if !f.dryRun && done.Suspended+done.Held > 0 {
			doc.Sweep = done.ID
		}
		return a.output().print(doc)
	})
}

func (a *app) undoSweep(ctx context.Context, f *sweepFlags) error {
	id, err := uuid.Parse(f.undo)
	if err != nil {
		return &usageError{fmt.Errorf("--undo %q is no id of a sweep", f.undo), "give the one that the sweep printed"}
	}
	return a.with(ctx, writes(f.dryRun, changes), func(ctx context.Context, s *session) error {
		done, err := s.accounts.UndoSweep(ctx, id, f.reason)
		if err != nil {
			return err
		}
		return a.output().print(undoneDoc{Sweep: id, DryRun: f.dryRun, Reinstated: done.Reinstated, Failed: a.failedDocs(done.Failed)})
	})
}

// failedDocs prints about whom nothing could be done. The exit status says that
// there are some.
func (a *app) failedDocs(failed []account.DecisionError) (docs []failedDoc) {
	for _, f := range failed {
		docs = append(docs, failedDoc{f.ID, codeOf(f.Err), f.Err.Error()})
		a.status = statusTrouble
	}
	return docs
}
