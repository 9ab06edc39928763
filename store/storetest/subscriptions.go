package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var subscriptionClauses = []clause{
	{"PutSubscription returns the subscription as stored",
		"All that was given is kept; the Version of a new one is 1; one change of it is logged, without its State.",
		func(t reporter, s store.Store) {
			want := newSubscription("a")
			got := putSubscription(t, s, want)
			want.Version = 1
			wantSubscription(t, s, "the new subscription", got, want)
			c := newestChange(t, s)
			if c.Action != store.SubscriptionPut || c.Target != want.ID || len(c.Keys) > 0 || c.Bulk || c.Before != nil {
				t.Errorf("the change is %+v, want %s of the subscription alone", c, store.SubscriptionPut)
			}
			wantLoggedSubscription(t, "After", c.After, want)
		}},
	{"PutSubscription replaces the one that is there",
		"It keeps the ID and CreatedAt, and replaces the rest, State included.",
		func(t reporter, s store.Store) {
			old := putSubscription(t, s, newSubscription("a"))
			want := newSubscription("a")
			want.CreatedAt = after(time.Hour)
			want.URL, want.State = "https://other.example/list", store.SubscriptionState{DueAt: after(2 * time.Hour)}
			got := putSubscription(t, s, want)
			want.ID, want.CreatedAt, want.Version = old.ID, old.CreatedAt, 2
			wantSubscription(t, s, "the replaced subscription", got, want)
			c := newestChange(t, s)
			wantLoggedSubscription(t, "Before", c.Before, old)
			wantLoggedSubscription(t, "After", c.After, want)
		}},
	{"Subscriptions come by the name of their list",
		"Ascending, byte for byte.",
		func(t reporter, s store.Store) {
			names := []string{"b", "a-b", "a.b", "a_b", "a", "ab", "0"}
			for _, name := range names {
				putSubscription(t, s, newSubscription(name))
			}
			slices.Sort(names)
			var got []string
			for _, sub := range subscriptions(t, s) {
				got = append(got, sub.List)
			}
			if !slices.Equal(got, names) {
				t.Errorf("Subscriptions are of %q, want %q", got, names)
			}
		}},
	{"DeleteSubscription removes it and leaves the list",
		"It returns the subscription as it was, and logs one change; ErrNotFound, with nothing logged, if there is none.",
		func(t reporter, s store.Store) {
			l := apply(t, s, newList("a"), domainEntries(2), nil)
			want := putSubscription(t, s, newSubscription("a"))
			putSubscription(t, s, newSubscription("b"))
			got, err := s.DeleteSubscription(t.Context(), "a", change(store.SubscriptionDelete))
			if err != nil {
				t.Fatalf("DeleteSubscription: %v", err)
			}
			wantSame(t, "the deleted subscription", got, want)
			c := newestChange(t, s)
			wantLoggedSubscription(t, "Before", c.Before, want)
			if c.Action != store.SubscriptionDelete || c.Target != want.ID || c.After != nil {
				t.Errorf("the change is %+v, want %s of the subscription", c, store.SubscriptionDelete)
			}
			_, err = s.Subscription(t.Context(), "a")
			wantError(t, "Subscription of a list that has none", err, store.ErrNotFound)
			_, err = s.DeleteSubscription(t.Context(), "a", change(store.SubscriptionDelete))
			wantError(t, "DeleteSubscription of none", err, store.ErrNotFound)
			if last := lastChange(t, s); last != c.Seq {
				t.Errorf("a refused DeleteSubscription logged %d changes", last-c.Seq)
			}
			if left := subscriptions(t, s); len(left) != 1 || left[0].List != "b" {
				t.Errorf("Subscriptions are %+v, want that of b", left)
			}
			if now, err := s.List(t.Context(), "a"); err != nil || now != l {
				t.Errorf("the list is %+v, error %v; want it as it was", now, err)
			}
		}},
	{"TakeSubscription takes what is due the longest",
		"Of those that are due at now, and that nobody holds at now, it is the one with the earliest DueAt; ErrNotFound if there is none. It logs nothing.",
		takeDue},
	{"TakeSubscription of a list takes it, due or not",
		"ErrNotFound if it has none, ErrConflict if somebody holds it at now.",
		func(t reporter, s store.Store) {
			sub := newSubscription("a")
			sub.State.DueAt = after(time.Hour)
			putSubscription(t, s, sub)
			got := take(t, s, "a", "one", noon, after(time.Minute))
			if got.State.Holder != "one" || !got.State.HeldUntil.Equal(after(time.Minute)) || !got.State.DueAt.Equal(after(time.Hour)) {
				t.Errorf("TakeSubscription returns the State %+v", got.State)
			}
			wantSubscription(t, s, "the taken subscription", got, got)
			_, err := s.TakeSubscription(t.Context(), "a", "two", after(time.Minute-time.Microsecond), after(time.Hour))
			wantError(t, "TakeSubscription of one that another holds", err, store.ErrConflict)
			_, err = s.TakeSubscription(t.Context(), "a", "one", noon, after(time.Hour))
			wantError(t, "TakeSubscription of one that the holder has", err, store.ErrConflict)
			take(t, s, "a", "two", after(time.Minute), after(time.Hour))
			_, err = s.TakeSubscription(t.Context(), "b", "two", noon, after(time.Hour))
			wantError(t, "TakeSubscription of none", err, store.ErrNotFound)
		}},
	{"SetSubscriptionState is for its holder alone",
		"ErrConflict, with nothing written, if the subscription is gone, of another Version, or held by another. It logs nothing.",
		setState},
	{"Of many who take a subscription at once one gets it",
		"TakeSubscription is one atomic operation.",
		func(t reporter, s store.Store) { takeAtOnce(t, s, s) }},
}

var subscriptionHandleClauses = []persistentClause{
	{"Subscriptions are shared, and survive opening again",
		"What was put through one store, and who holds it, is seen by every store on the same data, also after opening again; of those who take one at once one gets it.",
		func(t reporter, open func() store.Store) {
			one, two := open(), open()
			putSubscription(t, one, newSubscription("kept"))
			want := take(t, one, "kept", "one", noon, after(time.Minute))
			wantSubscription(t, two, "the subscription of the other store", want, want)
			if err := one.Close(); err != nil {
				t.Fatalf("Close: %v", err)
			}
			three := open()
			wantSubscription(t, three, "the subscription after opening again", want, want)
			if _, err := three.DeleteSubscription(t.Context(), "kept", change(store.SubscriptionDelete)); err != nil {
				t.Fatalf("DeleteSubscription: %v", err)
			}
			takeAtOnce(t, two, three)
		}},
}

func takeDue(t reporter, s store.Store) {
	for list, due := range map[string]time.Duration{"late": -time.Minute, "later": -time.Hour, "now": 0, "soon": time.Microsecond} {
		sub := newSubscription(list)
		sub.State = store.SubscriptionState{DueAt: after(due), ETag: "kept"}
		putSubscription(t, s, sub)
	}
	last := lastChange(t, s)
	none := func(doing, holder string, now time.Time) {
		t.Helper()
		_, err := s.TakeSubscription(t.Context(), "", holder, now, after(time.Hour))
		wantError(t, doing, err, store.ErrNotFound)
	}
	for _, want := range []string{"later", "late", "now"} {
		got := take(t, s, "", "one", noon, after(time.Hour))
		if got.List != want || got.State.Holder != "one" || got.State.ETag != "kept" {
			t.Errorf("TakeSubscription takes %q with the State %+v, want %q", got.List, got.State, want)
		}
		got.State.DueAt, got.State.Holder = after(2*time.Hour), ""
		if want != "late" { // which stays held
			setSubscription(t, s, got, "one")
		}
	}
	none("TakeSubscription where another holds what is due", "two", noon)
	none("TakeSubscription of what one holds already", "one", noon)
	if got := take(t, s, "", "two", after(time.Hour), after(3*time.Hour)); got.List != "late" {
		t.Errorf("TakeSubscription takes %q, want the one whose time with another is over", got.List)
	}
	if now := lastChange(t, s); now != last {
		t.Errorf("TakeSubscription logged %d changes", now-last)
	}
}

func setState(t reporter, s store.Store) {
	putSubscription(t, s, newSubscription("a"))
	held := take(t, s, "a", "one", noon, after(time.Hour))
	last := lastChange(t, s)
	state := newSubscription("x").State
	state.Holder, state.HeldUntil = "", time.Time{}
	for doing, f := range map[string]func() error{
		"by another": func() error { return s.SetSubscriptionState(t.Context(), "a", "two", held.Version, state) },
		"by nobody":  func() error { return s.SetSubscriptionState(t.Context(), "a", "", held.Version, state) },
		"of another Version": func() error {
			return s.SetSubscriptionState(t.Context(), "a", "one", held.Version+1, state)
		},
		"of none": func() error { return s.SetSubscriptionState(t.Context(), "b", "one", held.Version, state) },
	} {
		wantError(t, "SetSubscriptionState "+doing, f(), store.ErrConflict)
		wantSubscription(t, s, "the subscription after SetSubscriptionState "+doing, held, held)
	}
	held.State = state
	setSubscription(t, s, held, "one")
	wantSubscription(t, s, "the subscription that was let go", held, held)
	wantError(t, "SetSubscriptionState of what was let go", s.SetSubscriptionState(t.Context(), "a", "one", held.Version, state), store.ErrConflict)
	if now := lastChange(t, s); now != last {
		t.Errorf("SetSubscriptionState logged %d changes", now-last)
	}
}

func takeAtOnce(t reporter, stores ...store.Store) {
	putSubscription(t, stores[0], newSubscription("contended"))
	var got atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, 16)
	for i := range 16 {
		wg.Go(func() {
			_, err := stores[i%len(stores)].TakeSubscription(t.Context(), "contended", "holder "+string(rune('a'+i)), noon, after(time.Hour))
			switch {
			case err == nil:
				got.Add(1)
			case !errors.Is(err, store.ErrConflict):
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Errorf("TakeSubscription: %v, want ErrConflict", err)
	}
	if n := got.Load(); n != 1 {
		t.Errorf("%d of 16 took the subscription, want one", n)
	}
}

// newSubscription returns a subscription that is due, with every field set that its
// creator sets.
func newSubscription(list string) store.Subscription {
	return store.Subscription{
		ID: uuid.Must(uuid.NewV7()), List: list,
		URL: "https://lists.example/" + list, ChecksumURL: "https://lists.example/sums", SignatureURL: "https://lists.example/sig", PublicKey: "key",
		Format: "plain", Kind: store.KindDomain, Effect: store.Review, Scope: store.ScopeOf(store.SignUp), Shadow: true,
		Reason: "reason", PublicReason: "public reason",
		Interval: 6 * time.Hour, MaxBytes: 1 << 20,
		AllowPrivate: true, AllowRedirects: true, AllowWide: true, AllowExceptions: true,
		CreatedAt: noon, UpdatedAt: after(time.Microsecond), UpdatedBy: "actor",
		State: store.SubscriptionState{
			DueAt: noon, TriedAt: after(-time.Hour), CheckedAt: after(-2 * time.Hour), ChangedAt: after(-3 * time.Hour),
			Failures: 2, Problem: "it is slow", Code: "slow",
			ETag: `W/"x"`, LastModified: "Thu, 15 Jan 2026 12:00:00 GMT", Sum: "abc",
		},
	}
}

func putSubscription(t reporter, s store.Store, sub store.Subscription) store.Subscription {
	t.Helper()
	got, err := s.PutSubscription(t.Context(), sub, change(store.SubscriptionPut))
	if err != nil {
		t.Fatalf("PutSubscription of %q: %v", sub.List, err)
	}
	return got
}

func take(t reporter, s store.Store, list, holder string, now, until time.Time) store.Subscription {
	t.Helper()
	got, err := s.TakeSubscription(t.Context(), list, holder, now, until)
	if err != nil {
		t.Fatalf("TakeSubscription of %q by %q: %v", list, holder, err)
	}
	return got
}

func setSubscription(t reporter, s store.Store, sub store.Subscription, holder string) {
	t.Helper()
	if err := s.SetSubscriptionState(t.Context(), sub.List, holder, sub.Version, sub.State); err != nil {
		t.Fatalf("SetSubscriptionState of %q: %v", sub.List, err)
	}
}

func subscriptions(t reporter, s store.Store) []store.Subscription {
	t.Helper()
	got, err := s.Subscriptions(t.Context())
	if err != nil {
		t.Fatalf("Subscriptions: %v", err)
	}
	return got
}

// wantSubscription wants what a call returned, and what is read, one by one and among
// all, to be that.
func wantSubscription(t reporter, s store.Store, what string, got, want store.Subscription) {
	t.Helper()
	wantSame(t, what, got, want)
	read, err := s.Subscription(t.Context(), want.List)
	if err != nil {
		t.Fatalf("Subscription of %q: %v", want.List, err)
	}
	wantSame(t, what+", read", read, want)
	for _, sub := range subscriptions(t, s) {
		if sub.List == want.List {
			wantSame(t, what+", among all", sub, want)
			return
		}
	}
	t.Errorf("%s is not among all", what)
}

// wantLoggedSubscription wants a log entry to have the subscription, but for its State.
func wantLoggedSubscription(t reporter, what string, logged json.RawMessage, want store.Subscription) {
	t.Helper()
	var got store.Subscription
	if err := json.Unmarshal(logged, &got); err != nil {
		t.Errorf("%s is %q: %v", what, logged, err)
		return
	}
	want.State = store.SubscriptionState{}
	wantSame(t, what, got, want)
}

func newestChange(t reporter, s store.Store) store.Change {
	t.Helper()
	log := changes(t, s, lastChange(t, s)-1)
	if len(log) != 1 {
		t.Fatalf("the newest change is one of %d", len(log))
	}
	return log[0]
}

func subscriptionCalls() []call {
	return []call{
		{"PutSubscription", func(ctx context.Context, s store.Store) error {
			_, err := s.PutSubscription(ctx, newSubscription("fresh"), change(store.SubscriptionPut))
			return err
		}},
		{"Subscription", func(ctx context.Context, s store.Store) error {
			_, err := s.Subscription(ctx, subscribedList)
			return err
		}},
		{"Subscriptions", func(ctx context.Context, s store.Store) error {
			_, err := s.Subscriptions(ctx)
			return err
		}},
		{"TakeSubscription", func(ctx context.Context, s store.Store) error {
			_, err := s.TakeSubscription(ctx, subscribedList, "holder", noon, after(time.Hour))
			return err
		}},
		{"SetSubscriptionState", func(ctx context.Context, s store.Store) error {
			return s.SetSubscriptionState(ctx, subscribedList, "", 1, store.SubscriptionState{DueAt: noon})
		}},
		{"DeleteSubscription", func(ctx context.Context, s store.Store) error {
			_, err := s.DeleteSubscription(ctx, subscribedList, change(store.SubscriptionDelete))
			return err
		}},
	}
}

// subscribedList is the list whose subscription there is for [calls].
const subscribedList = "subscribed"
