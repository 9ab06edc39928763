package blocklist

import (
	"fmt"
	"strings"

	"example.com/ostraka/ban"
)

// maxHeld is how many lines are kept until a list with filters is at its end.
const maxHeld = 1 << 20

// held is a Line that is kept until it is known what other filters make of it.
type held struct {
	Line
	filter filter // zero if it is none
}

// hold keeps a Line until the end of the list, or until they are too many.
func (p *parser) hold(h held) bool {
	p.holding = true
	p.held = append(p.held, h)
	if len(p.held) < maxHeld {
		return true
	}
	return p.release()
}

// release yields the lines that were kept, by what the filters among them say of
// each other, in whatever order they came. It returns false if no more is wanted.
func (p *parser) release() bool {
	lines := p.held
	p.held = nil
	if len(lines) == 0 {
		return !p.stopped
	}
	rules := filtersOf(lines)
	for i := range lines {
		h := &lines[i]
		if h.filter.same != "" {
			if h.filter.bad || rules.bad[h.filter.same] {
				continue // taken back, or what took it back
			}
			rules.settle(h)
		}
		if p.stopped || !p.give(h.Line) {
			return false
		}
	}
	return true
}

// filters are those of a list that others have to yield to.
type filters struct {
	bad        map[string]bool // what was taken back
	exceptions map[string]int  // hosts with an exception, and its line
	important  map[string]int  // hosts that are blocked whatever the exceptions, and the line
	strong     map[string]int  // hosts with an exception that is important
}

func filtersOf(lines []held) *filters {
	f := &filters{make(map[string]bool), make(map[string]int), make(map[string]int), make(map[string]int)}
	for i := range lines {
		if lines[i].filter.bad {
			f.bad[lines[i].filter.same] = true
		}
	}
	for i := range lines {
		h := &lines[i]
		if h.filter.same == "" || h.filter.bad || f.bad[h.filter.same] || h.Err != nil {
			continue
		}
		host := h.Value.String()
		switch {
		case h.filter.exception && h.filter.important:
			f.strong[host] = h.Number
		case h.filter.exception:
			f.exceptions[host] = h.Number
		case h.filter.important:
			f.important[host] = h.Number
		}
	}
	return f
}

// settle rejects a filter that another one of the list goes before: an exception
// before a block of the same host or one below it, an important filter before
// those that are not. Here the more specific rule would.
func (f *filters) settle(h *held) {
	if h.Err != nil {
		return
	}
	host := h.Value.String()
	by, ok := 0, false
	switch {
	case h.filter.exception && h.filter.important:
	case h.filter.exception:
		by, ok = covers(f.important, host)
	default:
		if by, ok = covers(f.strong, host); !ok && !h.filter.important {
			by, ok = covers(f.exceptions, host)
		}
	}
	if ok {
		h.Line = h.rejected(h.Value.Kind().String(), h.Text, ban.CodeConflict, fmt.Sprintf("the filter on line %d goes before this one", by))
	}
}

// covers returns the line of the filter for a host or one above it.
func covers(lines map[string]int, host string) (line int, ok bool) {
	if len(lines) == 0 {
		return 0, false
	}
	host = strings.TrimPrefix(host, "*.")
	for {
		if line, ok = lines[host]; ok {
			return line, true
		}
		var above bool
		if _, host, above = strings.Cut(host, "."); !above {
			return 0, false
		}
	}
}
