package banhttp

import (
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/internal/web/adminapi"
	"example.com/ostraka/store"
)

// list answers GET /bans.
func (h *handler) list(r *web.Request) (web.Reply, error) {
	q := web.ParseQuery(r.Request)
	page := adminapi.ParsePage(q)
	filter := ban.Filter{Active: q.Bool(paramActive), Contains: q.String(fieldValue)}
	if text := q.String(fieldType); text != "" {
		var err error
		if filter.Kind, err = parseKind(text); err != nil {
			q.Fail(err)
		}
	}
	if err := ban.CheckText(fieldValue, filter.Contains); err != nil {
		q.Fail(err)
	}
	if err := q.Err(); err != nil {
		return web.Reply{}, err
	}

	bans, err := h.admin.List(r.Context(), filter, ban.Page{Limit: page.Limit, Offset: int64(page.Offset)})
	if err != nil {
		return web.Reply{}, err
	}
	if page.Total, err = h.admin.Count(r.Context(), filter); err != nil {
		return web.Reply{}, err
	}
	now := h.now()
	items := make([]item, len(bans))
	for i := range bans {
		items[i] = newItem(&bans[i], now)
	}
	return web.Reply{Body: adminapi.List{Items: items, Pagination: page}}, nil
}

// get answers GET /bans/{id}.
func (h *handler) get(r *web.Request) (web.Reply, error) {
	b, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Body: itemBody{newItem(&b, h.now())}}, nil
}

// find returns the ban that the path names.
func (h *handler) find(r *web.Request) (ban.Ban, error) {
	id, err := adminapi.ID(r)
	if err != nil {
		return ban.Ban{}, err
	}
	return h.admin.GetSeq(r.Context(), id)
}

// lower returns a word as it is compared: in lower case, without blanks around it.
func lower(word string) string { return strings.ToLower(strings.TrimSpace(word)) }

func parseKind(text string) (ban.Kind, error) {
	k, err := store.ParseKind(lower(text))
	if err != nil {
		return 0, ban.NewValueError(fieldType, text, ban.CodeUnknown, "use email, domain, ip or name")
	}
	return k, nil
}

func parseEffect(text string) (ban.Effect, error) {
	e, err := store.ParseEffect(lower(text))
	if err != nil {
		return 0, ban.NewValueError(fieldEffect, text, ban.CodeUnknown, "use deny, review or allow")
	}
	return e, nil
}
