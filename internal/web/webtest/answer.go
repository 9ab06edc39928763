package webtest

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

var (
	anyUUID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	anyHint = regexp.MustCompile(`"hint":"([^"\\]|\\.){5,}"`)
)

// WantAnswer wants that status and body, field by field and in that order. In
// what is wanted UUID stands for any UUID, and a hint of * for any text.
func WantAnswer(t *testing.T, w *httptest.ResponseRecorder, status int, want string) {
	t.Helper()
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(want)); err != nil {
		t.Fatalf("%v: %s", err, want)
	}
	got := anyUUID.ReplaceAllString(w.Body.String(), "UUID")
	if strings.Contains(want, `"hint":"*"`) {
		got = anyHint.ReplaceAllString(got, `"hint":"*"`)
	}
	if w.Code != status || got != compact.String() {
		t.Errorf("%d %s\nwant %d %s", w.Code, got, status, compact.String())
	}
	if w.Header().Get("Content-Type") != "application/json; charset=utf-8" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("header %v", w.Header())
	}
}
