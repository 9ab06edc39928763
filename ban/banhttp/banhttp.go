package banhttp

import (
	"log/slog"
	"net/http"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
)

// Options configures the handler of [New].
type Options struct {
	// Authorize decides who may. Required: without it nothing is served.
	Authorize Authorize

	// Logger takes what is not told to clients: the cause of every answer of
	// status 500 and above. Default [slog.Default].
	Logger *slog.Logger

	// Now is the clock by which a ban is called active; give the one of
	// [ban.AdminOptions]. Default [time.Now].
	Now func() time.Time

	// Timeout is how long a client may take to send its body, and then to take
	// the answer, where the server does not say so itself by
	// [http.Server.ReadTimeout] and WriteTimeout. Default 10 seconds.
	Timeout time.Duration
}

// New returns a handler of the bans of an Admin. Its paths begin at the root:
// mount it with [http.StripPrefix]. What is missing or out of range gives a
// [*ban.ValueError]. It is safe for concurrent use.
func New(admin *ban.Admin, o Options) (http.Handler, error) {
	if admin == nil {
		return nil, ban.NewValueError("admin", "", ban.CodeEmpty, "give what ban.NewAdmin returns")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	h := &handler{admin: admin, now: o.Now}
	return web.NewHandler(web.Config{
		Authorize: o.Authorize, Fail: errorTable.Reply, Logger: o.Logger, Timeout: o.Timeout, Slash: true,
	}, h.routes())
}

type handler struct {
	admin *ban.Admin
	now   func() time.Time
}

func (h *handler) routes() []web.Route {
	read, write := Need{Resource: "bans"}, Need{Resource: "bans", Mutation: true}
	return []web.Route{
		{Method: http.MethodGet, Pattern: "/bans", Where: "bans.list", Need: read, Handle: h.list},
		{Method: http.MethodGet, Pattern: "/bans/{id}", Where: "bans.get", Need: read, Handle: h.get},
		{Method: http.MethodPost, Pattern: "/bans", Where: "bans.create", Need: write, Handle: h.create},
		{Method: http.MethodPatch, Pattern: "/bans/{id}", Where: "bans.update", Need: write, Handle: h.update},
		{Method: http.MethodDelete, Pattern: "/bans/{id}", Where: "bans.delete", Need: write, Handle: h.delete},
	}
}
