package accounthttp

import (
	"slices"

	"example.com/ostraka/internal/web"
)

// Routes returns every route that there is, by the path under which the tests
// mount its handler.
func Routes() map[string][]web.Route {
	return map[string][]web.Route{
		"/api/admin":    slices.Concat(new(users).routes(), new(credentials).routes(), new(ownPassword).routes()),
		"/storyden/api": new(suspensions).routes(),
		"/api":          append(new(signIn).routes(), new(aliasHandler).routes()...),
	}
}
