package accounthttp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// queue is the handler of those who wait, with some of them.
type queue struct {
	t     *testing.T
	store store.Store
	admin *account.Admin
	h     http.Handler
	rule  ban.Ban
}

func newQueue(t *testing.T) *queue {
	t.Helper()
	st := memstore.New()
	q := &queue{t: t, store: st}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	q.admin, err = account.NewAdmin(st, account.AdminOptions{Keys: hashKeys})
	must(err)
	bans, err := ban.NewAdmin(st, ban.AdminOptions{})
	must(err)
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	must(err)
	t.Cleanup(func() { checker.Close() })
	ctx := ban.WithActor(t.Context(), "setup")
	q.rule, err = bans.Create(ctx, ban.CreateOptions{Kind: ban.KindDomain, Value: "wait.example", Effect: ban.Review})
	must(err)
	for i := range 4 {
		_, err := q.admin.SignUp(ctx, checker, account.SignUpOptions{
			Account: account.CreateOptions{Handle: fmt.Sprintf("user%d", i), Email: fmt.Sprintf("u%d@wait.example", i)}, IP: fmt.Sprintf("198.51.10%d.7", i%2),
		})
		must(err)
	}
	q.h, err = accounthttp.NewPending(q.admin, accounthttp.Options{Authorize: func(r *http.Request, need accounthttp.Need) (string, error) {
		if need.Resource != "pending" || need.Mutation != (r.Method == http.MethodPost) {
			t.Errorf("%s %s needs %+v", r.Method, r.URL, need)
		}
		return r.Header.Get("Actor"), nil
	}})
	must(err)
	return q
}

func (q *queue) do(request, body string, want int, pieces ...string) string {
	q.t.Helper()
	method, target, _ := strings.Cut(request, " ")
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Actor", "mona")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	q.h.ServeHTTP(w, r)
	if w.Code != want {
		q.t.Errorf("%s %s: %d %s", request, body, w.Code, w.Body)
	}
	for _, piece := range pieces {
		if text, not := strings.CutPrefix(piece, "!"); strings.Contains(w.Body.String(), text) == not {
			q.t.Errorf("%s: %q is there: %v: %s", request, text, not, w.Body)
		}
	}
	return w.Body.String()
}

func TestPendingIsListedOldestFirst(t *testing.T) {
	q := newQueue(t)
	q.do("GET /pending", "", 200, `"total":4`, `"matched":"wait.example"`, `"network":"198.51.100.0/24"`, `"state":"pending"`, q.rule.ID.String())
	q.do("GET /pending?limit=1&offset=1", "", 200, `"username":"user1"`, "!user0", "!user2")
	q.do("GET /pending?network=198.51.101.0/24", "", 200, `"total":2`, "user1", "user3", "!user0")
	q.do("GET /pending?domain=other.example", "", 200, `"items":[]`)
	q.do("GET /pending?rule="+q.rule.ID.String(), "", 200, `"total":4`)
	for _, wrong := range []string{"rule=x", "domain=a..b", "network=x", "limit=0", "offset=-1"} {
		q.do("GET /pending?"+wrong, "", 400, `"invalid_params"`, strings.Split(wrong, "=")[0])
	}
}

func TestDecidingAboutOneWhoWaits(t *testing.T) {
	q := newQueue(t)
	q.do("POST /pending/1/approve", `{"reason":"a school"}`, 200, `"approved":true`, `"state":"active"`)
	q.do("POST /pending/1/approve", `{}`, 409, "already_decided", "mona")
	q.do("POST /pending/1/reject", `{}`, 409, "already_decided")
	body := q.do("POST /pending/2/reject", `{"reason":"spam","ban_emails":true,"public_reason":"No."}`, 200, `"rejected":true`, `"removed":true`)
	var done struct {
		BansCreated []string `json:"bans_created"`
	}
	if err := json.Unmarshal([]byte(body), &done); err != nil || len(done.BansCreated) != 1 {
		t.Errorf("%s: %v", body, err)
	}
	q.do("POST /pending/2/reject", `{}`, 404)
	q.do("POST /pending/x/approve", `{}`, 400)
	q.do("POST /pending/99/approve", `{}`, 404)
	long := strings.Repeat("x", ban.MaxReason+1)
	for _, wrong := range []string{`{"reason":1}`, `{"reason":"` + long + `"}`, `{"ban_emails":"perhaps"}`, `{"other":1}`, `[]`, `{`} {
		q.do("POST /pending/3/reject", wrong, 400)
	}
	q.do("GET /pending", "", 200, `"total":2`)
}

func TestDecidingAboutMany(t *testing.T) {
	q := newQueue(t)
	people, err := q.admin.Pending(t.Context(), account.PendingFilter{}, account.Page{})
	if err != nil {
		t.Fatal(err)
	}
	first := people[0].ID.String()
	for _, wrong := range []string{
		`{}`, `{"uuids":[]}`, `{"uuids":["x"]}`, `{"uuids":"` + first + `"}`, `{"all":true,"uuids":["` + first + `"]}`, `{"rule":"x"}`, `{"domain":"a..b"}`,
		`{"all":true,"limit":0}`, `{"all":true,"limit":1001}`, `{"all":true,"up_to":-1}`, `{"all":true,"reason":1}`,
	} {
		q.do("POST /pending/approve", wrong, 400, `"invalid_params"`)
		q.do("POST /pending/reject", wrong, 400, `"invalid_params"`)
	}
	q.do("GET /pending", "", 200, `"total":4`)
	q.do("POST /pending/approve", `{"uuids":["`+first+`"],"reason":"known"}`, 200, `"decided":1`, `"failed":[]`, `"next":null`)
	q.do("POST /pending/approve", `{"uuids":["`+first+`"]}`, 200, `"decided":0`, "already_decided", first)
	q.do("POST /pending/reject", `{"network":"198.51.101.0/24","limit":1,"ban_emails":true,"ban_name":true}`, 200, `"decided":1`, `"next":2`)
	q.do("POST /pending/reject", fmt.Sprintf(`{"rule":%q,"up_to":3}`, q.rule.ID), 200, `"decided":1`, "user2", "!user3")
	q.do("GET /pending", "", 200, `"total":1`, "user3")
	q.do("POST /pending/reject", `{"all":true}`, 200, `"decided":1`)
	log, err := q.admin.List(t.Context(), account.Filter{}, account.Page{})
	if err != nil || len(log) != 1 {
		t.Errorf("%d are left, %v", len(log), err)
	}
}

func TestPendingWantsAnAdmin(t *testing.T) {
	if _, err := accounthttp.NewPending(nil, accounthttp.Options{}); err == nil {
		t.Error("no admin is taken")
	}
}
