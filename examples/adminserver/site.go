package main

import (
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/ban"
	"example.com/ostraka/ban/banhttp"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/blocklisthttp"
	"example.com/ostraka/blocklist/fetch"
	"example.com/ostraka/examples/adminserver/openapi"
	"example.com/ostraka/examples/internal/keyfile"
	"example.com/ostraka/store"
)

// Where things are.
const (
	prefixAdmin    = "/api/admin"
	prefixMastodon = "/api/v1/admin"
	prefixStoryden = "/storyden/api"
	prefixAPI      = "/api"

	routeSignIn  = "POST /api/auth/sign-in"
	routeSession = "GET /api/auth/session"
	routeCSRF    = "GET /api/auth/csrf"
	pathSignOut  = "/api/auth/sign-out"
	routeSignOut = "POST " + pathSignOut
	routeOutAll  = "POST /api/auth/sign-out-all"
	routeAliases = "POST /api/aliases"
	routeCheck   = "POST /api/check"
	routeHealth  = "GET /healthz"
	routeMetrics = "GET /metrics"
	routeOpenAPI = "GET /openapi.yaml"
)

// parts are what the site is made of.
type parts struct {
	store        store.Store
	storeSeconds prometheus.Collector
	checker      *ban.Checker
	auth         *account.Auth
	accounts     *account.Admin
	fetcher      *fetch.Fetcher // nil: this server fetches no lists
	log          *slog.Logger

	keys           keyfile.Keys
	trustedProxies []netip.Prefix
	insecureCookie bool
	admitBanned    bool                            // serve the admin APIs to banned addresses
	forAdmins      func(http.Handler) http.Handler // set by newSite
	signIn         http.Handler                    // begins and ends sessions, guarded; set by addSignIn
	blockScope     ban.Scope                       // of blocks made by the email_domain_blocks API; zero: its default
	baseURL        string                          // where clients reach the server; empty: as each request says
}

// newSite returns the handler of everything.
func newSite(p *parts) (http.Handler, error) {
	who, err := accounthttp.NewAuthorizer(p.auth, accounthttp.AuthorizerOptions{
		TrustedProxies: p.trustedProxies, InsecureCookie: p.insecureCookie, Logger: p.log,
	})
	if err != nil {
		return nil, err
	}
	if p.forAdmins, err = p.admins(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, add := range []func(*http.ServeMux, *accounthttp.Authorizer) error{
		p.addUsers, p.addBans, p.addBlocks, p.addSuspensions, p.addSignIn, p.addAliases, p.addPending, p.addConsole,
	} {
		if err := add(mux, who); err != nil {
			return nil, err
		}
	}
	registry, err := newRegistry(p)
	if err != nil {
		return nil, err
	}
	mux.Handle(routeCheck, p.allow(noted("", checkers(who)), accounthttp.Need{Resource: "check"}, check(p.checker, p.log)))
	mux.Handle(routeMetrics, p.allow(noted("", who.BearerToken), accounthttp.Need{Resource: "metrics"},
		metricsHandler(registry, p.log)))
	mux.Handle(routeHealth, health(p.store, p.keys.Ring, p.log))
	mux.HandleFunc(routeOpenAPI, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml") // RFC 9512
		_, _ = w.Write(openapi.Document)
	})
	return logRequests(p.log, mux), nil
}

func (p *parts) addUsers(mux *http.ServeMux, who *accounthttp.Authorizer) error {
	h, err := accounthttp.NewUsers(p.accounts, accounthttp.Options{Authorize: noted(prefixAdmin, who.SessionCookie), Logger: p.log})
	if err != nil {
		return err
	}
	p.mount(mux, prefixAdmin, h, "/users", "/users/")
	h, err = accounthttp.NewCredentials(p.auth, p.accounts, accounthttp.Options{Authorize: noted(prefixAdmin, who.SessionCookie), Logger: p.log})
	if err != nil {
		return err
	}
	p.mount(mux, prefixAdmin, h, "/users/{id}/credentials", "/users/{id}/credentials/")
	h, err = accounthttp.NewOwnPassword(who, accounthttp.SignInOptions{Logger: p.log})
	if err != nil {
		return err
	}
	p.mount(mux, prefixAdmin, h, "/users/me/password")
	return nil
}

// newBans returns what makes bans, for all who do.
func (p *parts) newBans() (*ban.Admin, error) {
	return ban.NewAdmin(p.store, ban.AdminOptions{Keys: p.keys.Ring, HashKey: p.keys.Newest})
}

func (p *parts) addBans(mux *http.ServeMux, who *accounthttp.Authorizer) error {
	bans, err := p.newBans()
	if err != nil {
		return err
	}
	h, err := banhttp.New(bans, banhttp.Options{Authorize: noted(prefixAdmin, who.SessionCookie), Logger: p.log})
	if err != nil {
		return err
	}
	p.mount(mux, prefixAdmin, h, "/")
	return nil
}

func (p *parts) addBlocks(mux *http.ServeMux, who *accounthttp.Authorizer) error {
	blocks, err := blocklist.NewAdmin(p.store, blocklist.AdminOptions{})
	if err != nil {
		return err
	}
	o := blocklisthttp.Options{
		Authorize: noted(prefixMastodon, who.BearerToken), TrustedProxies: p.trustedProxies, Scope: p.blockScope, Logger: p.log,
	}
	if p.baseURL != "" {
		o.BaseURL = p.baseURL + prefixMastodon
	}
	h, err := blocklisthttp.New(blocks, o)
	if err != nil {
		return err
	}
	p.mount(mux, prefixMastodon, h, "/")
	return nil
}

func (p *parts) addSuspensions(mux *http.ServeMux, who *accounthttp.Authorizer) error {
	h, err := accounthttp.NewSuspensions(p.accounts, accounthttp.Options{Authorize: noted(prefixStoryden, who.StorydenSession), Logger: p.log})
	if err != nil {
		return err
	}
	p.mount(mux, prefixStoryden, h, "/")
	return nil
}

func (p *parts) addSignIn(mux *http.ServeMux, who *accounthttp.Authorizer) error {
	h, err := accounthttp.NewSignIn(who, accounthttp.SignInOptions{Storyden: true, Logger: p.log})
	if err != nil {
		return err
	}
	guard, err := p.guard(ban.SignIn, loopback...) // where there is no session, the admin APIs are no way in
	if err != nil {
		return err
	}
	sessions, guarded := h, guard(h)
	p.signIn = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if prefixAPI+r.URL.Path == pathSignOut { // whoever is banned may
			sessions.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})
	h = http.StripPrefix(prefixAPI, h)
	for _, route := range []string{routeSignIn, routeSession, routeCSRF} {
		mux.Handle(route, guard(h))
	}
	mux.Handle(routeSignOut, h) // whoever is banned may
	mux.Handle(routeOutAll, h)
	return nil
}

func (p *parts) addPending(mux *http.ServeMux, who *accounthttp.Authorizer) error {
	h, err := accounthttp.NewPending(p.accounts, accounthttp.Options{Authorize: noted(prefixAdmin, who.SessionOrToken), Logger: p.log})
	if err != nil {
		return err
	}
	p.mount(mux, prefixAdmin, h, "/pending", "/pending/")
	return nil
}

func (p *parts) addAliases(mux *http.ServeMux, who *accounthttp.Authorizer) error {
	aliases, err := account.NewAliases(p.store, p.checker, account.AliasesOptions{})
	if err != nil {
		return err
	}
	h, err := accounthttp.NewAliases(aliases, p.accounts, accounthttp.AliasOptions{
		Authorize: noted(prefixAPI, who.BearerToken), TrustedProxies: p.trustedProxies, Logger: p.log,
	})
	if err != nil {
		return err
	}
	guard, err := p.guard(ban.Alias)
	if err != nil {
		return err
	}
	mux.Handle(routeAliases, guard(http.StripPrefix(prefixAPI, h)))

	h, err = accounthttp.NewAliases(aliases, p.accounts, accounthttp.AliasOptions{
		Authorize: noted(prefixAdmin, who.SessionOrToken), TrustedProxies: p.trustedProxies, Logger: p.log,
	})
	if err != nil {
		return err
	}
	p.mount(mux, prefixAdmin, h, "/aliases", "/aliases/")
	return nil
}

// guard returns what keeps banned addresses from doing this, but for the exceptions.
func (p *parts) guard(action ban.Action, except ...netip.Prefix) (func(http.Handler) http.Handler, error) {
	return banhttp.Guard(p.checker, banhttp.GuardOptions{
		TrustedProxies: p.trustedProxies, Except: except, Action: action, Logger: p.log,
	})
}

// admins keeps banned addresses from the admin APIs, unless they may. Whoever is at
// the machine itself always gets in, so that no ban locks all admins out.
func (p *parts) admins() (func(http.Handler) http.Handler, error) {
	if p.admitBanned {
		return func(h http.Handler) http.Handler { return h }, nil
	}
	return p.guard(ban.SignIn, loopback...)
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// mount serves paths below a prefix by a handler of an admin API whose paths begin
// at the root.
func (p *parts) mount(mux *http.ServeMux, prefix string, h http.Handler, paths ...string) {
	h = p.forAdmins(h)
	for _, path := range paths {
		mux.Handle(prefix+path, http.StripPrefix(prefix, h))
	}
}

// checkers lets in who may explain checks: an API token that may read, or the
// session of an admin. That is a POST, so like all others it wants the CSRF token
// of the session, although it changes nothing.
func checkers(who *accounthttp.Authorizer) accounthttp.Authorize {
	return func(r *http.Request, need accounthttp.Need) (string, error) {
		if r.Header.Get("Authorization") == "" {
			need.Mutation = true
		}
		return who.SessionOrToken(r, need)
	}
}

// allow hands requests on that may do what they need.
func (p *parts) allow(authorize accounthttp.Authorize, need accounthttp.Need, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := authorize(r, need); err != nil {
			refuse(w, r, p.log, need.Resource, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
