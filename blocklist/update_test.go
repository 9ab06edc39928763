package blocklist_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func TestABlockGoesFromDenyToReviewAndBack(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a, c := newAdmin(t, st), newChecker(t, st)
		made, err := a.Create(as("alice"), blocklist.CreateOptions{Domain: "spam.example", Reason: "ticket 4711"})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			effect  ban.Effect
			verdict ban.Verdict
		}{{ban.Review, ban.NeedsReview}, {ban.Deny, ban.Denied}, {ban.Review, ban.NeedsReview}} {
			b, err := a.Update(as("bob"), made.ID, blocklist.Patch{Effect: &step.effect})
			if err != nil || b.ID != made.ID || b.Effect != step.effect || b.Reason != "ticket 4711" || b.CreatedBy != "alice" {
				t.Fatalf("%+v, %v", b, err)
			}
			if d := check(t, c, ban.Subject{Email: "eve@spam.example"}); d.Verdict != step.verdict {
				t.Errorf("%v at once after the change, want %v", d.Verdict, step.verdict)
			}
		}
		log, err := a.Log(context.Background(), made.ID, blocklist.Page{})
		if err != nil || len(log) != 4 || log[0].Action != store.BlockUpdate || log[0].Actor != "bob" || !strings.Contains(string(log[0].Before), `"deny"`) {
			t.Errorf("the log: %+v, %v", log, err)
		}
	})
}

func TestAPatchChangesWhatItNames(t *testing.T) {
	a := newAdmin(t, memstore.New())
	b, err := a.Create(as("alice"), blocklist.CreateOptions{Domain: "spam.example", Reason: "why", PublicReason: "in public"})
	if err != nil {
		t.Fatal(err)
	}
	scope := ban.ScopeOf(ban.SignUp)
	for _, p := range []blocklist.Patch{{Scope: &scope}, {Reason: new("another")}, {PublicReason: new("")}} {
		want := b
		if p.Scope != nil {
			want.Scope = *p.Scope
		}
		if p.Reason != nil {
			want.Reason = *p.Reason
		}
		if p.PublicReason != nil {
			want.PublicReason = *p.PublicReason
		}
		for range 2 { // the second changes nothing
			if b, err = a.Update(as("bob"), b.ID, p); err != nil || b != want {
				t.Errorf("%+v, %v; want %+v", b, err, want)
			}
		}
	}
	if log, err := a.Log(context.Background(), b.ID, blocklist.Page{}); err != nil || len(log) != 4 {
		t.Errorf("%d changes in the log, %v; want 4", len(log), err)
	}
}

func TestPatchesThatDoNotFit(t *testing.T) {
	tests := []struct {
		name  string
		patch blocklist.Patch
		code  string
	}{
		{"nothing", blocklist.Patch{}, ban.CodeEmptyPatch},
		{"nothing but force", blocklist.Patch{Force: true, AllowWide: true}, ban.CodeEmptyPatch},
		{"an exception", blocklist.Patch{Effect: new(ban.Allow)}, ban.CodeUnknown},
		{"an unknown scope", blocklist.Patch{Scope: new(ban.Scope(1 << 7))}, ban.CodeUnknown},
		{"a long reason", blocklist.Patch{Reason: new(strings.Repeat("ü", 256))}, ban.CodeTooLong},
		{"a long public reason", blocklist.Patch{PublicReason: new(strings.Repeat("ü", 256))}, ban.CodeTooLong},
		{"a public suffix that would be denied", blocklist.Patch{Effect: new(ban.Deny)}, ban.GuardPublicSuffix},
		{"a wide block that would be denied all the same, of a protected domain", blocklist.Patch{Effect: new(ban.Deny), AllowWide: true}, ban.GuardProtected},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAdmin(t, memstore.New())
			domain := "co.uk"
			if tt.code == ban.GuardProtected {
				domain = "gmail.com"
			}
			b, err := a.Create(as("alice"), blocklist.CreateOptions{Domain: domain, Effect: ban.Review})
			if err != nil {
				t.Fatal(err)
			}
			_, err = a.Update(as("alice"), b.ID, tt.patch)
			guard, _ := errors.AsType[*ban.GuardError](err)
			if codeOf(err) != tt.code && (guard == nil || guard.Code != tt.code) {
				t.Errorf("%v, want %s", err, tt.code)
			}
			if now, err := a.Get(context.Background(), b.ID); err != nil || now != b {
				t.Errorf("%+v, %v, want %+v", now, err, b)
			}
			if guard == nil {
				return
			}
			tt.patch.Force = true
			if b, err = a.Update(as("alice"), b.ID, tt.patch); err != nil || b.Effect != ban.Deny {
				t.Errorf("forced: %+v, %v", b, err)
			}
			if _, err := a.Update(as("alice"), b.ID, blocklist.Patch{Effect: new(ban.Deny), Reason: new("x")}); err != nil {
				t.Errorf("what it does already, beside another change: %v", err)
			}
		})
	}
	a := newAdmin(t, memstore.New())
	if _, err := a.Update(as("alice"), uuid.New(), blocklist.Patch{Reason: new("x")}); !errors.Is(err, blocklist.ErrNotFound) {
		t.Errorf("a block that is not there: %v", err)
	}
	if _, err := a.Update(context.Background(), uuid.New(), blocklist.Patch{Reason: new("x")}); codeOf(err) != ban.CodeEmpty {
		t.Errorf("without an actor: %v", err)
	}
}

func TestBlocksAreFound(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a := newAdmin(t, st)
		for domain, effect := range map[string]ban.Effect{"spam.example": ban.Deny, "mail.spam.test": ban.Review, "bücher.example": ban.Deny} {
			if _, err := a.Create(as("alice"), blocklist.CreateOptions{Domain: domain, Effect: effect}); err != nil {
				t.Fatal(err)
			}
		}
		for _, tt := range []struct {
			name   string
			filter blocklist.Filter
			want   int64
		}{
			{"all", blocklist.Filter{}, 3},
			{"a part", blocklist.Filter{Contains: "spam"}, 2},
			{"a part in capitals, with blanks", blocklist.Filter{Contains: " SPAM.Ex "}, 1},
			{"a whole domain in its own letters", blocklist.Filter{Contains: "Bücher.example"}, 1},
			{"a part of it, in its own letters", blocklist.Filter{Contains: "büch"}, 0},
			{"what is no part of a domain", blocklist.Filter{Contains: "a b☠"}, 0},
			{"an effect", blocklist.Filter{Effect: new(ban.Review)}, 1},
			{"a part and an effect", blocklist.Filter{Contains: "example", Effect: new(ban.Review)}, 0},
		} {
			found, err := a.List(context.Background(), tt.filter, blocklist.ByHits, blocklist.Page{})
			if n, countErr := a.Count(context.Background(), tt.filter); err != nil || countErr != nil || n != tt.want || int64(len(found)) != n {
				t.Errorf("%s: %d and %d, %v, %v; want %d", tt.name, len(found), n, err, countErr, tt.want)
			}
		}
		if _, err := a.List(context.Background(), blocklist.Filter{}, 7, blocklist.Page{}); codeOf(err) != ban.CodeUnknown {
			t.Errorf("an order that is none: %v", err)
		}
	})
}
