//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// address returns one of the addresses that are banned or asked about, out of those
// that nobody has (RFC 6890): the networks for benchmarks, and behind them.
func address(i int64) string {
	return netip.AddrFrom4([4]byte{198, byte(18 + i>>16&1), byte(i >> 8), byte(i)}).String()
}

// request sends one, and returns the status and the body of the answer.
func (c *cluster) request(ctx context.Context, n *node, method, path, from string, body any) (int, http.Header, []byte, error) {
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return 0, nil, nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, n.url+path, &sent)
	if err != nil {
		return 0, nil, nil, err
	}
	for k, v := range c.login {
		r.Header[k] = v
	}
	r.Header.Set("Content-Type", "application/json")
	if from != "" {
		r.Header.Set("X-Forwarded-For", from)
	}
	a, err := c.client.Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(io.LimitReader(a.Body, 1<<20))
	return a.StatusCode, a.Header, text, err
}

func (c *cluster) signIn(ctx context.Context) error {
	status, header, body, err := c.request(ctx, c.nodes[0], "POST", "/api/auth/sign-in", "", map[string]string{"login": "alice", "password": c.password})
	var in struct {
		CSRFToken string `json:"csrf_token"`
	}
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("the admin cannot sign in: %d %s, %w", status, body, err)
	}
	c.login = http.Header{"X-Csrf-Token": {in.CSRFToken}}
	cookies := &http.Request{Header: c.login}
	for _, cookie := range (&http.Response{Header: header}).Cookies() {
		cookies.AddCookie(cookie)
	}
	return nil
}

// admitted asks a server for a page in the name of an address, and reports whether it
// is let in.
func (c *cluster) admitted(ctx context.Context, n *node, from string) (bool, error) {
	status, _, body, err := c.request(ctx, n, "GET", "/api/auth/session", from, nil)
	switch {
	case err != nil:
		return false, err
	case status == http.StatusOK:
		return true, nil
	case status == http.StatusForbidden:
		return false, nil
	}
	return false, fmt.Errorf("a server answers %d: %s", status, body)
}

// ban bans an address through a server.
func (c *cluster) ban(ctx context.Context, n *node, address string) error {
	status, _, body, err := c.request(ctx, n, "POST", "/api/admin/bans", "", map[string]string{"ban_type": "ip", "ban_value": address})
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("a ban is answered with %d: %s", status, body)
	}
	return err
}

// tooLate is when a server is taken not to follow the others at all.
const tooLate = 10 * time.Second

// measureFreshness bans addresses at the rate of the flags.
func (c *cluster) measureFreshness(ctx context.Context, d time.Duration) (*figures, error) {
	fig := &figures{}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	tick := time.NewTicker(time.Duration(float64(time.Second) / c.writes))
	defer tick.Stop()
	var all sync.WaitGroup
	began := time.Now()
	for i := int64(0); time.Since(began) < d && ctx.Err() == nil; i++ {
		all.Go(func() {
			if err := c.oneBan(ctx, c.nodes[int(i)%len(c.nodes)], address(i), fig); err != nil {
				cancel(err)
			}
		})
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	all.Wait()
	fig.seconds = time.Since(began).Seconds()
	return fig, context.Cause(ctx)
}

// oneBan bans an address that all servers have let in, and times until each refuses it.
func (c *cluster) oneBan(ctx context.Context, through *node, address string, fig *figures) error {
	for _, n := range c.nodes {
		if in, err := c.admitted(ctx, n, address); err != nil || !in {
			return errors.Join(err, errorUnless(in, "an address is refused before it is banned"))
		}
	}
	if err := c.ban(ctx, through, address); err != nil {
		return err
	}
	banned := time.Now()
	errs := make([]error, len(c.nodes))
	var all sync.WaitGroup
	for i, n := range c.nodes {
		all.Go(func() {
			in, err := true, error(nil)
			for in && err == nil && time.Since(banned) < tooLate {
				in, err = c.admitted(ctx, n, address)
			}
			if errs[i] = errors.Join(err, errorUnless(!in, "a server goes on letting in who is banned")); errs[i] == nil {
				fig.add(time.Since(banned))
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func errorUnless(ok bool, text string) error {
	if ok {
		return nil
	}
	return errors.New(text)
}

// measureThroughput has clients ask as fast as they are answered, and then ban.
func (c *cluster) measureThroughput(ctx context.Context, d time.Duration) (checks, bans float64, err error) {
	var next atomic.Int64
	checks, err = c.flood(ctx, d, func(ctx context.Context, n *node) error {
		in, err := c.admitted(ctx, n, netip.AddrFrom4([4]byte{203, 0, 113, byte(next.Add(1))}).String())
		return errors.Join(err, errorUnless(in || err != nil, "an address that is not banned is refused"))
	})
	if err != nil {
		return 0, 0, err
	}
	next.Store(1 << 16) // beyond those that were banned
	bans, err = c.flood(ctx, d, func(ctx context.Context, n *node) error { return c.ban(ctx, n, address(next.Add(1))) })
	return checks, bans, err
}

// clientsPerNode is how many ask a server at once.
const clientsPerNode = 4

// flood does something through all servers for a time, and returns how often a second.
func (c *cluster) flood(ctx context.Context, d time.Duration, do func(context.Context, *node) error) (float64, error) {
	var done atomic.Int64
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	began := time.Now()
	for _, n := range c.nodes {
		for range clientsPerNode {
			all.Go(func() {
				for time.Since(began) < d && ctx.Err() == nil {
					if err := do(ctx, n); err != nil {
						cancel(err)
						return
					}
					done.Add(1)
				}
			})
		}
	}
	all.Wait()
	return float64(done.Load()) / time.Since(began).Seconds(), context.Cause(ctx)
}
