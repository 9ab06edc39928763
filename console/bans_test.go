package console_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/console"
)

func TestAskTellsWhyRulesLost(t *testing.T) {
	w := newWorld(t)
	w.ban(ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example", PublicReason: "Too much spam."})
	w.ban(ban.CreateOptions{Kind: ban.KindDomain, Value: "good.spam.example", Effect: ban.Allow})
	w.ban(ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.0/24", Effect: ban.Review})
	w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "eve", Scope: ban.ScopeOf(ban.Mail)})
	w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "eve*", Shadow: true})
	for rule, c := range map[string]struct {
		query string
		want  []string
	}{
		"nothing was asked yet":            {"", []string{"one field is enough", "!verdict"}},
		"no rule":                          {"?name=bob", []string{"Let in", "No rule matches."}},
		"the rule that decides":            {"?email=a%40x.spam.example", []string{"Kept out", "it is below this domain", "It is the most specific rule for the e-mail address.", "Signing up is not allowed: Too much spam."}},
		"a more specific rule":             {"?email=a%40good.spam.example", []string{"Let in", "The rule for good.spam.example is more specific."}},
		"a rule of another field":          {"?email=a%40good.spam.example&ip=203.0.113.7", []string{"Held for review", "the one to hold for review goes before the one to let in"}},
		"a shadow":                         {"?name=eve", []string{"Let in", "A shadow never decides. If it did, it would keep out.", "No rule that matches decides"}},
		"another action":                   {"?name=eve&action=sign_up", []string{"It says nothing about whoever wants to sign up."}},
		"this action":                      {"?name=eve&action=mail", []string{"Kept out"}},
		"what does not parse":              {"?ip=1.2.3.4.5", []string{`aria-invalid="true"`, `value="1.2.3.4.5"`, `id="ip-fault"`}},
		"an action that is none":           {"?name=eve&action=dance", []string{"Choose one of these."}},
		"nothing but blanks":               {"?name=+", []string{`role="alert"`}},
		"from there a ban and a exception": {"?email=a%40x.spam.example", []string{"ban?kind=email&amp;value=a%40x.spam.example", "effect=allow", "kind=domain&amp;value=x.spam.example"}},
	} {
		t.Run(rule, func(t *testing.T) {
			status := http.StatusOK
			if strings.Contains(rule, "parse") || strings.Contains(rule, "none") || strings.Contains(rule, "blanks") {
				status = http.StatusUnprocessableEntity
			}
			if strings.Contains(rule, "an action that is none") {
				status = http.StatusOK
			}
			w.get("moderator", "/ask"+c.query).want(status, c.want...)
		})
	}
	w.get("reader", "/ask?name=eve").want(200, "!What next?")
}

func TestBanForm(t *testing.T) {
	w := newWorld(t)
	if _, err := w.parts.Accounts.Create(actor(t), account.CreateOptions{Handle: "mallory", Email: "mallory@spam.example"}); err != nil {
		t.Fatal(err)
	}
	w.ban(ban.CreateOptions{Kind: ban.KindDomain, Value: "bad.spam.example"})
	w.get("moderator", "/ban?kind=domain&value=spam.example").want(200, "mallory", "mallory@spam.example", "It covers 1 rule", "bad.spam.example")
	w.post("reader", "/ban/preview", "value", "spam.example").want(200, "mallory@spam.example", "You may look", "<h1")
	r := w.formRequest("moderator", "/ban/preview", map[string][]string{"csrf": {"token-of-mona"}, "value": {"spam.example"}})
	r.Header.Set("X-Part", "1")
	w.do(r).want(200, "mallory@spam.example", "!<h1", "!<form")

	before := w.changes()
	a := w.post("moderator", "/ban", "value", "spam.example", "kind", "ip", "effect", "deny", "scope", "alias", "reason", "my reason", "public_reason", "told", "expires", "until", "until", "soon", "shadow", "1")
	a.want(422, `value="spam.example"`, `value="my reason"`, `value="told"`, `value="soon"`, `value="alias" checked`, `name="shadow" value="1" checked`, "Give a date", `id="until-fault"`, `aria-invalid="true"`)
	w.post("moderator", "/ban", "value", "").want(422, "Give what to ban.")
	w.post("moderator", "/ban", "value", "x.example", "kind", "domain", "reason", strings.Repeat("x", 256)).want(422, `id="reason-fault"`)
	w.post("moderator", "/ban", "value", "x.example", "kind", "domain", "expires", "until", "until", "2020-01-01").want(422, `id="expires-fault"`)
	w.post("moderator", "/ban", "value", "x.example", "kind", "nonsense").want(422, `id="kind-fault"`)
	w.post("moderator", "/ban", "value", "203.0.113.7", "aliases", "1").want(422, `id="aliases-fault"`)
	if w.changes() != before {
		t.Error("something was written")
	}
	for expires, want := range map[string]time.Time{
		"never": {}, "day": today.AddDate(0, 0, 1), "week": today.AddDate(0, 0, 7), "month": today.AddDate(0, 1, 0), "until": time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC),
	} {
		a := w.post("moderator", "/ban", "value", expires+".example", "kind", "domain", "expires", expires, "until", "2027-01-31", "reason", "one\r\ntwo").want(303)
		b := w.banAt(a)
		if !b.ExpiresAt.Equal(want) || b.CreatedBy != "mona" || b.Reason != "one\ntwo" {
			t.Errorf("%s: %+v", expires, b)
		}
	}
}

var idPattern = regexp.MustCompile(`[0-9a-f-]{36}`)

// banAt returns the ban that an answer leads to.
func (w *world) banAt(a reply) ban.Ban {
	w.t.Helper()
	id := idPattern.FindString(a.header.Get("Location"))
	all, err := w.parts.Bans.List(w.t.Context(), ban.Filter{}, ban.Page{Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, b := range all {
		if b.ID.String() == id {
			return b
		}
	}
	w.t.Fatalf("%s leads to %q", a.what, a.header.Get("Location"))
	return ban.Ban{}
}

// TestSecondStep: what a guard advises against, and what is banned already, is made in
// a second step, and only what was confirmed.
func TestSecondStep(t *testing.T) {
	w := newWorld(t)
	before := w.changes()
	a := w.post("moderator", "/ban", "value", "co.uk", "kind", "domain", "step", "save").want(409, "not made yet", `value="force"`, `role="alert"`)
	confirmed := confirmedPattern.FindStringSubmatch(a.body)
	if confirmed == nil {
		t.Fatal("nothing to confirm")
	}
	w.post("moderator", "/ban", "value", "co.uk", "kind", "domain", "step", "force").want(409, "not made yet")
	w.post("moderator", "/ban", "value", "com", "kind", "domain", "step", "force", "confirmed", confirmed[1]).want(409, "not made yet")
	if w.changes() != before {
		t.Error("something was written")
	}
	w.post("moderator", "/ban", "value", "co.uk", "kind", "domain", "step", "force", "confirmed", confirmed[1]).want(303)

	b := w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "eve", Reason: "old"})
	a = w.post("moderator", "/ban", "value", "eve", "kind", "name", "reason", "new").want(409, "banned already", "Change it to this", b.ID.String())
	confirmed = confirmedPattern.FindStringSubmatch(a.body)
	a = w.post("moderator", "/ban", "value", "eve", "kind", "name", "reason", "new", "step", "force", "confirmed", confirmed[1]).want(303)
	if changed := w.banAt(a); changed.ID != b.ID || changed.Reason != "new" || !strings.Contains(a.header.Get("Location"), "done=updated") {
		t.Errorf("%+v", changed)
	}
}

var confirmedPattern = regexp.MustCompile(`name="confirmed" value="([^"]*)"`)

// TestManyBansAtOnce: those that can be changed are, the others are named.
func TestManyBansAtOnce(t *testing.T) {
	w := newWorld(t)
	a, b, wide := w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "ann"}), w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "bob"}),
		w.ban(ban.CreateOptions{Kind: ban.KindDomain, Value: "co.uk", Shadow: true, Force: true})
	w.post("moderator", "/bans/revoke", "reason", "as typed").want(422, "Nothing was chosen", `value="as typed"`)
	w.post("moderator", "/bans/revoke", "id", a.ID.String(), "id", b.ID.String(), "reason", strings.Repeat("x", 256), "back", "q=a").
		want(422, `id="reason-fault"`, "checked")
	to := w.post("moderator", "/bans/revoke", "id", a.ID.String(), "id", b.ID.String(), "reason", "a mistake", "back", "kind=name&before=9").want(303).header.Get("Location")
	if !strings.HasPrefix(to, "../bans?") || !strings.Contains(to, "kind=name") || !strings.Contains(to, "done=revoked") {
		t.Errorf("it goes on at %s", to)
	}
	w.get("moderator", "/bans/"+a.ID.String()).want(200, "a mistake", "by <bdi>mona</bdi>", "Reinstate it")
	again := w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "ann"})
	w.post("moderator", "/bans/reinstate", "id", a.ID.String(), "id", b.ID.String()).want(409, "1 ban was not changed, 1 was", "Another ban of the same value")
	w.post("moderator", "/bans/reinstate", "id", a.ID.String(), "one", "1").want(409, "Nothing was changed.", again.ID.String())
	w.post("moderator", "/bans/promote", "id", wide.ID.String(), "id", again.ID.String()).want(409, "It may hit many")
	page := w.post("moderator", "/bans/promote", "id", wide.ID.String(), "one", "1").want(409, "Do it anyway")
	if c := confirmedPattern.FindStringSubmatch(page.body); c == nil {
		t.Error("nothing to confirm")
	}
	w.post("moderator", "/bans/promote", "id", wide.ID.String(), "one", "1", "step", "force", "confirmed", wide.ID.String()).want(303)
	w.post("moderator", "/bans/revoke", "id", "nonsense").want(400)
	w.post("moderator", "/bans/revoke", "id", "0198c0de-0000-7000-8000-000000000000").want(409, "It is not there any more.")
}

func TestListOfBans(t *testing.T) {
	w := newWorld(t)
	w.get("moderator", "/bans").want(200, "Nobody is banned.", "Make a ban")
	w.get("reader", "/bans").want(200, "Nobody is banned.", "!Make a ban")
	for i := range 120 {
		o := ban.CreateOptions{Kind: ban.KindName, Value: fmt.Sprintf("name%03d", i)}
		if i%2 == 0 {
			o.ExpiresAt = today.Add(time.Duration(200-i) * time.Hour)
		}
		w.ban(o)
	}
	first := w.get("moderator", "/bans").want(200, "120 bans", "name119", "name070", "!name069", "Older", "!Newer", `role="img"`)
	older := linkPattern("Older").FindStringSubmatch(first.body)
	second := w.get("moderator", "/"+strings.ReplaceAll(older[1], "&amp;", "&")).want(200, "name069", "name020", "!name070", "Newer", "Older")
	newer := linkPattern("Newer").FindStringSubmatch(second.body)
	w.get("moderator", "/"+strings.ReplaceAll(newer[1], "&amp;", "&")).want(200, "name119", "name070", "!name069", "!Newer")
	end := w.get("moderator", "/bans?sort=end").want(200, "name118", "More", "!name000")
	more := linkPattern("More").FindStringSubmatch(end.body)
	w.get("moderator", "/"+strings.ReplaceAll(more[1], "&amp;", "&")).want(200, "name000", "!name118", "To the first page")
	w.get("moderator", "/bans?q=NAME01&kind=name&effect=deny&action=mail").want(200, "10 bans", "name019")
	w.get("moderator", "/bans?kind=domain").want(200, "No ban is like that.")
	w.get("reader", "/bans").want(200, "name119", "!Revoke", `!type="checkbox"`)
	w.get("moderator", "/bans?before=nonsense&at=x&kind=y&sort=z").want(200, "120 bans")
}

func linkPattern(name string) *regexp.Regexp {
	return regexp.MustCompile(`href="([^"]*)">` + name + `<`)
}

func TestBlocks(t *testing.T) {
	w := newWorld(t)
	w.get("moderator", "/blocks").want(200, "No e-mail domain is blocked.")
	a := w.post("moderator", "/blocks", "domain", "Junk.example", "reason", "r", "effect", "review").want(303)
	id := idPattern.FindString(a.header.Get("Location"))
	w.get("moderator", "/blocks/"+id).want(200, "junk.example", "hold for review")
	w.post("moderator", "/blocks", "domain", "junk.example").want(409, "already", `value="junk.example"`)
	w.post("moderator", "/blocks", "domain", "not a domain", "reason", "kept").want(422, `id="domain-fault"`, `value="kept"`)
	w.post("moderator", "/blocks", "domain", "gmail.com").want(409, "Do it anyway")
	w.post("moderator", "/blocks/"+id, "effect", "deny", "reason", "worse", "public_reason", "").want(303)
	w.get("moderator", "/blocks/"+id).want(200, "keep out", "worse", "block changed")
	w.post("moderator", "/blocks/"+id, "effect", "allow").want(422)
	w.post("moderator", "/blocks/lift", "id", id).want(200, "cannot be undone", "junk.example")
	w.get("moderator", "/blocks/"+id).want(200)
	w.post("moderator", "/blocks/lift", "id", id, "step", "force").want(303)
	w.get("moderator", "/blocks/"+id).want(404, "no such record")
}

// TestSignInForm: strangers get the form, and come to where they wanted to go.
func TestSignInForm(t *testing.T) {
	w := newWorld(t)
	w.get("", "/").want(401, "You are not signed in", "!<form")
	asked := ""
	w.options.SignIn = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.Path + " " + r.Header.Get("X-CSRF-Token") + " " + r.Header.Get("Sec-Fetch-Site")
		if r.URL.Path == "/auth/sign-in" && strings.Contains(r.Header.Get("Content-Type"), "json") && r.Header.Get("Test-Refuse") != "" {
			rw.WriteHeader(401)
			return
		}
		rw.Header().Add("Set-Cookie", "session=1")
	})
	w.remake()
	w.get("", "/bans?q=eve").want(401, `action="sign-in"`, `name="next" value="bans?q=eve"`, "!<nav")
	w.get("member", "/bans").want(403, "You may not see this", "Sign in as somebody else")
	w.post("", "/sign-in", "login", "", "password", "").want(422, `id="login-fault"`, `id="password-fault"`)
	a := w.post("", "/sign-in", "login", "mona", "password", "p", "next", "bans?q=eve").want(303)
	if to := a.header.Get("Location"); to != "./bans?q=eve" || a.header.Get("Set-Cookie") != "session=1" || asked != "POST /auth/sign-in  same-origin" {
		t.Errorf("%s, %q, asked %q", to, a.header.Get("Set-Cookie"), asked)
	}
	for _, next := range []string{"//evil.example", "https://evil.example", "/evil.example", `\evil.example`, "../up", "/\\evil.example", "javascript:alert(1)", "a/../../b", "\t//evil.example"} {
		if to := w.post("", "/sign-in", "login", "mona", "password", "p", "next", next).want(303).header.Get("Location"); to != "./" && !strings.HasPrefix(to, "./java") {
			t.Errorf("%q leads to %q", next, to)
		}
	}
	r := w.formRequest("", "/sign-in", map[string][]string{"login": {"mona"}, "password": {"wrong"}, "next": {"ask"}})
	r.Header.Set("Test-Refuse", "1")
	w.do(r).want(401, "The name or the password is wrong.", `value="mona"`, `value="ask"`, "!wrong\"")
	r = w.formRequest("", "/sign-in", map[string][]string{"login": {"mona"}, "password": {"p"}})
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w.do(r).want(403, "did not come from here")
	w.post("moderator", "/sign-out").want(303)
	if asked != "POST /auth/sign-out token-of-mona same-origin" {
		t.Errorf("asked %q", asked)
	}
	r = w.formRequest("moderator", "/sign-out", map[string][]string{"csrf": {"x"}})
	w.do(r).want(403)
	w.post("", "/bans/revoke", "id", "x").want(401, "You are not signed in any more")
}

func TestWhatIsTooLargeOrNoForm(t *testing.T) {
	w := newWorld(t)
	w.post("moderator", "/ban", "value", strings.Repeat("x", 40<<10)).want(413, "too large")
	var many []string
	for range 3000 {
		many = append(many, "a", "1")
	}
	w.post("moderator", "/ban", many...).want(400, "cannot be read")
	r := w.formRequest("moderator", "/ban", nil)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	w.do(r).want(415)
	r = w.formRequest("moderator", "/ban", nil)
	r.Header.Set("Content-Encoding", "gzip")
	w.do(r).want(415)
	w.get("moderator", "/nothing").want(404, "no such page")
	a := w.post("moderator", "/ask").want(405)
	if a.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("allowed is %q", a.header.Get("Allow"))
	}
}

func TestOptionsThatDoNotFit(t *testing.T) {
	w := newWorld(t)
	for field, o := range map[string]console.Options{
		"Authorize": {}, "Timeout": {Authorize: authorize, Timeout: -1}, "Home": {Authorize: authorize, Home: "javascript:alert(1)"},
	} {
		if _, err := console.New(w.parts, o); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := console.New(console.Parts{}, console.Options{Authorize: authorize}); err == nil {
		t.Error("without parts there are pages")
	}
	w.parts = console.Parts{Blocks: w.parts.Blocks}
	w.remake()
	w.get("moderator", "/bans").want(404)
	if a := w.get("moderator", "/").want(303); a.header.Get("Location") != "./blocks" && a.header.Get("Location") != "./lists" {
		t.Errorf("the first page is %s", a.header.Get("Location"))
	}
}

// TestBanFormIsForPeople: what lets in is not called a ban, a lone address names its
// network, whoever would hit themselves is told, and Enter looks before it acts.
func TestBanFormIsForPeople(t *testing.T) {
	w := newWorld(t)
	if _, err := w.parts.Accounts.Create(actor(t), account.CreateOptions{Handle: "mona", Email: "mona@site.example", Password: "correct horse"}); err != nil {
		t.Fatal(err)
	}
	page := w.get("moderator", "/ban?kind=domain&value=site.example").want(200, "<title>New ban", "What to ban", "You are among those", "!goes before")
	if preview, save := strings.Index(page.body, `formaction="ban/preview"`), strings.Index(page.body, `value="save"`); preview < 0 || save < preview {
		t.Error("Enter makes the ban, since its button is the first")
	}
	w.get("moderator", "/ban?kind=domain&value=site.example&effect=allow").want(200, "<title>New exception", "Whom to let in", "goes before wider rules", "!You are among")
	w.get("moderator", "/ban?value=203.0.113.7&expires=week").want(200, `write <span class="mono">203.0.113.0/24<`, "until <time")
	w.get("moderator", "/ban?value=203.0.113.0/24").want(200, "!This is one address")
	w.get("moderator", "/ban?value=2001:db8::1").want(200, "!This is one address")

	to := w.post("moderator", "/ban", "value", "bob@spam.example", "effect", "allow").want(303).header.Get("Location")
	if !strings.HasSuffix(to, "?done=excepted") {
		t.Errorf("goes on to %s", to)
	}
	_, to, _ = strings.Cut(to, "/")
	w.get("moderator", "/"+to).want(200, "The exception is in force.", "The exception</h2>", `href="ask?email=bob%40spam.example"`)
	pattern := w.ban(ban.CreateOptions{Kind: ban.KindDomain, Value: "*.site.example", Shadow: true})
	w.get("moderator", "/bans/"+pattern.ID.String()).want(200, "!What a check says now", "Make it real")
	shadow := w.ban(ban.CreateOptions{Kind: ban.KindDomain, Value: "site.example", Shadow: true})
	w.get("moderator", "/bans/"+shadow.ID.String()).want(200, ">mona<", "You are among those")
}

// TestBansThatLastLongerEachTime: the form says until when, and takes the steps.
func TestBansThatLastLongerEachTime(t *testing.T) {
	w := newWorld(t)
	w.get("moderator", "/ban").want(200, "1h, 1d, 1w, never")
	form := []string{"value", "spam.example", "expires", "steps", "steps", "2h, 1d never"}
	w.post("reader", "/ban/preview", form...).want(200, "until <time datetime=\"2026-11-27T14:00:00Z\"")
	w.post("moderator", "/ban", form...).want(303)
	bans, err := w.parts.Bans.List(t.Context(), ban.Filter{}, ban.Page{})
	if err != nil || len(bans) != 1 || !bans[0].ExpiresAt.Equal(today.Add(2*time.Hour)) {
		t.Errorf("%+v, %v", bans, err)
	}
	for _, steps := range []string{"", " , ", "1x", "h", "-1h", "never, 1h", "1h,<b>", "99999999d"} {
		w.post("moderator", "/ban", "value", "other.example", "expires", "steps", "steps", steps).want(422, `id="steps-fault"`)
	}
}

// TestWordsForRules: an exception is no ban, a network no address, and a shadow that
// was promoted is said to be.
func TestWordsForRules(t *testing.T) {
	w := newWorld(t)
	w.ban(ban.CreateOptions{Kind: ban.KindDomain, Value: "good.example", Effect: ban.Allow})
	network := w.ban(ban.CreateOptions{Kind: ban.KindIP, Value: "198.51.100.0/24", Shadow: true})
	w.get("reader", "/ask?email=a@good.example").want(200, "<bdi>exception</bdi>", "!<bdi>ban</bdi>")
	w.get("reader", "/ban?value=198.51.0.0/16").want(200, "</span> network <strong")
	w.get("reader", "/bans/"+network.ID.String()).want(200, "Network 198.51.100.0/24")
	w.post("moderator", "/bans/promote", "one", "1", "id", network.ID.String()).want(303)
	w.get("reader", "/bans/"+network.ID.String()).want(200, "ban promoted: no longer a shadow")
	w.get("reader", "/log").want(200, "ban promoted: no longer a shadow", "exception made")
}
