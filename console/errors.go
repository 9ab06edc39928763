package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
)

// What keeps a request from being served, beside the errors of package web.
var (
	errReadOnly   = errors.New("a change by a person who is read-only")
	errCSRF       = errors.New("without the CSRF token of the session")
	errForeign    = errors.New("from a page of another origin")
	errUnreadable = errors.New("a form that cannot be read")
	errMethod     = errors.New("method not allowed")
	errRole       = errors.New("a role that is none")
)

// trouble is what a person is told of an error.
type trouble struct {
	Title string
	Text  string // what to do
}

// troubles are the errors that a page may end with. What is not here is said to be
// our fault, and logged.
var troubles = []struct {
	is     error
	status int
	trouble
}{
	{ErrForbidden, http.StatusForbidden, trouble{"You may not see this", "Ask whoever runs this site to let you in."}},
	{errReadOnly, http.StatusForbidden, trouble{"You may look, but not change", "Ask a moderator to do this."}},
	{errCSRF, http.StatusForbidden, trouble{"This form is too old", "Nothing was changed. You have signed in again since the page was loaded: go back, load it again, and send the form once more."}},
	{errForeign, http.StatusForbidden, trouble{"This form did not come from here", "Nothing was changed. Your browser says that another site sent the form."}},
	{errUnreadable, http.StatusBadRequest, trouble{"This form cannot be read", "Nothing was changed. Go back, and send the form once more."}},
	{web.ErrCutShort, http.StatusBadRequest, trouble{"This form did not arrive whole", "Nothing was changed. Go back, and send the form once more."}},
	{web.ErrSlow, http.StatusRequestTimeout, trouble{"This form took too long to arrive", "Nothing was changed. Go back, and send the form once more."}},
	{web.ErrTooLarge, http.StatusRequestEntityTooLarge, trouble{"This is too large", "Nothing was changed. Go back, and send less at once."}},
	{web.ErrMediaType, http.StatusUnsupportedMediaType, trouble{"This is no form", "Nothing was changed. Only the forms of these pages are read."}},
	{errMethod, http.StatusMethodNotAllowed, trouble{"This cannot be done here", "Nothing was changed. Go to the page, and use its form."}},
	{web.ErrNoRoute, http.StatusNotFound, trouble{"There is no such page", "Choose one from the navigation."}},
	{ban.ErrNotFound, http.StatusNotFound, trouble{"There is no such record", "It may have been removed since the page was loaded. The log has what was there."}},
	{ban.ErrConflict, http.StatusConflict, trouble{"Somebody else was quicker", "Nothing was changed. Go back, load the page again, and look at what is there now."}},
	{ban.ErrBusy, http.StatusServiceUnavailable, trouble{"The store is busy", "Nothing was changed. Try again in a moment."}},
	{ban.ErrUnavailable, http.StatusServiceUnavailable, trouble{"The store cannot work for now", "Nothing was changed. Tell whoever runs this site."}},
	{ban.ErrMissingKey, http.StatusServiceUnavailable, trouble{"A key of hashed bans is missing", "Nothing was changed. Tell whoever runs this site: the log says which key."}},
	{ban.ErrClosed, http.StatusServiceUnavailable, trouble{"This server is stopping", "Nothing was changed. Try again in a moment."}},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, trouble{"This took too long", "Try again in a moment."}},
	{context.Canceled, http.StatusServiceUnavailable, trouble{"This took too long", "Try again in a moment."}},
}

// partlyError is trouble after some of several records were changed: they stay so.
type partlyError struct {
	done int
	err  error
}

// partly returns an error, with how many records were changed before it.
func partly(done int, err error) error {
	if done == 0 {
		return err
	}
	return &partlyError{done, err}
}

func (e *partlyError) Error() string {
	return fmt.Sprintf("after %s: %v", plural(e.done, "record", "records"), e.err)
}

func (e *partlyError) Unwrap() error { return e.err }

const nothingChanged = "Nothing was changed."

// after says what was changed before the trouble.
func (t trouble) after(err error) trouble {
	if some, ok := errors.AsType[*partlyError](err); ok {
		rest := strings.TrimSpace(strings.TrimPrefix(t.Text, nothingChanged))
		t.Text = fmt.Sprintf("%s changed before that, and nothing after. %s", plural(some.done, "record was", "records were"), rest)
	}
	return t
}

var ourFault = trouble{"Something went wrong", "It is not your fault. Whoever runs this site finds the reason in the log."}

// fail answers a request with an error. A form that a person can mend is not for it:
// pages answer with the form and what is wrong with it.
func (c *console) fail(r *request, err error) {
	if errors.Is(err, ErrUnauthenticated) {
		c.stranger(r)
		return
	}
	if errors.Is(err, errCSRF) && r.form.Get(fieldCSRF) != "" {
		if form := r.keep(); form != nil {
			c.showKept(r, http.StatusForbidden, "This form is from an older session", form)
			return
		}
	}
	if limited, ok := errors.AsType[*web.RateLimitError](err); ok {
		r.writer.Header().Set("Retry-After", strconv.FormatInt(seconds(limited.RetryAfter), 10))
		c.show(r, http.StatusTooManyRequests, tooMany(limited.RetryAfter))
		return
	}
	for _, t := range troubles {
		if errors.Is(err, t.is) {
			if t.status >= http.StatusInternalServerError {
				c.log(r, t.status, err)
				r.writer.Header().Set("Retry-After", "1")
			}
			c.show(r, t.status, t.trouble.after(err))
			return
		}
	}
	c.log(r, http.StatusInternalServerError, err)
	c.show(r, http.StatusInternalServerError, ourFault.after(err))
}

func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

func tooMany(wait time.Duration) trouble {
	return trouble{"Too many tries", fmt.Sprintf("Try again in %s.", inWords(wait))}
}

// show answers with a page that says what went wrong.
func (c *console) show(r *request, status int, t trouble) {
	web.LimitWriting(r.writer, r.Request, 2*c.opts.Timeout)
	c.render(r, answer{status: status, template: "trouble", title: t.Title, data: t})
}

// faults are what is wrong with the fields of a form, by their names. What is about
// no field is under "".
type faults map[string]string

// add notes an error about a field of a form, and reports whether it is one that a
// person can mend. Its field is the one that the form has for it, by the names of
// the second argument.
func (f faults) add(err error, names map[string]string) bool {
	if bad, ok := errors.AsType[*ban.ValueError](err); ok {
		name := bad.Field
		if other, ok := names[name]; ok {
			name = other
		}
		if _, there := f[name]; !there {
			f[name] = valueFault(bad)
		}
		return true
	}
	return false
}

// valueFault says what is wrong with a value, for a place beside its field.
func valueFault(bad *ban.ValueError) string {
	if bad.Value == "" {
		return upperFirst(bad.Hint) + "."
	}
	return fmt.Sprintf("%s: %s.", upperFirst(bad.Problem()), bad.Hint)
}
