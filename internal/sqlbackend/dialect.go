package sqlbackend

import (
	"strconv"
	"strings"
	"sync"
)

// Dialect is what databases write each in their own way. Its zero value is of no use.
// It may be used by several goroutines at once.
type Dialect struct {
	// Package is the name of the backend's package, for errors.
	Package string
	// Tables is what the names of tables begin with.
	Tables string
	// Words replace words of a query: see [Dialect.Query].
	Words map[string]string
	// Numbered says that arguments are $1, $2 and so on. Else they are left as they are.
	Numbered bool
	// Streams says that rows are made as they are read: who stops early has cost no more.
	Streams bool
	// Contains returns the condition that the bytes of a text contain those of an
	// argument, a []byte.
	Contains func(text string) string
	// Right returns an expression for as many characters at the end of a text as an
	// argument says.
	Right func(text string) string
	// In returns the condition that a column has one of the numbers of an argument, an
	// []int64.
	In func(column string) string

	mu      sync.RWMutex
	queries map[string]string // that were asked for, with what became of them
}

// mostQueries bounds how many queries are kept: pages are told apart by numbers in
// their texts.
const mostQueries = 4096

// Query makes of a query of this package one for the database. In it, @name is one of
// the Words, or else the table of that name; ? is the next argument and ?2 the second.
// The words that this package uses are
//
//	@true, @false	the values of columns that are yes or no, as the indexes have them
//	@greatest		the function that returns the greatest of its arguments
//	@unindexed		before a column of ORDER BY, has its order come from sorting, where
//				the planner would leave a better index for one on the column
//	@primary		the condition that the database takes writes itself, so that what is
//				read is not behind; it fails the query where it does not hold
//	@last_change	the Seq of the newest change there ever was
//	@for_update		at the end of a SELECT, locks the rows, where others may write them
func (d *Dialect) Query(query string) string {
	d.mu.RLock()
	ready, ok := d.queries[query]
	d.mu.RUnlock()
	if ok {
		return ready
	}
	ready = d.expand(query)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.queries == nil || len(d.queries) >= mostQueries {
		d.queries = make(map[string]string)
	}
	d.queries[query] = ready
	return ready
}

func (d *Dialect) expand(query string) string {
	var b strings.Builder
	arg := 0
	for query != "" {
		at := strings.IndexAny(query, "@?")
		if at < 0 {
			break
		}
		mark := query[at]
		b.WriteString(query[:at])
		query = query[at+1:]
		if mark == '@' {
			name := query[:runOf(query, isLetter)]
			query = query[len(name):]
			b.WriteString(d.name(name))
			continue
		}
		number := query[:runOf(query, isDigit)]
		query = query[len(number):]
		b.WriteString(d.argument(number, &arg))
	}
	b.WriteString(query)
	return b.String()
}

// name returns what stands for a name behind @; an @ alone is itself.
func (d *Dialect) name(name string) string {
	if word, ok := d.Words[name]; ok {
		return word
	}
	if name == "" {
		return "@"
	}
	return d.Tables + name
}

// argument returns what stands for the argument of that number, or for the next one.
func (d *Dialect) argument(number string, last *int) string {
	if !d.Numbered {
		return "?" + number
	}
	if number == "" {
		*last++
		number = strconv.Itoa(*last)
	}
	return "$" + number
}

// runOf returns how many bytes at the beginning are of a kind.
func runOf(s string, of func(byte) bool) int {
	n := 0
	for n < len(s) && of(s[n]) {
		n++
	}
	return n
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c == '_' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
