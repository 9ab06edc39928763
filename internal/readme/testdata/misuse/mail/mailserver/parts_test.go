package mailserver

import "testing"

func TestParts(t *testing.T) {
	code, enhanced, text, err := Parts("550 5.7.1 this mail is not allowed: 10 times spam")
	if err != nil || code != 550 || enhanced != [3]int{5, 7, 1} || text != "this mail is not allowed: 10 times spam" {
		t.Errorf("%d %v %q %v", code, enhanced, text, err)
	}
	for _, reply := range []string{"", "550", "550 no status", "x 5.7.1 text"} {
		if _, _, _, err := Parts(reply); err == nil {
			t.Errorf("%q: no error", reply)
		}
	}
}
