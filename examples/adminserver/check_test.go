package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// checker returns a Checker of one ban, and what reads its hits.
func newChecker(t testing.TB) (*ban.Checker, func() int64) {
	t.Helper()
	st := memstore.New()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := admin.Create(t.Context(), ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example", Reason: "ticket 4711", Scope: ban.ScopeOf(ban.SignUp)})
	if err != nil {
		t.Fatal(err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checker.Close() })
	return checker, func() int64 {
		checker.Close() // writes what was counted
		b, err := admin.Get(t.Context(), b.ID)
		if err != nil {
			t.Fatal(err)
		}
		return b.Hits
	}
}

func ask(h http.Handler, media, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/api/check", strings.NewReader(body))
	r.Header.Set("Content-Type", media)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestCheck(t *testing.T) {
	checker, hits := newChecker(t)
	h := check(checker, slog.New(slog.DiscardHandler))
	const media = "application/json"
	for rule, c := range map[string]struct {
		media, body string
		status      int
		want        string
	}{
		"the rule that decides is named, with its reason": {media, `{"email":"bob@mail.spam.example"}`, 200, `"verdict":"denied","match":{"field":"email","input":"bob@mail.spam.example","kind":"domain","matched":"spam.example","via":"parent-domain","effect":"deny","origin":"ban"`},
		"so is one about another action":                  {media, `{"domain":"spam.example","action":"mail"}`, 200, `"outcome":"out-of-scope"`},
		"no rule is an empty list":                        {media, `{"ip":"198.51.100.7","email":null}`, 200, `{"decision":{"verdict":"allowed"},"considered":[]}`},
		"a character set may be named":                    {media + "; charset=utf-8", `{"name":"bob"}`, 200, `"verdict":"allowed"`},
		"nobody":                                          {media, `{}`, 400, `"error":"invalid_params"`},
		"no address":                                      {media, `{"email":"bob"}`, 400, `"field":"email","reason":"bad_syntax"`},
		"a number":                                        {media, `{"ip":4}`, 400, `"field":"ip","reason":"wrong_type"`},
		"an unknown action":                               {media, `{"name":"bob","action":"dance"}`, 400, `"field":"action","reason":"unknown"`},
		"an unknown field":                                {media, `{"nickname":"bob"}`, 400, `"field":"body"`},
		"two objects":                                     {media, `{"name":"bob"}{}`, 400, `"field":"body"`},
		"a field twice":                                   {media, `{"name":"bob","name":"ann"}`, 400, `"field":"body"`},
		"a field twice, spelt otherwise":                  {media, `{"name":"bob","Name":null}`, 400, `"field":"body"`},
		"a value that is the name of another":             {media, `{"name":"email","email":"bob@mail.example"}`, 200, `"verdict":"allowed"`},
		"a list":                                          {media, `[]`, 400, `"field":"body"`},
		"null":                                            {media, `null`, 400, `"field":"body"`},
		"nothing":                                         {media, ``, 400, `"field":"body"`},
		"a form":                                          {"application/x-www-form-urlencoded", `name=bob`, 415, `{"error":"unsupported_media_type"}`},
		"too much":                                        {media, `{"name":"` + strings.Repeat("x", 33<<10) + `"}`, 413, `{"error":"payload_too_large"}`},
		"too much behind it":                              {media, `{"name":"bob"}` + strings.Repeat(" ", 33<<10), 413, `{"error":"payload_too_large"}`},
	} {
		t.Run(rule, func(t *testing.T) {
			w := ask(h, c.media, c.body)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%d %s, want %d with %s", w.Code, w.Body, c.status, c.want)
			}
		})
	}
	if n := hits(); n != 0 {
		t.Errorf("%d hits were counted", n)
	}
	if w := ask(h, media, `{"name":"bob"}`); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"reason":"shutting_down"`) {
		t.Errorf("a closed checker: %d %s", w.Code, w.Body)
	}
}

// FuzzCheck: whatever is sent, the answer is JSON, and no trouble. What is answered
// with 200 would be read alike by a decoder that knows nothing of the fields.
func FuzzCheck(f *testing.F) {
	for _, body := range []string{`{"email":"bob@spam.example","action":"mail"}`, `{"ip":"::1","name":null}`, `{"email":1}`, `[`, `{"name":"a"}x`, `{"domain":"xn--a"}`, "{\"name\":\"\xff\"}"} {
		f.Add(body)
	}
	checker, _ := newChecker(f)
	h := check(checker, slog.New(slog.DiscardHandler))
	f.Fuzz(func(t *testing.T, body string) {
		w := ask(h, "application/json", body)
		if w.Code >= http.StatusInternalServerError || !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if w.Code != http.StatusOK {
			return
		}
		var members map[string]*string
		if err := json.Unmarshal([]byte(body), &members); err != nil || len(members) == 0 {
			t.Errorf("%q is explained: %v", body, err)
		}
	})
}
