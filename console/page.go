package console

import "net/http"

// page is an entry of the navigation with the routes behind it. The routes of a page
// begin with its path; see pages.
type page struct {
	path string // below the prefix, without slashes; empty: the first page
	name string // in the navigation
	// has reports whether the parts that the page wants are there.
	has    func(*Parts) bool
	routes []route
}

// route is a method and path, and what serves it.
type route struct {
	method  string // GET serves HEAD as well; every other wants the CSRF token
	pattern string // as [http.ServeMux] takes it, from the root
	// role is the least that a person must have.
	role Role
	// maxBody is the size of a body in bytes. 0: maxForm, and no files. With it the
	// form may be multipart/form-data, whose files [request.upload] has; all of it is
	// in memory.
	maxBody int64
	handle  func(*request) (answer, error)
}

func get(pattern string, handle func(*request) (answer, error)) route {
	return route{method: http.MethodGet, pattern: pattern, handle: handle}
}

// change is a route by which moderators change something.
func change(pattern string, handle func(*request) (answer, error)) route {
	return route{method: http.MethodPost, pattern: pattern, role: Moderator, handle: handle}
}

// answer is what a route answers with: a page, a part of one, or where to go on.
type answer struct {
	status   int    // 0: 200
	template string // the file that defines the page, without its ending
	title    string // of the page: its h1
	data     any    // .Page in the template
	part     bool   // only the template "part" of the file, for the script

	// to is where the browser goes on, below the prefix and without a slash before
	// it, after a change was made: "bans?done=revoked".
	to string

	// file is what the browser saves under the name fileName.
	file     func(http.ResponseWriter) error
	fileName string
	fileType string
}

// pages are all pages, in the order of the navigation. Whoever adds a page adds a
// file with its routes and its template, and a line here.
func pages() []page {
	return []page{
		overviewPage(),
		askPage(),
		banPage(),
		bansPage(),
		blocksPage(),
		listsPage(),
		waitingPage(),
		accountsPage(),
		logPage(),
	}
}
