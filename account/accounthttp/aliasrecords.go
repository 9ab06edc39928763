package accounthttp

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/internal/web/adminapi"
)

// list answers GET /aliases.
func (h *aliasHandler) list(r *web.Request) (web.Reply, error) {
	q := web.ParseQuery(r.Request)
	page := adminapi.ParsePage(q)
	filter := account.AliasFilter{
		Active: q.Bool(paramActive), Contains: canonicalPart(q, fieldAddress),
		Domain: canonicalPart(q, paramDomain), Destination: canonicalPart(q, fieldDestination),
	}
	if text := q.String(fieldDisabledBan); text != "" {
		var err error
		if filter.DisabledBan, err = uuid.Parse(text); err != nil {
			q.Fail(ban.NewValueError(fieldDisabledBan, text, ban.CodeSyntax, "give the UUID of a ban"))
		}
	}
	owner := q.ID(fieldUserID)
	if err := q.Err(); err != nil {
		return web.Reply{}, err
	}
	items := []alias{}
	var err error
	if filter.Owner, err = h.owner(r, owner); err != nil {
		return web.Reply{}, err
	}
	found, err := h.aliases.List(r.Context(), filter, account.Page{Limit: page.Limit, Offset: int64(page.Offset)})
	if err != nil {
		return web.Reply{}, err
	}
	if page.Total, err = h.aliases.Count(r.Context(), filter); err != nil {
		return web.Reply{}, err
	}
	numbers := map[uuid.UUID]*int64{}
	for i := range found {
		item, err := h.item(r.Context(), &found[i], numbers)
		if err != nil {
			return web.Reply{}, err
		}
		items = append(items, item)
	}
	return web.Reply{Body: adminapi.List{Items: items, Pagination: page}}, nil
}

// canonicalPart returns a parameter that is compared with canonical addresses, or
// parts of them.
func canonicalPart(q *web.Query, name string) string {
	text := q.String(name)
	if err := ban.CheckText(name, text); err != nil {
		q.Fail(err)
	}
	return strings.ToLower(strings.TrimSpace(text))
}

// item returns an alias as it is answered. The numbers of owners that are known are
// in the map, and come into it.
func (h *aliasHandler) item(ctx context.Context, a *account.Alias, numbers map[uuid.UUID]*int64) (alias, error) {
	number, known := numbers[a.Owner]
	if !known && a.Owner != uuid.Nil {
		owner, err := h.admin.Get(ctx, a.Owner)
		switch {
		case err == nil:
			number = &owner.Seq
		case !errors.Is(err, account.ErrNotFound): // who is gone has no number
			return alias{}, err
		}
		numbers[a.Owner] = number
	}
	return newAlias(a, number), nil
}

// get answers GET /aliases/{id}.
func (h *aliasHandler) get(r *web.Request) (web.Reply, error) {
	a, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	item, err := h.item(r.Context(), &a, map[uuid.UUID]*int64{})
	return web.Reply{Body: aliasBody{item}}, err
}

// find returns the alias that the path names.
func (h *aliasHandler) find(r *web.Request) (account.Alias, error) {
	id, err := adminapi.ID(r)
	if err != nil {
		return account.Alias{}, err
	}
	return h.aliases.GetSeq(r.Context(), id)
}

// errOwnerGone: an alias cannot be turned on, since its owner is no more.
var errOwnerGone = errors.New("the owner of the alias is gone")

// update answers PATCH /aliases/{id}, which turns an alias on or off. Fields that
// cannot be changed are passed over, so that an item may be sent back whole.
func (h *aliasHandler) update(r *web.Request) (web.Reply, error) {
	in, err := r.JSONObject()
	if err != nil {
		return web.Reply{}, err
	}
	active := in.Bool(paramActive)
	if active == nil {
		in.Fail(ban.NewValueError("patch", "", ban.CodeEmptyPatch, "say active, true or false"))
	}
	if err := in.Err(); err != nil {
		return web.Reply{}, err
	}
	a, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	changed, err := h.aliases.SetActive(r.Context(), a.ID, *active)
	if errors.Is(err, account.ErrNotFound) && *active && a.Owner != uuid.Nil {
		if _, gone := h.admin.Get(r.Context(), a.Owner); errors.Is(gone, account.ErrNotFound) {
			err = errOwnerGone
		}
	}
	if err != nil {
		return web.Reply{}, err
	}
	message := "Alias turned off."
	if changed.Active {
		message = "Alias turned on."
	}
	return h.changed(r, &changed, changedAlias{OK: true, Updated: true, Message: message}), nil
}

// delete answers DELETE /aliases/{id}.
func (h *aliasHandler) delete(r *web.Request) (web.Reply, error) {
	a, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	if a, err = h.aliases.Delete(r.Context(), a.ID); err != nil {
		return web.Reply{}, err
	}
	return h.changed(r, &a, changedAlias{OK: true, Deleted: true, Message: "Alias deleted."}), nil
}

// changed returns the answer to what was done to an alias. That its owner cannot be
// read then is no failure of what was done.
func (h *aliasHandler) changed(r *web.Request, a *account.Alias, body changedAlias) web.Reply {
	var err error
	if body.Item, err = h.item(r.Context(), a, map[uuid.UUID]*int64{}); err != nil {
		body.Item = newAlias(a, nil)
	}
	return web.Reply{Body: body}
}
