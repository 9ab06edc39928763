package banhttp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/internal/web/adminapi"
)

// GuardOptions configures [Guard]. The zero value is the default.
type GuardOptions struct {
	// TrustedProxies are the addresses of proxies in front, whose word on the
	// client is taken; see [ClientAddr]. Default none: the client is the peer.
	// Let a proxy remove the one of X-Forwarded-For and Forwarded that it does
	// not write: a request in which they differ is refused.
	TrustedProxies []netip.Prefix

	// Except are addresses of clients that are never refused, nor checked: a way in
	// that no ban can close, such as 127.0.0.0/8 and ::1/128. Default none.
	Except []netip.Prefix

	// Action is what a request is about to do: by default [ban.SignUp]. A ban
	// whose scope leaves it out refuses nobody here.
	Action ban.Action

	// OnError says what becomes of a request when its client cannot be checked:
	// the rules cannot be read, or the peer has no address, as over a Unix
	// socket. FailClosed, the default, answers 503; FailOpen passes the request
	// on. It goes for this handler whatever [ban.CheckerOptions.OnError] says, so
	// that a site can stay up during an outage while sign-ups wait.
	//
	// A forwarding header that cannot be read is no such case, since a client
	// could send one: it is answered with 400 under both.
	OnError ban.OnError

	// RefuseReview also refuses clients who may come in only after a person
	// approves. By default they are passed on: what they go on to do is for the
	// handler to check.
	RefuseReview bool

	// Refuse answers the refused in place of the JSON of the contract, for
	// example with a page. It must not show [ban.Match.Reason], which is for
	// moderators; the error of [ban.Decision.Err] is safe. Clients that cannot be
	// checked are none of its: they get 400 or 503, in HTML if they ask for that rather
	// than for JSON, as browsers do, and else in JSON.
	Refuse func(w http.ResponseWriter, r *http.Request, d ban.Decision)

	// Logger takes the errors of checks. Default [slog.Default].
	Logger *slog.Logger
}

// Guard returns a middleware that refuses requests from banned addresses with
// status 403 and the body
//
//	{"error":"banned","ban":{"ban_type":"ip","ban_value":"203.0.113.0/24","reason":"…","banned_at":"…"}}
//
// where reason is the public one, or null, and banned_at the time in the ban's
// version 7 id, null for an entry of a list. It checks the address of the client,
// and counts a hit, at every request. A handler behind it asks [ClientFrom] for
// that address.
//
// Options out of range, and a checker that is nil, give a [*ban.ValueError].
func Guard(checker *ban.Checker, o GuardOptions) (func(http.Handler) http.Handler, error) {
	if checker == nil {
		return nil, ban.NewValueError("checker", "", ban.CodeEmpty, "give what ban.NewChecker returns")
	}
	if o.OnError > ban.FailOpen {
		return nil, ban.NewValueError("OnError", fmt.Sprint(uint8(o.OnError)), ban.CodeRange, "use ban.FailClosed or ban.FailOpen")
	}
	if !ban.ScopeOf(o.Action).Valid() {
		return nil, ban.NewValueError("Action", o.Action.String(), ban.CodeUnknown, "use one of the actions of package ban")
	}
	proxies, err := web.NewProxies(o.TrustedProxies)
	if err != nil {
		return nil, err
	}
	except, err := web.NewProxies(o.Except)
	if err != nil {
		return nil, err
	}
	g := &guard{checker, proxies, except, o}
	if g.Refuse == nil {
		g.Refuse = func(w http.ResponseWriter, r *http.Request, d ban.Decision) { WriteRefusal(w, r, d.Match) }
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.serve(w, r, next) })
	}, nil
}

type guard struct {
	checker *ban.Checker
	proxies web.Proxies
	except  web.Proxies
	GuardOptions
}

func (g *guard) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	client, text, err := g.proxies.ClientText(r)
	if wrong, ok := errors.AsType[*web.ForwardedError](err); ok {
		g.send(w, r, adminapi.Invalid(wrong.Header, ban.CodeSyntax, wrong.Hint, nil), "This request cannot be read",
			"What it says about where it comes from contradicts itself or cannot be read. Whoever runs the proxy or network between you and this site can mend it.")
		return
	}
	var d ban.Decision
	if err == nil {
		r = r.WithContext(&clientContext{r.Context(), client})
		if g.except.Trusts(client) {
			next.ServeHTTP(w, r)
			return
		}
		d, err = g.checker.Check(r.Context(), ban.Subject{IP: text, Action: g.Action})
	}
	switch {
	case err != nil:
		g.failed(w, r, err, next)
	case d.Verdict == ban.Denied, d.Verdict == ban.NeedsReview && g.RefuseReview:
		g.Refuse(w, r, d)
	default:
		next.ServeHTTP(w, r)
	}
}

// failed does with a request whose client could not be checked what the host
// chose. A client that has hung up, and a checker that was closed, are no outage:
// nobody is let in for them.
func (g *guard) failed(w http.ResponseWriter, r *http.Request, err error, next http.Handler) {
	if r.Context().Err() == nil {
		g.log(r, "the client could not be checked", err)
		if g.OnError == ban.FailOpen && !errors.Is(err, ban.ErrClosed) {
			next.ServeHTTP(w, r)
			return
		}
	}
	g.send(w, r, adminapi.Unavailable("guard", "check_failed"), "Try again in a moment", "This site cannot look after your request now.")
}

// send sends a reply, or a page with that title and text in place of it.
func (g *guard) send(w http.ResponseWriter, r *http.Request, reply web.Reply, title, text string) {
	w.Header().Add("Vary", "Accept")
	if web.PrefersHTML(r) {
		web.Page{Status: reply.Status, Header: reply.Header, Title: title, Text: text}.Write(w, r)
		return
	}
	if err := reply.Write(w, r); err != nil {
		g.log(r, "the guard could not answer", err)
	}
}

func (g *guard) log(r *http.Request, message string, err error) {
	logger := g.Logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.ErrorContext(r.Context(), message, "err", err)
}

type clientKey struct{}

// clientContext has the address of the client as the value of clientKey. It boxes it
// when somebody asks.
type clientContext struct {
	context.Context
	client netip.Addr
}

func (c *clientContext) Value(key any) any {
	if key == (clientKey{}) {
		return c.client
	}
	return c.Context.Value(key)
}

// ClientFrom returns the address of the client that [Guard] found, and whether
// the request came through one that did.
func ClientFrom(ctx context.Context) (netip.Addr, bool) {
	a, ok := ctx.Value(clientKey{}).(netip.Addr)
	return a, ok
}

// WriteRefusal answers a request that a rule refuses as [Guard] does: for
// handlers that check more than the address, such as one that creates aliases.
// The match must not be zero.
func WriteRefusal(w http.ResponseWriter, r *http.Request, m ban.Match) {
	// A match that a Checker made can be said in JSON; else the answer is 500.
	_ = adminapi.Banned(m).Write(w, r)
}
