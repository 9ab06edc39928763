package console

import (
	"log/slog"
	"net/http"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/fetch"
	"example.com/ostraka/internal/web"
)

// Parts are what the pages show and change, all of one store. A page whose part is
// nil is not there: its path is answered with 404, and nothing links to it.
type Parts struct {
	// Checker answers on the page Ask, and gives the Overview its figures.
	Checker *ban.Checker
	// Bans is behind the pages Ban, Bans, Overview and Log.
	Bans *ban.Admin
	// Blocks is behind the pages Blocks and Lists.
	Blocks *blocklist.Admin
	// Fetcher has lists fetched that come by themselves: with it the page Lists
	// subscribes to them, and fetches one at once. It may be one whose own round does
	// not run, where another process fetches what is due. Not closed here.
	Fetcher *fetch.Fetcher
	// Accounts is behind the pages Accounts and Waiting.
	Accounts *account.Admin
	// Aliases gives the page Accounts the aliases of each.
	Aliases *account.Aliases
	// Auth gives the page Accounts the sessions and API tokens of each.
	Auth *account.Auth
}

// Options configures the handler of [New].
type Options struct {
	// Authorize says who somebody is and what they may. Required: without it
	// nothing is served.
	Authorize Authorize

	// SignIn is a handler of [accounthttp.NewSignIn], or one that answers
	// POST /auth/sign-in and POST /auth/sign-out as it does; guards may stand
	// before it. The form to sign in, and the button to sign out, ask it. Default
	// none: a stranger is told to sign in to the host.
	SignIn http.Handler

	// Name is what the pages are called, in the title of the window too.
	// Default "Ostraka".
	Name string

	// Home is where the name leads to from a page without access, such as the
	// host's own front page: a path, or an http or https URL. Default none.
	Home string

	// Logger takes the cause of every answer of status 500 and above. Default
	// [slog.Default].
	Logger *slog.Logger

	// Timeout is how long a client may take to send its body, and then to take
	// the answer, where the server does not say so itself by
	// [http.Server.ReadTimeout] and WriteTimeout. Default 10 seconds.
	Timeout time.Duration

	// Now is the clock: the one of the parts. Default [time.Now].
	Now func() time.Time
}

// DefaultName is that of [Options.Name].
const DefaultName = "Ostraka"

// Authorize says who makes a request. An error keeps them out: [ErrUnauthenticated]
// shows the form to sign in, [ErrForbidden] says that they may not, a
// [*accounthttp.RateLimitError] when to come back; any other is trouble, and answered
// with status 500, or 503 if it matches [ban.ErrBusy], [ban.ErrUnavailable] or
// [ban.ErrClosed].
//
// It is called once for each request of a page, from many goroutines at once, and
// must leave the body alone.
type Authorize func(r *http.Request) (Person, error)

// Person is who makes a request.
type Person struct {
	// Actor is in whose name changes are made, for the audit log. Required: a
	// person without a name is kept out.
	Actor string
	// Role is what they may do. Default [ReadOnly].
	Role Role
	// CSRFToken is a text that only pages of this person's session know: forms
	// carry it, and no change is made without it. Make it from the session by a
	// secret key, as [account.Auth.CSRFToken] does. Required for changes: without
	// it all are refused.
	CSRFToken string
}

// Role is what a person may do.
type Role uint8

// The roles.
const (
	ReadOnly  Role = iota // see all pages
	Moderator             // and make changes
)

// String returns "read-only" or "moderator".
func (r Role) String() string {
	if r == Moderator {
		return "moderator"
	}
	return "read-only"
}

// Why an [Authorize] keeps somebody out. Those of accounthttp and banhttp are the
// same.
var (
	ErrUnauthenticated = web.ErrUnauthenticated // no session, or none that is valid
	ErrForbidden       = web.ErrForbidden       // whoever it is may not come in
)

// Admins returns an Authorize by the session cookie of accounthttp: admins are
// moderators, and nobody else is let in. For other roles write a function that asks
// [accounthttp.Authorizer.SignedIn] as this does.
func Admins(who *accounthttp.Authorizer) Authorize {
	return func(r *http.Request) (Person, error) {
		s, err := who.SignedIn(r)
		if err != nil {
			return Person{}, err
		}
		if !s.Account.Admin {
			return Person{}, ErrForbidden
		}
		return Person{Actor: s.Account.Handle, Role: Moderator, CSRFToken: s.CSRFToken}, nil
	}
}
