package console

import (
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
)

// console is the handler of all pages. It is never changed once it is made.
type console struct {
	parts   Parts
	opts    Options
	pages   []page // those whose parts are there
	mux     *http.ServeMux
	origins *http.CrossOriginProtection
}

// New returns the handler of the pages. Its paths begin at the root: mount it with
// [http.StripPrefix], at a path that ends in a slash. What is missing or out of range
// gives a [*ban.ValueError]. It is safe for concurrent use, and starts nothing that
// has to be closed.
func New(parts Parts, o Options) (http.Handler, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	c := &console{parts: parts, opts: o, mux: http.NewServeMux(), origins: http.NewCrossOriginProtection()}
	for _, p := range pages() {
		if p.has(&c.parts) {
			c.pages = append(c.pages, p)
		}
	}
	if len(c.pages) == 0 {
		return nil, ban.NewValueError("Parts", "", ban.CodeEmpty, "give at least one part, for example Bans")
	}
	c.route()
	return c, nil
}

func (o *Options) complete() error {
	switch {
	case o.Authorize == nil:
		return ban.NewValueError("Authorize", "", ban.CodeEmpty, "give a function that says who somebody is: without one nothing is served")
	case o.Timeout < 0:
		return ban.NewValueError("Timeout", o.Timeout.String(), ban.CodeRange, "give a duration, or 0 for the default")
	}
	if u, err := url.Parse(o.Home); err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
		return ban.NewValueError("Home", o.Home, ban.CodeSyntax, `give a path such as "/", or an http or https URL`)
	}
	if o.Timeout == 0 {
		o.Timeout = web.DefaultTimeout
	}
	if o.Name == "" {
		o.Name = DefaultName
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return nil
}

// route fills the mux.
func (c *console) route() {
	for i := range c.pages {
		for _, r := range c.pages[i].routes {
			c.mux.Handle(r.method+" "+r.pattern, c.serve(&c.pages[i], r))
		}
	}
	if c.pages[0].path != "" { // the Overview is not there
		c.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { c.goOn(w, r, c.pages[0].path) })
	}
	c.mux.HandleFunc("GET /assets/{name}", c.serveAsset)
	c.mux.HandleFunc("GET "+pathSignIn, c.showSignIn)
	c.mux.HandleFunc("POST "+pathSignIn, c.signIn)
	c.mux.HandleFunc("POST "+pathSignOut, c.signOut)
}

// dispatch hands a request to its route. What has none is told so by a page of ours,
// but not to strangers: it is nobody's business which pages there are.
func (c *console) dispatch(w http.ResponseWriter, r *http.Request) {
	refuse, pattern := c.mux.Handler(r)
	if pattern != "" {
		c.mux.ServeHTTP(w, r)
		return
	}
	in := &request{Request: r, console: c, writer: w}
	err := c.identify(in)
	if err == nil {
		told := newKept()
		refuse.ServeHTTP(told, r)
		if err = web.ErrNoRoute; told.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", told.header.Get("Allow")) // RFC 9110, section 15.5.6
			err = errMethod
		}
	}
	c.fail(in, err)
}

// ServeHTTP implements [http.Handler].
func (c *console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setHeaders(w.Header())
	web.LimitReading(w, r, c.opts.Timeout)
	p := r.URL.EscapedPath()
	switch clean := path.Clean(p); {
	case p == "": // the prefix without its slash
		asked, _, _ := strings.Cut(r.RequestURI, "?")
		w.Header().Set("Location", path.Base(asked)+"/")
		w.WriteHeader(http.StatusPermanentRedirect)
	case p == "/", clean == p:
		c.dispatch(w, r)
	case clean+"/" == p: // "bans/" is "bans"
		c.goOn(w, r, strings.TrimPrefix(clean, "/"))
	default: // ServeMux would redirect, but knows nothing of the prefix
		c.fail(&request{Request: r, console: c, writer: w}, web.ErrNoRoute)
	}
}

// setHeaders sets what keeps browsers from what no page here wants.
func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "+
		"form-action 'self'; base-uri 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	// With no-referrer a browser sends "Origin: null" with a form (Fetch Standard,
	// "append a request Origin header"), which is no proof that it is ours where
	// Sec-Fetch-Site is missing, as over plain HTTP.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// serve authorizes requests and hands them to the route.
func (c *console) serve(p *page, route route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in := &request{Request: r, console: c, writer: w, page: p}
		err := c.identify(in)
		if err == nil && in.who.Role < route.role {
			err = errReadOnly
		}
		if err == nil && route.method != http.MethodGet {
			err = in.readForm(route.maxBody)
		}
		var a answer
		if err == nil {
			in.Request = in.WithContext(ban.WithActor(r.Context(), in.who.Actor))
			a, err = route.handle(in)
		}
		if err != nil {
			c.fail(in, err)
			return
		}
		c.reply(in, a)
	}
}

// identify asks the host who makes a request.
func (c *console) identify(r *request) error {
	who, err := c.opts.Authorize(r.Request)
	if err == nil && strings.TrimSpace(who.Actor) == "" {
		err = web.ErrNobody
	}
	if err == nil && who.Role > Moderator {
		err = errRole
	}
	if err == nil {
		r.who = who
	}
	return err
}

// reply sends what a route answers with.
func (c *console) reply(r *request, a answer) {
	web.LimitWriting(r.writer, r.Request, 2*c.opts.Timeout)
	switch {
	case a.to != "" || a.template == "" && a.file == nil:
		c.goOn(r.writer, r.Request, a.to)
	case a.file != nil:
		h := r.writer.Header()
		h.Set("Content-Type", a.fileType)
		h.Set("Content-Disposition", contentDisposition(a.fileName))
		if err := a.file(r.writer); err != nil { // the status is sent: the file ends early
			c.log(r, http.StatusOK, err)
			panic(http.ErrAbortHandler)
		}
	default:
		c.render(r, a)
	}
}

// goOn sends the browser to a path below the prefix, which is empty for the first
// page. The address is relative to the one that was asked for.
func (c *console) goOn(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Location", base(r)+to)
	w.WriteHeader(http.StatusSeeOther)
}

// base returns the way from a page to the prefix: "./" or "../" and so on.
func base(r *http.Request) string {
	depth := strings.Count(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	if depth == 0 {
		return "./"
	}
	return strings.Repeat("../", depth)
}

// logger returns the host's.
func (c *console) logger() *slog.Logger {
	if c.opts.Logger == nil {
		return slog.Default()
	}
	return c.opts.Logger
}

// hookFailed notes that accounts were changed, but that a hook of the host failed, such
// as one that sends mail. That is no failure of the request.
func (c *console) hookFailed(r *request, err error) {
	if err != nil {
		c.logger().LogAttrs(r.Context(), slog.LevelError, "account changed, but a hook failed", slog.String("where", "console."+r.where()), slog.Any("err", err))
	}
}

// log notes trouble, whose cause nobody is told.
func (c *console) log(r *request, status int, err error) {
	level := slog.LevelError
	if r.Context().Err() != nil { // they have hung up
		level = slog.LevelDebug
	}
	c.logger().LogAttrs(r.Context(), level, "request failed",
		slog.String("where", "console."+r.where()), slog.String("method", r.Method), slog.Int("status", status), slog.Any("err", err))
}
