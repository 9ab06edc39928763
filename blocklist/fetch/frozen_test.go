package fetch_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/fetch"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// freezing is a store whose program stands still before it looks at a list again.
type freezing struct {
	*memstore.Store
	meanwhile func() // what happens then; once
	looks     int
}

// List is called before the server is asked, and when the content is compared with it:
// then the lease has just been renewed.
func (f *freezing) List(ctx context.Context, name string) (store.List, error) {
	if f.looks++; f.looks == 2 {
		f.meanwhile()
	}
	return f.Store.List(ctx, name)
}

// TestAFrozenFetcherPutsNothingOverWhatCameMeanwhile: between the last renewal of its
// lease and its write a program may stand still for as long as it likes.
func TestAFrozenFetcherPutsNothingOverWhatCameMeanwhile(t *testing.T) {
	for _, tt := range []struct {
		name      string
		before    string // what the list holds; empty: there is none
		meanwhile func(*site)
		want      []string
	}{
		{"another fetched newer content", good, func(s *site) {
			s.now = s.now.Add(time.Hour)
			s.answers(text("new.example\n" + good))
			if r := newFetcher(s.T, s.store, s.lists, fetch.Options{Poll: -1, Now: func() time.Time { return s.now }}).Fetch(s.Context(), "l", fetch.FetchOptions{}); r.Outcome != fetch.Applied {
				s.Fatal(r)
			}
		}, []string{"new.example", "a.example", "b.example", "c.example"}},
		{"another fetched the first content", "", func(s *site) {
			s.now = s.now.Add(time.Hour)
			s.answers(text("new.example\n"))
			if r := newFetcher(s.T, s.store, s.lists, fetch.Options{Poll: -1, Now: func() time.Time { return s.now }}).Fetch(s.Context(), "l", fetch.FetchOptions{}); r.Outcome != fetch.Applied {
				s.Fatal(r)
			}
		}, []string{"new.example"}},
		{"the same Fetcher took it again, its lease being over", good, func(s *site) {
			s.now = s.now.Add(time.Hour)
			s.answers(text("new.example\n" + good))
			if r := s.fetch(); r.Outcome != fetch.Applied {
				s.Fatal(r)
			}
		}, []string{"new.example", "a.example", "b.example", "c.example"}},
		{"a moderator imported a file", good, func(s *site) {
			s.sync("mine.example\n" + good)
		}, []string{"mine.example", "a.example", "b.example", "c.example"}},
		{"a moderator undid the last content", good, func(s *site) {
			if _, err := s.lists.Undo(ban.WithActor(s.Context(), "moderator"), "l"); err != nil {
				s.Fatal(err)
			}
		}, nil},
		{"a moderator dropped the list", good, func(s *site) {
			if _, err := s.lists.Drop(ban.WithActor(s.Context(), "moderator"), "l"); err != nil {
				s.Fatal(err)
			}
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, fetch.Options{})
			if tt.before != "" {
				s.sync(tt.before)
			}
			s.subscribe(nil)
			s.answers(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("ETag", `"old"`)
				text("old.example\n"+good)(w, r)
			})
			frozen := &freezing{Store: s.store, meanwhile: func() { tt.meanwhile(s) }}
			lists, err := blocklist.NewAdmin(frozen, blocklist.AdminOptions{Now: func() time.Time { return s.now }})
			if err != nil {
				t.Fatal(err)
			}
			s.fetcher = newFetcher(t, frozen, lists, fetch.Options{Poll: -1, Now: func() time.Time { return s.now }, Dir: t.TempDir()})
			r := s.fetch()
			if e, ok := errors.AsType[*fetch.Error](r.Err); r.Outcome != fetch.Failed || !ok || e.Code != fetch.CodeConflict || !errors.Is(r.Err, store.ErrConflict) {
				t.Errorf("the fetch ended so: %v, want %s", r, fetch.CodeConflict)
			}
			s.holds(tt.want...)
			if sub, err := s.lists.Subscription(t.Context(), "l"); err == nil && sub.State.ETag == `"old"` {
				t.Error("the subscription is kept for content that was not applied")
			}
		})
	}
}

// TestAFetchThatFoundAConflictTriesAgain: the next fetch finds out what the list is to hold.
func TestAFetchThatFoundAConflictTriesAgain(t *testing.T) {
	s := newSite(t, fetch.Options{})
	s.sync(good)
	s.subscribe(nil)
	s.answers(text("z.example\n" + good))
	frozen := &freezing{Store: s.store, meanwhile: func() { s.sync("mine.example\n" + good) }}
	lists, err := blocklist.NewAdmin(frozen, blocklist.AdminOptions{Now: func() time.Time { return s.now }})
	if err != nil {
		t.Fatal(err)
	}
	s.fetcher = newFetcher(t, frozen, lists, fetch.Options{Poll: -1, Now: func() time.Time { return s.now }, Dir: t.TempDir()})
	if r := s.due(); r.Outcome != fetch.Failed {
		t.Fatal(r)
	}
	if state := s.state(); state.Code != fetch.CodeConflict || state.Holder != "" || state.DueAt.After(s.now.Add(2*time.Minute)) {
		t.Fatalf("the state is %+v, want a try in a minute", state)
	}
	s.now = s.now.Add(2 * time.Minute)
	if r := s.due(); r.Outcome != fetch.Applied {
		t.Fatal(r)
	}
	s.holds("z.example", "a.example", "b.example", "c.example")
}

// sync makes the list hold these lines, as a moderator does.
func (s *site) sync(lines string) {
	s.Helper()
	_, err := s.lists.Sync(ban.WithActor(s.Context(), "moderator"), "l", blocklist.Parse(strings.NewReader(lines), blocklist.ParseOptions{}), blocklist.SyncOptions{Force: true})
	if err != nil {
		s.Fatal(err)
	}
}
