package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"example.com/ostraka/ban"
)

// FieldQuery is the field of errors about a query as a whole.
const FieldQuery = "query"

// Query are the parameters of a URL, read one by one. Parameters that nobody
// reads are ignored. The first error sticks: read all, then look at Err. Every
// error is a [*ban.ValueError].
type Query struct {
	values url.Values
	err    error
}

// ParseQuery reads the parameters of a request.
func ParseQuery(r *http.Request) *Query {
	values, err := url.ParseQuery(r.URL.RawQuery)
	q := &Query{values: values}
	if err != nil {
		q.err = ban.NewValueError(FieldQuery, r.URL.RawQuery, ban.CodeSyntax, "encode the parameters as name=value, with & between")
	}
	return q
}

// Err returns the first error.
func (q *Query) Err() error { return q.err }

// Fail makes an error the one that sticks, unless there is one already.
func (q *Query) Fail(err error) {
	if q.err == nil {
		q.err = err
	}
}

// String returns the parameter, "" if it is missing. It may come once.
func (q *Query) String(name string) string {
	all := q.values[name]
	if len(all) > 1 {
		q.Fail(ban.NewValueError(name, all[1], ban.CodeDuplicate, "give it once"))
	}
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// Bool returns the parameter, which is 1, 0 or a word that [parseBool] knows, or
// nil if it is missing or empty.
func (q *Query) Bool(name string) *bool {
	s := q.String(name)
	if s == "" {
		return nil
	}
	b, ok := parseBool(s)
	if !ok {
		q.Fail(ban.NewValueError(name, s, ban.CodeSyntax, "give 1 or 0"))
	}
	return &b
}

// ID returns the parameter, the number of a record, or nil if it is missing.
func (q *Query) ID(name string) *int64 {
	s := q.String(name)
	if s == "" {
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		q.Fail(ban.NewValueError(name, s, ban.CodeRange, "give the number of a record, from 1"))
		return nil
	}
	return &n
}

// Int returns the parameter, a whole number from min to max, or missing if there
// is none.
func (q *Query) Int(name string, missing, min, max int) int {
	s := q.String(name)
	if s == "" {
		return missing
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < min || n > max {
		q.Fail(ban.NewValueError(name, s, ban.CodeRange, fmt.Sprintf("give a whole number from %d to %d", min, max)))
		return missing
	}
	return n
}
