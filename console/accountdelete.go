package console

import (
	"errors"
	"slices"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

// accountDelete is what the page shows on which an account is deleted: the form, and in
// its second step what goes and what stays.
type accountDelete struct {
	accountDetail
	Delete  deleteForm
	Looking bool      // the second step
	Concern []ban.Ban // bans in force whose values become hashes
}

// deleteForm is the form to delete an account.
type deleteForm struct {
	Keep        string // what stays: keepHashes or keepLog
	KeepAliases bool
	Label       string
}

// What may stay of an account.
const (
	keepHashes = "hashed"
	keepLog    = "log"
)

// Hashed reports whether only hashed bans are to stay.
func (f *deleteForm) Hashed() bool { return f.Keep != keepLog }

// Keeps are the choices of what stays.
func (f *deleteForm) Keeps() []option {
	return choose(f.Keep, keepHashes, "Only hashed bans", keepLog, "What the log says")
}

// Mailboxes is how many mailboxes the account has, of which each is banned.
func (d *accountDelete) Mailboxes() int {
	var all []string
	for i := range d.Emails {
		all = append(all, d.Emails[i].Mailbox)
	}
	slices.Sort(all)
	return len(slices.Compact(all))
}

// hasDelete reports whether the pages offer to delete accounts. They do where the host has
// a key: there is a way then to delete somebody who does not come back.
func (p *Parts) hasDelete() bool { return p.Accounts != nil && p.Accounts.Hashes() }

func showAccountDelete(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	return newAccountDelete(deleteForm{Keep: keepHashes}).show(r, id, 0)
}

func newAccountDelete(form deleteForm) *accountDelete {
	return &accountDelete{accountDetail: accountDetail{Faults: faults{}}, Delete: form}
}

// show answers with the page.
func (d *accountDelete) show(r *request, id uuid.UUID, status int) (answer, error) {
	if !r.console.parts.hasDelete() {
		return answer{}, ban.ErrNotFound
	}
	if err := d.read(r, id); err != nil {
		return answer{}, err
	}
	if err := d.readConcern(r); err != nil {
		return answer{}, err
	}
	return answer{status: status, template: "accountdelete", title: "Delete the account " + d.Handle, data: d}, nil
}

// readConcern finds the bans in force whose values become hashes.
func (d *accountDelete) readConcern(r *request) error {
	bans, checker := r.console.parts.Bans, r.console.parts.Checker
	if bans == nil || checker == nil {
		return nil
	}
	considered, err := d.considered(r, checker)
	if err != nil {
		return err
	}
	seen := map[uuid.UUID]bool{}
	for _, c := range considered {
		if c.Origin != ban.OriginBan || seen[c.ID] || c.Via != ban.ViaExact && c.Via != ban.ViaMailbox && c.Via != ban.ViaSkeleton {
			continue
		}
		seen[c.ID] = true
		b, err := bans.Get(r.Context(), c.ID)
		if errors.Is(err, ban.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if !b.Hashed() && (b.Kind == ban.KindEmail || b.Kind == ban.KindName && b.Effect != ban.Allow) {
			d.Concern = append(d.Concern, b)
		}
	}
	return nil
}

// deleteAccount shows what a deletion does, and in a second step deletes.
func deleteAccount(r *request) (answer, error) {
	id, err := r.id()
	if err != nil {
		return answer{}, err
	}
	d := newAccountDelete(deleteForm{Keep: r.text("keep"), KeepAliases: r.text("keep_aliases") != "", Label: r.text("label")})
	if d.Delete.Keep != keepHashes && d.Delete.Keep != keepLog {
		return answer{}, errUnreadable
	}
	if !r.console.parts.hasDelete() {
		return answer{}, ban.ErrNotFound
	}
	o, done := account.DeleteOptions{}, "account-deleted"
	if d.Delete.Hashed() {
		o = account.DeleteOptions{KeepHashedBan: true, KeepAliasAddresses: d.Delete.KeepAliases, Label: d.Delete.Label}
		done = "account-forgotten"
	}
	if r.text("step") != stepForce || r.text("confirmed") != d.Delete.Keep {
		return d.look(r, id, &o)
	}
	if _, err = r.console.parts.Accounts.Delete(r.Context(), id, o); err == nil {
		return answer{to: "accounts?done=" + done}, nil
	}
	status, ok := d.refusal(err)
	if !ok {
		return answer{}, err
	}
	return d.show(r, id, status)
}

// look answers with the second step, unless the options do not fit.
func (d *accountDelete) look(r *request, id uuid.UUID, o *account.DeleteOptions) (answer, error) {
	acc, err := r.console.parts.Accounts.Get(r.Context(), id)
	if err != nil {
		return answer{}, err
	}
	if err := o.Check(&acc); err != nil {
		status, ok := d.refusal(err)
		if !ok {
			return answer{}, err
		}
		return d.show(r, id, status)
	}
	d.Looking = true
	return d.show(r, id, 0)
}
