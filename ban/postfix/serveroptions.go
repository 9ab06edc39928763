package postfix

import (
	"fmt"
	"log/slog"
	"time"
)

// ServerOptions configures a [Server]. The zero value is the default.
type ServerOptions struct {
	// MaxConns bounds the connections that are served at a time. Further ones wait
	// until one of these ends. Default 512; Postfix has one for each of its smtpd
	// processes, of which it runs 100 unless told (default_process_limit).
	MaxConns int

	// IdleTimeout is how long a connection may be without a request. Default 10
	// minutes: Postfix itself hangs up after 5 (smtpd_policy_service_max_idle).
	IdleTimeout time.Duration

	// RequestTimeout bounds each of: reading a request that has begun, answering it,
	// and writing the answer. Default 10 seconds; Postfix waits for 100
	// (smtpd_policy_service_timeout).
	RequestTimeout time.Duration

	// ShutdownTimeout is how long requests under way may take to be answered once
	// the server is to stop. Default 5 seconds.
	ShutdownTimeout time.Duration

	// Log is told of connections that end otherwise than they should. Default: none.
	Log *slog.Logger
}

// The defaults of [ServerOptions].
const (
	DefaultMaxConns        = 512
	DefaultIdleTimeout     = 10 * time.Minute
	DefaultRequestTimeout  = 10 * time.Second
	DefaultShutdownTimeout = 5 * time.Second
)

// OptionError reports an option that is out of range.
type OptionError struct {
	Field string // of ServerOptions
	Value string
	Hint  string // what would be right
}

func (e *OptionError) Error() string { return fmt.Sprintf("%s %s: %s", e.Field, e.Value, e.Hint) }

// withDefaults checks the options and fills in the defaults.
func (o ServerOptions) withDefaults() (ServerOptions, error) {
	if o.MaxConns < 0 {
		return o, &OptionError{"MaxConns", fmt.Sprint(o.MaxConns), "give a number of connections, or 0 for the default"}
	}
	if o.MaxConns == 0 {
		o.MaxConns = DefaultMaxConns
	}
	for _, d := range []struct {
		name  string
		field *time.Duration
		value time.Duration
	}{
		{"IdleTimeout", &o.IdleTimeout, DefaultIdleTimeout},
		{"RequestTimeout", &o.RequestTimeout, DefaultRequestTimeout},
		{"ShutdownTimeout", &o.ShutdownTimeout, DefaultShutdownTimeout},
	} {
		if *d.field < 0 {
			return o, &OptionError{d.name, d.field.String(), "give a duration, or 0 for the default"}
		}
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}
