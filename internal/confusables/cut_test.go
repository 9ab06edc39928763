package confusables

import "testing"

func TestMayCut(t *testing.T) {
	for _, tt := range []struct {
		rule     string
		skeleton string
		at       int
		want     bool
	}{
		{"between characters that none has side by side", "bar", 1, true},
		{"at the start", "rn", 0, true},
		{"at the end", "rn", 2, true},
		{"not through what may be an m", "barn", 3, false},
		{"before what may be an m", "barn", 2, true},
		{"not before a combining mark", "cafe\u0301", 4, false},
		{"not through what may be a Hangul syllable", "\u1100\u1161", 3, false},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			if got := MayCut(tt.skeleton, tt.at); got != tt.want {
				t.Errorf("MayCut(%q, %d) = %v", tt.skeleton, tt.at, got)
			}
		})
	}
}
