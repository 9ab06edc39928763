package web_test

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/ostraka/internal/web"
)

// The rest of a body that is refused would be taken for the next request, or read on
// to its end.
func TestAConnectionEndsWithABodyThatIsNotReadToItsEnd(t *testing.T) {
	h := newHandler(t, web.Config{Authorize: letIn})
	for name, c := range map[string]struct {
		body io.Reader
		want string
	}{
		"one that says it is too long": {strings.NewReader(strings.Repeat("x", web.MaxBody+1)), "close"},
		"one that turns out to be":     {io.MultiReader(strings.NewReader(strings.Repeat("x", web.MaxBody+1))), "close"},
		"one that is whole":            {strings.NewReader("{}"), ""},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", "/things", c.body))
		if got := w.Header().Get("Connection"); got != c.want {
			t.Errorf("%s: Connection is %q, want %q", name, got, c.want)
		}
	}
}
