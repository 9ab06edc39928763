package changelog

import "errors"

// Search is what a redaction found in the log before its transaction, which then need not
// read the whole log while others wait to write. Entries never change but by redactions,
// so that what was found stays all there is up to Through. The zero Search has found
// nothing.
type Search struct {
	// Through is the Seq of the newest entry that was looked at, and At its time, in
	// microseconds, by which it is told that the log is still the same.
	Through, At int64
	Entries     []int64 // the Seqs of those that may have anything to be forgotten

	// Actors are the names of an account that goes as entries have them: for a backend
	// that has to know in which case of letters they are there.
	Actors []string

	by     *Redaction // what was looked for
	tries  int
	wanted *Redaction // what is to be looked for next
}

// maxSearches is how often the log is searched, if what is to be forgotten changes
// meanwhile.
const maxSearches = 3

// errSearch ends an attempt that has found out what is to be looked for.
var errSearch = errors.New("the log is to be searched first")

// Start begins the redaction of the log. It returns the Seq up to which Entries are all
// that there is to redact: 0 if the whole log has to be read. same tells whether the entry
// of that Seq is still of that time. An error ends the attempt, which is made again.
func (s *Search) Start(r *Redaction, same func(seq, at int64) (bool, error)) (through int64, err error) {
	s.wanted = nil
	if s.by != nil && r.within(s.by) {
		ok := s.Through == 0
		if !ok {
			if ok, err = same(s.Through, s.At); err != nil {
				return 0, err
			}
		}
		if ok {
			return s.Through, nil
		}
	}
	if s.tries < maxSearches {
		s.wanted = r
		return 0, errSearch
	}
	return 0, nil
}

// WithSearch makes attempts at a redaction. The first one ends when it knows what is to be
// forgotten, and takes back what it did; search looks for that in the log, and the next
// attempt has what it found. If something else is to be forgotten by then, it is looked for
// once more, and in the end within the attempt.
func WithSearch(attempt func(*Search) error, search func(*Redaction) (*Search, error)) error {
	s := new(Search)
	for {
		err := attempt(s)
		if err == nil || s.wanted == nil {
			return err
		}
		next, err := search(s.wanted)
		if err != nil {
			return err
		}
		next.by, next.tries = s.wanted, s.tries+1
		s = next
	}
}

// within reports whether all that the redaction concerns is found by looking for what o
// concerns.
func (r *Redaction) within(o *Redaction) bool {
	for text := range r.texts {
		if _, ok := o.texts[text]; !ok {
			return false
		}
	}
	for name := range r.actors {
		if _, ok := o.actors[name]; !ok {
			return false
		}
	}
	return true
}
