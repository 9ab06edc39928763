package banhttp_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/banhttp"
	"example.com/ostraka/memstore"
)

func TestAHashedBanIsMadeAndShownWithoutItsValue(t *testing.T) {
	st := memstore.New()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Now: clock, Keys: ban.KeyRing{"k": make([]byte, 32)}})
	if err != nil {
		t.Fatal(err)
	}
	log := new(bytes.Buffer)
	api, err := banhttp.New(admin, banhttp.Options{Authorize: letIn, Now: clock, Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	f := fixture{st, admin, http.StripPrefix("/api/admin", api), log}

	var all strings.Builder
	for _, c := range []struct {
		method, path, body string
		code               int
		want               string
	}{
		{"POST", "/bans", `{"ban_type":"email","ban_value":"Bo.b+1@gmail.com","hashed":true,"label":" case 7 "}`, 200, `"hashed":true,"label":"case 7"`},
		{"GET", "/bans/1", "", 200, `"hashed":true,"label":"case 7"`},
		{"PATCH", "/bans/1", `{"label":"case 8"}`, 200, `"label":"case 8"`},
		{"PATCH", "/bans/1", `{"label":""}`, 200, `"hashed":true}`},
		{"PATCH", "/bans/1", `{"label":"was bob@gmail.com"}`, 400, `"label"`},
		{"POST", "/bans", `{"ban_type":"email","ban_value":"bob@gmail.com","hashed":true,"reason":"again"}`, 200, `"updated":true`},
		{"POST", "/bans", `{"ban_type":"domain","ban_value":"spam.example","hashed":true}`, 400, `"hashed"`},
		{"POST", "/bans", `{"ban_type":"domain","ban_value":"spam.example","label":"x"}`, 400, `"label"`},
		{"GET", "/bans", "", 200, `"total":1`},
	} {
		w := f.do(c.method, c.path, c.body)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s %s: %d %s, want %d with %s", c.method, c.path, c.body, w.Code, w.Body, c.code, c.want)
		}
		all.WriteString(w.Body.String())
	}
	if text := strings.ToLower(all.String() + log.String()); strings.Contains(text, "bob@") || strings.Contains(text, "bo.b") {
		t.Errorf("the answers or the log name who is banned:\n%s", text)
	}
}

func TestABanThatThereIsIsTurnedIntoItsHash(t *testing.T) {
	st := memstore.New()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Now: clock, Keys: ban.KeyRing{"k": make([]byte, 32)}})
	if err != nil {
		t.Fatal(err)
	}
	api, err := banhttp.New(admin, banhttp.Options{Authorize: letIn, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	f := fixture{st, admin, http.StripPrefix("/api/admin", api), new(bytes.Buffer)}
	for _, c := range []struct {
		rule, method, path, body string
		code                     int
		want                     string
	}{
		{"a plain ban", "POST", "/bans", `{"ban_type":"email","ban_value":"bob@gmail.com","reason":"case 7"}`, 200, `"bob@gmail.com"`},
		{"one that cannot be hashed", "POST", "/bans", `{"ban_type":"domain","ban_value":"spam.example"}`, 200, `"spam.example"`},
		{"with other changes", "PATCH", "/bans/1", `{"hashed":true,"reason":"x"}`, 400, `"hashed"`},
		{"no truth", "PATCH", "/bans/1", `{"hashed":"perhaps"}`, 400, `"hashed"`},
		{"a label that names the value", "PATCH", "/bans/1", `{"hashed":true,"label":"bob@gmail.com"}`, 400, `"label"`},
		{"false of a plain one changes what else is there", "PATCH", "/bans/1", `{"hashed":false,"reason":"case 8"}`, 200, `"case 8"`},
		{"alone with a label", "PATCH", "/bans/1", `{"hashed":true,"label":" case 8 "}`, 200, `"hashed":true,"label":"case 8"`},
		{"of a hashed one it is true already", "PATCH", "/bans/1", `{"hashed":true,"reason":"case 9"}`, 200, `"case 9"`},
		{"and cannot become false", "PATCH", "/bans/1", `{"hashed":false}`, 400, `"hashed"`},
		{"of a domain", "PATCH", "/bans/2", `{"hashed":true}`, 400, `"hashed"`},
		{"of none", "PATCH", "/bans/3", `{"hashed":true}`, 404, `ban_not_found`},
	} {
		w := f.do(c.method, c.path, c.body)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %s %s %s: %d %s, want %d with %s", c.rule, c.method, c.path, c.body, w.Code, w.Body, c.code, c.want)
		}
	}
	if w := f.do("GET", "/bans", ""); strings.Contains(w.Body.String(), "bob@") {
		t.Errorf("the value is still there: %s", w.Body)
	}
}

func TestWithoutKeysNothingIsHashed(t *testing.T) {
	f := newFixture(t, memstore.New(), letIn)
	w := f.do("POST", "/bans", `{"ban_type":"email","ban_value":"bob@gmail.com","hashed":true}`)
	if w.Code != 400 || !strings.Contains(w.Body.String(), `"hashed"`) {
		t.Errorf("%d %s, want 400 about hashed", w.Code, w.Body)
	}
}
