package match_test

import (
	"runtime"
	"strings"
	"testing"

	"example.com/ostraka/internal/match"
)

// Fields are used again for one subject after the other, for as long as a process runs.
func TestFieldsThatAreUsedAgainStaySmall(t *testing.T) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	f := new(match.Fields)
	email := strings.Repeat("A", 60) + "@" + strings.Repeat("B", 60) + ".example" // written anew in small letters
	use := func(times int) {
		for range times {
			if err := f.Parse(email, "", "", "", match.Reading{}); err != nil {
				t.Fatal(err)
			}
			f.Reset()
		}
	}
	use(1000)
	before := heap()
	use(20_000) // which take 2.5 MB if they are kept
	if after := heap(); after > before+1<<20 {
		t.Errorf("%d bytes before, %d after", before, after)
	}
	runtime.KeepAlive(f)
}
