package main

import (
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/ban/banhttp"
	"example.com/ostraka/ban/ratelimit"
)

// options configure the page.
type options struct {
	proxies []netip.Prefix // whose word on the client is taken
	onError ban.OnError    // as the checker has it
	traits  ban.TraitOptions
	burst   int           // sign-ups of a client at once
	every   time.Duration // and then one in this time
	try     bool          // show what to try
	mail    mailer
	log     *slog.Logger
}

// host answers sign-ups.
type host struct {
	options
	checker  *ban.Checker
	accounts *account.Admin
	limit    *ratelimit.Limiter[netip.Prefix]
	told     *ratelimit.Limiter[string] // by mailbox
}

// actor is in whose name accounts are made and held.
const actor = "signup"

// newHandler returns the site. The guard stands in front of all of it; in front of
// the guard is only what gives every answer its headers.
func newHandler(checker *ban.Checker, accounts *account.Admin, o options) (http.Handler, error) {
	limit, err := ratelimit.New[netip.Prefix](ratelimit.Rate{Burst: o.burst, Every: o.every}, ratelimit.Options{})
	if err != nil {
		return nil, err
	}
	guard, err := banhttp.Guard(checker, banhttp.GuardOptions{
		TrustedProxies: o.proxies,
		// While the store is out the form is still shown; the check of the sign-up
		// includes the address, and there -on-error decides.
		OnError: ban.FailOpen,
		Refuse:  refuseClient,
		Logger:  o.log,
	})
	if err != nil {
		return nil, err
	}
	told, err := ratelimit.New[string](tellOnce, ratelimit.Options{})
	if err != nil {
		return nil, err
	}
	h := &host{o, checker, accounts, limit, told}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.showForm)
	mux.HandleFunc("POST /{$}", h.signUp)
	mux.HandleFunc("GET "+pathWelcome, func(w http.ResponseWriter, _ *http.Request) { welcomePage.write(w, http.StatusOK) })
	mux.HandleFunc("GET "+pathPending, func(w http.ResponseWriter, _ *http.Request) { pendingPage.write(w, http.StatusOK) })

	sameOrigin := http.NewCrossOriginProtection() // forms of other sites are refused
	sameOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		foreignPage.write(w, http.StatusForbidden)
	}))
	return withHeaders(guard(sameOrigin.Handler(mux))), nil
}

// refuseClient answers a client whose address is banned.
func refuseClient(w http.ResponseWriter, _ *http.Request, d ban.Decision) {
	deniedPage(d.Err()).write(w, http.StatusForbidden)
}

func (h *host) showForm(w http.ResponseWriter, _ *http.Request) {
	h.formPage(form{}).write(w, http.StatusOK)
}
