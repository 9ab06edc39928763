package openapi_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

const (
	users    = "/api/admin/users"
	signIn   = "/api/auth/sign-in"
	signOut  = "/api/auth/sign-out"
	outAll   = "/api/auth/sign-out-all"
	session  = "/api/auth/session"
	csrf     = "/api/auth/csrf"
	myPass   = "/api/admin/users/me/password"
	aliases  = "/api/aliases"
	theirs   = "/api/admin/aliases"
	waiting  = "/api/admin/pending"
	storyden = "/storyden/api/admin/bans"

	password = "correct horse"
)

// tokenID is that of an API token of alice.
var tokenID = uuid.MustParse("01900000-0000-7000-8000-000000000001")

// serveAccounts serves the APIs of accounts: 1 to 3 are alice, an admin, bob, and
// carol.
func serveAccounts(t *testing.T, mux *http.ServeMux, st store.Store, checker *ban.Checker) {
	t.Helper()
	quick := account.PasswordOptions{Memory: 64, Time: 1}
	admin, err := account.NewAdmin(st, account.AdminOptions{Passwords: quick, Keys: testKeys})
	if err != nil {
		t.Fatal(err)
	}
	ctx := ban.WithActor(t.Context(), "root")
	invited := account.CreateOptions{
		Handle: "bob", Email: "bob@example.org", EmailVerified: true, Password: password, Meta: []byte(`{"theme":"dark"}`),
		Links: []account.Link{{Text: "home", URL: "https://example.org"}},
		Roles: []account.Role{{ID: "1", Name: "Member", Permissions: []string{"CREATE_POST"}}},
	}
	alice, err := admin.Create(ctx, account.CreateOptions{Handle: "alice", Email: "alice@example.org", Password: password, Admin: true})
	if err != nil {
		t.Fatal(err)
	}
	invited.InvitedBy = alice.ID
	for _, o := range []account.CreateOptions{invited, {Handle: "carol"}} {
		if _, err := admin.Create(ctx, o); err != nil {
			t.Fatal(err)
		}
	}
	logger := slog.New(slog.DiscardHandler)
	o := accounthttp.Options{Authorize: authorize, Logger: logger, Timeout: 500 * time.Millisecond}
	mount := func(prefix string, paths []string, h http.Handler, err error) {
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			mux.Handle(prefix+path, http.StripPrefix(prefix, h))
		}
	}
	h, err := accounthttp.NewUsers(admin, o)
	mount("/api/admin", []string{"/users", "/users/"}, h, err)
	h, err = accounthttp.NewPending(admin, o)
	mount("/api/admin", []string{"/pending", "/pending/"}, h, err)
	for _, name := range []string{"dan", "erin", "frank"} { // 4 to 6
		hold, err := admin.Create(ctx, account.CreateOptions{Handle: name, Email: name + "@wait.example"})
		if err == nil {
			_, err = admin.Hold(ctx, hold.ID, account.HoldOptions{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	auth, err := account.NewAuth(st, account.AuthOptions{Passwords: quick})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.CreateToken(ctx, store.Credential{ID: tokenID, Kind: store.APIToken, Account: alice.ID, Scopes: []string{"a"}, CreatedAt: time.Now()}, alice.Version,
		store.Change{At: time.Now(), Actor: "root", Action: store.TokenCreate}); err != nil {
		t.Fatal(err)
	}
	h, err = accounthttp.NewCredentials(auth, admin, o)
	mount("/api/admin", []string{"/users/{id}/credentials", "/users/{id}/credentials/"}, h, err)
	h, err = accounthttp.NewSuspensions(admin, o)
	mount("/storyden/api", []string{"/"}, h, err)
	made, err := account.NewAliases(st, checker, account.AliasesOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h, err = accounthttp.NewAliases(made, admin, accounthttp.AliasOptions{Authorize: authorize, Logger: logger, Timeout: 500 * time.Millisecond})
	mount("/api", []string{"/aliases"}, h, err)
	mount("/api/admin", []string{"/aliases", "/aliases/"}, h, err)
	own := newSignIn(t, st, quick, logger)
	mount("/api", []string{"/auth/"}, own, nil)
	mount("/api/admin", []string{"/users/me/password"}, own, nil)
}

// troubled is a store that fails as a request asks it to.
type troubled struct{ store.Store }

type troubleKey struct{}

func trouble(ctx context.Context) error {
	err, _ := ctx.Value(troubleKey{}).(error)
	return err
}

func (s troubled) AccountByHandleKey(ctx context.Context, key string) (store.Account, error) {
	if err := trouble(ctx); err != nil {
		return store.Account{}, err
	}
	return s.Store.AccountByHandleKey(ctx, key)
}

func (s troubled) CredentialByHash(ctx context.Context, hash store.SecretHash) (store.Credential, store.Account, error) {
	if err := trouble(ctx); err != nil {
		return store.Credential{}, store.Account{}, err
	}
	return s.Store.CredentialByHash(ctx, hash)
}

// newSignIn returns the handler of sessions, by the real Authorizer: it is given
// the credentials, or the trouble, that a call names.
func newSignIn(t *testing.T, st store.Store, quick account.PasswordOptions, logger *slog.Logger) http.Handler {
	t.Helper()
	auth, err := account.NewAuth(troubled{st}, account.AuthOptions{Passwords: quick})
	if err != nil {
		t.Fatal(err)
	}
	handler := func(limit accounthttp.Rate) http.Handler {
		who, err := accounthttp.NewAuthorizer(auth, accounthttp.AuthorizerOptions{Failures: limit})
		if err != nil {
			t.Fatal(err)
		}
		o := accounthttp.SignInOptions{PerClient: limit, PerLogin: limit, Storyden: true, Logger: logger, Timeout: 500 * time.Millisecond}
		mux := http.NewServeMux()
		for path, make := range map[string]func(*accounthttp.Authorizer, accounthttp.SignInOptions) (http.Handler, error){
			"/auth/": accounthttp.NewSignIn, "/users/": accounthttp.NewOwnPassword,
		} {
			h, err := make(who, o)
			if err != nil {
				t.Fatal(err)
			}
			mux.Handle(path, h)
		}
		return mux
	}
	patient, strict := handler(accounthttp.Rate{Burst: 1000, Every: time.Second}), handler(accounthttp.Rate{Burst: 1, Every: time.Hour})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := patient
		switch credentials := r.Header.Get("X-Test"); credentials {
		case "trouble":
			r = r.WithContext(context.WithValue(r.Context(), troubleKey{}, errors.New("driver says no")))
			r.AddCookie(&http.Cookie{Name: accounthttp.SessionCookieName, Value: "x"})
		case "busy":
			r = r.WithContext(context.WithValue(r.Context(), troubleKey{}, store.ErrBusy))
			r.AddCookie(&http.Cookie{Name: accounthttp.SessionCookieName, Value: "x"})
		case "too often":
			h = strict
		case "scope", "no right":
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		case "session", "no CSRF":
			who := "bob"
			if strings.HasSuffix(r.URL.Path, "/me/password") {
				who = "alice"
			}
			session, err := auth.Login(r.Context(), who, password)
			if err != nil {
				t.Error(err)
			}
			r.AddCookie(&http.Cookie{Name: accounthttp.SessionCookieName, Value: session.Secret})
			if credentials == "session" {
				r.Header.Set(accounthttp.CSRFHeader, auth.CSRFToken(session))
			}
		}
		h.ServeHTTP(w, r)
	})
}

// accountCalls are those of the APIs of accounts.
func accountCalls() []call {
	const jsonType = "application/json"
	const eve, change = `{"username":"John Doe","email":"user@example.com","password":"example_string","is_active":true,"is_admin":false}`, `{"username":"Robert"}`
	const narrow = `{"name":"prometheus","scopes":["admin:read:metrics"],"expires_at":null}`
	const login, wrong, shop = `{"login":"bob","password":"correct horse"}`, `{"login":"bob","password":"x"}`, `{"address":"shop@alias.example","user_id":2,"ip":"192.0.2.7"}`
	all := []call{
		{target: "GET " + users + "?limit=1&offset=1&active=1&is_admin=0&suspended=no&email=example", status: 200},
		{target: "GET " + users, status: 200},
		{target: "GET " + users + "?limit=x", status: 400},
		{target: "POST " + users, media: jsonType, body: eve, status: 200},
		{target: "POST " + users, media: jsonType, body: eve, status: 409},
		{target: "GET " + users + "/2", status: 200},
		{target: "GET " + users + "/x", status: 400},
		{target: "GET " + users + "/99", status: 404},
		{target: "PATCH " + users + "/2", media: jsonType, body: `{"username":"bobby","is_admin":0}`, status: 200},
		{target: "PATCH " + users + "/2", media: jsonType, body: `{"username":"bob"}`, status: 200},
		{target: "PATCH " + users + "/1", media: jsonType, body: `{"password":"example_string"}`, status: 400},
		{target: "PATCH " + users + "/1", media: jsonType, body: `{"is_admin":false}`, status: 409},
		{target: "PATCH " + users + "/99", media: jsonType, body: change, status: 404},
		{target: "PATCH " + users + "/2", media: jsonType, body: `{"username":"alice"}`, status: 409},

		{target: "POST " + signIn, media: jsonType, body: login, status: 200},
		{target: "POST " + signIn, media: jsonType, body: wrong, status: 401},
		{target: "POST " + signIn, media: jsonType, body: login, credentials: "scope", status: 403},
		{target: "POST " + signIn, media: jsonType, body: login, from: "203.0.113.7:9", status: 403},
		{target: "POST " + signIn, media: jsonType, body: wrong, credentials: "too often", status: 401},
		{target: "POST " + signIn, media: jsonType, body: login, credentials: "too often", status: 429},
		{target: "POST " + signIn, media: jsonType, body: login, credentials: "trouble", status: 500},
		{target: "POST " + signIn, media: jsonType, body: login, credentials: "busy", status: 503},
		{target: "POST " + signOut, credentials: "session", status: 200},
		{target: "POST " + signOut, status: 401},
		{target: "POST " + signOut, credentials: "no CSRF", status: 403},
		{target: "POST " + signOut, credentials: "too often", status: 401},
		{target: "POST " + signOut, credentials: "too often", status: 429},
		{target: "POST " + signOut, credentials: "trouble", status: 500},
		{target: "POST " + signOut, credentials: "busy", status: 503},

		{target: "POST " + signIn, media: jsonType, body: `{"identifier":"bob","password":"correct horse"}`, status: 200},
		{target: "POST " + outAll, credentials: "session", status: 200},
		{target: "GET " + session, credentials: "scope", status: 403},
		{target: "GET " + csrf, credentials: "scope", status: 403},
		{target: "GET " + session, credentials: "session", status: 200},
		{target: "GET " + csrf, credentials: "session", status: 200},
		{target: "POST " + outAll, credentials: "no CSRF", status: 403},
		{target: "PATCH " + myPass, media: jsonType, body: `{"current_password":"x","new_password":"correct horse"}`, credentials: "session", status: 400},
		{target: "PATCH " + myPass, media: jsonType, body: `{}`, credentials: "no CSRF", status: 403},
		{target: "PATCH " + users + "/2", media: jsonType, body: `{"id":2,"email_verified_at":"2024-12-25","colour":"red"}`, status: 200},

		{target: "POST " + theirs, media: jsonType, body: `{"address":"b@alias.example","user_id":2}`, status: 200},
		{target: "POST " + theirs, media: jsonType, body: `{"address":"b@alias.example","user_id":2}`, status: 409},
		{target: "GET " + theirs + "?limit=1&offset=0&active=yes&address=b&domain=alias.example&destination=bob@example.org&user_id=2", status: 200},
		{target: "GET " + theirs + "?disabled_ban=" + tokenID.String(), status: 200},
		{target: "GET " + theirs + "?disabled_ban=x", status: 400},
		{target: "GET " + theirs + "/1", status: 200},
		{target: "GET " + theirs + "/x", status: 400},
		{target: "GET " + theirs + "/99", status: 404},
		{target: "PATCH " + theirs + "/1", media: jsonType, body: `{"active":0,"id":1}`, status: 200},
		{target: "POST " + theirs, media: jsonType, body: `{"address":"b@alias.example","user_id":2}`, status: 409},
		{target: "PATCH " + theirs + "/99", media: jsonType, body: `{"active":true}`, status: 404},
		{target: "DELETE " + theirs + "/x", status: 400},
		{target: "DELETE " + theirs + "/99", status: 404},

		{target: "GET " + waiting + "?limit=1&offset=0&domain=wait.example&network=198.51.100.0/24&rule=" + tokenID.String(), status: 200},
		{target: "GET " + waiting, status: 200},
		{target: "GET " + waiting + "?rule=x", status: 400},
		{target: "GET " + waiting + "?domain=a..b", status: 400},
		{target: "POST " + waiting + "/4/approve", media: jsonType, body: `{"reason":"a school"}`, status: 200},
		{target: "POST " + waiting + "/4/approve", media: jsonType, body: `{}`, status: 409},
		{target: "POST " + waiting + "/x/approve", media: jsonType, body: `{}`, status: 400},
		{target: "POST " + waiting + "/99/approve", media: jsonType, body: `{}`, status: 404},
		{target: "POST " + waiting + "/5/reject", media: jsonType, body: `{"reason":"x","public_reason":"no","ban_emails":1,"ban_name":false,"disable_aliases":0}`, status: 200},
		{target: "POST " + waiting + "/5/reject", media: jsonType, body: `{}`, status: 409},
		{target: "POST " + waiting + "/x/reject", media: jsonType, body: `{}`, status: 400},
		{target: "POST " + waiting + "/99/reject", media: jsonType, body: `{}`, status: 404},
		{target: "POST " + waiting + "/approve", media: jsonType, body: `{}`, status: 400},
		{target: "POST " + waiting + "/approve", media: jsonType, body: `{"uuids":["` + tokenID.String() + `"]}`, status: 200},
		{target: "POST " + waiting + "/approve", media: jsonType, body: `{"domain":"other.example","up_to":3}`, status: 200},
		{target: "POST " + waiting + "/reject", media: jsonType, body: `{"all":true,"hashed":true}`, status: 400},
		{target: "POST " + waiting + "/reject", media: jsonType, body: `{"domain":"wait.example","limit":1,"reason":"a wave","ban_name":true,"hashed":true,"label":"case 7"}`, status: 200},
		{target: "POST " + waiting + "/reject", media: jsonType, body: `{"all":true,"limit":1000}`, status: 200},

		{target: "POST " + aliases, media: jsonType, body: shop, status: 200},
		{target: "POST " + aliases, media: jsonType, body: `{"address":"a@alias.example","destination":"x@example.org","user_id":null,"ip":null}`, status: 200},
		{target: "POST " + aliases, media: jsonType, body: shop, status: 409},
		{target: "POST " + aliases, media: jsonType, body: `{"address":"mallory@alias.example","destination":"x@example.org"}`, status: 403},

		{target: "GET " + users + "/1/credentials?limit=1&offset=0&active=1&kind=api_token", status: 200},
		{target: "GET " + users + "/1/credentials?kind=session&active=0", status: 200},
		{target: "GET " + users + "/x/credentials", status: 400},
		{target: "GET " + users + "/99/credentials", status: 404},
		{target: "POST " + users + "/1/credentials", media: jsonType, body: narrow, status: 200},
		{target: "POST " + users + "/99/credentials", media: jsonType, body: narrow, status: 404},
		{target: "DELETE " + users + "/1/credentials/" + tokenID.String(), status: 200},
		{target: "DELETE " + users + "/1/credentials/" + tokenID.String(), status: 404},
		{target: "DELETE " + users + "/x/credentials/" + tokenID.String(), status: 400},
		{target: "DELETE " + users + "/1/credentials", status: 200},
		{target: "PATCH " + myPass, media: jsonType, body: `{"current_password":"correct horse","new_password":"correct horse"}`, credentials: "session", status: 200},
		{target: "DELETE " + users + "/x/credentials", status: 400},
		{target: "DELETE " + users + "/99/credentials", status: 404},

		{target: "POST " + storyden + "/bob", status: 200},
		{target: "PATCH " + theirs + "/1", media: jsonType, body: `{"active":true}`, status: 409},
		{target: "DELETE " + theirs + "/1", status: 200},
		{target: "POST " + users + "/2/credentials", media: jsonType, body: narrow, status: 409},
		{target: "POST " + storyden + "/bob", status: 200},
		{target: "POST " + storyden + "/alice?force=perhaps", status: 400},
		{target: "POST " + storyden + "/alice", status: 409},
		{target: "POST " + storyden + "/alice?force=1", status: 409},
		{target: "POST " + storyden + "/nobody", status: 404},
		{target: "DELETE " + storyden + "/bob?lift_bans=perhaps", status: 400},
		{target: "DELETE " + storyden + "/bob?lift_bans=1", status: 200},
		{target: "DELETE " + storyden + "/nobody", status: 404},

		{target: "DELETE " + users + "/x", status: 400},
		{target: "DELETE " + users + "/99", status: 404},
		{target: "DELETE " + users + "/3?keep_alias_addresses=1", status: 400},
		{target: "DELETE " + users + "/3?keep_hashed_ban=1&label=carol", status: 400},
		{target: "DELETE " + users + "/3?keep_hashed_ban=1&keep_alias_addresses=1&label=case+7", status: 200},
		{target: "DELETE " + users + "/4", status: 200},
		{target: "DELETE " + users + "/1?force=1", status: 409},
	}
	for _, target := range []string{"/4/approve", "/4/reject", "/approve", "/reject"} {
		all = append(all, takesBody("POST "+waiting+target)...)
	}
	all = slices.Concat(all, takesBody("POST "+users), takesBody("PATCH "+users+"/2"), takesBody("POST "+signIn), takesBody("POST "+aliases), takesBody("POST "+theirs), takesBody("PATCH "+theirs+"/2"), takesBody("POST "+users+"/2/credentials"))
	for _, c := range takesBody("PATCH " + myPass) {
		c.credentials = "session"
		all = append(all, c)
	}
	for _, target := range []string{"POST " + outAll, "GET " + session, "GET " + csrf, "PATCH " + myPass} {
		all = append(all, call{target: target, status: 401}, call{target: target, credentials: "trouble", status: 500},
			call{target: target, credentials: "busy", status: 503}, call{target: target, from: "203.0.113.7:9", status: 403},
			call{target: target, credentials: "too often", status: 429})
	}
	for target, body := range map[string]string{
		"GET " + waiting: "", "POST " + waiting + "/4/approve": `{}`, "POST " + waiting + "/4/reject": `{}`,
		"POST " + waiting + "/approve": `{"all":true}`, "POST " + waiting + "/reject": `{"all":true}`,
		"GET " + theirs: "", "POST " + theirs: shop, "GET " + theirs + "/2": "", "PATCH " + theirs + "/2": `{"active":true}`, "DELETE " + theirs + "/2": "",
		"GET " + users: "", "POST " + users: eve, "GET " + users + "/2": "", "PATCH " + users + "/2": change, "DELETE " + users + "/2": "",
		"GET " + users + "/2/credentials": "", "POST " + users + "/2/credentials": narrow, "DELETE " + users + "/2/credentials": "",
		"DELETE " + users + "/2/credentials/" + tokenID.String(): "",
		"POST " + aliases: shop, "POST " + storyden + "/bob": "", "DELETE " + storyden + "/bob": "",
	} {
		for _, c := range anyRoute(target, body, 401) {
			if strings.HasSuffix(c.target, storyden+"/bob") && c.credentials == "no CSRF" {
				continue // Storyden has none
			}
			all = append(all, c)
		}
	}
	return all
}
