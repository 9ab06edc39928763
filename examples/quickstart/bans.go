package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.com/ostraka/ban"
)

const (
	// batchLines is how many lines go into one write: enough to make the cost of
	// a transaction vanish, few enough to let other writers in between.
	batchLines = 10_000
	// maxShown is how many rejected lines are shown.
	maxShown = 20
)

// banLoader makes bans of the lines of a text.
type banLoader struct {
	admin *ban.Admin
	name  string    // of the text, for messages
	log   io.Writer // for rejected lines and the summary

	batch   []ban.CreateOptions
	numbers []int // of the lines that the batch comes from
	rejects []reject

	created, existing, rejected int
}

// reject is a line that made no ban.
type reject struct {
	number int
	err    error
}

// load makes the bans, says which lines it rejects and sums up. An error leaves
// the bans of earlier batches in place.
func (l *banLoader) load(ctx context.Context, text *lineReader) error {
	err := l.read(ctx, text)
	if more := l.rejected - maxShown; more > 0 {
		fmt.Fprintf(l.log, "%s: %d more rejected\n", l.name, more)
	}
	if err == nil && l.created+l.existing+l.rejected == 0 {
		fmt.Fprintf(l.log, "%s: no values in it\n", l.name)
	}
	fmt.Fprintf(l.log, "%s: %d bans created, %d already there, %d rejected\n", l.name, l.created, l.existing, l.rejected)
	if err != nil {
		return fmt.Errorf("%s: %w", l.name, err)
	}
	return nil
}

func (l *banLoader) read(ctx context.Context, text *lineReader) error {
	for line, err := range text.all(ctx) {
		if err != nil {
			return err
		}
		l.add(line)
		if len(l.batch)+len(l.rejects) >= batchLines {
			if err := l.flush(ctx); err != nil {
				return err
			}
		}
	}
	return l.flush(ctx)
}

// add puts the ban of a line into the batch.
func (l *banLoader) add(line line) {
	if line.err != nil {
		l.rejects = append(l.rejects, reject{line.number, line.err})
		return
	}
	text, reason := splitBan(line.text)
	if text == "" {
		return
	}
	v, err := ban.ParseAny(text)
	if err != nil {
		l.rejects = append(l.rejects, reject{line.number, err})
		return
	}
	l.batch = append(l.batch, ban.CreateOptions{Kind: v.Kind(), Value: v.String(), Reason: reason})
	l.numbers = append(l.numbers, line.number)
}

// flush makes the bans of the batch in one step.
func (l *banLoader) flush(ctx context.Context) error {
	result, err := l.admin.CreateMany(ctx, l.batch)
	if err != nil {
		return err
	}
	l.created += result.Created
	l.existing += len(result.Existing)
	for _, r := range result.Rejected {
		l.rejects = append(l.rejects, reject{l.numbers[r.Index], r.Err})
	}
	l.showRejects()
	l.batch, l.numbers, l.rejects = l.batch[:0], l.numbers[:0], l.rejects[:0]
	return nil
}

// showRejects shows the rejects of the batch in the order of their lines.
func (l *banLoader) showRejects() {
	slices.SortFunc(l.rejects, func(a, b reject) int { return cmp.Compare(a.number, b.number) })
	for _, r := range l.rejects {
		if l.rejected++; l.rejected <= maxShown {
			fmt.Fprintf(l.log, "%s:%d: %v\n", l.name, r.number, r.err)
		}
	}
}

// splitBan cuts a line into a value and a reason, which follows a # after white
// space. Both are empty for a line without a ban.
func splitBan(s string) (value, reason string) {
	value = s
	for i := range len(s) {
		if s[i] == '#' && (i == 0 || s[i-1] == ' ' || s[i-1] == '\t') {
			value, reason = s[:i], strings.TrimSpace(s[i+1:])
			break
		}
	}
	if value = strings.TrimSpace(value); value == "" {
		return "", ""
	}
	return value, reason
}
