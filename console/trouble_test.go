package console_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// failing is a store of which some methods fail once they have worked so many times.
type failing struct {
	store.Store
	writes int   // that still work
	err    error // of those that do not
	gets   error // of Ban, if not nil
}

var errDriver = errors.New("SQLITE_IOERR: sectors of /dev/sda")

func (f *failing) fails() error {
	if f.err == nil {
		return nil
	}
	if f.writes--; f.writes < 0 {
		return f.err
	}
	return nil
}

func (f *failing) UpdateBan(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
	if err := f.fails(); err != nil {
		return store.Ban{}, err
	}
	return f.Store.UpdateBan(ctx, b, c)
}

func (f *failing) DeleteBlock(ctx context.Context, id uuid.UUID, c store.Change) (store.Block, error) {
	if err := f.fails(); err != nil {
		return store.Block{}, err
	}
	return f.Store.DeleteBlock(ctx, id, c)
}

func (f *failing) UpdateAccount(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
	if err := f.fails(); err != nil {
		return store.AccountWritten{}, err
	}
	return f.Store.UpdateAccount(ctx, w, c)
}

func (f *failing) SetSubscriptionState(ctx context.Context, list, holder string, version int64, s store.SubscriptionState) error {
	if err := f.fails(); err != nil {
		return err
	}
	return f.Store.SetSubscriptionState(ctx, list, holder, version, s)
}

func (f *failing) Ban(ctx context.Context, id uuid.UUID) (store.Ban, error) {
	if f.gets != nil {
		return store.Ban{}, f.gets
	}
	return f.Store.Ban(ctx, id)
}

// TestTroubleAfterSomeSaysHowMany: of several records those that were changed before
// the store failed stay changed, and nobody is told that nothing was.
func TestTroubleAfterSomeSaysHowMany(t *testing.T) {
	fill := map[string]func(w *world) string{
		"/bans/revoke": func(w *world) string {
			return w.ban(ban.CreateOptions{Kind: ban.KindName, Value: uuid.NewString()}).ID.String()
		},
		"/blocks/lift": func(w *world) string {
			b, err := w.parts.Blocks.Create(actor(w.t), blocklist.CreateOptions{Domain: uuid.NewString() + ".example"})
			if err != nil {
				w.t.Fatal(err)
			}
			return b.ID.String()
		},
		"/waiting/approve": func(w *world) string {
			s, err := w.parts.Accounts.SignUp(actor(w.t), w.parts.Checker, account.SignUpOptions{
				Account: account.CreateOptions{Handle: "held" + uuid.NewString()[:8], Email: uuid.NewString() + "@q.example"},
			})
			if err != nil {
				w.t.Fatal(err)
			}
			return s.Account.ID.String()
		},
	}
	for path, one := range fill {
		for _, tt := range []struct {
			name   string
			err    error
			status int
			writes int
			told   []string
		}{
			{"none, busy", store.ErrBusy, 503, 0, []string{"Nothing was changed."}},
			{"one, busy", store.ErrBusy, 503, 1, []string{"1 record was changed before that, and nothing after.", "Try again", "!Nothing was changed"}},
			{"two, unknown", errDriver, 500, 2, []string{"2 records were changed before that", "!SQLITE"}},
		} {
			t.Run(path+" "+tt.name, func(t *testing.T) {
				st := &failing{Store: memstore.New()}
				w := newWorldOver(t, st)
				w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "held*", Effect: ban.Review})
				fields := []string{"step", "force"}
				for range 3 {
					fields = append(fields, "id", one(w))
				}
				st.err, st.writes = tt.err, tt.writes
				w.post("moderator", path, fields...).want(tt.status, tt.told...)
			})
		}
	}
}

func TestNothingChosenIsSaid(t *testing.T) {
	w := newWorld(t)
	if _, err := w.parts.Blocks.Create(actor(t), blocklist.CreateOptions{Domain: "junk.example"}); err != nil {
		t.Fatal(err)
	}
	w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "eve*", Effect: ban.Review})
	if _, err := w.parts.Accounts.SignUp(actor(t), w.parts.Checker, account.SignUpOptions{Account: account.CreateOptions{Handle: "eve1"}}); err != nil {
		t.Fatal(err)
	}
	for path, there := range map[string]string{"/blocks/lift": "junk.example", "/bans/revoke": "eve", "/waiting/approve": "waits"} {
		w.post("moderator", path, "back", "").want(422, "Nothing was chosen", there)
	}
}

// TestTroubleOfAStoreIsNotShown: neither when a list is fetched nor when a part of a
// page cannot be read.
func TestTroubleOfAStoreIsNotShown(t *testing.T) {
	st := &failing{Store: memstore.New()}
	w := newWorldOver(t, st)
	w.withFetcher()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "a.example") }))
	defer server.Close()
	for _, list := range []string{"mine", "more"} {
		if _, _, err := w.parts.Blocks.Subscribe(actor(t), blocklist.SubscribeOptions{List: list, URL: server.URL, AllowPrivate: true}); err != nil {
			t.Fatal(err)
		}
	}
	a, err := w.parts.Accounts.Create(actor(t), account.CreateOptions{Handle: "ann", Email: "ann@example.org"})
	if err == nil {
		_, err = w.parts.Accounts.Suspend(actor(t), a.ID, account.SuspendOptions{BanEmails: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	st.err, st.gets = errDriver, errDriver
	w.post("moderator", "/lists/mine/fetch").want(500, "Something went wrong", "!SQLITE")
	w.get("moderator", "/lists/mine").want(200, "!a.example", "In force since</dt><dd><span class=\"quiet\">never")
	st.writes = 1 // that of the lease
	w.post("moderator", "/lists/more/fetch").want(500, "1 record was changed before that", "!SQLITE")
	w.get("moderator", "/lists/more/entries").want(200, "a.example")
	st.writes = 0
	w.get("moderator", "/accounts/"+a.ID.String()).want(500, "Something went wrong", "!SQLITE")
	st.gets = store.ErrNotFound // the ban was purged
	w.get("moderator", "/accounts/"+a.ID.String()).want(200, "ann@example.org")
}

// TestAListThatLooksLikeAMistakeIsForced: in a second step.
func TestAListThatLooksLikeAMistakeIsForced(t *testing.T) {
	w := newWorld(t)
	w.withFetcher()
	lines := 1000
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i := range lines {
			fmt.Fprintf(w, "e%d.example\n", i)
		}
	}))
	defer server.Close()
	if _, _, err := w.parts.Blocks.Subscribe(actor(t), blocklist.SubscribeOptions{List: "mine", URL: server.URL, AllowPrivate: true, Interval: 36 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	w.post("moderator", "/lists/mine/fetch").want(303)
	lines = 10
	w.post("moderator", "/lists/mine/fetch").want(409, "It was not fetched, and stays as it is.", `value="force"`, "!(stopped)")
	w.get("moderator", "/lists/mine").want(200, "1,000", "!put it into force anyway", "<dd>36 hours</dd>", "Every 36 hours")
	w.post("moderator", "/lists/mine/fetch", "step", "force").want(303)
	w.get("moderator", "/lists/mine/entries").want(200, "10 entries")
}

// TestABanIsChangedInOneStep: whoever came to change it knows that it is there.
func TestABanIsChangedInOneStep(t *testing.T) {
	w := newWorld(t)
	b := w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "eve", Reason: "first"})
	page := w.get("moderator", "/ban?id="+b.ID.String()).want(200, "Change a ban", `name="id" value="`+b.ID.String(), "!banned already")
	if !strings.Contains(page.body, "With another value") {
		t.Error("what another value does is not said")
	}
	fields := []string{"value", "eve", "kind", "name", "effect", "review", "reason", "second"}
	w.post("moderator", "/ban", fields...).want(409, "This value is banned already")
	w.post("moderator", "/ban", append(fields, "id", uuid.NewString())...).want(409, "This value is banned already")
	if a := w.post("moderator", "/ban", append(fields, "id", b.ID.String())...).want(303); !strings.HasSuffix(a.header.Get("Location"), "done=updated") {
		t.Error(a.header.Get("Location"))
	}
	w.get("moderator", "/bans/"+b.ID.String()).want(200, "hold for review", "second", "Change it")
	if _, err := w.parts.Bans.Revoke(actor(t), b.ID, ""); err != nil {
		t.Fatal(err)
	}
	w.get("moderator", "/bans/"+b.ID.String()).want(200, "Make it anew", "!Change it")
	w.get("moderator", "/ban?id="+b.ID.String()).want(200, "New ban", `value="eve"`, `!name="id"`)
}

func TestBlanksAroundWhatIsLookedForDoNotCount(t *testing.T) {
	w := newWorld(t)
	w.ban(ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"})
	w.get("reader", "/bans?q=+spam+").want(200, "1 ban<")
	w.get("reader", "/waiting?network=+192.0.2.0%2F24+&domain=+a.example").want(200, "Nobody who waits is like that.")
}

// TestHooksThatFailAreLogged: what was done is done, and whoever runs the site finds out
// that their hook was not.
func TestHooksThatFailAreLogged(t *testing.T) {
	w := newWorld(t)
	var log bytes.Buffer
	w.options.Logger = slog.New(slog.NewTextHandler(&log, nil))
	fails := func(what string) error { return errors.New("no mail about " + what) }
	var err error
	w.parts.Accounts, err = account.NewAdmin(w.store, account.AdminOptions{
		Now:       func() time.Time { return today },
		OnSuspend: []func(context.Context, account.Suspended) error{func(context.Context, account.Suspended) error { return fails("suspend") }},
		OnApprove: []func(context.Context, account.Approved) error{func(context.Context, account.Approved) error { return fails("approve") }},
		OnReject:  []func(context.Context, account.Rejected) error{func(context.Context, account.Rejected) error { return fails("reject") }},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.remake()
	w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "held*", Effect: ban.Review})
	var ids []string
	for i := range 2 {
		s, err := w.parts.Accounts.SignUp(actor(t), w.parts.Checker, account.SignUpOptions{Account: account.CreateOptions{Handle: fmt.Sprintf("held%d", i)}})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, s.Account.ID.String())
	}
	for _, step := range []struct{ path, id, hook string }{
		{"/waiting/approve", ids[0], "approve"}, {"/waiting/reject", ids[1], "reject"}, {"/accounts/" + ids[0] + "/suspend", "", "suspend"},
	} {
		log.Reset()
		w.post("moderator", step.path, "id", step.id, "back", "").want(303)
		if !strings.Contains(log.String(), "no mail about "+step.hook) {
			t.Errorf("%s: the log has %q", step.path, log.String())
		}
	}
}
