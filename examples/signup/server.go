package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	// workTime bounds what a sign-up may wait for: the store, and for a password
	// to be hashed.
	workTime = 10 * time.Second
	// defaultStop is the default of -shutdown-timeout: enough for what is at work.
	defaultStop = workTime + 5*time.Second
)

func listen(ctx context.Context, addr string) (net.Listener, error) {
	var config net.ListenConfig
	return config.Listen(ctx, "tcp", addr)
}

// serve answers requests until the context ends, and then those under way for as
// long as they may take.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, underWay time.Duration, log *slog.Logger) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      workTime + 10*time.Second, // counts from the end of the header
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), underWay)
		defer cancel()
		stopped <- server.Shutdown(ctx)
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return err
	}
	if err := <-stopped; err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}
