package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

func pendingCommands(a *app) []*cobra.Command {
	return []*cobra.Command{accountsCommand(a), pendingCommand(a), approveCommand(a), rejectCommand(a), sweepCommand(a)}
}

// queueFlags select accounts that wait.
type queueFlags struct {
	rule, domain, network string
}

func (f *queueFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.rule, "rule", "", "only those that this `RULE` holds: a ban as revoke takes it, or the id of a block or entry")
	flags.StringVar(&f.domain, "domain", "", "only those of this `DOMAIN`, or one below it")
	flags.StringVar(&f.network, "network", "", "only those from this `ADDRESS` or network")
}

// filter returns what the flags select.
func (f *queueFlags) filter(ctx context.Context, s *session) (account.PendingFilter, error) {
	out := account.PendingFilter{Domain: f.domain, Network: f.network}
	if f.rule == "" {
		return out, nil
	}
	if id, ok := parseID(f.rule); ok {
		out.Rule = id
		return out, nil
	}
	b, err := s.findBan(ctx, f.rule)
	out.Rule = b.ID
	return out, err
}

// queueDoc is a page of the queue, oldest first.
type queueDoc struct {
	Accounts []accountDoc `json:"accounts"`
	Total    int64        `json:"total"`
	After    int64        `json:"after,omitzero"` // for the next page
}

func (d queueDoc) text(t *text) {
	if len(d.Accounts) > 0 {
		t.head("NUMBER", "HANDLE", "ADDRESS", "SINCE", "HELD BY", "NETWORK")
	}
	for _, acc := range d.Accounts {
		t.row(number(acc.Seq), acc.Handle, first(acc.Emails), moment(acc.Hold.Since), acc.heldBy(), acc.Hold.Network)
	}
	note := count(d.Total, "account waits", "accounts wait")
	if int64(len(d.Accounts)) < d.Total {
		note = fmt.Sprintf("%d of %s", len(d.Accounts), note)
	}
	if d.After > 0 {
		note += fmt.Sprintf(", later ones with --after %d", d.After)
	}
	t.line("%s", note)
}

func pendingCommand(a *app) *cobra.Command {
	var f queueFlags
	var limit int
	var after int64
	cmd := a.command(groupAccounts, "pending", "show the accounts that wait for a decision, oldest first", func(cmd *cobra.Command, _ []string) error {
		if limit < 1 || limit > maxLimit {
			return ban.NewValueError("limit", strconv.Itoa(limit), ban.CodeRange, fmt.Sprintf("use 1 to %d", maxLimit))
		}
		return a.with(cmd.Context(), reads, func(ctx context.Context, s *session) error {
			filter, err := f.filter(ctx, s)
			if err != nil {
				return err
			}
			found, err := s.accounts.Pending(ctx, filter, account.Page{After: after, Limit: limit + 1})
			if err != nil {
				return err
			}
			doc := queueDoc{Accounts: []accountDoc{}}
			if doc.Total, err = s.accounts.CountPending(ctx, filter); err != nil {
				return err
			}
			if len(found) > limit {
				found = found[:limit]
				doc.After = found[limit-1].Seq
			}
			for _, acc := range found {
				doc.Accounts = append(doc.Accounts, newAccountDoc(acc))
			}
			return a.output().print(doc)
		})
	})
	f.add(cmd)
	cmd.Flags().IntVar(&limit, "limit", store.DefaultPageLimit, "show `N` at most")
	cmd.Flags().Int64Var(&after, "after", 0, "only those numbered above `N`")
	return cmd
}

// decisionFlags say about whom to decide.
type decisionFlags struct {
	queueFlags
	all    bool
	upTo   int64
	limit  int
	dryRun bool
}

func (f *decisionFlags) add(cmd *cobra.Command) {
	f.queueFlags.add(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.all, "all", false, "all that wait")
	flags.Int64Var(&f.upTo, "up-to", 0, "only those numbered up to `N`: who came after what you have seen waits on")
	flags.IntVar(&f.limit, "limit", account.DefaultDecisions, "decide about `N` at most")
	addDryRun(flags, &f.dryRun)
}

// selection returns about whom to decide: one account that the argument names, or
// those that the flags select.
func (f *decisionFlags) selection(ctx context.Context, s *session, args []string) (account.Selection, error) {
	filter, err := f.filter(ctx, s)
	if err != nil {
		return account.Selection{}, err
	}
	switch {
	case len(args) == 0 && filter == (account.PendingFilter{}) && !f.all:
		return account.Selection{}, &usageError{errors.New("nobody to decide about"), "name an account, or use --rule, --domain, --network or --all"}
	case len(args) > 0 && (filter != account.PendingFilter{} || f.all || f.upTo > 0):
		return account.Selection{}, &usageError{errors.New("an account and a filter"), "give one of them"}
	case len(args) > 0:
		acc, err := s.findAccount(ctx, args[0])
		return account.Selection{IDs: []uuid.UUID{acc.ID}}, err
	}
	if f.limit < 1 {
		return account.Selection{}, ban.NewValueError("limit", strconv.Itoa(f.limit), ban.CodeRange, fmt.Sprintf("use 1 to %d", account.MaxDecisions))
	}
	return account.Selection{Filter: filter, All: f.all, UpTo: f.upTo, Limit: f.limit}, nil
}

// decidedDoc says what was decided about many.
type decidedDoc struct {
	Action   string       `json:"action"`
	DryRun   bool         `json:"dry_run,omitzero"`
	Accounts []accountDoc `json:"accounts"`
	Bans     []banDoc     `json:"bans_created,omitempty"`
	Failed   []failedDoc  `json:"failed,omitempty"`
	More     bool         `json:"more,omitzero"` // --limit left some out
}

// failedDoc is an account about which nothing was decided.
type failedDoc struct {
	Account uuid.UUID `json:"account"`
	Code    string    `json:"code"`
	Message string    `json:"message"`
}

func (d decidedDoc) text(t *text) {
	for _, acc := range d.Accounts {
		t.line("%s: account %s %s", rehearsed(d.DryRun, d.Action), number(acc.Seq), acc.Handle)
	}
	for _, b := range d.Bans {
		t.line("%s: %s", rehearsed(d.DryRun, "banned"), b.name())
	}
	for _, f := range d.Failed {
		t.line("not %s: %s", d.Action, f.Message)
	}
	note := count(int64(len(d.Accounts)), "account", "accounts")
	if d.More {
		note += ", more wait: the same again goes on"
	}
	t.line("%s", note)
}

// decide runs a decision and prints it. One account about which nothing could be
// decided is an error; of many the others are decided about, and the exit status
// says that not all were.
func (a *app) decide(ctx context.Context, f *decisionFlags, args []string, action string, do func(context.Context, *session, account.Selection) (account.Decided, error)) error {
	return a.with(ctx, writes(f.dryRun, changes), func(ctx context.Context, s *session) error {
		selection, err := f.selection(ctx, s, args)
		if err != nil {
			return err
		}
		done, err := do(ctx, s, selection)
		if err != nil {
			return err
		}
		if len(args) > 0 && len(done.Failed) > 0 {
			return done.Failed[0].Err
		}
		doc := decidedDoc{Action: action, DryRun: f.dryRun, Accounts: []accountDoc{}, Bans: a.banDocs(done.Bans), More: done.Next > 0}
		for _, acc := range done.Accounts {
			doc.Accounts = append(doc.Accounts, newAccountDoc(acc))
		}
		doc.Failed = a.failedDocs(done.Failed)
		return a.output().print(doc)
	})
}

func approveCommand(a *app) *cobra.Command {
	var f decisionFlags
	var o account.ApproveOptions
	cmd := a.command(groupAccounts, "approve [ACCOUNT]", "let in an account that waits, or many", func(cmd *cobra.Command, args []string) error {
		return a.decide(cmd.Context(), &f, args, "approved", func(ctx context.Context, s *session, sel account.Selection) (account.Decided, error) {
			return s.accounts.ApproveMany(ctx, sel, o)
		})
	})
	cmd.Long = `Let in an account that waits for a decision, named by handle, address, number or
id; or many: those that one rule holds, of one domain, from one network, or all. Each
has its entry in the log. If somebody else has decided, it says who, and the exit
status is 2.`
	f.add(cmd)
	cmd.Flags().StringVar(&o.Reason, "reason", "", "why, `TEXT` for moderators")
	return cmd
}

func rejectCommand(a *app) *cobra.Command {
	var f decisionFlags
	var b banFlags
	cmd := a.command(groupAccounts, "reject [ACCOUNT]", "refuse an account that waits, or many, with bans if told to", func(cmd *cobra.Command, args []string) error {
		so, err := a.banOptions(&b)
		if err != nil {
			return err
		}
		o := account.RejectOptions{
			Reason: so.Reason, BanEmails: so.BanEmails, BanName: so.BanName, PublicReason: so.PublicReason,
			BansExpireAt: so.BansExpireAt, DisableAliases: so.DisableAliases, Hashed: so.Hashed, Label: so.Label,
		}
		return a.decide(cmd.Context(), &f, args, "rejected", func(ctx context.Context, s *session, sel account.Selection) (account.Decided, error) {
			return s.accounts.RejectMany(ctx, sel, o)
		})
	})
	cmd.Long = `Refuse an account that waits for a decision, or many, as approve takes them. It is
removed, and its handle and addresses are free; the log keeps what it was. One that was
let in before it was held is suspended instead.

With --hashed the bans keep only a hash, and of an account that is removed nothing is
left that names the person: also the log forgets what it was.`
	f.add(cmd)
	b.add(cmd.Flags())
	return cmd
}
