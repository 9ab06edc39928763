package accounthttp

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/internal/web/adminapi"
)

// NewPending returns a handler of the accounts that wait for a person to decide. Its
// paths begin at the root: mount it with [http.StripPrefix]. What is missing or out
// of range gives a [*ban.ValueError]. It is safe for concurrent use.
func NewPending(admin *account.Admin, o Options) (http.Handler, error) {
	if admin == nil {
		return nil, errNoAdmin()
	}
	h := &pending{admin, o}
	return web.NewHandler(o.config(failPending), h.routes())
}

type pending struct {
	admin *account.Admin
	Options
}

func (h *pending) routes() []web.Route {
	read, write := Need{Resource: "pending"}, Need{Resource: "pending", Mutation: true}
	return []web.Route{
		{Method: http.MethodGet, Pattern: "/pending", Where: "pending.list", Need: read, Handle: h.list},
		{Method: http.MethodPost, Pattern: "/pending/{id}/approve", Where: "pending.approve", Need: write, Handle: h.approve},
		{Method: http.MethodPost, Pattern: "/pending/{id}/reject", Where: "pending.reject", Need: write, Handle: h.reject},
		{Method: http.MethodPost, Pattern: "/pending/approve", Where: "pending.approve_many", Need: write, Handle: h.approveMany},
		{Method: http.MethodPost, Pattern: "/pending/reject", Where: "pending.reject_many", Need: write, Handle: h.rejectMany},
	}
}

// list answers GET /pending: the oldest first.
func (h *pending) list(r *web.Request) (web.Reply, error) {
	q := web.ParseQuery(r.Request)
	page := adminapi.ParsePage(q)
	filter := account.PendingFilter{Domain: q.String(fieldDomain), Network: q.String(fieldNetwork)}
	filter.Rule = ruleOf(q.String(fieldRule), q.Fail)
	if err := q.Err(); err != nil {
		return web.Reply{}, err
	}
	found, err := h.admin.Pending(r.Context(), filter, account.Page{Limit: page.Limit, Offset: int64(page.Offset)})
	if err != nil {
		return web.Reply{}, err
	}
	if page.Total, err = h.admin.CountPending(r.Context(), filter); err != nil {
		return web.Reply{}, err
	}
	items := make([]pendingUser, len(found))
	for i := range found {
		items[i] = newPendingUser(&found[i])
	}
	return web.Reply{Body: adminapi.List{Items: items, Pagination: page}}, nil
}

// approve answers POST /pending/{id}/approve.
func (h *pending) approve(r *web.Request) (web.Reply, error) {
	in, err := r.JSONObject(fieldReason)
	if err != nil {
		return web.Reply{}, err
	}
	reason := given(in.String(fieldReason))
	if err := in.Err(); err != nil {
		return web.Reply{}, err
	}
	acc, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	done, err := h.admin.Approve(r.Context(), acc.ID, account.ApproveOptions{Reason: reason})
	if err != nil {
		return web.Reply{}, err
	}
	h.hooksFailed(r.Context(), &done.Account, done.HookErr)
	return web.Reply{Body: decidedUser{OK: true, Approved: true, Item: newUser(&done.Account), BansCreated: []uuid.UUID{}}}, nil
}

// reject answers POST /pending/{id}/reject.
func (h *pending) reject(r *web.Request) (web.Reply, error) {
	in, err := r.JSONObject(rejectFields...)
	if err != nil {
		return web.Reply{}, err
	}
	o := readReject(in)
	if err := in.Err(); err != nil {
		return web.Reply{}, err
	}
	acc, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	done, err := h.admin.Reject(r.Context(), acc.ID, o)
	if err != nil {
		return web.Reply{}, err
	}
	h.hooksFailed(r.Context(), &done.Account, done.HookErr)
	return web.Reply{Body: decidedUser{OK: true, Rejected: true, Removed: done.Removed, Item: rejected(&done.Account, o.Hashed), BansCreated: idsOf(done.BansCreated)}}, nil
}

// find returns the account that the path names, be it gone.
func (h *pending) find(r *web.Request) (account.Account, error) {
	id, err := adminapi.ID(r)
	if err != nil {
		return account.Account{}, err
	}
	return h.admin.GetSeq(r.Context(), id)
}

// approveMany answers POST /pending/approve.
func (h *pending) approveMany(r *web.Request) (web.Reply, error) {
	in, err := r.JSONObject(append([]string{fieldReason}, selectFields...)...)
	if err != nil {
		return web.Reply{}, err
	}
	reason, s := given(in.String(fieldReason)), readSelection(in)
	if err := in.Err(); err != nil {
		return web.Reply{}, err
	}
	done, err := h.admin.ApproveMany(r.Context(), s, account.ApproveOptions{Reason: reason})
	return h.decided(r.Context(), done, false, err)
}

// rejectMany answers POST /pending/reject.
func (h *pending) rejectMany(r *web.Request) (web.Reply, error) {
	in, err := r.JSONObject(append(rejectFields[:len(rejectFields):len(rejectFields)], selectFields...)...)
	if err != nil {
		return web.Reply{}, err
	}
	o, s := readReject(in), readSelection(in)
	if err := in.Err(); err != nil {
		return web.Reply{}, err
	}
	done, err := h.admin.RejectMany(r.Context(), s, o)
	return h.decided(r.Context(), done, o.Hashed, err)
}

// decided answers to a decision about many. Of trouble the answer says no more than
// that, also after some were decided about: what was decided stays, and asking again
// goes on with the others. Hashed says that only hashed bans are kept of who was rejected.
func (h *pending) decided(ctx context.Context, done account.Decided, hashed bool, err error) (web.Reply, error) {
	h.hooksFailed(ctx, new(account.Account), done.HookErr)
	if err != nil {
		return web.Reply{}, err
	}
	body := decidedMany{OK: true, Decided: len(done.Accounts), Items: []user{}, Failed: []undecided{}, BansCreated: idsOf(done.Bans)}
	for i := range done.Accounts {
		body.Items = append(body.Items, rejected(&done.Accounts[i], hashed))
	}
	for _, failed := range done.Failed {
		reason, details := whyUndecided(failed.Err)
		body.Failed = append(body.Failed, undecided{failed.ID, reason, details})
	}
	if done.Next > 0 {
		body.Next = &done.Next
	}
	return web.Reply{Body: body}, nil
}

// failPending returns the answer to an error.
func failPending(r *web.Request, err error) web.Reply {
	if waits, ok := errors.AsType[*account.PendingError](err); ok {
		reason, details := whyUndecided(waits)
		return adminapi.Conflict(details, reason)
	}
	return pendingErrors.Reply(r, err)
}

// whyUndecided says why there was nothing to decide about an account.
func whyUndecided(err error) (reason, details string) {
	waits, ok := errors.AsType[*account.PendingError](err)
	switch {
	case ok && waits.Action != "":
		return "already_decided", "Somebody else was quicker: " + string(waits.Action) + " by " + waits.By
	case ok || errors.Is(err, account.ErrConflict):
		return "not_pending", "The user does not wait for a decision"
	case errors.Is(err, account.ErrNotFound):
		return pendingErrors.NotFound, "There is no such user"
	case errors.Is(err, account.ErrLastAdmin):
		return "cannot_disable_last_admin", "The last active admin cannot be rejected"
	case errors.Is(err, account.ErrOwnAccount):
		return reasonOwn, "This is your own account"
	}
	if guard, ok := errors.AsType[*ban.GuardError](err); ok {
		return guard.Code, guard.Hint
	}
	if wrong, ok := errors.AsType[*ban.ValueError](err); ok {
		return wrong.Code, wrong.Hint
	}
	return "failed", "Nothing was decided about this user"
}
