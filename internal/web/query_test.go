package web_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
)

func TestNumbersOfAQuery(t *testing.T) {
	const missing = -1
	for text, want := range map[string]struct {
		id  int64 // missing: none, or refused
		n   int
		bad bool // the id is refused
	}{
		"":                     {missing, 7, false},
		"1":                    {1, 1, false},
		"20":                   {20, 20, false},
		"21":                   {21, 7, false},
		"007":                  {7, 7, false},
		"1a":                   {missing, 7, true},
		"a":                    {missing, 7, true},
		"0x10":                 {missing, 7, true},
		"0":                    {missing, 7, true},
		"-3":                   {missing, 7, true},
		"1.0":                  {missing, 7, true},
		"9223372036854775807":  {1<<63 - 1, 7, false},
		"9223372036854775808":  {missing, 7, true},
		"99999999999999999999": {missing, 7, true},
	} {
		r := httptest.NewRequest("GET", "/?x="+url.QueryEscape(text), nil)
		q := web.ParseQuery(r)
		id := int64(missing)
		if p := q.ID("x"); p != nil {
			id = *p
		}
		_, refused := errors.AsType[*ban.ValueError](q.Err())
		if id != want.id || refused != want.bad {
			t.Errorf("ID of %q is %d, %v; want %d", text, id, q.Err(), want.id)
		}
		if n := web.ParseQuery(r).Int("x", 7, 1, 20); n != want.n {
			t.Errorf("Int of %q is %d, want %d", text, n, want.n)
		}
	}
}

// deadlined notes the deadline for reading that it is given.
type deadlined struct {
	*httptest.ResponseRecorder
	set bool
}

func (d *deadlined) SetReadDeadline(time.Time) error {
	d.set = true
	return nil
}

// A deadline would end the context of a request that has no body left to read.
func TestOnlyABodyHasADeadline(t *testing.T) {
	for name, c := range map[string]struct {
		body io.Reader
		want bool
	}{"a body": {strings.NewReader("x"), true}, "none": {nil, false}, "one without anything": {http.NoBody, false}} {
		w := &deadlined{ResponseRecorder: httptest.NewRecorder()}
		r := httptest.NewRequest("POST", "/", c.body)
		if c.body == nil {
			r.Body = nil
		}
		web.LimitReading(w, r, time.Minute)
		if w.set != c.want {
			t.Errorf("%s: a deadline is set: %t", name, w.set)
		}
	}
}
