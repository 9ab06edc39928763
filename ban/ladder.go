package ban

import (
	"context"
	"fmt"
	"time"

	"example.com/ostraka/store"
)

// Ladder makes bans of a value that is banned again and again last longer each time:
//
//	ban.Ladder{Steps: []time.Duration{time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 0}}
//
// bans for an hour, then for a day, a week, and then for ever. The zero Ladder is
// none.
type Ladder struct {
	// Steps are how long the first ban lasts, the second, and so on; every later one
	// lasts as long as the last. 0 stands for ever, and may only be the last. At most
	// 32, each of at least a second.
	Steps []time.Duration

	// Window is how long bans are remembered: one counts if it was still in force at
	// some time within Window before now. Those that were revoked do not count, nor
	// those of another effect, nor shadows for a ban that is none, or the other way
	// round. They are those of the same value: not of other spellings of a mailbox,
	// nor of a prefix around an address. Of many, the newest 1,000 are looked at.
	// Default [DefaultLadderWindow].
	Window time.Duration
}

// DefaultLadderWindow is the default of [Ladder.Window].
const DefaultLadderWindow = 90 * 24 * time.Hour

const (
	maxLadderSteps = 32
	maxLadderBans  = 1000
)

// none reports whether there is no ladder.
func (l *Ladder) none() bool { return len(l.Steps) == 0 && l.Window == 0 }

// check checks the options of a ban with a ladder.
func (o *CreateOptions) checkLadder() error {
	l := &o.Ladder
	if len(l.Steps) == 0 || len(l.Steps) > maxLadderSteps {
		return NewValueError("ladder", fmt.Sprint(len(l.Steps), " steps"), CodeRange, fmt.Sprintf("give 1 to %d steps", maxLadderSteps))
	}
	for i, step := range l.Steps {
		if step < time.Second && (step != 0 || i < len(l.Steps)-1) {
			return NewValueError("ladder", step.String(), CodeRange, "give steps of at least a second, and 0, which is for ever, only as the last")
		}
	}
	if l.Window < 0 {
		return NewValueError("ladder", l.Window.String(), CodeRange, "give a window of some time, or 0 for the default")
	}
	if !o.ExpiresAt.IsZero() {
		return NewValueError("expires_at", o.ExpiresAt.Format(time.RFC3339), CodeConflict, "leave it out: the ladder says when the ban ends")
	}
	return nil
}

// climb returns the options with the end that their ladder gives a ban made now.
func (a *Admin) climb(ctx context.Context, o CreateOptions, now time.Time) (CreateOptions, error) {
	if o.Ladder.none() {
		return o, nil
	}
	if err := o.checkLadder(); err != nil {
		return o, err
	}
	v, err := parseBanValue(a.tables, o.Kind, o.Value, o.IPv6Prefix)
	if err != nil {
		return o, hideValue(err, o.Hashed)
	}
	earlier := 0
	for _, form := range append(a.hasher.under(v), v) {
		n, err := a.earlier(ctx, &o, form, now)
		if err != nil {
			return o, fmt.Errorf("earlier bans of the value: %w", err)
		}
		earlier = min(earlier+n, len(o.Ladder.Steps)-1)
	}
	if step := o.Ladder.Steps[earlier]; step != 0 {
		o.ExpiresAt = now.Add(step)
	}
	return o, nil
}

// earlier counts the bans of the value that the ladder remembers, up to its last
// step.
func (a *Admin) earlier(ctx context.Context, o *CreateOptions, v Value, now time.Time) (n int, err error) {
	window := o.Ladder.Window
	setDefault(&window, DefaultLadderWindow)
	filter := store.BanFilter{Kind: v.Kind(), Value: v.String(), Effect: &o.Effect, Shadow: &o.Shadow}
	for page, seen := (store.Page{}), 0; seen < maxLadderBans; {
		bans, err := a.store.ListBans(ctx, filter, page)
		if err != nil {
			return 0, err
		}
		for i := range bans {
			if n == len(o.Ladder.Steps)-1 {
				return n, nil
			}
			b := &bans[i]
			over := !b.ExpiresAt.IsZero() && !b.ExpiresAt.After(now)
			if b.RevokedAt.IsZero() && over && b.ExpiresAt.After(now.Add(-window)) {
				n++
			}
		}
		if len(bans) < page.Size() {
			return n, nil
		}
		seen += len(bans)
		page.Before = bans[len(bans)-1].Seq
	}
	return n, nil
}
