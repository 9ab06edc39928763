package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/sqlitestore"
)

// waitFor bounds what a test waits for. It is not reached unless something is
// broken.
const waitFor = 30 * time.Second

// process is a run of the program.
type process struct {
	url  string           // of the page, without the slash at its end
	told string           // what it printed after that
	log  *strings.Builder // to be read once it has ended
	stop func()           // has it end, and checks that it ends well
}

// start runs the program on a free port, and ends it with the test.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	var log strings.Builder
	ended := make(chan int, 1)
	go func() {
		code := run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), in, &log)
		in.Close()
		ended <- code
	}()
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("the program ended with %d: %s", <-ended, &log)
	}
	p := &process{url: strings.TrimSuffix(strings.TrimSpace(first), "/"), log: &log}
	if strings.Contains(strings.Join(args, " "), "-sample") {
		for range len(tries) + 1 {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			p.told += line
		}
	}
	stopped := false
	p.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case code := <-ended:
			if code != 0 {
				t.Errorf("the program ended with %d: %s", code, &log)
			}
		case <-time.After(waitFor):
			t.Error("the program does not end")
		}
	}
	t.Cleanup(p.stop)
	return p
}

// signUp sends the form, and returns the status and the page after redirects.
func (p *process) signUp(t *testing.T, handle, email string) (int, string) {
	t.Helper()
	resp, err := http.PostForm(p.url+"/", url.Values{fieldHandle: {handle}, fieldEmail: {email}, fieldPassword: {password}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestTheSamplesShowEachAnswer(t *testing.T) {
	db := filepath.Join(t.TempDir(), "signup.db")
	for round := range 2 { // the second time the samples are there
		p := start(t, "-db", db, "-sample")
		wants := []string{
			welcomePage.Heading, pendingPage.Heading,
			"we had a lot of spam from this provider", "please use an address that you will keep",
		}
		for i, c := range tries {
			if !strings.Contains(p.told, c.Email) {
				t.Errorf("the program does not say to try %s:\n%s", c.Email, p.told)
			}
			_, body := p.signUp(t, fmt.Sprintf("user-%d-%d", round, i), c.Email)
			if !strings.Contains(body, wants[i]) {
				t.Errorf("%s: the page does not say %q:\n%s", c.Email, wants[i], body)
			}
		}
		p.stop()
	}
}

func TestANewDatabaseBansNobody(t *testing.T) {
	p := start(t, "-db", filepath.Join(t.TempDir(), "new.db"))
	if code, body := p.signUp(t, "eve", "eve@spam.example"); code != http.StatusOK || !strings.Contains(body, welcomePage.Heading) {
		t.Errorf("status %d:\n%s", code, body)
	}
}

// A stranger learns no more of it than that of a taken address: nothing.
func TestWithUniqueMailboxAnotherSpellingMakesNoAccount(t *testing.T) {
	db := filepath.Join(t.TempDir(), "signup.db")
	p := start(t, "-db", db, "-unique-mailbox")
	for handle, email := range map[string]string{"bob": "bob@gmail.com", "rob": "b.ob+7@googlemail.com"} {
		if code, body := p.signUp(t, handle, email); code != http.StatusOK || !strings.Contains(body, welcomePage.Heading) {
			t.Errorf("%s: status %d:\n%s", email, code, body)
		}
	}
	p.stop()
	st, err := sqlitestore.Open(t.Context(), db, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	accounts, err := account.NewAdmin(st, account.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := accounts.Count(t.Context(), account.Filter{}); err != nil || n != 1 {
		t.Errorf("%d accounts, %v; want one", n, err)
	}
}

// banIn makes bans in a database, as banctl would.
func banIn(t *testing.T, path string, all ...ban.CreateOptions) {
	t.Helper()
	st, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		if _, err := admin.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
}

func TestABanByAnotherProgramIsSeen(t *testing.T) {
	db := filepath.Join(t.TempDir(), "signup.db")
	p := start(t, "-db", db)
	if code, _ := p.signUp(t, "ann", "ann@late.example"); code != http.StatusOK {
		t.Fatalf("status %d before the ban", code)
	}
	banIn(t, db, ban.CreateOptions{Kind: ban.KindDomain, Value: "late.example", PublicReason: "too late"})
	deadline := time.Now().Add(waitFor)
	for {
		code, _ := p.signUp(t, "eve", "ann@late.example") // makes no account: the address is taken
		if code == http.StatusForbidden {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still status %d", code)
		}
		time.Sleep(ban.DefaultPollInterval)
	}
}

// TestRequestsUnderWayAreAnswered ends the program while a form is on its way.
func TestRequestsUnderWayAreAnswered(t *testing.T) {
	p := start(t)
	addr := strings.TrimPrefix(p.url, "http://")
	conn, err := net.DialTimeout("tcp", addr, waitFor)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := url.Values{fieldHandle: {"ann"}, fieldEmail: {"ann@good.example"}, fieldPassword: {password}}.Encode()
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", addr, len(body))
	answer := bufio.NewReader(conn)
	if line, err := answer.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v", line, err) // the handler reads the body now
	}
	if _, err := answer.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.stop()
	}()
	waitUntilRefused(t, addr)
	fmt.Fprint(conn, body)
	resp, err := http.ReadResponse(answer, nil)
	if err != nil || resp.StatusCode != http.StatusSeeOther {
		t.Errorf("the answer is %v, %v", resp, err)
	}
	<-done
}

// waitUntilRefused waits until nobody listens any more.
func waitUntilRefused(t *testing.T, addr string) {
	t.Helper()
	for deadline := time.Now().Add(waitFor); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		conn.Close()
	}
	t.Fatal("the program goes on listening")
}

func TestWhatCannotBeUsedIsSaidOnOneLine(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), waitFor) // of what is not refused
	defer cancel()
	notADatabase := filepath.Join(t.TempDir(), "missing", "x.db")
	for _, c := range []struct {
		args string
		text string
	}{
		{"-on-error maybe", "use closed or open"},
		{"-trusted-proxy proxy.example", "give an address or a prefix"},
		{"-trusted-proxy 10.0.0.0/33", "give an address or a prefix"},
		{"-trusted-proxy fe80::1%eth0", "give an address or a prefix"},
		{"-burst 0", "give a number of sign-ups"},
		{"-every 0s", "at most a day"},
		{"-every 25h", "at most a day"},
		{"-nonsense", "-h shows the flags"},
		{"extra", `unexpected argument "extra"`},
		{"-db " + notADatabase, "-db " + notADatabase},
		{"-addr 127.0.0.1:-1", "-addr 127.0.0.1:-1"},
	} {
		var out, errs strings.Builder
		code := run(ctx, strings.Fields(c.args), &out, &errs)
		lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
		last := lines[len(lines)-1]
		if code != 2 || !strings.HasPrefix(last, "signup: ") || !strings.Contains(last, c.text) || out.Len() > 0 {
			t.Errorf("%s: exit status %d, %q, want %q", c.args, code, errs.String(), c.text)
		}
	}
}

func TestFlags(t *testing.T) {
	f, err := parseFlags(strings.Fields("-trusted-proxy 10.0.0.7 -trusted-proxy 2001:db8::/64 -on-error open"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(f.host.proxies); got != "[10.0.0.7/32 2001:db8::/64]" {
		t.Errorf("proxies %s", got)
	}
	if f.host.onError != ban.FailOpen {
		t.Error("-on-error open is closed")
	}
	if f, err = parseFlags(nil, io.Discard); err != nil || f.host.onError != ban.FailClosed || f.host.burst != defaultBurst || f.sample {
		t.Errorf("by default %+v, %v", f, err)
	}
	var help strings.Builder
	if code := run(t.Context(), []string{"-h"}, &help, io.Discard); code != 0 || !strings.Contains(help.String(), "-trusted-proxy") {
		t.Errorf("-h: exit status %d, %s", code, help.String())
	}
}
