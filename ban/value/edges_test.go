package value_test

import (
	"strings"
	"testing"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// A capital that were kept would be another address, which no ban is for.
func TestEveryCapitalIsTheSmallLetter(t *testing.T) {
	for c := 'A'; c <= 'Z'; c++ {
		small := strings.ToLower(string(c))
		for _, read := range []func(string) (value.Address, error){value.ParseAddress, new(value.Parser).Address} {
			a, err := read(string(c) + "x@example.org")
			if err != nil || a.String() != small+"x@example.org" || a.Mailbox() != small+"x@example.org" {
				t.Errorf("%c: the address is %q of the mailbox %q, %v", c, a, a.Mailbox(), err)
			}
		}
		if u, err := value.ParseUsername(string(c) + "x"); err != nil || u.String() != small+"x" {
			t.Errorf("%c: the name is %q, %v", c, u, err)
		}
		if host, err := new(value.Parser).Host(string(c) + "x.example"); err != nil || host != small+"x.example" {
			t.Errorf("%c: the host is %q, %v", c, host, err)
		}
	}
}

func TestAPatternIsLookedForInTheLongestNames(t *testing.T) {
	name := strings.Repeat("o", 58) + "admin" + "o" // of 64 characters
	for pattern, want := range map[string]bool{"*аdmin*": true, "*rn*": false, "*admins*": false, "*mino": true} {
		v, err := value.Parse(store.KindName, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{name, strings.ReplaceAll(name, "d", "ԁ")} {
			u, err := value.ParseNickname(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, alike := value.CompileNamePattern(v.String()).Match(u.Look()); alike != want {
				t.Errorf("%s in %s: %v, want %v", pattern, name, alike, want)
			}
		}
	}
}

func TestTheZeroValueIsNone(t *testing.T) {
	if v := (value.Value{}); !v.IsZero() || v.Wildcard() {
		t.Errorf("the zero value: %v, %v", v.IsZero(), v.Wildcard())
	}
	for _, text := range []string{"a.example", "ann@a.example", "192.0.2.1", "name:a*"} {
		if v, err := value.ParseAny(text); err != nil || v.IsZero() {
			t.Errorf("%s: %v, %v", text, v.IsZero(), err)
		}
	}
}

// Names of accented letters take another way than those of other scripts.
func TestANameHasAtMost64CharactersInEveryScript(t *testing.T) {
	for _, letter := range []string{"a", "A", "é", "É", "ö", "я", "中"} {
		for n, ok := range map[int]bool{64: true, 65: false} {
			name := strings.Repeat(letter, n)
			_, err := value.ParseNickname(name)
			var u value.Username
			fast := new(value.Parser).Nickname(&u, name)
			if (err == nil) != ok || (fast == nil) != ok {
				t.Errorf("%d times %s: %v and %v", n, letter, err, fast)
			}
		}
	}
}
