package console_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/fetch"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func (w *world) withFetcher() {
	w.t.Helper()
	var err error
	w.parts.Fetcher, err = fetch.New(w.store, w.parts.Blocks, fetch.Options{Poll: -1}) // or it may be at the list already
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { w.parts.Fetcher.Close() })
	w.remake()
}

func TestWithoutAFetcherNothingIsSubscribed(t *testing.T) {
	w := newWorld(t)
	w.get("moderator", "/lists").want(200, "!come by itself")
	w.post("moderator", "/lists/subscribe", "list", "l", "url", "https://lists.example/l", "every", "24h0m0s", "format", "auto", "effect", "deny").want(404)
	w.post("moderator", "/lists/l/fetch").want(404)
}

// TestListsThatComeByThemselves: they are subscribed, fetched at once, changed and left.
func TestListsThatComeByThemselves(t *testing.T) {
	w := newWorld(t)
	w.withFetcher()
	form := []string{"list", "mine", "url", "https://lists.example/<l>", "every", "1h0m0s", "format", "plain", "kind", "domain", "effect", "review", "reason", "a reason"}
	w.get("moderator", "/lists").want(200, "Have a list come by itself", "Well-known lists")
	w.get("reader", "/lists").want(200, "!Have a list come by itself")
	w.post("reader", "/lists/subscribe", form...).want(403)
	for field, value := range map[string]string{"list": "A B", "url": "http://lists.example", "every": "1s", "format": "doc", "kind": "x", "effect": "x", "reason": strings.Repeat("x", 256)} {
		fields := append([]string(nil), form...)
		for i := 0; i < len(fields); i += 2 {
			if fields[i] == field {
				fields[i+1] = value
			}
		}
		w.post("moderator", "/lists/subscribe", fields...).want(422, `aria-invalid="true"`, "lists.example")
	}
	w.post("moderator", "/lists/subscribe", form...).want(303)
	w.get("moderator", "/lists/mine?done=subscribed").want(200, "lists.example/&lt;l&gt;", "Fetch it now", "Change where it comes from", `value="1h0m0s" selected`)
	s, err := w.parts.Blocks.Subscription(t.Context(), "mine")
	if err != nil || s.Interval.Hours() != 1 || s.Effect.String() != "review" || s.UpdatedBy != "mona" {
		t.Errorf("%+v, %v", s, err)
	}
	w.post("moderator", "/lists/mine/unsubscribe").want(303)
	w.get("moderator", "/lists/mine").want(404)
}

func TestFetchingAListNow(t *testing.T) {
	w := newWorld(t)
	w.withFetcher()
	content, status := "a.example\nb.example\n", 200
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, content)
	}))
	defer server.Close()
	o := blocklist.SubscribeOptions{List: "mine", URL: server.URL, AllowPrivate: true}
	if _, _, err := w.parts.Blocks.Subscribe(actor(t), o); err != nil {
		t.Fatal(err)
	}
	w.post("reader", "/lists/mine/fetch").want(403)
	if a := w.post("moderator", "/lists/mine/fetch").want(303); a.header.Get("Location") != "../../lists/mine?done=fetched-applied" {
		t.Error(a.header.Get("Location"))
	}
	w.get("reader", "/lists/mine?done=fetched-applied").want(200, "It was fetched, and is in force.", "See them")
	w.get("reader", "/lists/mine/entries").want(200, "a.example", "b.example", "2 entries")
	status = 500
	w.post("moderator", "/lists/mine/fetch").want(409, "It was not fetched, and stays as it is.")
	// What may be fetched from one server is not allowed of another.
	form := []string{"list", "mine", "url", "http://127.0.0.1:1/other", "every", "1h0m0s", "format", "plain", "effect", "deny"}
	w.post("moderator", "/lists/subscribe", form...).want(422, `id="url-fault"`)
}

// disordered is a store that yields the entries of a list in another order each time.
type disordered struct{ store.Store }

func (s disordered) ListEntries(ctx context.Context, name string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		var all []store.Entry
		for e, err := range s.Store.ListEntries(ctx, name) {
			if err != nil {
				yield(e, err)
				return
			}
			all = append(all, e)
		}
		for _, i := range rand.Perm(len(all)) {
			if !yield(all[i], nil) {
				return
			}
		}
	}
}

func TestEntriesOfAList(t *testing.T) {
	w := newWorldOver(t, disordered{memstore.New()})
	var lines strings.Builder
	for i := range 120 {
		fmt.Fprintf(&lines, "e%03d.example\n", i)
	}
	if _, err := w.parts.Blocks.Sync(actor(t), "mine", blocklist.Parse(strings.NewReader(lines.String()), blocklist.ParseOptions{}), blocklist.SyncOptions{}); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	path := "/lists/mine/entries"
	for pages := 0; path != ""; pages++ {
		if pages == 4 {
			t.Fatal("more than three pages")
		}
		body := w.get("reader", path).want(200).body
		for _, piece := range strings.Split(body, ".example")[:] {
			if len(piece) > 4 && strings.HasPrefix(piece[len(piece)-4:], "e") {
				seen[piece[len(piece)-4:]] = true
			}
		}
		_, next, _ := strings.Cut(body, `rel="next" href="`)
		path, _, _ = strings.Cut(next, `"`)
		if path != "" {
			path = "/" + strings.ReplaceAll(path, "&amp;", "&")
		}
	}
	if len(seen) != 120 {
		t.Errorf("%d of 120 entries were seen", len(seen))
	}
	w.get("reader", "/lists/mine/entries?q=E11").want(200, "e110.example", "e119.example", "!e120", "!rel=\"next\"")
	w.get("reader", "/lists/mine/entries?q=nothing").want(200, "No entry has that text.")
	w.get("reader", "/lists/mine/entries?from=99999999").want(200, "e000.example")
	w.get("reader", "/lists/none/entries").want(404)
}

// TestAPlanSaysWhatChanges: some on the page, all in a file.
func TestAPlanSaysWhatChanges(t *testing.T) {
	w := newWorld(t)
	var lines strings.Builder
	for i := range 60 {
		fmt.Fprintf(&lines, "e%03d.example\n", i)
	}
	if _, err := w.parts.Blocks.Sync(actor(t), "mine", blocklist.Parse(strings.NewReader(lines.String()), blocklist.ParseOptions{}), blocklist.SyncOptions{}); err != nil {
		t.Fatal(err)
	}
	after := strings.Join(strings.Split(lines.String(), "\n")[25:], "\n") + "new.example\n"
	plan := w.sendFile("moderator", "/lists/plan", after, "list", "mine", "format", "auto", "effect", "deny").want(200, "Removed</dt><dd>25", "e000.example", "new.example", "Download what changes")
	if n := strings.Count(plan.body, ">removed</span>"); n != 20 {
		t.Errorf("%d that are removed are shown", n)
	}
	file := w.sendFile("moderator", "/lists/changes", "", hiddenFields(plan.body)...).want(200, "change,kind,value,effect,line\n", "removed,domain,e024.example,deny,25\n", "added,domain,new.example,deny,36\n")
	if n := strings.Count(file.body, "removed,"); n != 25 {
		t.Errorf("%d that are removed are in the file", n)
	}
	w.sendFile("reader", "/lists/changes", "", hiddenFields(plan.body)...).want(403)
}
