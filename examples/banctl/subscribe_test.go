package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAListIsSubscribedFetchedAndUnsubscribed(t *testing.T) {
	content := "a.example\nb.example\n"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, content) }))
	defer server.Close()
	c := newCLI(t)
	r := c.run("subscribe", "--list", "l", server.URL)
	if r.code != 2 || !strings.Contains(r.errors, "https") {
		t.Errorf("http without --allow-private: exit status %d, %s", r.code, r.errors)
	}
	dry := c.json("subscribe", "--list", "l", "--allow-private", "--dry-run", server.URL)
	wants(t, dry, "dry_run", true)
	doc := c.json("subscribe", "--list", "l", "--allow-private", "--every", "6h", "--reason", "throw-away", server.URL)
	wants(t, doc, "action", "created", "subscription.interval", "6h0m0s", "subscription.state.failures", 0.0)
	contains(t, c.ok("lists"), "not yet")

	rehearsed := c.json("fetch", "--dry-run")
	wants(t, rehearsed["fetched"].([]any)[0].(map[string]any), "outcome", "applied", "import.added", 2.0)
	contains(t, c.ok("lists"), "not yet")
	contains(t, c.ok("fetch"), "2 added")
	contains(t, c.ok("fetch"), "no list is due")
	if code := c.run("check", "--email", "x@a.example").code; code != statusDenied {
		t.Errorf("check of a fetched entry ends with %d", code)
	}
	contains(t, c.ok("show", "list:l"), "throw-away")

	content = "<html>"
	r = c.run("fetch", "--list", "l")
	if r.code != 2 || !strings.Contains(r.out, "failed") {
		t.Errorf("a page: exit status %d, %s %s", r.code, r.out, r.errors)
	}
	contains(t, c.ok("lists"), "PROBLEM")
	content = "z.example\n"
	if r = c.run("fetch", "--list", "l"); r.code != 2 || !strings.Contains(r.out, "stopped") {
		t.Errorf("another list: exit status %d, %s %s", r.code, r.out, r.errors)
	}
	contains(t, c.ok("fetch", "--list", "l", "--force"), "1 added")

	wants(t, c.json("unsubscribe", "l"), "action", "deleted")
	if r = c.run("fetch", "--list", "l"); r.code != 2 || !strings.Contains(r.errors, `a subscription of list "l", which subscribe makes: not found`) {
		t.Errorf("fetch without a subscription: exit status %d, %s", r.code, r.errors)
	}
	contains(t, c.ok("lists"), "l ")
}

func TestTheCatalogueIsAWordAway(t *testing.T) {
	c := newCLI(t)
	c.ok("add", "spam.example")
	contains(t, c.ok("catalogue"), "CC0-1.0")
	doc := c.json("subscribe", "disposable", "--effect", "review", "--dry-run")
	wants(t, doc, "subscription.list", "disposable", "subscription.effect", "review", "subscription.scope", "sign_up")
	r := c.run("subscribe", "nothing-of-the-kind")
	if r.code != 2 || !strings.Contains(r.errors, "catalogue") {
		t.Errorf("exit status %d, %s", r.code, r.errors)
	}
}
