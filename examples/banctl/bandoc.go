package main

import (
	"fmt"
	"strconv"
	"time"

	"example.com/ostraka/ban"
)

// banDoc is a ban as it is printed.
type banDoc struct {
	ban.Ban
	State string `json:"state"` // active, expired or revoked
}

// The states of a ban.
const (
	stateActive  = "active"
	stateExpired = "expired"
	stateRevoked = "revoked"
)

func newBanDoc(b ban.Ban, now time.Time) banDoc {
	state := stateActive
	switch {
	case !b.RevokedAt.IsZero():
		state = stateRevoked
	case !b.Active(now):
		state = stateExpired
	}
	return banDoc{b, state}
}

// name says which ban it is: its number, unless it has none yet, and its value.
func (d banDoc) name() string {
	value := fmt.Sprintf("%s %s", d.Kind, d.Value)
	if d.Seq == 0 {
		return value
	}
	return fmt.Sprintf("#%d %s", d.Seq, value)
}

// does says what the ban does, as "deny" or "review, shadow".
func does(effect ban.Effect, shadow bool) string {
	if shadow {
		return effect.String() + ", shadow"
	}
	return effect.String()
}

// fields prints all of the ban that is not in its name.
func (d banDoc) fields(t *text) {
	t.field("label", d.Label)
	t.field("effect", does(d.Effect, d.Shadow))
	t.field("scope", d.Scope.String())
	t.field("state", d.State)
	t.field("reason", d.Reason)
	t.field("public reason", d.PublicReason)
	t.field("created", by(d.CreatedAt, d.CreatedBy))
	t.field("expires", orNever(d.ExpiresAt))
	t.field("revoked", by(d.RevokedAt, d.RevokedBy))
	t.field("because", d.RevokedReason)
	if d.AliasesDisabled > 0 {
		t.field("aliases off", strconv.FormatInt(d.AliasesDisabled, 10))
	}
}

// labelled returns a value with what moderators read in its place, if it is hashed.
func labelled(value, label string) string {
	if label == "" {
		return value
	}
	return fmt.Sprintf("%s (%s)", value, label)
}

func orNever(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return moment(at)
}

// by prints when something was done and by whom; empty for the zero time.
func by(at time.Time, actor string) string {
	if at.IsZero() {
		return ""
	}
	return moment(at) + " by " + actor
}

// changeDoc says what became of a ban.
type changeDoc struct {
	Action string      `json:"action"`           // created, updated, hashed, revoked, reinstated, deleted or unchanged
	DryRun bool        `json:"dry_run,omitzero"` // it was not done: this is what would become of it
	Ban    banDoc      `json:"ban"`
	Effect *previewDoc `json:"preview,omitempty"` // of a dry run that makes a ban
}

// The actions of a changeDoc.
const (
	actionCreated    = "created"
	actionUpdated    = "updated"
	actionRevoked    = "revoked"
	actionReinstated = "reinstated"
	actionDeleted    = "deleted"
	actionHashed     = "hashed"
	actionUnchanged  = "unchanged"
)

func (d changeDoc) text(t *text) {
	t.line("%s: %s", rehearsed(d.DryRun, d.Action), d.Ban.name())
	d.Ban.fields(t)
	if d.Effect != nil {
		d.Effect.overlaps(t)
	}
}

// rehearsed says of an action that it was not done, if so.
func rehearsed(dryRun bool, action string) string {
	if dryRun {
		return "dry run, would be " + action
	}
	return action
}
