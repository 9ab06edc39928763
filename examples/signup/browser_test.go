package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"

	"example.com/ostraka/examples/internal/browsertest"
)

// browser is a tab of a Chromium.
type browser struct{ *browsertest.Browser }

// openBrowser starts a Chromium that knows nothing and talks to this machine only.
func openBrowser(t *testing.T, width, height int64) *browser {
	t.Helper()
	return &browser{browsertest.Open(t, "signup", width, height, 2*waitFor)}
}

// fill fills in the form as a person would, key by key, and sends it off.
func (b *browser) fill(t *testing.T, url string, f form) {
	t.Helper()
	b.Do(t,
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
	b.Do(t, chromedp.WaitVisible(chromedp.CSS("#outcome, #alert")))
	b.Keep(t, name)
	return browsertest.Eval[seen](t, b.Browser, `({
		Title: document.title,
		Text: document.querySelector("main").innerText,
		Focus: document.activeElement.id,
		Role: document.activeElement.getAttribute("role") || "",
		Card: getComputedStyle(document.querySelector("main")).maxWidth,
	})`)
}

// inputs returns what assistive technology is told of each input: its name, then
// its description.
func (b *browser) inputs(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, n := range browsertest.Call(t, b.Browser, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
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
	if all := b.Complaints(); len(all) > 0 {
		t.Errorf("the browser complains: %q", all)
	}
}
