package blocklist_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func TestABlockKeepsAddressesOut(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a, c := newAdmin(t, st), newChecker(t, st)
		b, err := a.Create(as("alice"), blocklist.CreateOptions{Domain: "Spam.Example.", Reason: "ticket 4711", PublicReason: "no throw-away addresses"})
		if err != nil {
			t.Fatal(err)
		}
		review, err := a.Create(as("alice"), blocklist.CreateOptions{Domain: "odd.example", Effect: ban.Review})
		if err != nil {
			t.Fatal(err)
		}
		if b.Domain != "spam.example" || b.CreatedBy != "alice" || b.Seq == 0 || b.CreatedAt.IsZero() {
			t.Errorf("%+v", b)
		}
		if d := check(t, c, ban.Subject{Email: "x@mx.spam.example"}); d.Verdict != ban.Denied || d.Match.ID != b.ID || d.Match.Origin != store.OriginBlock || d.Match.PublicReason == "" {
			t.Errorf("%+v, want denied by the block", d)
		}
		if d := check(t, c, ban.Subject{Email: "x@odd.example"}); d.Verdict != ban.NeedsReview || d.Match.ID != review.ID {
			t.Errorf("%+v, want review by the block", d)
		}
		if d := check(t, c, ban.Subject{Domain: "spam.example"}); d.Verdict != ban.Allowed {
			t.Errorf("the domain by itself: %+v, want allowed", d)
		}
		gone, err := a.Delete(as("bob"), b.ID)
		if err != nil || gone != b {
			t.Errorf("Delete gave %+v, %v, want the block as it was", gone, err)
		}
		if d := check(t, c, ban.Subject{Email: "x@mx.spam.example"}); d.Verdict != ban.Allowed {
			t.Errorf("after it was lifted: %+v, want allowed", d)
		}
		if _, err := a.Get(context.Background(), b.ID); !errors.Is(err, blocklist.ErrNotFound) {
			t.Errorf("Get of what is gone: %v", err)
		}
		if _, err := a.Delete(as("bob"), b.ID); !errors.Is(err, blocklist.ErrNotFound) {
			t.Errorf("Delete of what is gone: %v", err)
		}
	})
}

func TestADomainHasOneBlock(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a := newAdmin(t, st)
		first, err := a.Create(as("alice"), blocklist.CreateOptions{Domain: "bücher.example"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Create(as("bob"), blocklist.CreateOptions{Domain: "XN--BCHER-KVA.example", Effect: ban.Review})
		if exists, ok := errors.AsType[*blocklist.ExistsError](err); !ok || exists.Existing != first || !errors.Is(err, blocklist.ErrExists) {
			t.Errorf("%v, want an ExistsError with the first", err)
		}
		if n, err := a.Count(context.Background(), blocklist.Filter{}); err != nil || n != 1 {
			t.Errorf("%d blocks, %v", n, err)
		}
	})
}

func TestBlocksThatDoNotFit(t *testing.T) {
	tests := []struct {
		name  string
		o     blocklist.CreateOptions
		field string // of a ValueError
		guard string // of a GuardError
	}{
		{"no domain", blocklist.CreateOptions{}, "domain", ""},
		{"no domain name", blocklist.CreateOptions{Domain: "a b.example"}, "domain", ""},
		{"an address", blocklist.CreateOptions{Domain: "x@a.example"}, "domain", ""},
		{"10 MB", blocklist.CreateOptions{Domain: strings.Repeat("a", 10<<20)}, "domain", ""},
		{"an exception", blocklist.CreateOptions{Domain: "a.example", Effect: ban.Allow}, "effect", ""},
		{"an unknown scope", blocklist.CreateOptions{Domain: "a.example", Scope: 1 << 7}, "scope", ""},
		{"a long reason", blocklist.CreateOptions{Domain: "a.example", Reason: strings.Repeat("ü", 256)}, "reason", ""},
		{"a long public reason", blocklist.CreateOptions{Domain: "a.example", PublicReason: strings.Repeat("ü", 256)}, "public_reason", ""},
		{"a public suffix", blocklist.CreateOptions{Domain: "co.uk"}, "", ban.GuardPublicSuffix},
		{"a big provider", blocklist.CreateOptions{Domain: "gmail.com"}, "", ban.GuardProtected},
		{"what big providers are below, wide or not", blocklist.CreateOptions{Domain: "com", AllowWide: true}, "", ban.GuardProtected},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := newAdmin(t, memstore.New())
			_, err := a.Create(as("alice"), test.o)
			if v, ok := errors.AsType[*ban.ValueError](err); test.field != "" && (!ok || v.Field != test.field || len(v.Value) > 300) {
				t.Errorf("%v, want a ValueError about %s", err, test.field)
			}
			if g, ok := errors.AsType[*ban.GuardError](err); test.guard != "" && (!ok || g.Code != test.guard) {
				t.Errorf("%v, want a GuardError %s", err, test.guard)
			}
			if n, err := a.Count(context.Background(), blocklist.Filter{}); err != nil || n != 0 {
				t.Errorf("%d blocks, %v", n, err)
			}
			if test.guard == "" {
				return
			}
			test.o.Force = true
			if _, err := a.Create(as("alice"), test.o); err != nil {
				t.Errorf("forced: %v", err)
			}
		})
	}
	if _, err := newAdmin(t, memstore.New()).Create(context.Background(), blocklist.CreateOptions{Domain: "a.example"}); codeOf(err) != ban.CodeEmpty {
		t.Errorf("without an actor: %v", err)
	}
}

func TestAllowWideBlocksAPublicSuffix(t *testing.T) {
	for _, domain := range []string{"foo", "github.io"} {
		b, err := newAdmin(t, memstore.New()).Create(as("alice"), blocklist.CreateOptions{Domain: domain, AllowWide: true})
		if err != nil || b.Domain != domain {
			t.Errorf("%s: %q, %v", domain, b.Domain, err)
		}
	}
}

func TestBlocksComeInPages(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a := newAdmin(t, st)
		for i := range 25 {
			if _, err := a.Create(as("alice"), blocklist.CreateOptions{Domain: fmt.Sprintf("d%d.example", i)}); err != nil {
				t.Fatal(err)
			}
		}
		var seen []int64
		for page := (blocklist.Page{Limit: 10}); ; {
			blocks, err := a.List(context.Background(), blocklist.Filter{}, blocklist.BySeq, page)
			if err != nil {
				t.Fatal(err)
			}
			if len(blocks) == 0 {
				break
			}
			for _, b := range blocks {
				seen = append(seen, b.Seq)
			}
			page.Before = blocks[len(blocks)-1].Seq
		}
		if len(seen) != 25 {
			t.Errorf("following Before visits %d blocks, want 25", len(seen))
		}
		for i := 1; i < len(seen); i++ {
			if seen[i] >= seen[i-1] {
				t.Errorf("%v is not newest first", seen)
				break
			}
		}
	})
}

// synctest starts at midnight UTC.
func TestTheHistoryOfABlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memstore.New()
		a := newAdmin(t, st)
		checkers := make([]*ban.Checker, 2) // as two processes have them
		for i := range checkers {
			c, err := ban.NewChecker(st, ban.CheckerOptions{PollInterval: -1, FlushInterval: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			checkers[i] = c
		}
		b, err := a.Create(as("alice"), blocklist.CreateOptions{Domain: "spam.example"})
		if err != nil {
			t.Fatal(err)
		}
		sync(t, a, "allow", "value,effect\ngood.spam.example,allow\n", blocklist.SyncOptions{AllowExceptions: true})
		try := func(email, ip string) {
			for _, c := range checkers {
				check(t, c, ban.Subject{Email: email, IP: ip})
			}
		}
		for i := range 10 {
			try("x@spam.example", fmt.Sprintf("203.0.113.%d", i%4))
			try("x@good.spam.example", "198.51.100.1") // let in by the exception: not a use of the block
		}
		time.Sleep(24*time.Hour - time.Second)
		try("x@mx.spam.example", "203.0.113.1") // a second before midnight
		time.Sleep(time.Second)
		try("x@spam.example", "203.0.113.1") // at midnight
		time.Sleep(5*24*time.Hour + 2*time.Minute)
		days, err := a.History(context.Background(), b.ID)
		if err != nil || len(days) != blocklist.HistoryDays {
			t.Fatalf("%d days, %v", len(days), err)
		}
		var got []string
		for i, d := range days {
			if want := store.Day(time.Now()).AddDate(0, 0, -i); !d.Day.Equal(want) {
				t.Errorf("day %d is %v, want %v", i, d.Day, want)
			}
			got = append(got, fmt.Sprintf("%d/%d", d.Uses, d.Clients))
		}
		if want := "0/0 0/0 0/0 0/0 0/0 2/1 22/4"; strings.Join(got, " ") != want {
			t.Errorf("uses and clients %v, want %s", got, want)
		}
		for e, err := range a.Entries(context.Background(), "allow") {
			if err != nil {
				t.Fatal(err)
			}
			days, err := a.History(context.Background(), e.ID)
			if err != nil || days[6].Uses != 20 || days[6].Clients != 1 {
				t.Errorf("of the entry: %v, %v, want 20 uses by 1 client on the first day", days, err)
			}
		}
		if days, err := a.History(context.Background(), uuid.New()); err != nil || len(days) != blocklist.HistoryDays {
			t.Errorf("of no block: %v, %v", days, err)
		}
	})
}
