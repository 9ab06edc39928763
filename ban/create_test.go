package ban_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func TestCreateKeepsWhatItIsGiven(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		o := ban.CreateOptions{
			Kind: ban.KindEmail, Value: " J.Doe@GMail.com ", Effect: ban.Review, Scope: ban.ScopeOf(ban.Mail, ban.Alias), Shadow: true,
			Reason: "first line\n\tsecond", PublicReason: "ask us", ExpiresAt: noon.Add(time.Hour),
		}
		b := d.create(o)
		now := noon.UTC().Truncate(time.Microsecond)
		want := ban.Ban{
			ID: b.ID, Seq: 1, Version: 1, Kind: ban.KindEmail, Value: "j.doe@gmail.com", KeyText: "jdoe@gmail.com",
			Effect: o.Effect, Scope: o.Scope, Shadow: true, Reason: o.Reason, PublicReason: o.PublicReason,
			CreatedAt: now, CreatedBy: "alice", UpdatedAt: now, ExpiresAt: now.Add(time.Hour),
		}
		if b.ID.Version() != 7 {
			t.Errorf("the ID %s is no UUID of version 7", b.ID)
		}
		bySeq, err := d.GetSeq(d.ctx, b.Seq)
		if err != nil {
			t.Fatal(err)
		}
		for how, got := range map[string]ban.Ban{"Create": b, "Get": d.get(b.ID), "GetSeq": bySeq} {
			if got != want {
				t.Errorf("%s:\n got %+v\nwant %+v", how, got, want)
			}
		}
		changes := d.log()
		if len(changes) != 1 {
			t.Fatalf("%d changes", len(changes))
		}
		if c := changes[0]; c.Actor != "alice" || c.Action != store.BanCreate || c.Target != b.ID || !c.At.Equal(now) {
			t.Errorf("logged %+v", c)
		}
	})
}

func TestMissingBansAreNotFound(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		id := uuid.Must(uuid.NewV7())
		reason := "x"
		for what, do := range map[string]func() error{
			"Get":       func() error { _, err := d.Get(d.ctx, id); return err },
			"GetSeq":    func() error { _, err := d.GetSeq(d.ctx, 7); return err },
			"Update":    func() error { _, err := d.Update(d.ctx, id, ban.Patch{Reason: &reason}); return err },
			"Revoke":    func() error { _, err := d.Revoke(d.ctx, id, ""); return err },
			"Reinstate": func() error { _, err := d.Reinstate(d.ctx, id); return err },
			"Delete":    func() error { _, err := d.Delete(d.ctx, id); return err },
		} {
			if err := do(); !errors.Is(err, ban.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		d.wantLog("")
	})
}

func TestEveryMutationWantsAnActor(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		b, reason := d.create(spam()), "x"
		revoked := d.create(ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
		d.revoke(revoked.ID)
		for what, do := range map[string]func(context.Context) error{
			"Create": func(ctx context.Context) error {
				_, err := d.Create(ctx, ban.CreateOptions{Kind: ban.KindName, Value: "eve"})
				return err
			},
			"Put":               func(ctx context.Context) error { _, _, err := d.Put(ctx, spam()); return err },
			"CreateMany":        func(ctx context.Context) error { _, err := d.CreateMany(ctx, []ban.CreateOptions{spam()}); return err },
			"Update":            func(ctx context.Context) error { _, err := d.Update(ctx, b.ID, ban.Patch{Reason: &reason}); return err },
			"Revoke":            func(ctx context.Context) error { _, err := d.Revoke(ctx, b.ID, ""); return err },
			"Revoke, no change": func(ctx context.Context) error { _, err := d.Revoke(ctx, revoked.ID, ""); return err },
			"Reinstate":         func(ctx context.Context) error { _, err := d.Reinstate(ctx, revoked.ID); return err },
			"Delete":            func(ctx context.Context) error { _, err := d.Delete(ctx, b.ID); return err },
		} {
			t.Run(what, func(t *testing.T) {
				wantValueError(t, do(context.Background()), "actor", ban.CodeEmpty)
				wantValueError(t, do(as(" \t")), "actor", ban.CodeEmpty)
			})
		}
		d.wantLog("create create revoke")
	})
}

func TestTheActorOfTheOptionsStandsInForNone(t *testing.T) {
	d := newDesk(t, memstore.New(), ban.AdminOptions{Actor: "sync"})
	for want, ctx := range map[string]context.Context{"sync": context.Background(), "bob": as("bob")} {
		b, err := d.Create(ctx, ban.CreateOptions{Kind: ban.KindName, Value: want})
		if err != nil || b.CreatedBy != want {
			t.Errorf("created by %q, %v; want %q", b.CreatedBy, err, want)
		}
	}
}

func TestCreateOfABannedValueGivesTheBanInTheWay(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		b := d.create(spam())
		o := spam()
		o.Value = "SPAM.example."
		_, err := d.Create(d.ctx, o)
		wantExists(t, err, b.ID)
		d.wantLog("create")
	})
}

func TestOtherFormsOfAValueAreOtherBans(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		for kind, values := range map[ban.Kind][]string{
			ban.KindDomain: {"spam.example", "*.spam.example", "=spam.example"},
			ban.KindEmail:  {"j.doe@gmail.com", "jdoe@gmail.com", "jdoe*@gmail.com"},
			ban.KindName:   {"admin", "аdmin", "admin*", `\*admin`},
		} {
			for _, v := range values {
				d.create(ban.CreateOptions{Kind: kind, Value: v, Force: true})
			}
		}
	})
}

func TestCreateAgain(t *testing.T) {
	for rule, end := range map[string]func(*desk, ban.Ban){
		"once the ban has expired":      func(d *desk, _ ban.Ban) { d.wait(time.Hour) },
		"once the ban has been revoked": func(d *desk, b ban.Ban) { d.revoke(b.ID) },
		"once the ban is deleted": func(d *desk, b ban.Ban) {
			if _, err := d.Delete(d.ctx, b.ID); err != nil {
				d.t.Fatal(err)
			}
		},
	} {
		t.Run(rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, d *desk) {
				o := spam()
				o.ExpiresAt = noon.Add(time.Hour)
				first := d.create(o)
				end(d, first)
				o.ExpiresAt = time.Time{}
				if second := d.create(o); second.ID == first.ID || second.Seq <= first.Seq {
					t.Errorf("the second ban is %+v", second)
				}
			})
		})
	}
}

func TestConcurrentCreatesMakeOneBan(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		var made, exists atomic.Int64
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				switch _, err := d.Create(d.ctx, spam()); {
				case err == nil:
					made.Add(1)
				case isExists(err):
					exists.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if made.Load() != 1 || exists.Load() != 99 {
			t.Errorf("%d made, %d refused", made.Load(), exists.Load())
		}
		d.wantLog("create")
	})
}

func TestDeleteKeepsTheContentInTheLog(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		b := d.create(spam())
		deleted, err := d.Delete(as("bob"), b.ID)
		if err != nil || deleted != b {
			t.Fatalf("deleted %+v, %v", deleted, err)
		}
		changes, err := d.Log(d.ctx, b.ID, ban.Page{OldestFirst: true})
		if err != nil || len(changes) != 2 {
			t.Fatalf("log %v, %v", changes, err)
		}
		c := changes[1]
		var before ban.Ban
		if err := json.Unmarshal(c.Before, &before); err != nil {
			t.Fatal(err)
		}
		if before != b || c.After != nil || c.Actor != "bob" || c.Action != store.BanDelete {
			t.Errorf("logged %+v with %+v", c, before)
		}
	})
}

func TestExpiry(t *testing.T) {
	for _, tt := range []struct {
		rule string
		at   time.Time
		code string // "" if it passes
	}{
		{"none", time.Time{}, ""},
		{"none, in another zone", time.Time{}.In(time.FixedZone("elsewhere", 3600)), ""},
		{"a microsecond ahead", noon.Add(time.Microsecond), ""},
		{"the last second of the year 9999", time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), ""},
		{"now", noon, ban.CodeInPast},
		{"ahead by less than stores can tell", noon.Add(100), ban.CodeInPast},
		{"past", noon.Add(-time.Hour), ban.CodeInPast},
		{"so long past that it is nearly none", time.Time{}.Add(1), ban.CodeInPast},
		{"beyond the year 9999", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), ban.CodeRange},
		{"beyond what fits 64 bits of microseconds", time.Unix(1<<55, 0), ban.CodeRange},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, d *desk) {
				o := spam()
				o.ExpiresAt = tt.at
				b, err := d.Create(d.ctx, o)
				if tt.code != "" {
					wantValueError(t, err, "expires_at", tt.code)
					d.wantLog("")
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				want := time.Time{}
				if !tt.at.IsZero() {
					want = tt.at.UTC().Truncate(time.Microsecond)
				}
				if got := d.get(b.ID).ExpiresAt; got != want {
					t.Errorf("expires at %v, want %v", got, want)
				}
			})
		})
	}
}
