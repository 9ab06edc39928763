package main

import (
	"bufio"
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/ban"
)

const checkBody = `{"email":"somebody@stranger.test","ip":"198.51.100.77","name":"somebody"}`

// measureToken times a check over HTTP by a program with an API token, which is looked
// up for every request, and the same handler for one token that it knows by heart.
func (b *bench) measureToken(ctx context.Context) error {
	s := b.largest()
	auth, secret, err := s.newToken(ctx)
	if err != nil {
		return err
	}
	who, err := accounthttp.NewAuthorizer(auth, accounthttp.AuthorizerOptions{})
	if err != nil {
		return err
	}
	want := "Bearer " + secret
	explain := explainHandler(s.mirror)
	lookedUp := func(w http.ResponseWriter, r *http.Request) {
		if _, err := who.BearerToken(r, accounthttp.Need{Resource: "check"}); err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		explain(w, r)
	}
	fixed := func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte(want)) != 1 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		explain(w, r)
	}
	var asked [2]net.Conn
	for i, h := range []http.HandlerFunc{lookedUp, fixed} {
		server := &http.Server{Handler: h, ReadTimeout: time.Hour}
		defer server.Close()
		if asked[i], err = listen(func(l net.Listener) { _ = server.Serve(l) }); err != nil {
			return err
		}
		defer asked[i].Close()
	}
	times, err := alternate(b.rounds, b.slice, askCheck(asked[0], want), askCheck(asked[1], want))
	if err != nil {
		return err
	}
	b.rows = append(b.rows, compare("a check over HTTP with an API token", times[0], times[1], "ns", atMost(2, "a fixed token")))
	return nil
}

// newToken makes an admin with an API token.
func (s *site) newToken(ctx context.Context) (*account.Auth, string, error) {
	ctx = ban.WithActor(ctx, "bench")
	admin, err := account.NewAdmin(s.store, account.AdminOptions{})
	if err != nil {
		return nil, "", err
	}
	acc, err := admin.Create(ctx, account.CreateOptions{Handle: "bench", Admin: true})
	if err != nil {
		return nil, "", err
	}
	auth, err := account.NewAuth(s.store, account.AuthOptions{})
	if err != nil {
		return nil, "", err
	}
	t, err := auth.CreateToken(ctx, acc.ID, account.TokenOptions{Name: "bench", Scopes: []string{"admin"}})
	return auth, t.Secret, err
}

// explainHandler answers a check in JSON.
func explainHandler(checker *ban.Checker) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Email, IP, Name string }
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&asked); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		trace, err := checker.Explain(r.Context(), ban.Subject{Email: asked.Email, IP: asked.IP, Name: asked.Name})
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(trace)
	}
}

// askCheck asks over one connection.
func askCheck(conn net.Conn, authorization string) work {
	request := fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: bench\r\nAuthorization: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		authorization, len(checkBody), checkBody)
	r := bufio.NewReader(conn)
	return func(n int) error {
		for range n {
			if _, err := conn.Write(request); err != nil {
				return err
			}
			answer, err := http.ReadResponse(r, nil)
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			if err != nil || answer.StatusCode != http.StatusOK {
				return fmt.Errorf("a check answers %d, %w", answer.StatusCode, err)
			}
		}
		return nil
	}
}
