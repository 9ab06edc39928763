package accounthttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/internal/web/adminapi"
)

// NewUsers returns a handler of the accounts of an Admin, as the admin API of a
// mail-forwarding service has them. Its paths begin at the root: mount it with
// [http.StripPrefix]. What is missing or out of range gives a [*ban.ValueError].
// It is safe for concurrent use.
func NewUsers(admin *account.Admin, o Options) (http.Handler, error) {
	if admin == nil {
		return nil, errNoAdmin()
	}
	h := &users{admin, o}
	c := o.config(failUsers)
	c.Slash = true
	return web.NewHandler(c, h.routes())
}

type users struct {
	admin *account.Admin
	Options
}

func (h *users) routes() []web.Route {
	read, write := Need{Resource: "users"}, Need{Resource: "users", Mutation: true}
	return []web.Route{
		{Method: http.MethodGet, Pattern: "/users", Where: "users.list", Need: read, Handle: h.list},
		{Method: http.MethodGet, Pattern: "/users/{id}", Where: "users.get", Need: read, Handle: h.get},
		{Method: http.MethodPost, Pattern: "/users", Where: "users.create", Need: write, Handle: h.create},
		{Method: http.MethodPatch, Pattern: "/users/{id}", Where: "users.update", Need: write, Handle: h.update},
		{Method: http.MethodDelete, Pattern: "/users/{id}", Where: "users.delete", Need: write, Handle: h.delete},
	}
}

// list answers GET /users.
func (h *users) list(r *web.Request) (web.Reply, error) {
	q := web.ParseQuery(r.Request)
	page := adminapi.ParsePage(q)
	filter := account.Filter{Active: q.Bool(paramActive), Admin: q.Bool(fieldAdmin), Suspended: q.Bool(paramSuspended), EmailContains: q.String(fieldEmail)}
	if err := ban.CheckText(fieldEmail, filter.EmailContains); err != nil {
		q.Fail(err)
	}
	if err := q.Err(); err != nil {
		return web.Reply{}, err
	}
	found, err := h.admin.List(r.Context(), filter, account.Page{Limit: page.Limit, Offset: int64(page.Offset)})
	if err != nil {
		return web.Reply{}, err
	}
	if page.Total, err = h.admin.Count(r.Context(), filter); err != nil {
		return web.Reply{}, err
	}
	items := make([]user, len(found))
	for i := range found {
		items[i] = newUser(&found[i])
	}
	return web.Reply{Body: adminapi.List{Items: items, Pagination: page}}, nil
}

// get answers GET /users/{id}.
func (h *users) get(r *web.Request) (web.Reply, error) {
	acc, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Body: userBody{newUser(&acc)}}, nil
}

// create answers POST /users.
func (h *users) create(r *web.Request) (web.Reply, error) {
	force, err := adminapi.Force(r)
	if err != nil {
		return web.Reply{}, err
	}
	in, err := readNew(r)
	if err != nil {
		return web.Reply{}, err
	}
	o := account.CreateOptions{Force: force}
	for _, f := range []struct {
		name  string
		value *string
		to    *string
	}{{fieldUsername, in.Handle, &o.Handle}, {fieldEmail, in.Email, &o.Email}, {fieldPassword, in.Password, &o.Password}} {
		if f.value == nil {
			return web.Reply{}, ban.NewValueError(f.name, "", ban.CodeEmpty, "give this field")
		}
		*f.to = *f.value
	}
	o.Admin = in.Admin != nil && *in.Admin
	o.Suspended = in.Active != nil && !*in.Active
	if in.EmailVerifiedAt != nil {
		o.EmailVerifiedAt = *in.EmailVerifiedAt
	}
	acc, err := h.admin.Create(r.Context(), o)
	if err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Body: changedUser{OK: true, Created: true, Item: newUser(&acc)}}, nil
}

// update answers PATCH /users/{id}.
func (h *users) update(r *web.Request) (web.Reply, error) {
	force, err := adminapi.Force(r)
	if err != nil {
		return web.Reply{}, err
	}
	in, err := r.JSONObject()
	if err != nil {
		return web.Reply{}, err
	}
	acc, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	patch, err := readPatch(in, &acc)
	if err != nil {
		return web.Reply{}, err
	}
	patch.Force = force
	if patch.Password != nil && isActor(r, &acc) {
		return web.Reply{}, errOwnPassword
	}
	u, err := h.admin.Update(r.Context(), acc.ID, patch)
	if err != nil {
		which := guarded{demote: true}
		if patch.Active != nil && !*patch.Active {
			which = guarded{disable: true}
		}
		return web.Reply{}, h.explain(r.Context(), &acc, which, err)
	}
	h.hooksFailed(r.Context(), &u.Account, u.HookErr)
	return signedOutReply(r, &acc, u.CredentialsRevoked, changedUser{
		OK: true, Updated: true, Item: newUser(&u.Account), SessionsRevoked: u.CredentialsRevoked, AliasesDisabled: u.AliasesDisabled,
	}), nil
}

// delete answers DELETE /users/{id}. With keep_hashed_ban=1 nothing that names the
// person is left, and the answer does not either.
func (h *users) delete(r *web.Request) (web.Reply, error) {
	force, err := adminapi.Force(r)
	if err != nil {
		return web.Reply{}, err
	}
	q := web.ParseQuery(r.Request)
	o := account.DeleteOptions{
		Force: force, KeepHashedBan: given(q.Bool(paramKeepHashed)), KeepAliasAddresses: given(q.Bool(paramKeepAliases)), Label: q.String(fieldLabel),
	}
	if err := q.Err(); err != nil {
		return web.Reply{}, err
	}
	acc, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	d, err := h.admin.Delete(r.Context(), acc.ID, o)
	if err != nil {
		return web.Reply{}, h.explain(r.Context(), &acc, guarded{}, err)
	}
	body := deletedUser{
		OK: true, Deleted: true, Item: newUser(&d.Account), SessionsRevoked: d.CredentialsRevoked, AliasesDisabled: d.AliasesDisabled,
	}
	if o.KeepHashedBan {
		body.Item = forgotten(body.Item)
		body.BansCreated, body.BansExisting = new(idsOf(d.BansCreated)), new(idsOf(d.BansExisting))
	}
	return signedOutReply(r, &acc, d.CredentialsRevoked, body), nil
}

// signedOutReply is the answer to what ended sessions of an account. If it is that
// of whoever asks, their cookies go.
func signedOutReply(r *web.Request, acc *account.Account, ended int64, body any) web.Reply {
	reply := web.Reply{Body: body}
	if ended > 0 && isActor(r, acc) {
		reply.Header = clearSent(r.Request)
	}
	return reply
}

// isActor reports whether whoever asks has the account.
func isActor(r *web.Request, acc *account.Account) bool {
	return account.IsActor(acc, ban.ActorFrom(r.Context()))
}

// find returns the account that the path names.
func (h *users) find(r *web.Request) (account.Account, error) {
	id, err := adminapi.ID(r)
	if err != nil {
		return account.Account{}, err
	}
	return h.admin.GetSeq(r.Context(), id)
}

// guarded says what a refused change would have done; none of it: a deletion.
type guarded struct{ disable, demote bool }

// explain returns the error that the contract has for one of the guards of an
// Admin, and any other as it is. Of the last admin, which the actor mostly is, it
// says so at once: to force it would not help.
func (h *users) explain(ctx context.Context, acc *account.Account, which guarded, err error) error {
	last := errors.Is(err, account.ErrLastAdmin)
	if !last && !errors.Is(err, account.ErrOwnAccount) {
		return err
	}
	if !last {
		var trouble error
		if last, trouble = lastAdmin(ctx, h.admin, acc); trouble != nil {
			return trouble
		}
	}
	errs := map[guarded][2]error{
		{disable: true}: {errOwnActive, errDisableLast},
		{demote: true}:  {errOwnAdmin, errDemoteLast},
		{}:              {errOwnDelete, errDisableLast},
	}[which]
	if last {
		return fmt.Errorf("%w: %w", errs[1], err)
	}
	return fmt.Errorf("%w: %w", errs[0], err)
}

// lastAdmin reports whether the account is the only active admin.
func lastAdmin(ctx context.Context, admin *account.Admin, acc *account.Account) (bool, error) {
	if !acc.Admin || !acc.Active() {
		return false, nil
	}
	yes := true
	n, err := admin.Count(ctx, account.Filter{Active: &yes, Admin: &yes})
	return n == 1, err
}
