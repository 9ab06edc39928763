// Package adminapi has what the resources of the mail-forwarding admin API have
// in common: its bodies of errors, and its pages.
//
//	var errorTable = adminapi.Errors{NotFound: "ban_not_found", Fields: …}
//
//	handler, err := web.NewHandler(web.Config{Fail: errorTable.Reply, …}, routes)
package adminapi

import (
	"math"

	"example.com/ostraka/internal/web"
)

// The number of items on a page.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// Page is a page that was asked for, with how many items there are.
type Page struct {
	Total  int64 `json:"total"`
	Limit  int   `json:"limit"`
	Offset int   `json:"offset"`
}

// ParsePage reads the parameters limit and offset.
func ParsePage(q *web.Query) Page {
	return Page{
		Limit:  q.Int("limit", DefaultLimit, 1, MaxLimit),
		Offset: q.Int("offset", 0, 0, math.MaxInt32),
	}
}

// List is the body of a list.
type List struct {
	Items      any  `json:"items"` // a slice that is not nil
	Pagination Page `json:"pagination"`
}

// commonConstraints say what every resource wants of its parameters.
var commonConstraints = map[string]Constraints{
	"id":     {"type": "integer", "minimum": 1},
	"limit":  {"minimum": 1, "maximum": MaxLimit},
	"offset": {"minimum": 0, "maximum": math.MaxInt32},
}
