package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

// accountsCommand has the commands about accounts whose names bans have too.
func accountsCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "accounts COMMAND",
		Short:   "find, show, suspend, reinstate and delete accounts",
		GroupID: groupAccounts,
		Args:    cobra.ArbitraryArgs,
		RunE:    noCommand,
	}
	for _, c := range []*cobra.Command{accountsListCommand(a), accountShowCommand(a), accountSuspendCommand(a), accountReinstateCommand(a), accountDeleteCommand(a)} {
		c.GroupID = ""
		cmd.AddCommand(c)
	}
	return cmd
}

// accountDoc is an account as it is printed.
type accountDoc struct {
	ID             uuid.UUID   `json:"id"`
	Seq            int64       `json:"seq"`
	Handle         string      `json:"handle"`
	State          string      `json:"state"` // active, pending or suspended
	Emails         []string    `json:"emails"`
	Admin          bool        `json:"admin,omitzero"`
	CreatedAt      time.Time   `json:"created_at"`
	CreatedBy      string      `json:"created_by,omitzero"`
	LastLoginAt    time.Time   `json:"last_login_at,omitzero"`
	SuspendedAt    time.Time   `json:"suspended_at,omitzero"`
	SuspendedBy    string      `json:"suspended_by,omitzero"`
	Reason         string      `json:"suspended_reason,omitzero"`
	SuspensionBans []uuid.UUID `json:"suspension_bans,omitempty"`
	Sweep          uuid.UUID   `json:"sweep,omitzero"`

	Hold *account.Hold `json:"hold,omitempty"`
}

func newAccountDoc(acc account.Account) accountDoc {
	d := accountDoc{
		ID: acc.ID, Seq: acc.Seq, Handle: acc.Handle, State: stateActive, Emails: []string{}, Admin: acc.Admin,
		CreatedAt: acc.CreatedAt, CreatedBy: acc.CreatedBy, LastLoginAt: acc.LastLoginAt,
		SuspendedAt: acc.SuspendedAt, SuspendedBy: acc.SuspendedBy, Reason: acc.SuspendedReason, SuspensionBans: acc.SuspensionBans, Sweep: acc.Sweep,
	}
	for _, e := range acc.Emails {
		d.Emails = append(d.Emails, e.Address)
	}
	if acc.Hold.Held() {
		d.Hold = &acc.Hold
	}
	switch {
	case acc.Suspended():
		d.State = stateSuspended
	case acc.Pending():
		d.State = statePending
	}
	return d
}

// The states of accounts.
const (
	statePending   = "pending"
	stateSuspended = "suspended"
)

// heldBy says what holds an account.
func (d accountDoc) heldBy() string {
	switch {
	case d.Hold == nil:
		return ""
	case d.Hold.Rule == uuid.Nil:
		return "by " + d.Hold.By
	}
	return fmt.Sprintf("%s %s via %s", d.Hold.Kind, d.Hold.Matched, d.Hold.Via)
}

// fields prints what is known of one account.
func (d accountDoc) fields(t *text) {
	t.field("state", d.State)
	t.field("addresses", strings.Join(d.Emails, " "))
	t.field("admin", mark(d.Admin, "yes"))
	t.field("created", moment(d.CreatedAt))
	t.field("created by", d.CreatedBy)
	t.field("last login", moment(d.LastLoginAt))
	t.field("suspended", moment(d.SuspendedAt))
	t.field("suspended by", d.SuspendedBy)
	t.field("reason", d.Reason)
	if h := d.Hold; h != nil {
		t.field("waits since", moment(h.Since))
		t.field("held by", d.heldBy())
		if h.Rule != uuid.Nil {
			t.field("rule", fmt.Sprintf("%s %s", h.Origin, h.Rule))
		}
		t.field("asked about", strings.TrimSpace(h.Email+" "+h.Domain))
		t.field("network", h.Network)
	}
	if d.Sweep != uuid.Nil {
		t.field("sweep", d.Sweep.String())
	}
	t.field("id", d.ID.String())
}

// accountsDoc is a page of accounts.
type accountsDoc struct {
	Accounts []accountDoc `json:"accounts"`
	Total    int64        `json:"total"`
	Before   int64        `json:"before,omitzero"` // for the next page
}

func (d accountsDoc) text(t *text) {
	if len(d.Accounts) > 0 {
		t.head("NUMBER", "HANDLE", "STATE", "ADDRESS", "CREATED")
	}
	for _, acc := range d.Accounts {
		t.row(number(acc.Seq), acc.Handle, acc.State, first(acc.Emails), moment(acc.CreatedAt))
	}
	t.line("%s", pageNote(len(d.Accounts), d.Total, d.Before, "account", "accounts"))
}

func first(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}

// accountStates are what --state takes, with what it selects.
var accountStates = map[string]account.Filter{
	stateActive: {Active: new(true)}, statePending: {Pending: new(true)}, stateSuspended: {Suspended: new(true)}, "all": {},
}

func accountsListCommand(a *app) *cobra.Command {
	state := "all"
	var match string
	var pages pageFlags
	cmd := a.command("", "list", "show accounts, newest first", func(cmd *cobra.Command, _ []string) error {
		p, err := pages.page()
		if err != nil {
			return err
		}
		f := accountStates[state]
		if strings.Contains(match, "@") {
			f.EmailContains = match
		} else {
			f.HandleContains = match
		}
		return a.with(cmd.Context(), reads, func(ctx context.Context, s *session) error {
			found, err := s.accounts.List(ctx, f, p)
			if err != nil {
				return err
			}
			doc := accountsDoc{Accounts: []accountDoc{}}
			if doc.Total, err = s.accounts.Count(ctx, f); err != nil {
				return err
			}
			found, doc.Before = cut(found, p, func(acc account.Account) int64 { return acc.Seq })
			for _, acc := range found {
				doc.Accounts = append(doc.Accounts, newAccountDoc(acc))
			}
			return a.output().print(doc)
		})
	})
	addChoice(cmd, "state", "only accounts of this state: active, pending, suspended, or all", &choice[string]{
		target: &state, options: []string{stateActive, statePending, stateSuspended, "all"}, initial: state,
		parse: func(s string) (string, error) {
			if _, ok := accountStates[s]; !ok {
				return "", fmt.Errorf("unknown state %q", s)
			}
			return s, nil
		},
	})
	cmd.Flags().StringVar(&match, "match", "", "only those whose handle has this `TEXT` in it; with an @, whose address")
	pages.add(cmd)
	return cmd
}

// accountChangeDoc is an account, and what was done to it; with no action it is
// shown.
type accountChangeDoc struct {
	Action             string      `json:"action,omitzero"`
	DryRun             bool        `json:"dry_run,omitzero"`
	Account            accountDoc  `json:"account"`
	CredentialsRevoked int64       `json:"credentials_revoked,omitzero"`
	AliasesDisabled    int64       `json:"aliases_disabled,omitzero"`
	BansCreated        []banDoc    `json:"bans_created,omitempty"`
	BansExisting       []banDoc    `json:"bans_existing,omitempty"`
	BansLifted         []banDoc    `json:"bans_lifted,omitempty"`
	BansLeft           []uuid.UUID `json:"bans_left,omitempty"`
}

func (d accountChangeDoc) text(t *text) {
	name := fmt.Sprintf("account %s %s", number(d.Account.Seq), d.Account.Handle)
	if d.Action == "" {
		t.line("%s", name)
	} else {
		t.line("%s: %s", rehearsed(d.DryRun, d.Action), name)
	}
	d.Account.fields(t)
	if d.CredentialsRevoked > 0 {
		t.field("ended", count(d.CredentialsRevoked, "session or token", "sessions and tokens"))
	}
	if d.AliasesDisabled > 0 {
		t.field("turned off", count(d.AliasesDisabled, "alias", "aliases"))
	}
	for what, bans := range map[string][]banDoc{"banned": d.BansCreated, "lifted": d.BansLifted} {
		for _, b := range bans {
			t.field(what, b.name())
		}
	}
	for _, b := range d.BansExisting {
		t.field("banned already", b.name())
	}
	for _, id := range d.BansLeft {
		t.field("ban left", id.String())
	}
}

func (a *app) banDocs(bans []ban.Ban) (docs []banDoc) {
	for _, b := range bans {
		docs = append(docs, newBanDoc(b, a.now()))
	}
	return docs
}

func accountShowCommand(a *app) *cobra.Command {
	return a.command("", "show ACCOUNT", "show an account, by handle, address, number or id", func(cmd *cobra.Command, args []string) error {
		return a.with(cmd.Context(), reads, func(ctx context.Context, s *session) error {
			acc, err := s.findAccount(ctx, args[0])
			if err != nil {
				return err
			}
			return a.output().print(accountChangeDoc{Account: newAccountDoc(acc)})
		})
	})
}

// banFlags say which bans come with a suspension or a rejection.
type banFlags struct {
	account.SuspendOptions
	expires string
}

func (f *banFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.Reason, "reason", "", "why, `TEXT` for moderators")
	flags.BoolVar(&f.BanEmails, "ban-emails", false, "ban every address of the account")
	flags.BoolVar(&f.BanName, "ban-name", false, "ban its handle, and what looks like it")
	flags.BoolVar(&f.Hashed, "hashed", false, "keep only a hash of what is banned, under the newest key of --key-file")
	flags.StringVar(&f.Label, "label", "", "with --hashed: `TEXT` to be read in the place of the value of these bans")
	flags.StringVar(&f.PublicReason, "public-reason", "", "why those are banned, `TEXT` for the person")
	flags.StringVar(&f.expires, "expires", "", "when the bans end: in `TIME` such as 90d, or at one such as 2030-01-31, when that day begins in UTC (default: never)")
	flags.BoolVar(&f.DisableAliases, "disable-aliases", false, "turn off its aliases, and those that the bans match")
}

// banOptions returns what the flags say, if there is a key where one is needed.
func (a *app) banOptions(f *banFlags) (account.SuspendOptions, error) {
	if f.Hashed && a.keys.Path == "" {
		return account.SuspendOptions{}, errNoKeys
	}
	return f.options(a.now())
}

// options returns the options, with the time at which the bans end.
func (f *banFlags) options(now time.Time) (account.SuspendOptions, error) {
	if f.expires == "" {
		return f.SuspendOptions, nil
	}
	end, err := parseExpiry(f.expires, now)
	o := f.SuspendOptions
	o.BansExpireAt = end
	return o, err
}

func accountSuspendCommand(a *app) *cobra.Command {
	var f banFlags
	var dryRun bool
	cmd := a.command("", "suspend ACCOUNT", "lock an account out, at once; its record stays", func(cmd *cobra.Command, args []string) error {
		o, err := a.banOptions(&f)
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), writes(dryRun, changes), func(ctx context.Context, s *session) error {
			acc, err := s.findAccount(ctx, args[0])
			if err != nil {
				return err
			}
			done, err := s.accounts.Suspend(ctx, acc.ID, o)
			if err != nil {
				return err
			}
			return a.output().print(accountChangeDoc{
				Action: actionOr(done.Changed, "suspended"), DryRun: dryRun, Account: newAccountDoc(done.Account),
				CredentialsRevoked: done.CredentialsRevoked, AliasesDisabled: done.AliasesDisabled,
				BansCreated: a.banDocs(done.BansCreated), BansExisting: a.banDocs(done.BansExisting),
			})
		})
	})
	f.add(cmd.Flags())
	addForce(cmd.Flags(), &f.Force)
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}

func accountReinstateCommand(a *app) *cobra.Command {
	var o account.ReinstateOptions
	var dryRun bool
	cmd := a.command("", "reinstate ACCOUNT", "let a suspended account in again", func(cmd *cobra.Command, args []string) error {
		return a.with(cmd.Context(), writes(dryRun, changes), func(ctx context.Context, s *session) error {
			acc, err := s.findAccount(ctx, args[0])
			if err != nil {
				return err
			}
			done, err := s.accounts.Reinstate(ctx, acc.ID, o)
			if err != nil {
				return err
			}
			return a.output().print(accountChangeDoc{
				Action: actionOr(done.Changed, actionReinstated), DryRun: dryRun, Account: newAccountDoc(done.Account),
				BansLifted: a.banDocs(done.BansLifted), BansLeft: done.BansLeft,
			})
		})
	})
	cmd.Long = `Let a suspended account in again. One that waited for a decision when it was
suspended waits again: approve it.`
	cmd.Flags().BoolVar(&o.LiftBans, "lift-bans", false, "revoke the bans that came with the suspension")
	cmd.Flags().StringVar(&o.Reason, "reason", "", "why they are revoked, `TEXT` for moderators")
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}

func actionOr(changed bool, action string) string {
	if !changed {
		return actionUnchanged
	}
	return action
}
