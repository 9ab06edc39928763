package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/usage"
)

// columns are those of a file of sign-ups, in the order that they have unless a
// header line says otherwise.
var columns = []string{"email", "domain", "ip", "name"}

// openSignups opens the sign-ups: a file, standard input or the sample.
func openSignups(path string, stdin io.Reader) (*input, error) {
	if path == stdinPath {
		return textInput(stdinName, stdin), nil // whose lines are read in the background
	}
	in, err := openInput("-signups", path, sampleSignups)
	if err != nil {
		return nil, err
	}
	// This waits for the beginning, so it is not for what somebody types.
	r := bufio.NewReaderSize(in.r, maxLine)
	if start, _ := r.Peek(512); bytes.IndexByte(start, 0) >= 0 {
		in.close()
		return nil, usage.New("-signups", path, errors.New("is not a text file in UTF-8: it has a zero byte"), "name a text file")
	}
	in.r = r
	return in, nil
}

// signups answers the sign-ups of a text, one a line.
type signups struct {
	checker *ban.Checker
	out     *printer
	columns []string // in the order of the text; nil before its first row
}

// answer prints an answer for every row of the text, also for one that cannot be
// read, and returns how many. It fails if the answer cannot be known or printed.
func (s *signups) answer(ctx context.Context, text io.Reader) (int, error) {
	n := 0
	for line, err := range newLineReader(text).all(ctx) {
		if err != nil {
			return n, err
		}
		fields, malformed := splitRow(line)
		if malformed == nil {
			header, err := s.takeHeader(fields)
			if err != nil {
				return n, fmt.Errorf("line %d %w", line.number, err)
			}
			if header || len(fields) == 0 {
				continue
			}
		}
		a := answer{Verdict: verdictInvalid, Input: clip(line.text)}
		if malformed != nil {
			a.Error = malformed.Error()
		} else if len(fields) > len(s.columns) {
			a.Error = fmt.Sprintf("the row has %d columns, not only %s; put a value with a comma into quotes",
				len(fields), strings.Join(s.columns, ", "))
		} else if a, err = s.check(ctx, s.subject(fields)); err != nil {
			return n, err
		}
		if err := s.out.print(a); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// check asks about one sign-up. The error is none of its input.
func (s *signups) check(ctx context.Context, subject ban.Subject) (answer, error) {
	decision, err := s.checker.Check(ctx, subject)
	if invalid, ok := errors.AsType[*ban.ValueError](err); ok {
		return invalidAnswer(invalid), nil
	}
	if err != nil {
		return answer{}, err
	}
	return newAnswer(&subject, &decision), nil
}

// subject returns the sign-up of a row, which may have fewer fields than there
// are columns.
func (s *signups) subject(fields []string) ban.Subject {
	var subject ban.Subject
	for i, f := range fields {
		switch s.columns[i] {
		case "email":
			subject.Email = f
		case "domain":
			subject.Domain = f
		case "ip":
			subject.IP = f
		case "name":
			subject.Name = f
		}
	}
	return subject
}

// takeHeader reports whether the row is a header line, and if so keeps to the
// order of columns that it gives. Only the first row can be one. The error is for
// a row that seems to be one, but names other columns.
func (s *signups) takeHeader(fields []string) (bool, error) {
	if s.columns != nil || len(fields) == 0 {
		return false, nil
	}
	s.columns = columns
	header := make([]string, len(fields))
	for i, f := range fields {
		header[i] = strings.ToLower(f)
		if slices.Contains(columns, header[i]) && !slices.Contains(header[:i], header[i]) {
			continue
		}
		if looksLikeHeader(fields) {
			return false, usage.New("", "", errors.New("looks like a header, but it has other columns than email, domain, ip and name, or one of them twice"), "name each of them so and once, with commas between, or leave the line out")
		}
		return false, nil
	}
	s.columns = header
	return true, nil
}

// titles are words of which a header is likely to have one.
var titles = []string{"mail", "domain", "address", "name"}

// looksLikeHeader reports whether a row has titles where values would have to be.
// Taken for values, it would be an invalid row, and all the rows after it would be
// misread.
func looksLikeHeader(fields []string) bool {
	cells, title, misplaced := 0, false, false
	for i, f := range fields {
		if f == "" {
			continue
		}
		if strings.ContainsAny(strings.Trim(f, ".:"), "@.:") {
			return false // as every email, domain and ip has it
		}
		cells++
		misplaced = misplaced || i >= len(columns) || columns[i] != "name" // names may be anything
		for _, t := range titles {
			title = title || strings.Contains(strings.ToLower(f), t)
		}
	}
	return misplaced && (title || cells > 1)
}

// splitRow returns the fields of a row without the white space around them, none
// for a blank line. Rows are lines: a quote that is never closed spoils its own
// line only.
func splitRow(line line) ([]string, error) {
	if line.err != nil || strings.TrimSpace(line.text) == "" {
		return nil, line.err
	}
	r := csv.NewReader(strings.NewReader(line.text))
	r.TrimLeadingSpace = true
	fields, err := r.Read()
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return nil, fmt.Errorf("at byte %d of the line: %w", e.Column, e.Err)
	}
	if err != nil {
		return nil, err
	}
	for i, f := range fields {
		fields[i] = strings.TrimSpace(f)
	}
	return fields, nil
}
