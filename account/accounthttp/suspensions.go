package accounthttp

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/internal/web/adminapi"
)

// NewSuspensions returns a handler that suspends and reinstates the accounts of
// an Admin, as Storyden's admin API does. Its paths begin at the root: mount it
// with [http.StripPrefix]. What is missing or out of range gives a
// [*ban.ValueError]. It is safe for concurrent use.
func NewSuspensions(admin *account.Admin, o Options) (http.Handler, error) {
	if admin == nil {
		return nil, errNoAdmin()
	}
	h := &suspensions{admin, o}
	return web.NewHandler(o.config(failStoryden), h.routes())
}

type suspensions struct {
	admin *account.Admin
	Options
}

func (h *suspensions) routes() []web.Route {
	const pattern = "/admin/bans/{account_handle}"
	write := Need{Resource: "accounts", Mutation: true}
	return []web.Route{
		{Method: http.MethodPost, Pattern: pattern, Where: "accounts.suspend", Need: write, Handle: h.suspend},
		{Method: http.MethodDelete, Pattern: pattern, Where: "accounts.reinstate", Need: write, Handle: h.reinstate},
	}
}

// suspend answers POST /admin/bans/{account_handle}.
func (h *suspensions) suspend(r *web.Request) (web.Reply, error) {
	force, err := adminapi.Force(r)
	if err != nil {
		return web.Reply{}, err
	}
	acc, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	inviter, err := h.inviter(r.Context(), &acc)
	if err != nil {
		return web.Reply{}, err
	}
	s, err := h.admin.Suspend(r.Context(), acc.ID, account.SuspendOptions{Force: force})
	if errors.Is(err, account.ErrOwnAccount) { // which force would override, but not that it is the last
		if last, trouble := lastAdmin(r.Context(), h.admin, &acc); trouble != nil {
			err = trouble
		} else if last {
			err = account.ErrLastAdmin
		}
	}
	if err != nil {
		return web.Reply{}, err
	}
	h.hooksFailed(r.Context(), &s.Account, s.HookErr)
	return storydenReply(&s.Account, inviter), nil
}

// reinstate answers DELETE /admin/bans/{account_handle}. With lift_bans=1 the bans
// that came with the suspension are revoked.
func (h *suspensions) reinstate(r *web.Request) (web.Reply, error) {
	q := web.ParseQuery(r.Request)
	lift := q.Bool("lift_bans")
	if err := q.Err(); err != nil {
		return web.Reply{}, err
	}
	acc, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	inviter, err := h.inviter(r.Context(), &acc)
	if err != nil {
		return web.Reply{}, err
	}
	s, err := h.admin.Reinstate(r.Context(), acc.ID, account.ReinstateOptions{LiftBans: lift != nil && *lift})
	if err != nil {
		return web.Reply{}, err
	}
	body := storydenBody(&s.Account, inviter)
	body.BansLeft = s.BansLeft
	for i := range s.BansLifted {
		body.BansLifted = append(body.BansLifted, s.BansLifted[i].ID)
	}
	return web.Reply{Body: body}, nil
}

// find returns the account that the path names, by handle or id. No handle looks
// like an id.
func (h *suspensions) find(r *web.Request) (account.Account, error) {
	mark := r.PathValue("account_handle")
	if id, err := uuid.Parse(mark); err == nil {
		return h.admin.Get(r.Context(), id)
	}
	return h.admin.ByHandle(r.Context(), mark)
}

// inviter returns who invited an account, nil if nobody did or they are gone. It
// is read before the account is changed: once that is done, nothing may fail.
func (h *suspensions) inviter(ctx context.Context, acc *account.Account) (*account.Account, error) {
	if acc.InvitedBy == uuid.Nil {
		return nil, nil
	}
	by, err := h.admin.Get(ctx, acc.InvitedBy)
	if errors.Is(err, account.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &by, nil
}

// storydenReply answers with an account, and who invited it.
func storydenReply(acc, inviter *account.Account) web.Reply {
	return web.Reply{Body: storydenBody(acc, inviter)}
}

func storydenBody(acc, inviter *account.Account) storydenAccount {
	body := newStorydenAccount(acc)
	if inviter != nil {
		body.InvitedBy = newStorydenProfile(inviter)
	}
	return body
}
