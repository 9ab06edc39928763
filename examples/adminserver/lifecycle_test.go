package main

import (
	"io"
	"net/http"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// slowRequest begins a request of an admin, and returns what sends the rest of it,
// and then the answer.
func slowRequest(p *program, token string) (finish func(rest string) (answer, error)) {
	p.t.Helper()
	body, writer := io.Pipe()
	type result struct {
		answer
		err error
	}
	done := make(chan result, 1)
	go func() {
		a, err := p.try("POST", "/api/check", body, login{token: token})
		done <- result{a, err}
	}()
	if _, err := io.WriteString(writer, `{"name":`); err != nil { // returns once it is on the way
		p.t.Fatal(err)
	}
	return func(rest string) (answer, error) {
		_, _ = io.WriteString(writer, rest) // nobody may be there to read it
		writer.Close()
		r := <-done
		return r.answer, r.err
	}
}

var tokensLookedUp = regexp.MustCompile(`(?m)^ostraka_store_operation_seconds_count{operation="credential_by_hash"} (\d+)$`)

// begin begins a request of an admin, the first that the server has, and waits until
// the server is at work on it. It returns what slowRequest does.
func begin(t *testing.T, p *program, token string) (finish func(rest string) (answer, error)) {
	t.Helper()
	finish = slowRequest(p, token)
	began := time.Now()
	for asked := 1; time.Since(began) < waitFor; asked++ {
		a := p.send("GET", "/metrics", "", login{token: token})
		m := tokensLookedUp.FindStringSubmatch(a.body)
		if m != nil && m[1] == strconv.Itoa(asked+1) { // once for each time we asked, and once more
			return finish
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the request is not under way")
	return nil
}

func TestRequestsUnderWayAreAnswered(t *testing.T) {
	db, alice := database(t)
	p := start(t, db)
	finish := begin(t, p, alice.token)
	var wg sync.WaitGroup
	var status int
	wg.Go(func() { status = p.stop() })
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) { // no new ones are taken
		if _, err := p.try("GET", "/healthz", nil, login{}); err != nil {
			break
		}
		if time.Since(began) > waitFor {
			t.Fatal("the server goes on to take requests")
		}
	}
	a, err := finish(`"bob"}`)
	if err != nil || a.status != http.StatusOK {
		t.Errorf("%d %s, %v", a.status, a.body, err)
	}
	wg.Wait()
	if status != 0 {
		t.Errorf("exit status %d: %s", status, p.logged())
	}
}

func TestRequestsThatTakeTooLongAreCutOff(t *testing.T) {
	db, alice := database(t)
	p := start(t, db, "-shutdown-timeout", "50ms")
	finish := begin(t, p, alice.token)
	if status := p.stop(); status != 1 || !strings.Contains(p.logged(), "requests were cut off, to stop within 50ms") {
		t.Errorf("exit status %d: %s", status, p.logged())
	}
	if a, err := finish(`"bob"}`); err == nil && a.status == http.StatusOK {
		t.Error("it was answered")
	}
}

func TestNothingIsLeftRunning(t *testing.T) {
	db, alice := database(t)
	before := runtime.NumGoroutine()
	for _, flags := range [][]string{nil, {"-mirror"}} {
		p := start(t, db, flags...)
		admin := p.signIn("alice", alice.password)
		p.send("GET", "/api/admin/bans", "", admin).want(t, http.StatusOK, "")
		p.send("GET", "/metrics", "", login{token: alice.token}).want(t, http.StatusOK, "")
		if status := p.stop(); status != 0 {
			t.Errorf("exit status %d: %s", status, p.logged())
		}
	}
	for began := time.Now(); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > waitFor {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func TestTwoServersOfOneDatabase(t *testing.T) {
	db, alice := database(t)
	one, two := start(t, db), start(t, db, "-mirror")
	admin := one.signIn("alice", alice.password)
	// The session and its CSRF token are good at both.
	two.send("POST", "/api/admin/bans", `{"ban_type":"domain","ban_value":"spam.example"}`, admin).want(t, http.StatusOK, `"created":true`)
	one.send("GET", "/api/admin/bans", "", admin).want(t, http.StatusOK, `"ban_value":"spam.example"`)

	token := login{token: alice.token}
	alias := `{"address":"shop@alias.example","destination":"bob@spam.example","ip":"198.51.100.7"}`
	two.send("POST", "/api/aliases", alias, token).want(t, http.StatusForbidden, `{"error":"banned"`)
	refused := func() bool { return one.send("POST", "/api/aliases", alias, token).status == http.StatusForbidden }
	for began := time.Now(); !refused(); time.Sleep(20 * time.Millisecond) {
		// Until the ban is seen, within a second, it makes the alias, and then refuses
		// to make it again, with another status.
		if time.Since(began) > waitFor {
			t.Fatal("the other server does not see the ban")
		}
	}

	if status := one.stop(); status != 0 {
		t.Errorf("exit status %d: %s", status, one.logged())
	}
	again := start(t, db)
	again.send("POST", "/api/admin/bans", `{"ban_type":"domain","ban_value":"spam.example"}`, admin).want(t, http.StatusOK, `"updated":true`)
}
