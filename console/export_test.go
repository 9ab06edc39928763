package console

// RouteForTest is a route as the tests of who may see it.
type RouteForTest struct {
	Page, Method, Pattern string
	Changes               bool // wants a moderator
}

// Routes returns all routes of all pages, so that no test can forget one.
func Routes() (all []RouteForTest) {
	for _, p := range pages() {
		for _, r := range p.routes {
			all = append(all, RouteForTest{p.path, r.method, r.pattern, r.role == Moderator})
		}
	}
	return all
}

// Hidden, Visible and VisibleText are how characters of strangers are shown.
var (
	Hidden      = hidden
	Visible     = func(s string) string { return string(visible(s)) }
	VisibleText = visibleText
)
