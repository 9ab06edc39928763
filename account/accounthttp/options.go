package accounthttp

import (
	"context"
	"log/slog"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
)

// Options configures the handlers of [NewUsers] and [NewSuspensions].
type Options struct {
	// Authorize decides who may. Required: without it nothing is served.
	Authorize Authorize

	// Logger takes what is not told to clients: the cause of every answer of
	// status 500 and above, and the errors of [account.AdminOptions.OnSuspend].
	// Default [slog.Default].
	Logger *slog.Logger

	// Timeout is how long a client may take to send its body, and then to take
	// the answer, where the server does not say so itself by
	// [http.Server.ReadTimeout] and WriteTimeout. Default 10 seconds.
	Timeout time.Duration
}

// config returns what the routes of a contract have in common.
func (o Options) config(fail func(*web.Request, error) web.Reply) web.Config {
	return web.Config{Authorize: o.Authorize, Fail: fail, Logger: o.Logger, Timeout: o.Timeout}
}

// hooksFailed notes that something was done to an account, but that a hook of the host
// failed. That is no failure of the request.
func (o Options) hooksFailed(ctx context.Context, acc *account.Account, err error) {
	if err != nil {
		orDefaultLogger(o.Logger).ErrorContext(ctx, "account changed, but a hook failed", "account", acc.ID, "err", err)
	}
}

func orDefaultLogger(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.Default()
	}
	return l
}

func errNoAuth() error {
	return ban.NewValueError("auth", "", ban.CodeEmpty, "give what account.NewAuth returns")
}

func errNoAuthorizer() error {
	return ban.NewValueError("authorizer", "", ban.CodeEmpty, "give what NewAuthorizer returns")
}

func errNoAdmin() error {
	return ban.NewValueError("admin", "", ban.CodeEmpty, "give what account.NewAdmin returns")
}
