package account

import (
	"strings"
	"testing"
)

// FuzzParseHash wants that what is read as a hash is written as it was read,
// asks for no more than the bounds allow, and that nothing panics.
func FuzzParseHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")
	f.Add("$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")
	f.Add("$argon2id$v=19$m=99999999999,t=0,p=256$$")
	f.Add("$2a$10$abcdefghijklmnopqrstuu")
	f.Fuzz(func(t *testing.T, s string) {
		e, ok := parseHash(s)
		if !ok {
			return
		}
		if e.memory > maxMemory || e.time == 0 || e.time > maxTime || e.threads == 0 || e.memory < 8*uint32(e.threads) {
			t.Errorf("%q is read with %+v", s, e.argonParams)
		}
		again, ok := parseHash(e.String())
		if !ok || again.String() != e.String() {
			t.Errorf("%q is read as %q, and that as %q", s, e, again)
		}
		if strings.Count(s, "$") != 5 {
			t.Errorf("%q is read as a hash", s)
		}
	})
}
