package sqlbackend

import (
	"fmt"
	"strings"

	"example.com/ostraka/store"
)

// conditions are joined by AND. The zero value selects everything.
type conditions struct {
	texts []string
	Args  []any // in the order of their placeholders
}

// Add adds a condition, with an argument for each of its placeholders.
func (c *conditions) Add(text string, args ...any) {
	c.texts = append(c.texts, text)
	c.Args = append(c.Args, args...)
}

// Where returns the clause, empty if everything is selected.
func (c *conditions) Where() string {
	if len(c.texts) == 0 {
		return ""
	}
	return ` WHERE ` + strings.Join(c.texts, ` AND `)
}

// Page narrows the conditions to a stretch of records, and returns the clauses
// that follow them. By are the columns that go before seq in the order.
func (c *conditions) Page(p store.Page, by ...string) (tail string) {
	if p.After > 0 {
		c.Add(`seq > ?`, p.After)
	}
	if p.Before > 0 {
		c.Add(`seq < ?`, p.Before)
	}
	direction := ` DESC`
	if p.OldestFirst {
		direction = ` ASC`
	}
	order := strings.Join(append(by, `seq`), direction+`, `) + direction
	return fmt.Sprintf(` ORDER BY %s LIMIT %d OFFSET %d`, order, p.Size(), max(p.Offset, 0))
}
