package value

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// scripts are where names and addresses come from, and what does not stand for
// itself in them.
var scripts = [][2]rune{
	{0xa0, 0x24f}, {0x250, 0x3ff}, {0x400, 0x52f}, {0x531, 0x5ff}, {0x600, 0x6ff}, {0x900, 0x97f}, {0xe00, 0xe7f}, {0x10a0, 0x10ff}, {0x1100, 0x11ff},
	{0x1e00, 0x1fff}, {0x2000, 0x206f}, {0x2100, 0x218f}, {0x3000, 0x30ff}, {0x4e00, 0x4fff}, {0xac00, 0xad00}, {0xf900, 0xfaff}, {0xfb00, 0xfb4f},
	{0xfe00, 0xfe0f}, {0xff00, 0xffef}, {0xfff0, 0xffff}, {0x1f600, 0x1f64f}, {0x1d400, 0x1d4ff},
}

// text returns one of few scripts, with ASCII among it.
func text(rng *rand.Rand) string {
	var b strings.Builder
	script := scripts[rng.IntN(len(scripts))]
	for range 1 + rng.IntN(8) {
		switch rng.IntN(8) {
		case 0:
			script = scripts[rng.IntN(len(scripts))]
		case 1, 2, 3:
			b.WriteByte("abcdIlLmMrn019-_. A"[rng.IntN(19)])
			continue
		}
		b.WriteRune(script[0] + rng.Int32N(script[1]-script[0]+1))
	}
	return b.String()
}

// What is made of letters one after the other is what the profiles make of the whole.
func TestLettersAgainstTheProfiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 30_000 {
		s := text(rng)
		checkParser(t, s)
		checkParser(t, s+".example")
		checkParser(t, text(rng)+"@"+strings.ReplaceAll(s, " ", "")+".example")
	}
}

func TestALabelsAgainstTheProfiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	labels := 0
	for range 10_000 {
		s := strings.ReplaceAll(text(rng), " ", "")
		host, err := ParseHost(s + ".example")
		if err != nil {
			continue
		}
		labels++
		checkParser(t, host)
		checkParser(t, "X@"+strings.ToUpper(host))
		if at := rng.IntN(len(host)); true {
			checkParser(t, host[:at]+string(rune('a'+rng.IntN(26)))+host[at+1:])
			checkParser(t, host[:at]+host[at+1:])
		}
	}
	if labels < 1000 {
		t.Errorf("only %d labels", labels)
	}
}

// Each letter alone, and beside those that change what is beside them.
func TestEveryLetterAgainstTheProfiles(t *testing.T) {
	step := rune(1)
	if testing.Short() {
		step = 17
	}
	for r := rune(0x80); r < 0x10000; r += step {
		if r > 0x3400 && r < 0xf900 && r%97 != 0 || r > 0x600 && r < 0x1e00 && r%7 != 0 {
			continue // of the great scripts a part
		}
		s := string(r)
		for _, text := range []string{s, s + s, "a" + s, s + "I", "L" + s + "l"} {
			checkParser(t, text)
		}
		checkParser(t, s+"@"+s+"a")
	}
}

func TestAParserOfLettersDoesNotAllocate(t *testing.T) {
	var f Parser
	check := func(what string, read func() error) {
		t.Helper()
		if err := read(); err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(100, func() {
			f.Reset()
			if err := read(); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%s: %v allocations", what, n)
		}
	}
	var u Username
	check("a name with accents", func() error { return f.Nickname(&u, "José Ångström Íl") })
	check("a Cyrillic name", func() error { return f.Nickname(&u, "ПРИВЕТ мир") })
	check("an address", func() error { _, err := f.Address("Jörg.Müller@bücher.example"); return err })
	check("an A-label", func() error { _, err := f.Host("www.XN--bcher-kva.example"); return err })
}

func BenchmarkLetters(b *testing.B) {
	for _, s := range []string{"Jose Garcia", "José García", "Борис Петров", "jose@buecher.example", "josé@bücher.example", "jose@xn--bcher-kva.example"} {
		b.Run(fmt.Sprintf("%+q", s), func(b *testing.B) {
			var f Parser
			var u Username
			b.ReportAllocs()
			for b.Loop() {
				f.Reset()
				var err error
				if strings.Contains(s, "@") {
					_, err = f.Address(s)
				} else {
					err = f.Nickname(&u, s)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
