package commonpassword

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func lines() []string { return strings.Split(strings.TrimSuffix(list, "\n"), "\n") }

func TestTheListIsSortedInSmallLettersAndLongEnough(t *testing.T) {
	all := lines()
	if len(all) != 8000 || !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("%d lines, sorted: %v", len(all), slices.IsSorted(all))
	}
	for _, line := range all {
		if line != strings.ToLower(line) || utf8.RuneCountInString(line) < 8 {
			t.Errorf("%q", line)
		}
	}
}

// What is searched by halves is compared with the plain set of lines.
func TestHasFindsWhatIsOnTheList(t *testing.T) {
	set := map[string]bool{}
	for _, line := range lines() {
		set[line] = true
		if !Has(line) || !Has(strings.ToUpper(line)) {
			t.Errorf("%q is on the list, and is not found", line)
		}
	}
	for _, line := range lines() {
		for _, near := range []string{line + "x", line[:len(line)-1], line[1:], "!" + line, line + "~"} {
			if Has(near) != set[near] {
				t.Errorf("%q: Has says %v", near, Has(near))
			}
		}
	}
	for _, s := range []string{"", "\n", "password\n", "a\nb", "correct horse", "~~~~~~~~~~", "ПАРОЛЬ"} {
		if Has(s) {
			t.Errorf("%q is not on the list, and is found", s)
		}
	}
}
