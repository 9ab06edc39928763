package fetch_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/fetch"
	"example.com/ostraka/store"
)

// answersNever has the server hold requests until their client hangs up. The channel
// tells of each.
func (s *site) answersNever() <-chan struct{} {
	asked := make(chan struct{}, 10)
	s.answers(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	})
	return asked
}

// TestAFetchThatIsEndedHereIsNotTheFaultOfTheServer: a program that is told to stop, or
// a moderator who goes away, leaves the list as due as it was.
func TestAFetchThatIsEndedHereIsNotTheFaultOfTheServer(t *testing.T) {
	for name, end := range map[string]func(s *site, hangUp func()){
		"the caller hangs up":   func(_ *site, hangUp func()) { hangUp() },
		"the Fetcher is closed": func(s *site, _ func()) { s.fetcher.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, fetch.Options{})
			s.subscribe(nil)
			s.answers(status(http.StatusBadGateway))
			s.due()
			s.now = s.now.Add(2 * time.Minute)
			before := s.state()
			asked := s.answersNever()
			ctx, hangUp := context.WithCancel(t.Context())
			defer hangUp()
			ended := make(chan []fetch.Result, 1)
			go func() {
				results, _ := s.fetcher.FetchDue(ctx)
				ended <- results
			}()
			<-asked
			end(s, hangUp)
			results := <-ended
			if len(results) != 1 {
				t.Fatal(results)
			}
			e, ok := errors.AsType[*fetch.Error](results[0].Err)
			if !ok || e.Code != fetch.CodeCanceled || !errors.Is(e, context.Canceled) || results[0].Outcome != fetch.Failed {
				t.Errorf("the fetch ended so: %v", results[0])
			}
			if after := s.state(); after != before {
				t.Errorf("the state was %+v, and is %+v", before, after)
			}
			if n := s.fetcher.Stats().Failed; n != 1 {
				t.Errorf("%d failures are counted, want the one of the server", n)
			}
			s.answers(text(good))
			s.fetcher = newFetcher(t, s.store, s.lists, fetch.Options{Poll: -1, Now: func() time.Time { return s.now }, Dir: t.TempDir()})
			if r := s.due(); r.Outcome != fetch.Applied {
				t.Errorf("the next one does not take it: %v", r)
			}
		})
	}
}

// stuck is a store that takes no state of a subscription until whoever brings it gives
// up, as one that another program keeps locked.
type stuck struct{ store.Store }

func (stuck) SetSubscriptionState(ctx context.Context, _, _ string, _ int64, _ store.SubscriptionState) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestShutdownWaitsForTheStoreAsLongAsItsContextLasts(t *testing.T) {
	s := newSite(t, fetch.Options{})
	s.subscribe(nil)
	asked := s.answersNever()
	lists, err := blocklist.NewAdmin(s.store, blocklist.AdminOptions{Now: func() time.Time { return s.now }})
	if err != nil {
		t.Fatal(err)
	}
	f := newFetcher(t, stuck{s.store}, lists, fetch.Options{Poll: -1, Now: func() time.Time { return s.now }, Dir: t.TempDir(), Lease: time.Hour})
	go f.FetchDue(context.WithoutCancel(t.Context()))
	<-asked
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ended := make(chan error, 1)
	go func() { ended <- f.Shutdown(ctx) }()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it still waits for the store")
	}
}
