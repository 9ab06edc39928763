package storetest

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// fakeFaults are those of a store that asks itself.
type fakeFaults struct {
	left    int
	instead func()
	fired   bool
}

func (f *fakeFaults) Arm(n int, instead func()) { *f = fakeFaults{n, instead, false} }

func (f *fakeFaults) Disarm() bool {
	f.left = 0
	return f.fired
}

// fails reports whether the statement that is about to be executed fails.
func (f *fakeFaults) fails() bool {
	f.left--
	if f.left != 0 {
		return false
	}
	f.fired = true
	if f.instead != nil {
		f.instead()
		return false
	}
	return true
}

// createBan is how a store with two statements makes a ban.
type createBan func(f *fakeFaults, o *override, ctx context.Context, b store.Ban, c store.Change) (store.Ban, error)

func TestTheRuleOfFaultsCatches(t *testing.T) {
	right := func(f *fakeFaults, o *override, ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
		for range 2 {
			if f.fails() {
				return store.Ban{}, ErrFault
			}
			if err := ctx.Err(); err != nil {
				return store.Ban{}, err
			}
		}
		return o.Store.CreateBan(ctx, b, c)
	}
	for name, c := range map[string]struct {
		create createBan
		wrong  bool
	}{
		"is right": {right, false},
		"keeps what it wrote before a failure": {func(f *fakeFaults, o *override, ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			f.fails()
			got, err := o.Store.CreateBan(context.WithoutCancel(ctx), b, c)
			if err == nil && (f.fails() || f.fired) {
				err = ErrFault
			}
			return got, err
		}, true},
		"hides a failure": {func(f *fakeFaults, o *override, ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			if f.fails() || ctx.Err() != nil {
				return b, nil
			}
			return right(f, o, ctx, b, c)
		}, true},
		"logs what it does not write": {func(f *fakeFaults, o *override, ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			if f.fails() || ctx.Err() != nil {
				o.ban = func(context.Context, uuid.UUID) (store.Ban, error) { return store.Ban{}, store.ErrNotFound }
				return o.Store.CreateBan(context.WithoutCancel(ctx), b, c)
			}
			return right(f, o, ctx, b, c)
		}, true},
		"leaves away what it failed to write": {func(f *fakeFaults, o *override, ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			if f.fails() || ctx.Err() != nil {
				b.Reason = ""
			}
			return o.Store.CreateBan(context.WithoutCancel(ctx), b, c)
		}, true},
		"logs nothing of what it writes": {func(f *fakeFaults, o *override, ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			if f.fails() || ctx.Err() != nil {
				last, err := o.Store.LastChange(context.WithoutCancel(ctx))
				o.lastChange = func(context.Context) (int64, error) { return last, err }
			}
			return o.Store.CreateBan(context.WithoutCancel(ctx), b, c)
		}, true},
		"does not go on after a failure": {func(f *fakeFaults, o *override, ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			if f.fails() || ctx.Err() != nil {
				o.ban = nil
				_ = o.Store.Close()
				return store.Ban{}, ErrFault
			}
			return right(f, o, ctx, b, c)
		}, true},
		"fails without a reason": {func(*fakeFaults, *override, context.Context, store.Ban, store.Change) (store.Ban, error) {
			return store.Ban{}, ErrFault
		}, true},
		"has no statements": {func(_ *fakeFaults, o *override, ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			return o.Store.CreateBan(ctx, b, c)
		}, true},
	} {
		t.Run("a store that "+name, func(t *testing.T) {
			for _, end := range []bool{false, true} {
				failures := verdict(t, func(r reporter) {
					faulted(r, "CreateBan", end, func() (store.Store, Faults) {
						f, o, armed := new(fakeFaults), &override{Store: memstore.New()}, false
						o.createBan = func(ctx context.Context, b store.Ban, ch store.Change) (store.Ban, error) {
							if armed = armed || f.left > 0; !armed { // the records that the rule needs
								return o.Store.CreateBan(ctx, b, ch)
							}
							return c.create(f, o, ctx, b, ch)
						}
						return o, f
					})
				})
				if (len(failures) > 0) != c.wrong {
					t.Errorf("the context ends: %t: the rule says %q", end, failures)
				}
			}
		})
	}
}

// readBan is how a store with two statements reads a ban.
type readBan func(f *fakeFaults, o *override, ctx context.Context, id uuid.UUID) (store.Ban, error)

func TestTheRuleOfFailedReadsCatches(t *testing.T) {
	for name, c := range map[string]struct {
		read  readBan
		wrong bool
	}{
		"is right": {func(f *fakeFaults, o *override, ctx context.Context, id uuid.UUID) (store.Ban, error) {
			for range 2 {
				if f.fails() {
					return store.Ban{}, ErrFault
				}
			}
			return o.Store.Ban(ctx, id)
		}, false},
		"does not mind where it matters not": {func(f *fakeFaults, o *override, ctx context.Context, id uuid.UUID) (store.Ban, error) {
			b, err := o.Store.Ban(context.WithoutCancel(ctx), id)
			f.fails()
			return b, err
		}, false},
		"gives what it has read before a failure": {func(f *fakeFaults, o *override, ctx context.Context, id uuid.UUID) (store.Ban, error) {
			b, err := o.Store.Ban(context.WithoutCancel(ctx), id)
			if f.fails() || ctx.Err() != nil {
				return store.Ban{ID: b.ID}, nil
			}
			return b, err
		}, true},
		"does not go on after a failure": {func(f *fakeFaults, o *override, ctx context.Context, id uuid.UUID) (store.Ban, error) {
			if f.fails() || ctx.Err() != nil {
				o.ban = func(context.Context, uuid.UUID) (store.Ban, error) { return store.Ban{}, ErrFault }
				return store.Ban{}, ErrFault
			}
			return o.Store.Ban(ctx, id)
		}, true},
		"has no statements": {func(_ *fakeFaults, o *override, ctx context.Context, id uuid.UUID) (store.Ban, error) {
			return o.Store.Ban(ctx, id)
		}, true},
	} {
		t.Run("a store that "+name, func(t *testing.T) {
			for _, end := range []bool{false, true} {
				f, o := new(fakeFaults), &override{Store: memstore.New()}
				o.ban = func(ctx context.Context, id uuid.UUID) (store.Ban, error) { return c.read(f, o, ctx, id) }
				failures := verdict(t, func(r reporter) {
					all := reads(readRecords(r, o))
					i := slices.IndexFunc(all, func(c readCall) bool { return c.method == "Ban" })
					faultedRead(r, all[i], end, o, f)
				})
				if (len(failures) > 0) != c.wrong {
					t.Errorf("the context ends: %t: the rule says %q", end, failures)
				}
			}
		})
	}
}
