// Package browsertest lets tests look at pages in a real Chromium:
//
//	b := browsertest.Open(t, "signup", 1000, 900)
//	b.Do(t, chromedp.Navigate(url))
//	b.Keep(t, "front-page") // a screenshot
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
)

// Browser is a tab of a Chromium.
type Browser struct {
	Ctx context.Context
	dir string // of the screenshots

	mu         sync.Mutex
	complaints []string
}

// Open starts a Chromium that knows nothing and talks to this machine only, until the
// test or that time is over. Where there is none, the test is skipped. Screenshots
// are kept in the folder of that name below $OSTRAKA_ARTEFACTS, if that is set.
func Open(t *testing.T, name string, width, height int64, within time.Duration) *Browser {
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
		chromedp.WSURLReadTimeout(within / 2),
	}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &Browser{Ctx: ctx, dir: artefacts(t, name)}
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
	Call(t, b, cdplog.Enable, cdp.Empty{})
	b.Do(t, chromedp.EmulateViewport(width, height))
	return b
}

// artefacts returns the folder that the screenshots are kept in.
func artefacts(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("OSTRAKA_ARTEFACTS")
	if dir == "" {
		return t.ArtifactDir()
	}
	dir = filepath.Join(dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Call sends a command of the DevTools protocol.
func Call[P, R any](t *testing.T, b *Browser, c cdp.Command[P, R], params P) R {
	t.Helper()
	result, err := chromedp.Call(b.Ctx, c, params)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// Do does one thing after the other.
func (b *Browser) Do(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.Ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// Eval returns what an expression is in the page.
func Eval[T any](t *testing.T, b *Browser, expression string, options ...chromedp.EvaluateOption) T {
	t.Helper()
	value, err := chromedp.Run(b.Ctx, chromedp.Evaluate[T](expression, options...))
	if err != nil {
		t.Fatalf("%.200s: %v", expression, err)
	}
	return value
}

// Keep keeps a screenshot of the whole page under a name without ending.
func (b *Browser) Keep(t *testing.T, name string) {
	t.Helper()
	shot, err := chromedp.Run(b.Ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, name+".png"), shot, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Complaints are what the browser said in its console, such as what a content security
// policy blocked. A status of an answer is none.
func (b *Browser) Complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.complaints)
}
