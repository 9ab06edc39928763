package banhttp

import "example.com/ostraka/internal/web"

// Routes returns every route that there is.
func Routes() []web.Route { return new(handler).routes() }
