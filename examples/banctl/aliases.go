package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

func aliasCommands(a *app) []*cobra.Command {
	on := aliasCommand(a, "enable ALIAS", "turn an alias on, if no ban or block refuses it", "turned on",
		func(ctx context.Context, l *account.Aliases, id uuid.UUID) (account.Alias, error) {
			return l.SetActive(ctx, id, true)
		})
	on.Long = `Turn an alias on, named by its address, number or id: for example one that a ban has
turned off. As long as the ban refuses it, it stays off.`
	off := aliasCommand(a, "disable ALIAS", "turn an alias off; nobody else gets its address", "turned off",
		func(ctx context.Context, l *account.Aliases, id uuid.UUID) (account.Alias, error) {
			return l.SetActive(ctx, id, false)
		})
	remove := aliasCommand(a, "delete-alias ALIAS", "remove an alias; somebody else can then have its address", actionDeleted,
		func(ctx context.Context, l *account.Aliases, id uuid.UUID) (account.Alias, error) {
			return l.Delete(ctx, id)
		})
	return []*cobra.Command{aliasesCommand(a), on, off, remove}
}

// aliasDoc is an alias as it is printed.
type aliasDoc struct {
	ID          uuid.UUID `json:"id"`
	Seq         int64     `json:"seq"`
	Address     string    `json:"address"`
	Destination string    `json:"destination"`
	Owner       uuid.UUID `json:"owner,omitzero"`
	Active      bool      `json:"active"`
	DisabledBan uuid.UUID `json:"disabled_ban,omitzero"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

func newAliasDoc(m account.Alias) aliasDoc {
	return aliasDoc{
		ID: m.ID, Seq: m.Seq, Address: m.Address(), Destination: m.Destination, Owner: m.Owner, Active: m.Active,
		DisabledBan: m.DisabledBan, CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt,
	}
}

func (d aliasDoc) state() string {
	if d.Active {
		return "active"
	}
	return "off"
}

// aliasesDoc is a page of aliases.
type aliasesDoc struct {
	Aliases []aliasDoc `json:"aliases"`
	Total   int64      `json:"total"`
	Before  int64      `json:"before,omitzero"` // for the next page
}

func (d aliasesDoc) text(t *text) {
	if len(d.Aliases) > 0 {
		t.head("NUMBER", "ADDRESS", "DESTINATION", "STATE", "CREATED", "BAN")
	}
	for _, m := range d.Aliases {
		by := ""
		if m.DisabledBan != uuid.Nil {
			by = m.DisabledBan.String()
		}
		t.row(number(m.Seq), m.Address, m.Destination, m.state(), moment(m.CreatedAt), by)
	}
	t.line("%s", pageNote(len(d.Aliases), d.Total, d.Before, "alias", "aliases"))
}

func aliasesCommand(a *app) *cobra.Command {
	var f account.AliasFilter
	var state, owner, by string
	var pages pageFlags
	cmd := a.command(groupAccounts, "aliases", "show aliases, newest first", func(cmd *cobra.Command, _ []string) error {
		p, err := pages.page()
		if err != nil {
			return err
		}
		f.Active, f.Contains = stateFilters[state], strings.ToLower(f.Contains)
		return a.withAliases(cmd.Context(), reads, func(ctx context.Context, s *session, l *account.Aliases) error {
			if owner != "" {
				acc, err := s.findAccount(ctx, owner)
				if err != nil {
					return err
				}
				f.Owner = acc.ID
			}
			if by != "" {
				b, err := s.findBan(ctx, by)
				if err != nil {
					return err
				}
				f.DisabledBan = b.ID
			}
			found, err := l.List(ctx, f, p)
			if err != nil {
				return err
			}
			doc := aliasesDoc{Aliases: []aliasDoc{}}
			if doc.Total, err = l.Count(ctx, f); err != nil {
				return err
			}
			found, doc.Before = cut(found, p, func(m account.Alias) int64 { return m.Seq })
			for _, m := range found {
				doc.Aliases = append(doc.Aliases, newAliasDoc(m))
			}
			return a.output().print(doc)
		})
	})
	state = "all"
	addChoice(cmd, "state", "only those that forward, only those that are off (ended), or all", &choice[string]{
		target: &state, parse: parseState, options: []string{"active", "ended", "all"}, initial: state,
	})
	flags := cmd.Flags()
	flags.StringVar(&f.Contains, "match", "", "only those whose address has this `TEXT` in it")
	flags.StringVar(&owner, "account", "", "only those of this `ACCOUNT`")
	flags.StringVar(&by, "ban", "", "only those that this `BAN` turned off")
	pages.add(cmd)
	return cmd
}

// aliasChangeDoc is an alias and what was done to it.
type aliasChangeDoc struct {
	Action string   `json:"action"`
	DryRun bool     `json:"dry_run,omitzero"`
	Alias  aliasDoc `json:"alias"`
}

func (d aliasChangeDoc) text(t *text) {
	t.line("%s: alias %s %s to %s", rehearsed(d.DryRun, d.Action), number(d.Alias.Seq), d.Alias.Address, d.Alias.Destination)
}

// aliasCommand returns the command that does something to one alias.
func aliasCommand(a *app, use, short, action string, do func(context.Context, *account.Aliases, uuid.UUID) (account.Alias, error)) *cobra.Command {
	var dryRun bool
	cmd := a.command(groupAccounts, use, short, func(cmd *cobra.Command, args []string) error {
		return a.withAliases(cmd.Context(), writes(dryRun, changes), func(ctx context.Context, _ *session, l *account.Aliases) error {
			m, err := findAlias(ctx, l, args[0])
			if err == nil {
				m, err = do(ctx, l, m.ID)
			}
			if err != nil {
				return err
			}
			return a.output().print(aliasChangeDoc{Action: action, DryRun: dryRun, Alias: newAliasDoc(m)})
		})
	})
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}

// findAlias returns the alias that an address, a number ("12" or "#12") or an id
// names.
func findAlias(ctx context.Context, l *account.Aliases, ref string) (account.Alias, error) {
	m, err := lookUpAlias(ctx, l, ref)
	return m, named(err, "an alias %q", ref)
}

func lookUpAlias(ctx context.Context, l *account.Aliases, ref string) (account.Alias, error) {
	if id, ok := parseID(ref); ok {
		return l.Get(ctx, id)
	}
	if seq, err := strconv.ParseInt(strings.TrimPrefix(ref, "#"), 10, 64); err == nil {
		return l.GetSeq(ctx, seq)
	}
	return l.ByAddress(ctx, ref)
}

// withAliases is with for what is about aliases.
func (a *app) withAliases(ctx context.Context, u use, do func(context.Context, *session, *account.Aliases) error) error {
	return a.with(ctx, u, func(ctx context.Context, s *session) (err error) {
		checker, err := a.checker(ctx, s, ban.CheckerOptions{})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, checker.Close()) }()
		l, err := account.NewAliases(s.store, uncounted{checker}, account.AliasesOptions{Now: a.now})
		if err != nil {
			return err
		}
		return do(ctx, s, l)
	})
}

// uncounted is a Checker whose answers count no hit: what it is asked here is no
// attempt of anybody's.
type uncounted struct{ *ban.Checker }

func (c uncounted) Check(ctx context.Context, s ban.Subject) (ban.Decision, error) {
	t, err := c.Explain(ctx, s)
	return t.Decision, err
}
