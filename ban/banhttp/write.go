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
	o, keep, err := createOptions(r)
	if err != nil {
		return web.Reply{}, err
	}
	b, created, err := h.put(r.Context(), o, keep)
	if err != nil {
		return web.Reply{}, err
	}
	body := createdBody{OK: true, Created: created, Updated: !created, Message: "Ban updated.", Item: newItem(&b, h.now())}
	if created {
		body.Message = "Ban created."
	}
	if o.DisableMatchingAliases { // else the number is that of an earlier write
		body.DisabledAliases = b.AliasesDisabled
		body.Message += disabledMessage(b.AliasesDisabled)
	}
	return web.Reply{Body: body}, nil
}

// disabledMessage says in words how many aliases were turned off.
func disabledMessage(n int64) string {
	if n == 1 {
		return " Also, 1 matching alias was disabled."
	}
	return fmt.Sprintf(" Also, %d matching aliases were disabled.", n)
}

// put makes a ban or updates the active one, whose public reason stays if it is
// to be kept: a client from before this API had one does not say it.
func (h *handler) put(ctx context.Context, o ban.CreateOptions, keep bool) (b ban.Ban, created bool, err error) {
	if !keep {
		return h.admin.Put(ctx, o)
	}
	b, err = h.admin.Create(ctx, o)
	exists, ok := errors.AsType[*ban.ExistsError](err)
	if !ok {
		return b, err == nil, err
	}
	o.PublicReason = exists.Existing.PublicReason
	return h.admin.Put(ctx, o)
}

// createOptions reads the body of POST /bans, and whether a public reason that
// there is stays.
func createOptions(r *web.Request) (o ban.CreateOptions, keep bool, err error) {
	if o.Force, err = adminapi.Force(r); err != nil {
		return o, false, err
	}
	in, err := r.JSONObject(fieldType, fieldValue, fieldReason, fieldExpires, fieldDisable, fieldEffect, fieldShadow, fieldPublicReason, fieldHashed, fieldLabel)
	if err != nil {
		return o, false, err
	}
	for _, name := range []string{fieldType, fieldValue} {
		if !in.Has(name) {
			in.Fail(ban.NewValueError(name, "", ban.CodeEmpty, "give this field"))
		}
	}
	set(&o.Kind, parsed(in, fieldType, parseKind))
	set(&o.Value, in.String(fieldValue))
	set(&o.Reason, in.Trimmed(fieldReason))
	set(&o.PublicReason, in.Trimmed(fieldPublicReason))
	set(&o.Hashed, in.Bool(fieldHashed))
	set(&o.Label, in.Trimmed(fieldLabel))
	set(&o.ExpiresAt, in.Time(fieldExpires))
	set(&o.Effect, parsed(in, fieldEffect, parseEffect))
	set(&o.Shadow, in.Bool(fieldShadow))
	set(&o.DisableMatchingAliases, in.Bool(fieldDisable))
	return o, !in.Has(fieldPublicReason), in.Err()
}

// update answers PATCH /bans/{id}.
func (h *handler) update(r *web.Request) (web.Reply, error) {
	patch, hashed, err := readPatch(r)
	if err != nil {
		return web.Reply{}, err
	}
	b, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	if hashed != nil && *hashed != b.Hashed() {
		b, err = h.hash(r.Context(), &b, patch, *hashed)
	} else {
		b, err = h.admin.Update(r.Context(), b.ID, patch)
	}
	if err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Body: updatedBody{OK: true, Updated: true, Item: newItem(&b, h.now())}}, nil
}

// hash turns a ban into its hash. That takes the value out of everything that is stored of
// it, and is a step of its own.
func (h *handler) hash(ctx context.Context, b *ban.Ban, patch ban.Patch, hashed bool) (ban.Ban, error) {
	if !hashed {
		return ban.Ban{}, ban.NewValueError(fieldHashed, "false", ban.CodeNotSupported, "nobody can tell the value from its hash: make a ban of it")
	}
	label := ""
	set(&label, patch.Label)
	patch.Label = nil
	if patch != (ban.Patch{PastEnds: patch.PastEnds, Force: patch.Force}) {
		return ban.Ban{}, ban.NewValueError(fieldHashed, "true", ban.CodeNotSupported, "give nothing with it but a label, and change the rest by another request")
	}
	return h.admin.Hash(ctx, b.ID, label)
}

// readPatch reads the body of PATCH /bans/{id}, and whether the ban is to be hashed, nil
// if the body does not say. Fields that cannot be changed are passed over, so that an
// item may be sent back whole.
func readPatch(r *web.Request) (p ban.Patch, hashed *bool, err error) {
	p.PastEnds = true
	if p.Force, err = adminapi.Force(r); err != nil {
		return p, nil, err
	}
	in, err := r.JSONObject()
	if err != nil {
		return p, nil, err
	}
	p.Kind = parsed(in, fieldType, parseKind)
	p.Value = in.String(fieldValue)
	p.Reason, p.PublicReason = in.Trimmed(fieldReason), in.Trimmed(fieldPublicReason)
	p.Label = in.Trimmed(fieldLabel)
	p.ExpiresAt = in.Time(fieldExpires)
	p.Revoked, p.RevokedReason = in.Bool(fieldRevoked), in.Trimmed(fieldRevokedReason)
	p.Effect = parsed(in, fieldEffect, parseEffect)
	p.Shadow = in.Bool(fieldShadow)
	return p, in.Bool(fieldHashed), in.Err()
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
