package accounthttp

import "example.com/ostraka/internal/web"

// Routes returns every route that there is, by the path under which the tests
// mount its handler.
func Routes() map[string][]web.Route {
	return map[string][]web.Route{
		"/api/admin":    new(users).routes(),
		"/storyden/api": new(suspensions).routes(),
		"/api":          append(new(signIn).routes(), new(aliasHandler).routes()...),
	}
}

// MaxTracked is how many clients a limiter keeps in mind.
const MaxTracked = maxTracked

// Limiter is a limiter of texts.
type Limiter = limiter[string]

// NewLimiter, Take, GiveBack and Len are those of a Limiter.
var NewLimiter = newLimiter[string]

var (
	Take     = (*Limiter).take
	GiveBack = (*Limiter).giveBack
)

// Len returns how many keys the limiter has in mind.
func Len(l *Limiter) int { return l.whole.Len() }
