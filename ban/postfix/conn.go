package postfix

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// errStopping says that the server is to end.
var errStopping = errors.New("the server is stopping")

// serve answers the requests of a connection, one after the other, until it ends.
// ctx ends when the server is to stop, hard when it waits no longer.
func (s *Server) serve(ctx, hard context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(hard, func() { conn.Close() })()
	r := NewReader(conn)
	for {
		err := s.awaitRequest(ctx, conn, r)
		switch {
		case err == nil:
			err = s.answer(hard, conn, r)
		case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, errStopping), errors.Is(err, io.EOF):
			return // nobody wants an answer
		}
		if err != nil {
			s.opts.Log.Warn("policy connection closed without an answer", "client", conn.RemoteAddr().String(), "err", err)
			return
		}
	}
}

// awaitRequest waits until a request begins, for as long as a connection may be
// idle and the server is not to stop.
func (s *Server) awaitRequest(ctx context.Context, conn net.Conn, r *bufio.Reader) error {
	if err := conn.SetReadDeadline(time.Now().Add(s.opts.IdleTimeout)); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	_, err := r.Peek(1)
	if !stop() {
		return errStopping
	}
	return err
}

// answer reads a request and writes the answer.
func (s *Server) answer(ctx context.Context, conn net.Conn, r *bufio.Reader) error {
	if err := conn.SetReadDeadline(time.Now().Add(s.opts.RequestTimeout)); err != nil {
		return err
	}
	req, err := ReadRequest(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.RequestTimeout)
	defer cancel()
	action := s.handler(ctx, req)
	if err := conn.SetWriteDeadline(time.Now().Add(s.opts.RequestTimeout)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(conn, "action=%s\n\n", action); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}
