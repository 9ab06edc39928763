package console

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
)

const (
	maxForm   = web.MaxBody // bytes of a form without files
	maxFields = 2000        // of a form or query
	fieldCSRF = "csrf"
)

// request is a request for a page, by somebody who may make it.
type request struct {
	*http.Request
	console *console
	writer  http.ResponseWriter
	page    *page // nil: none
	who     Person

	form  url.Values
	files map[string]upload
	query url.Values
}

// upload is a file of a form.
type upload struct {
	name string // as the browser has it: somebody else's text
	data []byte
}

// where names the page for the log.
func (r *request) where() string {
	switch {
	case r.page == nil:
		return "none"
	case r.page.path == "":
		return "overview"
	}
	return r.page.path
}

// mayChange reports whether the person may make changes.
func (r *request) mayChange() bool { return r.who.Role >= Moderator }

// now returns the time, as stores keep it.
func (r *request) now() time.Time {
	return r.console.opts.Now().UTC().Truncate(time.Microsecond)
}

// readForm reads the form that a POST brings, if it is one of ours.
func (r *request) readForm(most int64) error {
	if err := r.console.origins.Check(r.Request); err != nil {
		return fmt.Errorf("%w: %w", errForeign, err)
	}
	files := most > 0
	if !files {
		most = maxForm
	}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || r.Header.Get("Content-Encoding") != "" {
		return web.ErrMediaType
	}
	if media != "application/x-www-form-urlencoded" && (media != "multipart/form-data" || !files) {
		return web.ErrMediaType
	}
	body, err := web.ReadBody(r.writer, r.Request, most)
	if err != nil {
		return err
	}
	if media == "multipart/form-data" {
		err = r.readParts(body, params["boundary"])
	} else {
		r.form, err = parseValues(string(body))
	}
	if err != nil {
		return err
	}
	if !sameToken(r.who.CSRFToken, r.form.Get(fieldCSRF)) {
		return errCSRF
	}
	return nil
}

// sameToken compares CSRF tokens, and finds an empty one to be none.
func sameToken(want, got string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(got)) == 1
}

func parseValues(text string) (url.Values, error) {
	if strings.Count(text, "&") >= maxFields {
		return nil, fmt.Errorf("%w: more than %d fields", errUnreadable, maxFields)
	}
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	return values, nil
}

// readParts reads a form that has files.
func (r *request) readParts(body []byte, boundary string) error {
	r.form, r.files = url.Values{}, map[string]upload{}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for n := 0; ; n++ {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err == nil && n == maxFields {
			err = fmt.Errorf("more than %d fields", maxFields)
		}
		var text []byte
		if err == nil {
			text, err = io.ReadAll(part)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errUnreadable, err)
		}
		if name := part.FileName(); name != "" {
			r.files[part.FormName()] = upload{name, text}
		} else if part.FormName() != "" {
			r.form.Add(part.FormName(), string(text))
		}
	}
}

// text returns a field of the form without the blanks around it. Browsers send line
// breaks as "\r\n", which becomes "\n".
func (r *request) text(name string) string {
	return strings.TrimSpace(strings.ReplaceAll(r.form.Get(name), "\r\n", "\n"))
}

// param returns a parameter of the query without the blanks around it. What cannot
// be read is as if it were missing.
func (r *request) param(name string) string { return strings.TrimSpace(r.params().Get(name)) }

// params returns the parameters of the query.
func (r *request) params() url.Values {
	if r.query == nil {
		values, err := parseValues(r.URL.RawQuery)
		if err != nil {
			values = url.Values{}
		}
		r.query = values
	}
	return r.query
}

// seq returns a parameter of the query that is the number of a record, and 0 if
// there is none that can be read.
func (r *request) seq(name string) int64 {
	n, err := strconv.ParseInt(r.param(name), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// id returns the id of the record that the path names; another text is
// [ban.ErrNotFound].
func (r *request) id() (uuid.UUID, error) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return uuid.Nil, ban.ErrNotFound
	}
	return id, nil
}

// ids returns the ids in the fields of that name: of the rows that were chosen. A
// text that is none is an error, since the form is ours.
func (r *request) ids(name string) ([]uuid.UUID, error) {
	var all []uuid.UUID
	for _, text := range r.form[name] {
		id, err := uuid.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%w: id %q", errUnreadable, text)
		}
		all = append(all, id)
	}
	return all, nil
}
