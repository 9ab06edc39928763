package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
)

// browser is a tab of a Chromium.
type browser struct {
	ctx       context.Context
	artefacts string // the folder of the screenshots

	mu         sync.Mutex
	complaints []string // of the browser, in its console
}

// openBrowser starts a Chromium that knows nothing and talks to this machine only.
func openBrowser(t *testing.T, width, height int64) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("there is no browser here: install chromium")
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), // containers have little of it
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.WSURLReadTimeout(waitFor),
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*waitFor)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{ctx: ctx, artefacts: artefacts(t)}
	err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*cdplog.EventEntryAdded); ok && !strings.Contains(e.Entry.Text, "responded with a status of") {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.complaints = append(b.complaints, e.Entry.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	command(t, b, cdplog.Enable, cdp.Empty{})
	b.do(t, chromedp.EmulateViewport(width, height))
	return b
}

// command sends a command of the DevTools protocol.
func command[P, R any](t *testing.T, b *browser, c cdp.Command[P, R], params P) R {
	t.Helper()
	result, err := chromedp.Call(b.ctx, c, params)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// artefacts returns the folder that the screenshots are kept in.
func artefacts(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("OSTRAKA_ARTEFACTS")
	if dir == "" {
		return t.ArtifactDir()
	}
	dir = filepath.Join(dir, "signup")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (b *browser) do(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// fill fills in the form as a person would, key by key, and sends it off.
func (b *browser) fill(t *testing.T, url string, f form) {
	t.Helper()
	b.do(t,
		chromedp.Navigate(url),
		chromedp.SendKeys(chromedp.CSS("#handle"), f.Handle),
		chromedp.SendKeys(chromedp.CSS("#email"), f.Email),
		chromedp.SendKeys(chromedp.CSS("#password"), f.Password+"\r"), // the return key sends a form
	)
}

// seen is what a person sees, or hears, of the answer to a form.
type seen struct {
	Title, Text string
	Focus       string // the id of the element that has it
	Role        string // of that
	Card        string // the width that the style sheet allows the page
}

// look waits for the answer, keeps a screenshot of it and returns what is to be seen.
func (b *browser) look(t *testing.T, name string) seen {
	t.Helper()
	b.do(t, chromedp.WaitVisible(chromedp.CSS("#outcome, #alert")))
	shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.artefacts, name+".png"), shot, 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := chromedp.Run(b.ctx, chromedp.Evaluate[seen](`({
		Title: document.title,
		Text: document.querySelector("main").innerText,
		Focus: document.activeElement.id,
		Role: document.activeElement.getAttribute("role") || "",
		Card: getComputedStyle(document.querySelector("main")).maxWidth,
	})`))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// inputs returns what assistive technology is told of each input: its name, then
// its description.
func (b *browser) inputs(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, n := range command(t, b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
		if n.Role != nil && string(n.Role.Value) == `"textbox"` && n.Name != nil && n.Description != nil {
			all = append(all, fmt.Sprintf("%s: %s", n.Name.Value, n.Description.Value))
		}
	}
	return all
}

// wantContent checks that the browser had nothing to complain of, such as what the
// content security policy blocked.
func (b *browser) wantContent(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.complaints) > 0 {
		t.Errorf("the browser complains: %q", b.complaints)
	}
}
