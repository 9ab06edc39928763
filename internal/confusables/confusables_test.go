package confusables

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"example.com/ostraka/internal/refdata"
)

func TestStringsThatLookAlikeHaveOneSkeleton(t *testing.T) {
	for name, pair := range map[string][2]string{
		"Latin and Cyrillic":            {"admin", "\u0430dmin"},
		"all Cyrillic (UTS #39)":        {"scope", "ѕсоре"},
		"Latin with Cyrillic (UTS #39)": {"paypal", "pаypаl"},
		"m and rn":                      {"modern", "rnodern"},
		"digit 0 and letter o":          {"b0b", "bob"},
		"digit 1 and letter l":          {"1ook", "look"},
		"bar and letter l":              {"|ook", "look"},
		"mathematical letters":          {"\U0001d41a\U0001d41d\U0001d426\U0001d422\U0001d427", "admin"},
		"Greek omicron":                 {"r\u03bf\u03bft", "root"},
		"composed and decomposed":       {"caf\u00e9", "cafe\u0301"},
		"a zero width non-joiner":       {"ad\u200cmin", "admin"},
		"a soft hyphen":                 {"ad\u00admin", "admin"},
		"a variation selector":          {"admin\ufe0f", "admin"},
	} {
		t.Run(name, func(t *testing.T) {
			if a, b := Skeleton(pair[0]), Skeleton(pair[1]); a != b {
				t.Errorf("Skeleton(%q) = %q, Skeleton(%q) = %q", pair[0], a, pair[1], b)
			}
		})
	}
}

func TestStringsThatLookDifferentHaveDifferentSkeletons(t *testing.T) {
	for _, pair := range [][2]string{{"admin", "admit"}, {"bob", "bab"}, {"e", "\u00e9"}, {"a b", "ab"}, {"i", "l"}, {"2", "z"}} {
		if Skeleton(pair[0]) == Skeleton(pair[1]) {
			t.Errorf("%q and %q have one skeleton, %q", pair[0], pair[1], Skeleton(pair[0]))
		}
	}
}

// oracle is the skeleton by the letter of UTS #39, over a map built from the
// data file, then lower-cased and made again until it stays.
type oracle map[rune]string

func newOracle(tb testing.TB) oracle {
	data, err := os.ReadFile(refdata.Path(tb, "confusables.txt"))
	if err != nil {
		tb.Fatal(err)
	}
	hex := func(s string) (out string) {
		for _, f := range strings.Fields(s) {
			n, err := strconv.ParseInt(f, 16, 32)
			if err != nil {
				tb.Fatal(err)
			}
			out += string(rune(n))
		}
		return out
	}
	o := oracle{}
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		line, _, _ = strings.Cut(line, "#")
		if f := strings.Split(line, ";"); len(f) == 3 {
			r, _ := utf8.DecodeRuneInString(hex(f[0]))
			o[r] = hex(f[1])
		}
	}
	if len(o) < 6000 {
		tb.Fatalf("only %d lines", len(o))
	}
	return o
}

func (o oracle) skeleton(s string) string {
	for {
		out := ""
		for _, r := range norm.NFD.String(s) {
			if t, ok := o[r]; ok && !Invisible(r) {
				out += t
			} else if !Invisible(r) {
				out += string(r)
			}
		}
		if out = norm.NFD.String(strings.ToLower(norm.NFD.String(out))); out == s {
			return out
		}
		s = out
	}
}

func TestEveryLineOfTheDataHoldsForSkeletons(t *testing.T) {
	o := newOracle(t)
	if len(o) != len(sources) {
		t.Errorf("the data has %d lines, the table %d", len(o), len(sources))
	}
	for r, target := range o {
		source := string(r)
		if got, want := Skeleton(source), o.skeleton(source); got != want {
			t.Errorf("Skeleton(%+q) = %+q, want %+q", source, got, want)
		}
		if !norm.NFD.IsNormalString(source) {
			continue // a composed letter: UTS #39 decomposes it before it looks at the table
		}
		if a, b := Skeleton(source), Skeleton(target); a != b {
			t.Errorf("%+q looks like %+q, but the skeletons are %+q and %+q", source, target, a, b)
		}
	}
}

func TestEveryCharacterHasASkeletonThatIsItsOwn(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		s := Skeleton(string(r))
		if again := Skeleton(s); again != s {
			t.Errorf("%U: the skeleton of its skeleton %+q is %+q", r, s, again)
		}
	}
}

func TestSkeletonsAreLowerCase(t *testing.T) {
	for _, r := range sources {
		if s := Skeleton(string(r)); s != strings.ToLower(s) {
			t.Errorf("the skeleton of %U is not lower case: %+q", r, s)
		}
	}
}

func TestInvisibleCharactersAreThoseOfDefaultIgnorableCodePoint(t *testing.T) {
	for _, r := range []rune{0xAD, 0x34F, 0x61C, 0x115F, 0x17B4, 0x180B, 0x180E, 0x200B, 0x200E, 0x202E, 0x2060, 0x2066, 0x206F, 0x3164, 0xFE00, 0xFEFF, 0xFFA0, 0xFFF0, 0x1BCA0, 0x1D173, 0xE0001, 0xE0041, 0xE0100, 0xE0FFF} {
		if !Invisible(r) {
			t.Errorf("%U is seen as visible", r)
		}
	}
	for _, r := range []rune{'a', ' ', 0xA0, 0xE9, 0x600, 0x6DD, 0x70F, 0x2028, 0x3000, 0xFFF9, 0xFFFD, 0x110BD, 0x13430} {
		if Invisible(r) {
			t.Errorf("%U is seen as invisible", r)
		}
	}
}

func TestSkeletonIsSafeForConcurrentUse(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				if Skeleton("\u0430dmin") != "adrnin" {
					t.Error("wrong skeleton")
				}
			}
		})
	}
	wg.Wait()
}

func FuzzSkeleton(f *testing.F) {
	o := newOracle(f)
	for _, s := range []string{"admin", "\u0430dmin", "p0lo", "%", "e\u0316\u0301", "\uac01", "\ufdfa"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "")
		got := Skeleton(s)
		if want := o.skeleton(s); got != want {
			t.Errorf("Skeleton(%+q) = %+q, want %+q", s, got, want)
		}
		sum := 0
		for _, r := range s {
			sum += len(Skeleton(string(r)))
		}
		if sum != len(got) {
			t.Errorf("Skeleton(%+q) has %d bytes, its characters' skeletons %d", s, len(got), sum)
		}
	})
}

func BenchmarkSkeleton(b *testing.B) {
	for _, s := range []string{"katherine", "admin", "\u0430dmin"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Skeleton(s)
			}
		})
	}
}
