//go:build unix

package main

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"example.com/ostraka/pgstore/pgtest"
)

func TestItServesUntilItIsStopped(t *testing.T) {
	pgtest.Shared(t) // or there is no server
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"-addr", addr}, w, io.Discard) }()
	text := make([]byte, 200)
	n, err := r.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(string(text[:n]))
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(url, err)
	}
	conn.Close(t.Context())
	cancel()
	if code := <-ended; code != 0 {
		t.Error(code)
	}
	if _, err := pgx.Connect(t.Context(), url); err == nil {
		t.Error("it goes on serving")
	}
}

func TestNobodyElseReachesIt(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:5433", "192.0.2.1:5433", "localhost", "127.0.0.1:0", ":5433"} {
		var log strings.Builder
		if code := run(t.Context(), []string{"-addr", addr}, &log, &log); code != 2 {
			t.Errorf("%s: %d %s", addr, code, log.String())
		}
	}
}

func TestMain(m *testing.M) { pgtest.Main(m) }
