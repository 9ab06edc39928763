package ban_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

func values(bans []ban.Ban) string {
	var out []string
	for _, b := range bans {
		out = append(out, b.Value)
	}
	return fmt.Sprint(out)
}

func TestFilters(t *testing.T) {
	mail := ban.ScopeOf(ban.Mail)
	for _, tt := range []struct {
		rule   string
		filter ban.Filter
		want   string // newest first
	}{
		{"none selects all", ban.Filter{}, "[revoked.example expired.example bob 203.0.113.7 eve@spam.example spam.example]"},
		{"kind", ban.Filter{Kind: ban.KindDomain}, "[revoked.example expired.example spam.example]"},
		{"a part of the value", ban.Filter{Contains: "spam"}, "[eve@spam.example spam.example]"},
		{"a part in upper case, with spaces", ban.Filter{Contains: " SPAM.Ex "}, "[eve@spam.example spam.example]"},
		{"a part that is a pattern to databases", ban.Filter{Contains: "%"}, "[]"},
		{"another one", ban.Filter{Contains: "spam_example"}, "[]"},
		{"active", ban.Filter{Active: new(true)}, "[bob 203.0.113.7 eve@spam.example spam.example]"},
		{"not active", ban.Filter{Active: new(false)}, "[revoked.example expired.example]"},
		{"effect", ban.Filter{Effect: new(ban.Review)}, "[203.0.113.7]"},
		{"the zero effect", ban.Filter{Effect: new(ban.Deny), Kind: ban.KindIP}, "[]"},
		{"scope, with those about all actions", ban.Filter{Scope: mail, Kind: ban.KindEmail}, "[eve@spam.example]"},
		{"another scope", ban.Filter{Scope: ban.ScopeOf(ban.SignUp), Kind: ban.KindEmail}, "[]"},
		{"shadow", ban.Filter{Shadow: new(true)}, "[bob]"},
		{"no shadow", ban.Filter{Shadow: new(false), Active: new(true)}, "[203.0.113.7 eve@spam.example spam.example]"},
		{"several must all hold", ban.Filter{Kind: ban.KindDomain, Contains: "spam", Active: new(true)}, "[spam.example]"},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, d *desk) {
				d.create(spam())
				d.create(ban.CreateOptions{Kind: ban.KindEmail, Value: "eve@spam.example", Scope: mail})
				d.create(ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.7", Effect: ban.Review})
				d.create(ban.CreateOptions{Kind: ban.KindName, Value: "bob", Shadow: true})
				d.create(ban.CreateOptions{Kind: ban.KindDomain, Value: "expired.example", ExpiresAt: noon.Add(time.Minute)})
				d.revoke(d.create(ban.CreateOptions{Kind: ban.KindDomain, Value: "revoked.example"}).ID)
				d.wait(time.Minute)

				got, err := d.List(d.ctx, tt.filter, ban.Page{})
				if err != nil || values(got) != tt.want {
					t.Errorf("listed %s, %v; want %s", values(got), err, tt.want)
				}
				if n, err := d.Count(d.ctx, tt.filter); err != nil || n != int64(len(got)) {
					t.Errorf("counted %d, %v", n, err)
				}
			})
		})
	}
}

func TestPagesMeetWithoutGapOrOverlap(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		for i := range 7 {
			d.create(ban.CreateOptions{Kind: ban.KindName, Value: fmt.Sprint("user", i)})
		}
		var down, up []ban.Ban
		for p := (ban.Page{Limit: 3}); ; p.Before = down[len(down)-1].Seq {
			got, err := d.List(d.ctx, ban.Filter{}, p)
			if err != nil {
				t.Fatal(err)
			}
			if down = append(down, got...); len(got) < p.Limit {
				break
			}
		}
		for p := (ban.Page{Limit: 3, OldestFirst: true}); ; p.After = up[len(up)-1].Seq {
			got, err := d.List(d.ctx, ban.Filter{}, p)
			if err != nil {
				t.Fatal(err)
			}
			if up = append(up, got...); len(got) < p.Limit {
				break
			}
		}
		if values(down) != "[user6 user5 user4 user3 user2 user1 user0]" || values(up) != "[user0 user1 user2 user3 user4 user5 user6]" {
			t.Errorf("down %s, up %s", values(down), values(up))
		}
	})
}

func TestTheLogOfOneBan(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		b := d.create(spam())
		d.create(ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
		d.revoke(b.ID)
		changes, err := d.Log(d.ctx, b.ID, ban.Page{OldestFirst: true})
		if err != nil || len(changes) != 2 || changes[0].Action != store.BanCreate || changes[1].Action != store.BanRevoke {
			t.Errorf("log %+v, %v", changes, err)
		}
	})
}

func TestPurgeRemovesWhatEndedBeforeATime(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		revoked := d.create(spam())
		d.revoke(revoked.ID)
		short := ban.CreateOptions{Kind: ban.KindName, Value: "bob", ExpiresAt: d.clock().Add(time.Minute)}
		expired := d.create(short)
		d.wait(time.Hour)
		active := d.create(ban.CreateOptions{Kind: ban.KindName, Value: "carol"})
		late := d.create(ban.CreateOptions{Kind: ban.KindName, Value: "dave"})
		d.revoke(late.ID)
		if n, err := d.Purge(d.ctx, d.clock().Add(-time.Minute)); err != nil || n != 2 {
			t.Errorf("%d purged, %v, want 2", n, err)
		}
		for _, b := range []ban.Ban{revoked, expired} {
			if _, err := d.Get(d.ctx, b.ID); !errors.Is(err, ban.ErrNotFound) {
				t.Errorf("%s: %v, want it gone", b.Value, err)
			}
		}
		d.get(active.ID)
		d.get(late.ID)
		if n, err := d.Purge(d.ctx, d.clock().Add(-time.Minute)); err != nil || n != 0 {
			t.Errorf("again: %d, %v", n, err)
		}
		_, err := d.Purge(d.ctx, d.clock().Add(time.Minute))
		wantValueError(t, err, "before", ban.CodeRange)
		_, err = d.Purge(context.Background(), d.clock())
		wantValueError(t, err, "actor", ban.CodeEmpty)
	})
}

func TestABanThatIsMadeAgainAndAgainLeavesNoRules(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		for range 20 {
			d.create(ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.0/24", ExpiresAt: d.clock().Add(time.Minute)})
			d.wait(time.Hour)
		}
		rules, err := d.st.Lookup(d.ctx, []store.Key{{Kind: ban.KindIP, Text: "203.0.113.0/24"}})
		if err != nil || len(rules) > 1 {
			t.Errorf("%d rules, %v, want the last at most", len(rules), err)
		}
	})
}

func TestWhatIsLeftOfAPrunedLogCanBeRead(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		d.create(spam())
		d.wait(time.Hour)
		b := d.create(ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
		if _, err := d.st.PruneChanges(d.ctx, d.clock().Add(-time.Minute).Truncate(time.Microsecond)); err != nil {
			t.Fatal(err)
		}
		changes, err := d.Log(d.ctx, uuid.Nil, ban.Page{})
		if err != nil || len(changes) != 1 || changes[0].Target != b.ID {
			t.Errorf("log %+v, %v, want the newest change alone", changes, err)
		}
	})
}

func TestHits(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		b := d.create(spam())
		today := store.Day(d.clock())
		for i, uses := range []int64{3, 0, 2} {
			day := today.AddDate(0, 0, -i)
			if uses == 0 {
				continue
			}
			if err := d.st.AddHits(d.ctx, []store.Hit{{RuleID: b.ID, Day: day, Uses: uses, Last: day.Add(time.Hour)}}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := d.Hits(d.ctx, b.ID, 4)
		if err != nil || len(got) != 4 {
			t.Fatalf("hits %v, %v", got, err)
		}
		for i, uses := range []int64{3, 0, 2, 0} {
			if want := (ban.DayHits{Day: today.AddDate(0, 0, -i), Uses: uses}); got[i] != want {
				t.Errorf("day %d: %+v, want %+v", i, got[i], want)
			}
		}
		if b := d.get(b.ID); b.Hits != 5 || !b.LastHitAt.Equal(today.Add(time.Hour)) {
			t.Errorf("in total %d, last %v", b.Hits, b.LastHitAt)
		}
		if got, err := d.Hits(d.ctx, uuid.Must(uuid.NewV7()), ban.HitDays); err != nil || len(got) != ban.HitDays {
			t.Errorf("of a ban that is not there: %v, %v", got, err)
		}
		for _, days := range []int{-1, 0, ban.HitDays + 1} {
			_, err := d.Hits(d.ctx, b.ID, days)
			wantValueError(t, err, "days", ban.CodeRange)
		}
	})
}

func TestAContextThatHasEnded(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		ctx, cancel := context.WithCancel(d.ctx)
		cancel()
		if _, err := d.Create(ctx, spam()); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if _, _, err := d.Put(ctx, spam()); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		d.wantLog("")
	})
}
