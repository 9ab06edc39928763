package blocklisthttp

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/internal/web"
)

// Options configures the handler of [New].
type Options struct {
	// Authorize decides who may. Required: without it nothing is served.
	Authorize Authorize

	// BaseURL is the public URL of where the handler is mounted, such as
	// "https://social.example/api/v1/admin", for the links between pages. Default:
	// what the request was made to.
	BaseURL string

	// TrustedProxies are the addresses of proxies in front, whose
	// X-Forwarded-Proto and X-Forwarded-Host are taken for those links. Default
	// none.
	TrustedProxies []netip.Prefix

	// Scope is what a block made here keeps people from. Default signing up alone,
	// as the documents say; to widen it, name the actions with [ban.ScopeOf].
	Scope ban.Scope

	// Logger takes what is not told to clients: the cause of every answer of
	// status 500 and above. Default [slog.Default].
	Logger *slog.Logger

	// Timeout is how long a client may take to send its body, and then to take
	// the answer, where the server does not say so itself by
	// [http.Server.ReadTimeout] and WriteTimeout. Default 10 seconds.
	Timeout time.Duration

	// Now is the clock of the header X-RateLimit-Reset. Default [time.Now].
	Now func() time.Time
}

// New returns a handler of the blocks of an Admin. Its paths begin at the root:
// mount it with [http.StripPrefix]. What is missing or out of range gives a
// [*ban.ValueError]. It is safe for concurrent use.
func New(admin *blocklist.Admin, o Options) (http.Handler, error) {
	if admin == nil {
		return nil, ban.NewValueError("admin", "", ban.CodeEmpty, "give what blocklist.NewAdmin returns")
	}
	links, err := newLinks(o)
	if err != nil {
		return nil, err
	}
	if !o.Scope.Valid() {
		return nil, ban.NewValueError("Scope", fmt.Sprintf("%#x", uint8(o.Scope)), ban.CodeUnknown, "use ban.ScopeOf with the actions of package ban")
	}
	if o.Scope == 0 {
		o.Scope = ban.ScopeOf(ban.SignUp)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	h := &handler{admin: admin, links: links, scope: o.Scope, now: o.Now}
	return web.NewHandler(web.Config{
		Authorize: o.Authorize, Fail: h.fail, Logger: o.Logger, Timeout: o.Timeout, Slash: true,
	}, h.routes())
}

type handler struct {
	admin *blocklist.Admin
	links *links
	scope ban.Scope // of blocks made here
	now   func() time.Time
}

func (h *handler) routes() []web.Route {
	read, write := Need{Resource: resource}, Need{Resource: resource, Mutation: true}
	return []web.Route{
		{Method: http.MethodGet, Pattern: "/" + resource, Where: resource + ".list", Need: read, Handle: h.list},
		{Method: http.MethodGet, Pattern: "/" + resource + "/{id}", Where: resource + ".get", Need: read, Handle: h.get},
		{Method: http.MethodPost, Pattern: "/" + resource, Where: resource + ".create", Need: write, Handle: h.create},
		{Method: http.MethodPatch, Pattern: "/" + resource + "/{id}", Where: resource + ".update", Need: write, Handle: h.update},
		{Method: http.MethodDelete, Pattern: "/" + resource + "/{id}", Where: resource + ".delete", Need: write, Handle: h.delete},
	}
}

const resource = "email_domain_blocks"
