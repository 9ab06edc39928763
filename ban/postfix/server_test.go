package postfix_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/ostraka/ban/postfix"
)

// pipes is a listener on connections in memory, whose time is that of synctest.
type pipes struct {
	conns  chan net.Conn
	errs   chan error
	closed chan struct{}
	done   atomic.Bool
}

func newPipes() *pipes {
	return &pipes{conns: make(chan net.Conn), errs: make(chan error), closed: make(chan struct{})}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case err := <-p.errs:
		return nil, err
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	if p.done.CompareAndSwap(false, true) {
		close(p.closed)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// dial returns the client's end of a connection, or nil if nobody accepts it
// within a minute.
func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client
	case <-time.After(time.Minute):
		return nil
	}
}

// running is a server under test.
type running struct {
	*pipes
	stop  func()
	ended chan error
}

// start serves until stop is called. It is to be called within synctest.
func start(t *testing.T, handler postfix.Handler, opts postfix.ServerOptions) *running {
	t.Helper()
	s, err := postfix.NewServer(handler, opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{pipes: newPipes(), stop: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- s.Serve(ctx, r.pipes) }()
	return r
}

func dunno(context.Context, postfix.Request) postfix.Action { return postfix.Dunno }

// read returns what arrives until the connection ends.
func read(t *testing.T, conn net.Conn) string {
	t.Helper()
	text, err := io.ReadAll(conn)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

func TestAPipelineIsAnsweredInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		echo := func(_ context.Context, r postfix.Request) postfix.Action {
			return postfix.Reject("5.7.1", r["sender"])
		}
		r := start(t, echo, postfix.ServerOptions{})
		conn := r.dial()
		go io.WriteString(conn, plain+strings.ReplaceAll(plain, "eve", "bob")+plain+"not a request\n")
		want := "action=REJECT 5.7.1 eve@spam.example\n\naction=REJECT 5.7.1 bob@spam.example\n\naction=REJECT 5.7.1 eve@spam.example\n\n"
		if got := read(t, conn); got != want {
			t.Errorf("the answers are %q, want %q and none to what is no request", got, want)
		}
		r.stop()
		if err := <-r.ended; err != nil {
			t.Error(err)
		}
	})
}

func TestConnectionsThatAreTooSlowAreClosed(t *testing.T) {
	for rule, c := range map[string]struct {
		send string
		want time.Duration
	}{
		"idle":             {"", postfix.DefaultIdleTimeout},
		"within a request": {plain[:40], postfix.DefaultRequestTimeout},
	} {
		t.Run(rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, dunno, postfix.ServerOptions{})
				began := time.Now()
				conn := r.dial()
				go io.WriteString(conn, c.send)
				if got := read(t, conn); got != "" || time.Since(began) != c.want {
					t.Errorf("closed after %v with %q, want %v and no answer", time.Since(began), got, c.want)
				}
				r.stop()
				<-r.ended
			})
		})
	}
}

func TestAClientThatDoesNotReadIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, dunno, postfix.ServerOptions{})
		conn := r.dial()
		if _, err := io.WriteString(conn, plain); err != nil {
			t.Fatal(err)
		}
		time.Sleep(postfix.DefaultRequestTimeout + time.Second)
		if _, err := io.WriteString(conn, plain); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("writing on gives %v, want a closed connection", err)
		}
		r.stop()
		<-r.ended
	})
}

func TestStoppingAnswersWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(ctx context.Context, _ postfix.Request) postfix.Action {
			time.Sleep(2 * time.Second)
			return postfix.Dunno
		}
		r := start(t, slow, postfix.ServerOptions{})
		idle, busy := r.dial(), r.dial()
		if _, err := io.WriteString(busy, plain); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		began := time.Now()
		r.stop()
		if got := read(t, idle); got != "" || time.Since(began) != 0 {
			t.Errorf("the idle connection ends after %v with %q", time.Since(began), got)
		}
		if got := read(t, busy); got != "action=DUNNO\n\n" {
			t.Errorf("the request under way is answered %q", got)
		}
		if err := <-r.ended; err != nil || time.Since(began) != 2*time.Second {
			t.Errorf("Serve ends after %v with %v", time.Since(began), err)
		}
	})
}

func TestStoppingWaitsNoLongerThanItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := func(ctx context.Context, _ postfix.Request) postfix.Action {
			<-ctx.Done()
			return postfix.Dunno
		}
		r := start(t, stuck, postfix.ServerOptions{RequestTimeout: time.Hour})
		conn := r.dial()
		if _, err := io.WriteString(conn, plain); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		began := time.Now()
		r.stop()
		if err := <-r.ended; err != nil || time.Since(began) != postfix.DefaultShutdownTimeout {
			t.Errorf("Serve ends after %v with %v", time.Since(began), err)
		}
		if got := read(t, conn); got != "" {
			t.Errorf("the answer is %q", got)
		}
	})
}

func TestAHandlerHasLimitedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := start(t, func(ctx context.Context, _ postfix.Request) postfix.Action {
			<-ctx.Done()
			return postfix.Defer("4.3.0", "later")
		}, postfix.ServerOptions{})
		conn := r.dial()
		go io.WriteString(conn, plain)
		answer, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || answer != "action=DEFER_IF_PERMIT 4.3.0 later\n" || time.Since(began) != postfix.DefaultRequestTimeout {
			t.Errorf("after %v: %q, %v", time.Since(began), answer, err)
		}
		conn.Close()
		r.stop()
		<-r.ended
	})
}

func TestFurtherConnectionsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, dunno, postfix.ServerOptions{MaxConns: 2})
		first, second := r.dial(), r.dial()
		if r.dial() != nil {
			t.Error("a third connection is served")
		}
		first.Close()
		if third := r.dial(); third == nil {
			t.Error("no connection is served after one has ended")
		} else {
			third.Close()
		}
		second.Close()
		r.stop()
		<-r.ended
	})
}

func TestShortageIsWaitedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, dunno, postfix.ServerOptions{})
		for range 12 {
			r.errs <- os.NewSyscallError("accept", syscall.EMFILE)
		}
		if conn := r.dial(); conn == nil {
			t.Error("no connection is served after the shortage")
		} else {
			conn.Close()
		}
		broken := errors.New("broken")
		r.errs <- broken
		if err := <-r.ended; !errors.Is(err, broken) {
			t.Errorf("Serve ends with %v, want what broke", err)
		}
	})
}

func TestOptionsOutOfRange(t *testing.T) {
	for field, opts := range map[string]postfix.ServerOptions{
		"MaxConns":        {MaxConns: -1},
		"IdleTimeout":     {IdleTimeout: -1},
		"RequestTimeout":  {RequestTimeout: -1},
		"ShutdownTimeout": {ShutdownTimeout: -1},
	} {
		_, err := postfix.NewServer(dunno, opts)
		if bad, ok := errors.AsType[*postfix.OptionError](err); !ok || bad.Field != field || bad.Hint == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := postfix.NewServer(nil, postfix.ServerOptions{}); err == nil {
		t.Error("a server without a handler is made")
	}
}
