package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/keyfile/keyfiletest"
)

func TestWithoutTheKeyOfAHashedBanItDoesNotStart(t *testing.T) {
	keyfiletest.RefusesToStart(t, func(args []string, log io.Writer) int { return run(t.Context(), args, io.Discard, log) })
}

// A ban that is hashed under a key which a server has not yet, since another was given it
// first, is not passed over: who asks is told to come again, or asks the other.
func TestARunningServerWithoutTheKeyOfABanSaysSo(t *testing.T) {
	db, alice := database(t)
	p := start(t, db)
	p.send("GET", "/healthz", "", login{}).want(t, http.StatusOK, `{"ok":true}`)
	st := open(t, db)
	bans, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "a", Keys: ban.KeyRing{"new": make([]byte, ban.MinKey)}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := bans.Create(t.Context(), ban.CreateOptions{Kind: ban.KindEmail, Value: "bob@mail.example", Hashed: true})
	if err != nil {
		t.Fatal(err)
	}
	who := login{token: alice.token}
	p.send("GET", "/healthz", "", login{}).want(t, http.StatusServiceUnavailable, `{"ok":false}`)
	p.send("POST", "/api/check", `{"email":"eve@mail.example"}`, who).want(t, http.StatusServiceUnavailable, `"reason":"hash_key_missing"`)
	p.send("POST", "/api/aliases", `{"address":"shop@alias.example","destination":"eve@mail.example","ip":"198.51.100.7"}`, who).
		want(t, http.StatusServiceUnavailable, `"reason":"hash_key_missing"`)
	if log := p.logged(); !strings.Contains(log, "give the key new") {
		t.Errorf("the log does not name the key: %s", log)
	}
	if _, err := bans.Delete(t.Context(), b.ID); err != nil {
		t.Fatal(err)
	}
	p.send("GET", "/healthz", "", login{}).want(t, http.StatusOK, `{"ok":true}`)
	p.send("POST", "/api/check", `{"email":"eve@mail.example"}`, who).want(t, http.StatusOK, `"allowed"`)
}
