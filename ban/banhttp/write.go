package banhttp

import (
	"context"
	"errors"
	"fmt"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/internal/web/adminapi"
)

// create answers POST /bans.
func (h *handler) create(r *web.Request) (web.Reply, error) {
	o, err := createOptions(r)
	if err != nil {
		return web.Reply{}, err
	}
	b, created, err := h.put(r.Context(), o)
	if err != nil {
		return web.Reply{}, err
	}
	body := createdBody{OK: true, Created: created, Updated: !created, Item: newItem(&b, h.now())}
	if o.DisableMatchingAliases { // else the number is that of an earlier write
		body.DisabledAliases = b.AliasesDisabled
	}
	body.Message = createdMessage(created, body.DisabledAliases)
	return web.Reply{Body: body}, nil
}

// createdMessage says in words what POST /bans did.
func createdMessage(created bool, disabled int64) string {
	message := "Ban updated."
	if created {
		message = "Ban created."
	}
	switch disabled {
	case 0:
		return message
	case 1:
		return message + " Also, 1 matching alias was disabled."
	}
	return fmt.Sprintf("%s Also, %d matching aliases were disabled.", message, disabled)
}

// put makes a ban or updates the active one, whose public reason stays: clients
// of this API can neither see it nor say it.
func (h *handler) put(ctx context.Context, o ban.CreateOptions) (b ban.Ban, created bool, err error) {
	b, err = h.admin.Create(ctx, o)
	exists, ok := errors.AsType[*ban.ExistsError](err)
	if !ok {
		return b, err == nil, err
	}
	o.PublicReason = exists.Existing.PublicReason
	return h.admin.Put(ctx, o)
}

// createOptions reads the body of POST /bans.
func createOptions(r *web.Request) (ban.CreateOptions, error) {
	var o ban.CreateOptions
	var err error
	if o.Force, err = adminapi.Force(r); err != nil {
		return o, err
	}
	in, err := r.JSONObject(fieldType, fieldValue, fieldReason, fieldExpires, fieldDisable, fieldEffect, fieldShadow)
	if err != nil {
		return o, err
	}
	for _, name := range []string{fieldType, fieldValue} {
		if !in.Has(name) {
			in.Fail(ban.NewValueError(name, "", ban.CodeEmpty, "give this field"))
		}
	}
	set(&o.Kind, parsed(in, fieldType, parseKind))
	set(&o.Value, in.String(fieldValue))
	set(&o.Reason, in.String(fieldReason))
	set(&o.ExpiresAt, in.Time(fieldExpires))
	set(&o.Effect, parsed(in, fieldEffect, parseEffect))
	set(&o.Shadow, in.Bool(fieldShadow))
	set(&o.DisableMatchingAliases, in.Bool(fieldDisable))
	return o, in.Err()
}

// update answers PATCH /bans/{id}.
func (h *handler) update(r *web.Request) (web.Reply, error) {
	patch, err := readPatch(r)
	if err != nil {
		return web.Reply{}, err
	}
	b, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	if b, err = h.admin.Update(r.Context(), b.ID, patch); err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Body: updatedBody{OK: true, Updated: true, Item: newItem(&b, h.now())}}, nil
}

// readPatch reads the body of PATCH /bans/{id}.
func readPatch(r *web.Request) (ban.Patch, error) {
	var p ban.Patch
	var err error
	if p.Force, err = adminapi.Force(r); err != nil {
		return p, err
	}
	in, err := r.JSONObject(fieldType, fieldValue, fieldReason, fieldExpires, fieldRevoked, fieldRevokedReason, fieldEffect, fieldShadow)
	if err != nil {
		return p, err
	}
	p.Kind = parsed(in, fieldType, parseKind)
	p.Value = in.String(fieldValue)
	p.Reason = in.String(fieldReason)
	p.ExpiresAt = in.Time(fieldExpires)
	p.Revoked, p.RevokedReason = in.Bool(fieldRevoked), in.String(fieldRevokedReason)
	p.Effect = parsed(in, fieldEffect, parseEffect)
	p.Shadow = in.Bool(fieldShadow)
	return p, in.Err()
}

// delete answers DELETE /bans/{id}.
func (h *handler) delete(r *web.Request) (web.Reply, error) {
	b, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	if b, err = h.admin.Delete(r.Context(), b.ID); err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Body: deletedBody{OK: true, Deleted: true, Item: newItem(&b, h.now())}}, nil
}

// parsed returns a member that is a text with a meaning, nil if it is missing or
// null.
func parsed[T any](in *web.Object, name string, parse func(string) (T, error)) *T {
	text := in.String(name)
	if text == nil || in.Null(name) {
		return nil
	}
	v, err := parse(*text)
	if err != nil {
		in.Fail(err)
		return nil
	}
	return &v
}

// set sets a field to a member that is there.
func set[T any](field *T, member *T) {
	if member != nil {
		*field = *member
	}
}
