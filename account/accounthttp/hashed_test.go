package accounthttp_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// hashKeys are those that bans are hashed under.
var hashKeys = ban.KeyRing{"k": make([]byte, ban.MinKey)}

// names is whether anything in the log, the bans or the accounts has a text.
func names(t *testing.T, st store.Store, text string) bool {
	t.Helper()
	log, err := st.Changes(t.Context(), 0, store.MaxPageLimit)
	if err != nil {
		t.Fatal(err)
	}
	bans, err := st.ListBans(t.Context(), store.BanFilter{}, store.Page{})
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := st.ListAccounts(t.Context(), store.AccountFilter{}, store.Page{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := json.Marshal([]any{log, bans, accounts})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(strings.ToLower(string(all)), text)
}

func TestAUserIsDeletedButForHashedBans(t *testing.T) {
	s := newSite(t, siteOptions{})
	as := func(*http.Request, accounthttp.Need) (string, error) { return "root", nil }
	with := func(o account.AdminOptions) http.Handler {
		admin := must(account.NewAdmin(s.store, o))(t)
		return must(accounthttp.NewUsers(admin, accounthttp.Options{Authorize: as, Logger: slog.New(slog.NewTextHandler(s.log, nil))}))(t)
	}
	keyed, keyless := with(account.AdminOptions{Keys: hashKeys}), with(account.AdminOptions{})
	ctx := ban.WithActor(t.Context(), "root")
	mallory := must(s.admin.Create(ctx, account.CreateOptions{Handle: "Mallory", Email: "Mal.Lory+1@gmail.com"}))(t)
	old := must(s.bans.Create(ctx, ban.CreateOptions{Kind: ban.KindName, Value: "mallory"}))(t)
	do := func(h http.Handler, query string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodDelete, "/users/1?"+query, nil))
		return w.Code, w.Body.String()
	}
	for name, c := range map[string]struct {
		h           http.Handler
		query, want string
	}{
		"without a key":                 {keyless, "keep_hashed_ban=1", `"field":"keep_hashed_ban","reason":"not_supported"`},
		"with a switch that is none":    {keyed, "keep_hashed_ban=perhaps", `"field":"keep_hashed_ban"`},
		"with a switch that is twice":   {keyed, "keep_hashed_ban=1&keep_hashed_ban=0", `"field":"keep_hashed_ban"`},
		"with a label that names them":  {keyed, "keep_hashed_ban=1&label=was+mal.lory%2B1@gmail.com", `"field":"label","reason":"conflict"`},
		"with a label of two lines":     {keyed, "keep_hashed_ban=1&label=a%0Ab", `"field":"label"`},
		"with a label that is too long": {keyed, "keep_hashed_ban=1&label=" + strings.Repeat("x", 256), `"field":"label"`},
		"with what goes with it alone":  {keyed, "keep_alias_addresses=1", `"field":"keep_hashed_ban","reason":"no_effect"`},
	} {
		t.Run("refused "+name, func(t *testing.T) {
			if code, body := do(c.h, c.query); code != 400 || !strings.Contains(body, c.want) || strings.Contains(strings.ToLower(body), "lory") {
				t.Errorf("%d %s, want 400 with %s and not who it is", code, body, c.want)
			}
		})
	}
	must(s.admin.Get(t.Context(), mallory.ID))(t)

	code, body := do(keyed, "keep_hashed_ban=1&label=case+7")
	var done struct {
		OK, Deleted  bool
		Item         struct{ Username, UUID, Email string }
		BansCreated  []string `json:"bans_created"`
		BansExisting []string `json:"bans_existing"`
	}
	if err := json.Unmarshal([]byte(body), &done); err != nil || code != 200 || !done.Deleted || len(done.BansCreated) != 1 || done.BansExisting == nil {
		t.Errorf("%d %s, %v; want the account gone and a ban made", code, body, err)
	}
	if id := mallory.ID.String(); done.Item.Username != id || done.Item.UUID != id || done.Item.Email != "" || strings.Contains(strings.ToLower(body), "lory") {
		t.Errorf("the answer %s says who it was", body)
	}
	if strings.Contains(strings.ToLower(s.log.String()), "lory") || names(t, s.store, "lory") {
		t.Errorf("the store or the log %s still names the account", s.log)
	}
	if b := must(s.bans.Get(t.Context(), old.ID))(t); !b.Hashed() {
		t.Errorf("the ban of the handle is %+v, want its hash", b)
	}
	if code, body := do(keyed, "keep_hashed_ban=1"); code != 404 {
		t.Errorf("again: %d %s", code, body)
	}
}

func TestRejectedUsersMayLeaveHashedBansOnly(t *testing.T) {
	q := newQueue(t)
	for _, c := range []struct{ body, piece string }{
		{`{"hashed":true}`, `"field":"hashed","reason":"no_effect"`},
		{`{"ban_emails":true,"hashed":"x"}`, `"field":"hashed"`},
		{`{"ban_emails":true,"label":"case 7"}`, `"field":"label","reason":"no_effect"`},
		{`{"ban_emails":true,"hashed":1,"label":"user0"}`, `"field":"label","reason":"conflict"`},
		{`{"ban_emails":true,"hashed":1,"reason":"U0@wait.example"}`, `"field":"reason","reason":"conflict"`},
	} {
		q.do("POST /pending/1/reject", c.body, 400, c.piece, "!u0@wait")
	}
	one := q.do("POST /pending/1/reject", `{"ban_emails":true,"ban_name":1,"hashed":true,"label":"case 7","reason":"a bot"}`, 200, `"removed":true`, "!u0@wait", "!user0")
	if strings.Count(one, `-7`) < 3 { // version 7 UUIDs: of the user, and of two bans
		t.Errorf("the answer %s does not name two bans", one)
	}
	q.do("POST /pending/reject", `{"network":"198.51.101.0/24","ban_emails":true,"hashed":true}`, 200, `"decided":2`, "!u1@wait", "!user3")
	for _, name := range []string{"u0@wait", "user0", "u1@wait", "user3"} {
		if names(t, q.store, name) {
			t.Errorf("the store still has %s", name)
		}
	}
	if !names(t, q.store, "u2@wait.example") {
		t.Error("who waits still is gone")
	}
	bans := must(q.store.ListBans(t.Context(), store.BanFilter{Kind: ban.KindEmail}, store.Page{}))(t)
	if len(bans) != 3 || !bans[0].Hashed() || !bans[1].Hashed() || !bans[2].Hashed() {
		t.Errorf("the bans are %+v, want three hashes", bans)
	}
}
