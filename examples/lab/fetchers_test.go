package lab

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/fetch"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/backend/backendtest"
	"example.com/ostraka/store"
)

const (
	fetchEvery  = time.Second // is varied by up to a tenth
	fetchLease  = time.Second
	fetchWithin = time.Minute // that something happens: long, for a busy machine
)

// fetcher is a program that fetches what is due in a database, under a name.
func fetcher(args []string) error {
	address, err := backend.Named("-db", args[1])
	if err != nil {
		return err
	}
	db, err := backend.Open(context.Background(), address, backend.Options{Mode: backend.Serve})
	if err != nil {
		return err
	}
	defer db.Close()
	lists, err := blocklist.NewAdmin(db.Store, blocklist.AdminOptions{})
	if err != nil {
		return err
	}
	f, err := fetch.New(db.Store, lists, fetch.Options{Poll: 100 * time.Millisecond, Lease: fetchLease, UserAgent: args[0]})
	if err != nil {
		return err
	}
	defer f.Close()
	if err := say("ready"); err != nil {
		return err
	}
	<-untilEOF().Done()
	return nil
}

// request is one that the server of a list has got.
type request struct {
	by    string
	began time.Time
	reply chan string // what it answers; closed: nothing more comes
}

// listServer is a server of a list that answers when it is told to.
type listServer struct {
	*httptest.Server
	requests chan request
	mu       sync.Mutex
	open     int // requests that are not answered yet, of processes that live
	overlaps int
}

func newListServer(t *testing.T) *listServer {
	s := &listServer{requests: make(chan request)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.count(1)
		defer s.count(-1)
		q := request{r.UserAgent(), time.Now(), make(chan string, 1)}
		select {
		case s.requests <- q:
		case <-r.Context().Done():
			return
		}
		select {
		case text := <-q.reply:
			fmt.Fprint(w, text)
		case <-r.Context().Done(): // its process was killed
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *listServer) count(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open += n; s.open > 1 {
		s.overlaps++
	}
}

// next waits for a request.
func (s *listServer) next(t *testing.T) request {
	t.Helper()
	select {
	case q := <-s.requests:
		return q
	case <-time.After(fetchWithin):
		t.Fatal("nobody fetches")
		panic("unreachable")
	}
}

// One of three processes fetches, once an interval. If it is killed in the middle of a
// fetch, another one takes over, and so does the last one.
func TestOneOfThreeProcessesFetches(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		fetchers(t, filepath.Join(t.TempDir(), "ostraka.db"))
	})
	t.Run("PostgreSQL", func(t *testing.T) { // skipped where there is no server
		t.Parallel()
		fetchers(t, backendtest.Text(t))
	})
}

func fetchers(t *testing.T, database string) {
	server := newListServer(t)
	st := subscribed(t, database, server.URL)
	running := map[string]*child{}
	for i := range 3 {
		name := fmt.Sprint("fetcher ", i)
		c := start(t, "fetcher", name, database)
		running[name] = c
		if !c.lines.Scan() {
			c.kill()
			t.Fatalf("%s did not start: %s", name, c.errs.String())
		}
	}
	defer func() {
		for _, c := range running {
			c.kill()
		}
	}()

	served := 0
	answer := func(q request) { // with a line more each time
		served++
		q.reply <- strings.Join(lines(served), "\n") + "\n"
		wantList(t, st, served)
	}
	last := server.next(t)
	answer(last)
	for len(running) > 1 {
		for range 2 {
			q := server.next(t)
			if between := q.began.Sub(last.began); between < fetchEvery*9/10 {
				t.Errorf("%s fetched %v after %s, want an interval of %v", q.by, between, last.by, fetchEvery)
			}
			answer(q)
			last = q
		}
		leader := server.next(t)
		running[leader.by].kill()
		delete(running, leader.by)
		last = server.next(t)
		if running[last.by] == nil {
			t.Fatalf("%s fetches, which was killed", last.by)
		}
		wantList(t, st, served) // what was cut off changed nothing
		answer(last)
	}
	answer(server.next(t))
	server.mu.Lock()
	defer server.mu.Unlock()
	if server.overlaps > 0 {
		t.Errorf("%d times somebody fetched while another was fetching", server.overlaps)
	}
}

// subscribed makes a database with a list that comes from a URL.
func subscribed(t *testing.T, database, url string) store.Store {
	t.Helper()
	address, err := backend.Named("-db", database)
	if err != nil {
		t.Fatal(err)
	}
	db, err := backend.Open(t.Context(), address, backend.Options{Mode: backend.Make})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	lists, err := blocklist.NewAdmin(db.Store, blocklist.AdminOptions{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = lists.Subscribe(t.Context(), blocklist.SubscribeOptions{List: "l", URL: url, Interval: fetchEvery, AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	return db.Store
}

// lines are those of the list that is served as the n-th one, in order.
func lines(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("n%02d.example", i))
	}
	return all
}

// wantList waits until the list is the one that was served with that number.
func wantList(t *testing.T, st store.Store, number int) {
	t.Helper()
	want := lines(number)
	var got []string
	for end := time.Now().Add(fetchWithin); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		got = nil
		for e, err := range st.ListEntries(t.Context(), "l") {
			if err != nil {
				break // it is not there yet
			}
			got = append(got, e.Value)
		}
		if slices.Sort(got); slices.Equal(got, want) {
			return
		}
	}
	t.Fatalf("the list has %q, want %q", got, want)
}
