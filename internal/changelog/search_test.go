package changelog

import (
	"errors"
	"slices"
	"testing"

	"example.com/ostraka/store"
)

// concerning returns a redaction of bans with these values.
func concerning(values ...string) *Redaction {
	r := new(Redaction)
	for _, v := range values {
		r.ReplaceBan(&store.Ban{Kind: store.KindName, Value: v, KeyText: v}, "h:k:x")
	}
	return r
}

// TestTheLogIsSearchedBeforeTheTransaction: an attempt has what was found by all that it
// has to forget, in the log that it finds, or is made again, and in the end reads all.
func TestTheLogIsSearchedBeforeTheTransaction(t *testing.T) {
	broken := errors.New("broken")
	for name, tt := range map[string]struct {
		forget  [][]string // by attempt; the last one again
		through int64
		other   int // attempts that find another log
		fails   error
		want    []int64 // by attempt, how far the log was read before
		wantErr error
	}{
		"once":                         {forget: [][]string{{"eve"}}, through: 7, want: []int64{-1, 7}},
		"an empty log":                 {forget: [][]string{{"eve"}}, want: []int64{-1, 0}},
		"less than was looked for":     {forget: [][]string{{"eve", "bob"}, {"eve"}}, through: 7, want: []int64{-1, 7}},
		"more than was looked for":     {forget: [][]string{{"eve"}, {"eve", "bob"}}, through: 7, want: []int64{-1, -1, 7}},
		"something else each time":     {forget: [][]string{{"a"}, {"b"}, {"c"}, {"d"}}, through: 7, want: []int64{-1, -1, -1, 0}},
		"another log":                  {forget: [][]string{{"eve"}}, through: 7, other: 1, want: []int64{-1, -1, 7}},
		"another log each time":        {forget: [][]string{{"eve"}}, through: 7, other: 9, want: []int64{-1, -1, -1, 0}},
		"the search fails":             {forget: [][]string{{"eve"}}, fails: broken, want: []int64{-1}, wantErr: broken},
		"what is wrong before is told": {want: []int64{}, wantErr: store.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			got := []int64{}
			others := tt.other
			err := WithSearch(func(s *Search) error {
				if len(tt.forget) == 0 {
					return store.ErrNotFound
				}
				r := concerning(tt.forget[min(len(got), len(tt.forget)-1)]...)
				through, err := s.Start(r, func(seq, at int64) (bool, error) {
					others--
					return seq == tt.through && at == 5 && others < 0, nil
				})
				if err != nil {
					through = -1
				}
				got = append(got, through)
				return err
			}, func(*Redaction) (*Search, error) {
				return &Search{Through: tt.through, At: 5}, tt.fails
			})
			if !errors.Is(err, tt.wantErr) || (err == nil) != (tt.wantErr == nil) || !slices.Equal(got, tt.want) {
				t.Errorf("the attempts %v, error %v; want %v, %v", got, err, tt.want, tt.wantErr)
			}
		})
	}
}
