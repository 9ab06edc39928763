package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"example.com/ostraka/account"
)

func credentialCommands(a *app) []*cobra.Command {
	return []*cobra.Command{tokenCommand(a), credentialsCommand(a), logoutCommand(a)}
}

// credentialDoc is a session or API token as it is printed.
type credentialDoc struct {
	ID         uuid.UUID `json:"id"`
	Kind       string    `json:"kind"`
	Name       string    `json:"name,omitzero"`
	Scopes     []string  `json:"scopes,omitempty"`
	State      string    `json:"state"` // active, revoked or expired
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at,omitzero"`
	ExpiresAt  time.Time `json:"expires_at,omitzero"`
	RevokedAt  time.Time `json:"revoked_at,omitzero"`
}

func newCredentialDoc(c account.Credential, now time.Time) credentialDoc {
	d := credentialDoc{
		ID: c.ID, Kind: c.Kind.String(), Name: c.Name, Scopes: c.Scopes, State: "expired",
		CreatedAt: c.CreatedAt, LastUsedAt: c.LastUsedAt, ExpiresAt: c.ExpiresAt, RevokedAt: c.RevokedAt,
	}
	switch {
	case c.Valid(now):
		d.State = "active"
	case !c.RevokedAt.IsZero():
		d.State = "revoked"
	}
	return d
}

// tokenDoc is an API token that was made, with its secret.
type tokenDoc struct {
	DryRun  bool          `json:"dry_run,omitzero"`
	Account string        `json:"account"`
	Token   string        `json:"token,omitzero"` // not in a dry run
	Details credentialDoc `json:"credential"`
}

func (d tokenDoc) text(t *text) {
	t.line("%s: API token of %s", rehearsed(d.DryRun, actionCreated), d.Account)
	t.field("scopes", strings.Join(d.Details.Scopes, " "))
	t.field("name", d.Details.Name)
	t.field("expires", moment(d.Details.ExpiresAt))
	t.field("token", d.Token)
}

func tokenCommand(a *app) *cobra.Command {
	var o account.TokenOptions
	var expires string
	var dryRun bool
	cmd := a.command(groupAccounts, "token ACCOUNT", "make an API token for an account", func(cmd *cobra.Command, args []string) error {
		if expires != "" {
			end, err := parseExpiry(expires, a.now())
			if err != nil {
				return err
			}
			o.ExpiresAt = end
		}
		return a.with(cmd.Context(), writes(dryRun, changes), func(ctx context.Context, s *session) error {
			acc, err := s.findAccount(ctx, args[0])
			if err != nil {
				return err
			}
			made, err := s.auth.CreateToken(ctx, acc.ID, o)
			if err != nil {
				return err
			}
			doc := tokenDoc{DryRun: dryRun, Account: acc.Handle, Token: made.Secret, Details: newCredentialDoc(made.Credential, a.now())}
			if dryRun {
				doc.Token = ""
			}
			if made.Credential.ExpiresAt.IsZero() {
				a.warn("the token does not end: --expires 90d gives it an end")
			}
			return a.output().print(doc)
		})
	})
	cmd.Long = `Make an API token for an account, named by handle, address, number or id. Its
secret is shown this once. Give it no more than the program needs: to read metrics,
--scope admin:read:metrics.`
	flags := cmd.Flags()
	flags.StringSliceVar(&o.Scopes, "scope", nil, "what it may do, `SCOPES` with commas between, such as admin:read:metrics")
	flags.StringVar(&o.Name, "name", "", "a `NAME` to tell it from others")
	flags.StringVar(&expires, "expires", "", "when it ends: in `TIME` such as 90d, or at one such as 2030-01-31, when that day begins in UTC (default: never)")
	addDryRun(flags, &dryRun)
	return cmd
}

// credentialsDoc are the sessions and API tokens of an account.
type credentialsDoc struct {
	Account     string          `json:"account"`
	Credentials []credentialDoc `json:"credentials"`
}

func (d credentialsDoc) text(t *text) {
	if len(d.Credentials) > 0 {
		t.head("ID", "KIND", "STATE", "CREATED", "LAST USED", "EXPIRES", "NAME", "SCOPES")
	}
	for _, c := range d.Credentials {
		t.row(c.ID.String(), c.Kind, c.State, moment(c.CreatedAt), moment(c.LastUsedAt), moment(c.ExpiresAt), c.Name, strings.Join(c.Scopes, " "))
	}
	t.line("%s of %s", count(int64(len(d.Credentials)), "session or token", "sessions and tokens"), d.Account)
}

func credentialsCommand(a *app) *cobra.Command {
	var state string
	cmd := a.command(groupAccounts, "credentials ACCOUNT", "show the sessions and API tokens of an account, newest first", func(cmd *cobra.Command, args []string) error {
		return a.with(cmd.Context(), reads, func(ctx context.Context, s *session) error {
			acc, err := s.findAccount(ctx, args[0])
			if err != nil {
				return err
			}
			doc := credentialsDoc{Account: acc.Handle, Credentials: []credentialDoc{}}
			wanted := stateFilters[state]
			for c, err := range s.auth.All(ctx, acc.ID) {
				if err != nil {
					return err
				}
				if wanted == nil || c.Valid(a.now()) == *wanted {
					doc.Credentials = append(doc.Credentials, newCredentialDoc(c, a.now()))
				}
			}
			return a.output().print(doc)
		})
	})
	addState(cmd, &state)
	return cmd
}

// logoutDoc says what ended.
type logoutDoc struct {
	DryRun  bool   `json:"dry_run,omitzero"`
	Account string `json:"account"`
	Revoked int64  `json:"revoked"`
}

func (d logoutDoc) text(t *text) {
	t.line("%s: %s of %s", rehearsed(d.DryRun, "ended"), count(d.Revoked, "session or token", "sessions and tokens"), d.Account)
}

func logoutCommand(a *app) *cobra.Command {
	var dryRun bool
	cmd := a.command(groupAccounts, "logout ACCOUNT [ID]", "end all sessions and API tokens of an account, or one", func(cmd *cobra.Command, args []string) error {
		var one uuid.UUID
		if len(args) > 1 {
			var err error
			if one, err = uuid.Parse(args[1]); err != nil {
				return &usageError{fmt.Errorf("%q is no id of a session or token", args[1]), `"banctl credentials ACCOUNT" has them`}
			}
		}
		return a.with(cmd.Context(), writes(dryRun, changes), func(ctx context.Context, s *session) error {
			acc, err := s.findAccount(ctx, args[0])
			if err != nil {
				return err
			}
			doc := logoutDoc{DryRun: dryRun, Account: acc.Handle, Revoked: 1}
			if len(args) > 1 {
				err = s.auth.RevokeOf(ctx, acc.ID, one)
			} else {
				doc.Revoked, err = s.auth.RevokeAll(ctx, acc.ID, uuid.Nil)
			}
			if err != nil {
				return err
			}
			return a.output().print(doc)
		})
	})
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}

// findAccount returns the account that a handle, an address, a number ("#12") or an
// id names.
func (s *session) findAccount(ctx context.Context, ref string) (account.Account, error) {
	acc, err := s.lookUpAccount(ctx, ref)
	return acc, named(err, "an account %q", ref)
}

func (s *session) lookUpAccount(ctx context.Context, ref string) (account.Account, error) {
	if id, ok := parseID(ref); ok {
		return s.accounts.Get(ctx, id)
	}
	if digits, ok := strings.CutPrefix(ref, "#"); ok {
		if seq, err := strconv.ParseInt(digits, 10, 64); err == nil {
			return s.accounts.GetSeq(ctx, seq)
		}
	}
	return s.auth.Find(ctx, ref)
}
