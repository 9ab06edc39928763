package ban_test

import (
	"errors"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

const day = 24 * time.Hour

func TestLadderLetsBansGrow(t *testing.T) {
	type step struct {
		after  time.Duration // since the step before
		do     string        // ban, revoke, shadow, review, short: a ban of a minute without a ladder
		expect time.Duration // how long the ban lasts; 0: for ever
	}
	steps := []time.Duration{time.Hour, day, 7 * day, 0}
	for _, tt := range []struct {
		name   string
		window time.Duration
		steps  []step
	}{
		{"each ban goes up a step, and the last stays", 0, []step{
			{0, "ban", time.Hour}, {2 * time.Hour, "ban", day}, {2 * day, "ban", 7 * day}, {8 * day, "ban", 0},
		}},
		{"a ban that ended before the window is forgotten", 10 * day, []step{
			{0, "ban", time.Hour}, {10*day + time.Hour, "ban", time.Hour}, {9 * day, "ban", day},
		}},
		{"a ban that ended within the window counts, however long ago it began", day, []step{
			{0, "ban", time.Hour}, {time.Hour, "ban", day}, {2*day - time.Second, "ban", day},
		}},
		{"a ban that was revoked does not count", 0, []step{
			{0, "ban", time.Hour}, {time.Minute, "revoke", 0}, {day, "ban", time.Hour},
		}},
		{"a shadow does not count, nor what is held for review", 0, []step{
			{0, "shadow", time.Hour}, {day, "review", time.Hour}, {day, "ban", time.Hour},
		}},
		{"a ban without a ladder counts", 0, []step{
			{0, "short", time.Minute}, {time.Hour, "ban", day},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			a, err := ban.NewAdmin(memstore.New(), ban.AdminOptions{Now: func() time.Time { return now }})
			if err != nil {
				t.Fatal(err)
			}
			var last ban.Ban
			for i, s := range tt.steps {
				now = now.Add(s.after)
				o := ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.7", Force: true, Ladder: ban.Ladder{Steps: steps, Window: tt.window}}
				switch s.do {
				case "revoke":
					if _, err := a.Revoke(as("test"), last.ID, ""); err != nil {
						t.Fatal(err)
					}
					continue
				case "shadow":
					o.Shadow = true
				case "review":
					o.Effect = ban.Review
				case "short":
					o.Ladder, o.ExpiresAt = ban.Ladder{}, now.Add(time.Minute)
				}
				preview, err := a.Preview(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				if last, err = a.Create(as("test"), o); err != nil {
					t.Fatal(err)
				}
				var want time.Time
				if s.expect != 0 {
					want = now.Add(s.expect)
				}
				if !last.ExpiresAt.Equal(want) || !preview.ExpiresAt.Equal(want) {
					t.Fatalf("step %d ends at %v, foretold %v, want %v", i+1, last.ExpiresAt, preview.ExpiresAt, want)
				}
			}
		})
	}
}

func TestPutWithALadderLeavesTheEndOfAnActiveBan(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	a, err := ban.NewAdmin(memstore.New(), ban.AdminOptions{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	o := ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.7", Force: true, Ladder: ban.Ladder{Steps: []time.Duration{time.Hour, day}}}
	first, created, err := a.Put(as("test"), o)
	if err != nil || !created {
		t.Fatal(created, err)
	}
	now, o.Reason = now.Add(time.Minute), "again"
	again, created, err := a.Put(as("test"), o)
	if err != nil || created || !again.ExpiresAt.Equal(first.ExpiresAt) || again.Reason != "again" {
		t.Errorf("%+v, created %t, error %v; want the end of %v", again, created, err, first.ExpiresAt)
	}
	now = now.Add(time.Hour)
	if later, created, err := a.Put(as("test"), o); err != nil || !created || !later.ExpiresAt.Equal(now.Add(day)) {
		t.Errorf("after it ended: until %v, created %t, error %v", later.ExpiresAt, created, err)
	}
}

func TestLadderThatMakesNoSenseIsRefused(t *testing.T) {
	a := newAdmin(t, memstore.New())
	for name, tt := range map[string]struct {
		field, code string
		o           ban.CreateOptions
	}{
		"for ever before the end":     {"ladder", ban.CodeRange, ban.CreateOptions{Ladder: ban.Ladder{Steps: []time.Duration{0, time.Hour}}}},
		"a step back in time":         {"ladder", ban.CodeRange, ban.CreateOptions{Ladder: ban.Ladder{Steps: []time.Duration{-time.Hour}}}},
		"a step below a second":       {"ladder", ban.CodeRange, ban.CreateOptions{Ladder: ban.Ladder{Steps: []time.Duration{time.Millisecond}}}},
		"a window without steps":      {"ladder", ban.CodeRange, ban.CreateOptions{Ladder: ban.Ladder{Window: time.Hour}}},
		"a window back in time":       {"ladder", ban.CodeRange, ban.CreateOptions{Ladder: ban.Ladder{Steps: []time.Duration{time.Hour}, Window: -1}}},
		"33 steps":                    {"ladder", ban.CodeRange, ban.CreateOptions{Ladder: ban.Ladder{Steps: make([]time.Duration, 33)}}},
		"an end beside it":            {"expires_at", ban.CodeConflict, ban.CreateOptions{ExpiresAt: time.Now().Add(time.Hour), Ladder: ban.Ladder{Steps: []time.Duration{time.Hour}}}},
		"a value that does not parse": {"ip", ban.CodeSyntax, ban.CreateOptions{Value: "nonsense", Ladder: ban.Ladder{Steps: []time.Duration{time.Hour}}}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.o.Kind = ban.KindIP
			if tt.o.Value == "" {
				tt.o.Value = "203.0.113.7"
			}
			_, err := a.Create(as("test"), tt.o)
			wantValueError(t, err, tt.field, tt.code)
			_, err = a.Preview(t.Context(), tt.o)
			wantValueError(t, err, tt.field, tt.code)
		})
	}
	o := ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.7", Force: true, Ladder: ban.Ladder{Steps: []time.Duration{time.Hour}}}
	result, err := a.CreateMany(as("test"), []ban.CreateOptions{o})
	if err != nil || len(result.Rejected) != 1 {
		t.Fatalf("%+v, error %v; want the ban refused", result, err)
	}
	wantValueError(t, result.Rejected[0].Err, "ladder", ban.CodeNoEffect)
}

func TestALadderIsNoWayAroundAnActiveBan(t *testing.T) {
	a := newAdmin(t, memstore.New())
	o := ban.CreateOptions{Kind: ban.KindName, Value: "eve", Ladder: ban.Ladder{Steps: []time.Duration{time.Hour, day}}}
	if _, err := a.Create(as("test"), o); err != nil {
		t.Fatal(err)
	}
	_, err := a.Create(as("test"), o)
	if exists, ok := errors.AsType[*ban.ExistsError](err); !ok || exists.Existing.Value != "eve" {
		t.Errorf("error %v, want an ExistsError", err)
	}
}
