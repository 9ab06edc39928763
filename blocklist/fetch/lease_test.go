package fetch_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/fetch"
	"example.com/ostraka/store"
)

func TestOneOfManyFetchersFetches(t *testing.T) {
	s := newSite(t, fetch.Options{})
	release := make(chan struct{})
	s.answers(func(w http.ResponseWriter, _ *http.Request) {
		<-release
		fmt.Fprint(w, good)
	})
	s.subscribe(nil)
	first := make(chan fetch.Result)
	go func() { first <- s.due() }()
	for s.asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	other := newFetcher(t, s.store, s.lists, fetch.Options{Poll: -1, Now: func() time.Time { return s.now }})
	if results, err := other.FetchDue(t.Context()); err != nil || len(results) != 0 {
		t.Errorf("the other fetched %v, error %v", results, err)
	}
	if r := other.Fetch(t.Context(), "l", fetch.FetchOptions{}); !errors.Is(r.Err, store.ErrConflict) {
		t.Errorf("the other fetched it by name: %v", r)
	}
	close(release)
	if r := <-first; r.Outcome != fetch.Applied {
		t.Fatal(r)
	}
	if n := s.asked.Load(); n != 1 {
		t.Errorf("the server was asked %d times", n)
	}
}

// TestAnotherTakesOver: a process that died holds its lease until that has run out.
func TestAnotherTakesOver(t *testing.T) {
	s := newSite(t, fetch.Options{})
	s.answers(text(good))
	s.subscribe(nil)
	if _, err := s.store.TakeSubscription(t.Context(), "", "dead", s.now, s.now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if r := s.due(); r.List != "" {
		t.Fatalf("it was fetched while another held it: %v", r)
	}
	s.now = s.now.Add(time.Minute)
	if r := s.due(); r.Outcome != fetch.Applied {
		t.Fatal(r)
	}
}

func TestAWrongClockKeepsNoListFromBeingFetched(t *testing.T) {
	for name, state := range map[string]store.SubscriptionState{
		"due in ten years":   {DueAt: time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC)},
		"held for ten years": {DueAt: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), Holder: "x", HeldUntil: time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, fetch.Options{})
			s.answers(text(good))
			s.subscribe(nil)
			sub, err := s.lists.Subscription(t.Context(), "l")
			if err != nil {
				t.Fatal(err)
			}
			if err := s.store.SetSubscriptionState(t.Context(), "l", "", sub.Version, state); err != nil {
				t.Fatal(err)
			}
			if r := s.due(); r.Outcome != fetch.Applied {
				t.Fatal(r)
			}
		})
	}
}

func TestAFetchThatLostItsLeaseChangesNothing(t *testing.T) {
	s := newSite(t, fetch.Options{Lease: time.Second})
	s.answers(func(w http.ResponseWriter, _ *http.Request) {
		// Meanwhile somebody subscribes to something else.
		s.subscribe(func(o *blocklist.SubscribeOptions) { o.URL = s.server.URL + "/other" })
		fmt.Fprint(w, good)
	})
	s.subscribe(nil)
	if r := s.fetch(); r.Outcome == fetch.Applied {
		t.Fatal(r)
	}
	s.holds()
	if state := s.state(); state.Failures != 0 || !state.TriedAt.IsZero() {
		t.Errorf("the new subscription has the state of the old one: %+v", state)
	}
}
