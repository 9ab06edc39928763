package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

// accountsPage finds accounts, shows each with everything that concerns it, suspends and
// reinstates, and deletes where only hashed bans can stay.
func accountsPage() page {
	return page{
		path: "accounts", name: "Accounts",
		has: func(p *Parts) bool { return p.Accounts != nil },
		routes: []route{
			get("/accounts", listAccounts),
			get("/accounts/{id}", showAccount),
			change("/accounts/{id}/suspend", suspendAccount),
			change("/accounts/{id}/reinstate", reinstateAccount),
			change("/accounts/{id}/end", endCredential),
			get("/accounts/{id}/delete", showAccountDelete),
			change("/accounts/{id}/delete", deleteAccount),
		},
	}
}

// accountsData is what the list shows.
type accountsData struct {
	Contains, State string
	Rows            []accountRow
	Total           int64
	Pager           pager
}

// accountRow is an account in the list.
type accountRow struct {
	account.Account
	State string // in a word
}

// The states to filter by.
const (
	accountsAll       = ""
	accountsActive    = "active"
	accountsWaiting   = "pending"
	accountsSuspended = "suspended"
	accountsAdmins    = "admin"
)

func (d *accountsData) States() []option {
	return choose(d.State, accountsAll, "All", accountsActive, "Active", accountsWaiting, "Waiting", accountsSuspended, "Suspended", accountsAdmins, "Admins")
}

// filter returns what selects the accounts. A text with an @ is looked for in
// addresses, another one in names.
func (d *accountsData) filter() account.Filter {
	var f account.Filter
	yes := true
	switch d.State {
	case accountsActive:
		f.Active = &yes
	case accountsWaiting:
		f.Pending = &yes
	case accountsSuspended:
		f.Suspended = &yes
	case accountsAdmins:
		f.Admin = &yes
	}
	if text := strings.ToLower(d.Contains); strings.Contains(text, "@") {
		f.EmailContains = text
	} else {
		f.HandleContains = text
	}
	return f
}

func listAccounts(r *request) (answer, error) {
	d := &accountsData{Contains: r.param("q"), State: r.param("state")}
	people, f, p := r.console.parts.Accounts, d.filter(), pageOf(r.params())
	var err error
	if d.Total, err = people.Count(r.Context(), f); err != nil {
		return answer{}, err
	}
	rows, err := people.List(r.Context(), f, p.page())
	if err != nil {
		return answer{}, err
	}
	filters := url.Values{}
	for name, value := range map[string]string{"q": d.Contains, "state": d.State} {
		if value != "" {
			filters.Set(name, value)
		}
	}
	rows, d.Pager = paged(p, "accounts", filters, rows, func(a *account.Account) int64 { return a.Seq })
	for i := range rows {
		d.Rows = append(d.Rows, accountRow{rows[i], accountState(&rows[i])})
	}
	return answer{template: "accounts", title: "Accounts", data: d}, nil
}

func accountState(a *account.Account) string {
	switch {
	case a.Suspended():
		return "suspended"
	case a.Pending():
		return "waiting"
	}
	return "active"
}

// accountDetail is what the page of one account shows.
type accountDetail struct {
	accountRow
	Sessions, Tokens []account.Credential
	Aliases          []account.Alias
	Rules            []concern
	Bans             []ban.Ban // that were made with the suspension
	Log              []account.Change
	Form             suspendForm
	CanHash          bool // the host has a key for hashed bans
	Faults           faults
	Problem          string
}

// concern is a rule that is about the account, by one of its addresses or its name.
type concern struct {
	Of, Text string
	Effect   ban.Effect
	Link     string
}

// suspendForm is the form to suspend.
type suspendForm struct {
	Reason, PublicReason             string
	BanEmails, BanName, DisableAlias bool
	Hashed                           bool
	Label                            string
}

func showAccount(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	d := &accountDetail{Faults: faults{}}
	if err := d.read(r, id); err != nil {
		return answer{}, err
	}
	return d.answer(0), nil
}

func (d *accountDetail) answer(status int) answer {
	return answer{status: status, template: "accountone", title: "Account " + d.Handle, data: d}
}

// listed bounds what the page of an account shows of each sort.
const listed = 50

func (d *accountDetail) read(r *request, id uuid.UUID) error {
	parts := &r.console.parts
	a, err := parts.Accounts.Get(r.Context(), id)
	if err != nil {
		return err
	}
	d.accountRow, d.CanHash = accountRow{a, accountState(&a)}, parts.Accounts.Hashes()
	if parts.Auth != nil {
		if err := d.readCredentials(r); err != nil {
			return err
		}
	}
	if parts.Aliases != nil {
		if d.Aliases, err = parts.Aliases.List(r.Context(), account.AliasFilter{Owner: id}, account.Page{Limit: listed}); err != nil {
			return err
		}
	}
	if d.Log, err = parts.Accounts.Log(r.Context(), id, account.Page{Limit: logOfRecord}); err != nil {
		return err
	}
	if parts.Bans != nil {
		for _, made := range a.SuspensionBans {
			b, err := parts.Bans.Get(r.Context(), made)
			if errors.Is(err, ban.ErrNotFound) {
				continue // it was deleted, or purged
			}
			if err != nil {
				return err
			}
			d.Bans = append(d.Bans, b)
		}
	}
	return d.readRules(r)
}

func (d *accountDetail) readCredentials(r *request) error {
	all, err := r.console.parts.Auth.Credentials(r.Context(), d.ID, account.Page{Limit: 2 * listed})
	if err != nil {
		return err
	}
	for _, c := range all {
		switch {
		case !c.Valid(r.now()):
		case c.Kind.String() == "session":
			d.Sessions = append(d.Sessions, c)
		default:
			d.Tokens = append(d.Tokens, c)
		}
	}
	return nil
}

// readRules finds the rules that are about the account, for whatever it does.
func (d *accountDetail) readRules(r *request) error {
	checker := r.console.parts.Checker
	if checker == nil {
		return nil
	}
	considered, err := d.considered(r, checker)
	for _, c := range considered {
		d.Rules = append(d.Rules, concern{c.of, valueKind(c.Kind, c.Matched) + " " + c.Matched, c.Effect, r.console.recordLink(c.Origin, c.ID)})
	}
	return err
}

// considered is a rule that a check of the account considers, and of what.
type considered struct {
	ban.Considered
	of string
}

// considered asks about the handle and each address of the account.
func (d *accountDetail) considered(r *request, checker *ban.Checker) (all []considered, err error) {
	subjects := []ban.Subject{{Name: d.Handle}}
	for _, e := range d.Emails {
		subjects = append(subjects, ban.Subject{Email: e.Address})
	}
	for _, s := range subjects {
		trace, err := checker.Explain(r.Context(), s)
		if _, bad := errors.AsType[*ban.ValueError](err); bad {
			continue // a name that rules cannot be about
		}
		if err != nil {
			return nil, err
		}
		for _, c := range trace.Considered {
			if c.Outcome != ban.OutcomeExpired {
				all = append(all, considered{c, s.Name + s.Email})
			}
		}
	}
	return all, nil
}

func suspendAccount(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	d := &accountDetail{Faults: faults{}, Form: suspendForm{
		Reason: r.text("reason"), PublicReason: r.text("public_reason"),
		BanEmails: r.text("ban_emails") != "", BanName: r.text("ban_name") != "", DisableAlias: r.text("aliases") != "",
		Hashed: r.text("hashed") != "", Label: r.text("label"),
	}}
	suspended, err := r.console.parts.Accounts.Suspend(r.Context(), id, account.SuspendOptions{
		Reason: d.Form.Reason, PublicReason: d.Form.PublicReason,
		BanEmails: d.Form.BanEmails, BanName: d.Form.BanName, DisableAliases: d.Form.DisableAlias,
		Hashed: d.Form.Hashed, Label: d.Form.Label,
	})
	r.console.hookFailed(r, suspended.HookErr)
	if err == nil {
		return answer{to: "accounts/" + id.String() + "?done=suspended"}, nil
	}
	return d.refused(r, id, err)
}

// refused answers with the page of the account and why it was not changed.
func (d *accountDetail) refused(r *request, id uuid.UUID, err error) (answer, error) {
	status, ok := d.refusal(err)
	if !ok {
		return answer{}, err
	}
	if err := d.read(r, id); err != nil {
		return answer{}, err
	}
	return d.answer(status), nil
}

// refusal notes why the account was not changed, and returns the status to say so with;
// ok is false if the error is trouble.
func (d *accountDetail) refusal(err error) (status int, ok bool) {
	if d.Faults.add(err, nil) {
		return http.StatusUnprocessableEntity, true
	}
	d.Problem, ok = accountProblem(err)
	return http.StatusConflict, ok
}

func reinstateAccount(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	before, err := r.console.parts.Accounts.Get(r.Context(), id)
	if err != nil {
		return answer{}, err
	}
	lift := r.text("lift_bans") != ""
	_, err = r.console.parts.Accounts.Reinstate(r.Context(), id, account.ReinstateOptions{
		LiftBans: lift, Reason: r.text("reason"),
	})
	if err == nil {
		done := "restored"
		if !lift && len(before.SuspensionBans) > 0 {
			done = "restored-only"
		}
		return answer{to: "accounts/" + id.String() + "?done=" + done}, nil
	}
	d := &accountDetail{Faults: faults{}, Form: suspendForm{Reason: r.text("reason")}}
	return d.refused(r, id, err)
}

// endCredential ends a session or an API token of an account.
func endCredential(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	credential, err := uuid.Parse(r.text("credential"))
	if err != nil {
		return answer{}, errUnreadable
	}
	if r.console.parts.Auth == nil {
		return answer{}, ban.ErrNotFound
	}
	if err := r.console.parts.Auth.RevokeOf(r.Context(), id, credential); err != nil {
		return answer{}, err
	}
	return answer{to: "accounts/" + id.String() + "?done=session-ended"}, nil
}
