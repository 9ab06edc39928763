package postfix

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// errStopping says that the server is to end.
var errStopping = errors.New("the server is stopping")

// connection is one of the connections of a server.
type connection struct {
	*Server
	conn    net.Conn
	reader  *bufio.Reader
	waiting atomic.Bool // for a request to begin
	line    []byte      // room for an answer
}

// serve answers the requests of a connection, one after the other, until it ends.
// ctx ends when the server is to stop, hard when it waits no longer.
func (s *Server) serve(ctx, hard context.Context, conn net.Conn) {
	defer conn.Close()
	c := &connection{Server: s, conn: conn, reader: NewReader(conn)}
	defer context.AfterFunc(hard, func() { conn.Close() })()
	defer context.AfterFunc(ctx, func() {
		if c.waiting.Load() {
			_ = conn.SetReadDeadline(time.Unix(1, 0))
		}
	})()
	for {
		err := c.awaitRequest(ctx)
		switch {
		case err == nil:
			err = c.answer(hard)
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
func (c *connection) awaitRequest(ctx context.Context) error {
	c.waiting.Store(true)
	err := c.conn.SetReadDeadline(time.Now().Add(c.opts.IdleTimeout))
	if err == nil && ctx.Err() == nil { // or what ended the wait has come before the deadline was set
		_, err = c.reader.Peek(1)
	}
	c.waiting.Store(false)
	if ctx.Err() != nil {
		return errStopping
	}
	return err
}

// answer reads a request and writes the answer.
func (c *connection) answer(hard context.Context) error {
	now := time.Now()
	req := readBuffered(c.reader)
	if req == nil { // there is more to come, or something is wrong with it
		err := c.conn.SetReadDeadline(now.Add(c.opts.RequestTimeout))
		if err == nil {
			req, err = ReadRequest(c.reader)
		}
		if err != nil {
			return err
		}
	}
	ctx := &requestContext{Context: hard, deadline: now.Add(c.opts.RequestTimeout)}
	defer ctx.end()
	c.line = append(append(append(c.line[:0], "action="...), c.handler(ctx, req).String()...), "\n\n"...)
	if err := c.conn.SetWriteDeadline(time.Now().Add(c.opts.RequestTimeout)); err != nil {
		return err
	}
	if _, err := c.conn.Write(c.line); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}
