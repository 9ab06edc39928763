package literals_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"example.com/ostraka/internal/literals"
)

// scan looks for one literal after the other.
func scan(all map[int]literals.Literal, scope uint32, text string) (found []int) {
	for v, l := range all {
		in := false
		switch l.Place {
		case literals.AtStart:
			in = strings.HasPrefix(text, l.Text)
		case literals.AtEnd:
			in = strings.HasSuffix(text, l.Text)
		default:
			in = strings.Contains(text, l.Text)
		}
		if in && l.Scope == scope {
			found = append(found, v)
		}
	}
	slices.Sort(found)
	return found
}

func found(s *literals.Set[int], scope uint32, text string) []int {
	all := s.AppendFound(nil, scope, text)
	slices.Sort(all)
	return slices.Compact(all)
}

func TestFound(t *testing.T) {
	at := func(p literals.Place, text string) literals.Literal { return literals.Literal{Text: text, Place: p} }
	tests := []struct {
		name     string
		literals []literals.Literal
		text     string
		want     []int
	}{
		{"nothing is in an empty set", nil, "text", nil},
		{"a literal alone is found anywhere", []literals.Literal{at(literals.Anywhere, "min")}, "administrator", []int{0}},
		{"but not in half", []literals.Literal{at(literals.Anywhere, "ratos")}, "administrator", nil},
		{"at the start it is found there only", []literals.Literal{at(literals.AtStart, "ad"), at(literals.AtStart, "mi")}, "admin", []int{0}},
		{"at the end it is found there only", []literals.Literal{at(literals.AtEnd, "in"), at(literals.AtEnd, "mi")}, "admin", []int{0}},
		{"one that another begins with", []literals.Literal{at(literals.Anywhere, "ad"), at(literals.Anywhere, "admin")}, "xadmin", []int{0, 1}},
		{"one that another ends in", []literals.Literal{at(literals.Anywhere, "min"), at(literals.Anywhere, "admin")}, "xadmin", []int{0, 1}},
		{"the same twice", []literals.Literal{at(literals.Anywhere, "min"), at(literals.Anywhere, "min"), at(literals.Anywhere, "mix")}, "min", []int{0, 1}},
		{"an empty one is everywhere", []literals.Literal{at(literals.Anywhere, ""), at(literals.AtStart, ""), at(literals.AtEnd, ""), at(literals.AtEnd, "x")}, "", []int{0, 1, 2}},
		{"bytes that share a symbol are not the same", []literals.Literal{at(literals.Anywhere, "é"), at(literals.Anywhere, "C)"), at(literals.AtEnd, "é"), at(literals.AtEnd, "C)")}, "xé", []int{0, 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s literals.Set[int]
			for i, l := range tt.literals {
				s = s.With(l, i)
			}
			if got := found(&s, 0, tt.text); !slices.Equal(got, tt.want) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
		})
	}
}

// world makes literals and texts of few letters, so that they meet.
func word(rng *rand.Rand, longest int) string {
	letters := []string{"a", "b", "\x80", "é", "\x00"}
	var b strings.Builder
	for range rng.IntN(longest + 1) {
		b.WriteString(letters[min(rng.IntN(8), len(letters)-1)%(1+rng.IntN(len(letters)))])
	}
	return b.String()
}

func TestAgainstAScan(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		scopes := [][]uint32{{0}, {1, 2, 129, 1 << 14, literals.Scopes - 1}}[seed%2]
		var s literals.Set[int]
		all := make(map[int]literals.Literal)
		var before literals.Set[int]
		var then map[int]literals.Literal
		for n := range 200 {
			if rng.IntN(3) > 0 || len(all) == 0 {
				l := literals.Literal{Scope: scopes[rng.IntN(len(scopes))], Text: word(rng, 6), Place: literals.Place(rng.IntN(3))}
				s, all[n] = s.With(l, n), l
			} else {
				for v, l := range all {
					s = s.Without(l, v)
					delete(all, v)
					break
				}
			}
			if n == 100 {
				before, then = s, make(map[int]literals.Literal)
				for v, l := range all {
					then[v] = l
				}
			}
		}
		if s.Len() != len(all) {
			t.Fatalf("seed %d: there are %d, want %d", seed, s.Len(), len(all))
		}
		for range 50 {
			scope, text := scopes[rng.IntN(len(scopes))], word(rng, 10)
			if got, want := found(&s, scope, text), scan(all, scope, text); !slices.Equal(got, want) {
				t.Fatalf("seed %d: in %q of %d are found %v, want %v, of %v", seed, text, scope, got, want, all)
			}
			if got, want := found(&before, scope, text), scan(then, scope, text); !slices.Equal(got, want) {
				t.Fatalf("seed %d: what was before has changed: in %q are found %v, want %v", seed, text, got, want)
			}
		}
	}
}

// What is gone leaves nothing behind: whoever adds and removes for years keeps a
// small set.
func TestASetIsAsIfWhatIsGoneHadNeverBeen(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var s, fresh literals.Set[int]
	var gone []literals.Literal
	for n := range 1000 {
		l := literals.Literal{Text: fmt.Sprint(rng.IntN(5000)), Place: literals.Place(n % 3)}
		if s = s.With(l, n); n%4 == 0 {
			fresh = fresh.With(l, n)
			l.Text = ""
		}
		gone = append(gone, l)
	}
	for n, l := range gone {
		if l.Text != "" {
			s = s.Without(l, n)
			s = s.Without(l, n) // again: nothing
		}
	}
	if !literals.SameTries(&s, &fresh) {
		t.Error("the sets differ")
	}
}

func FuzzFound(f *testing.F) {
	f.Add("ad", "admin", "min", "xadminx")
	f.Add("é", "C)", "", "Ã©")
	f.Fuzz(func(t *testing.T, a, b, c, text string) {
		var s literals.Set[int]
		all := make(map[int]literals.Literal)
		for i, l := range []string{a, b, c} {
			for p := range 3 {
				all[3*i+p] = literals.Literal{Text: l, Place: literals.Place(p)}
				s = s.With(all[3*i+p], 3*i+p)
			}
		}
		if got, want := found(&s, 0, text), scan(all, 0, text); !slices.Equal(got, want) {
			t.Errorf("in %q are found %v, want %v", text, got, want)
		}
	})
}

func ExampleSet() {
	var s literals.Set[int]
	s = s.With(literals.Literal{Text: "spam", Place: literals.Anywhere}, 7)
	s = s.With(literals.Literal{Text: "mer", Place: literals.AtEnd}, 8)
	fmt.Println(s.AppendFound(nil, 0, "nospammer"))
	// Output: [8 7]
}

func BenchmarkFound(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	syllables := strings.Fields("an be co da en fi ga ho in jo ka lo ma ne or pi qu ro sa ti un va wo xi yo zu st er th ch")
	text := func() string {
		var t string
		for range 2 + rng.IntN(3) {
			t += syllables[rng.IntN(len(syllables))]
		}
		return t + fmt.Sprint(rng.IntN(100))
	}
	var s literals.Set[int]
	var words, texts []string
	for n := range 10_000 {
		words = append(words, text())
		s = s.With(literals.Literal{Text: words[n]}, n)
	}
	for len(texts) < 4096 {
		if t := text() + text(); s.AppendFound(nil, 0, t) == nil {
			texts = append(texts, t)
		}
	}
	var room []int
	b.Run("building", func(b *testing.B) {
		all, values := make([]literals.Literal, len(words)), make([]int, len(words))
		for n, w := range words {
			all[n], values[n] = literals.Literal{Text: w}, n
		}
		b.ReportAllocs()
		for b.Loop() {
			literals.Set[int]{}.WithAll(all, values)
		}
	})
	b.Run("10000 anywhere", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			room = s.AppendFound(room[:0], 0, texts[i%len(texts)])
		}
	})
	b.Run("baseline: one strings.Contains", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			strings.Contains(texts[i%len(texts)], words[0])
		}
	})
	b.Run("With and Without", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			s.Without(literals.Literal{Text: words[i%len(words)]}, i%len(words)).With(literals.Literal{Text: words[i%len(words)]}, i%len(words))
		}
	})
}
