// Package webtest has what the tests of all handlers of package web share.
package webtest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/ostraka/internal/web"
)

// Path returns a path of the route, with id for its variable.
func Path(r web.Route, id string) string { return strings.ReplaceAll(r.Pattern, "{id}", id) }

// Target is a method with a path.
type Target struct{ Method, Path string }

// Targets returns every method and path that the routes serve, those of the
// record 1.
func Targets(routes []web.Route) []Target {
	var all []Target
	for _, r := range routes {
		all = append(all, Target{r.Method, Path(r, "1")})
		if r.Method == http.MethodGet {
			all = append(all, Target{http.MethodHead, Path(r, "1")})
		}
	}
	return all
}

// Harmless wants what holds for the answer to any request, be it garbage: that
// it is no trouble of the server's, that it is JSON of no great length, and that
// a request which is refused, or only asks, changed nothing.
func Harmless(t *testing.T, route web.Route, w *httptest.ResponseRecorder, changed bool) {
	t.Helper()
	if w.Code < 200 || w.Code >= 300 && w.Code < 400 || w.Code >= 500 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if changed && (w.Code != http.StatusOK || route.Method == http.MethodGet) {
		t.Errorf("%s answers %d and makes a change", route.Where, w.Code)
	}
	if !json.Valid(w.Body.Bytes()) || w.Body.Len() > 3000 {
		t.Errorf("the answer is %q", w.Body)
	}
}
