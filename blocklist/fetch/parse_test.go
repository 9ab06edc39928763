package fetch

import (
	"strings"
	"testing"
	"time"
)

func FuzzChecksumOf(f *testing.F) {
	sum := strings.Repeat("0a", 32)
	f.Add(sum)
	f.Add(sum + "  list.txt\n" + sum + " *other.txt")
	f.Add("# sums\n\n" + sum + "\tlist.txt")
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := checksumOf(text, "https://lists.example/out/list.txt?x=1")
		if !ok {
			return
		}
		// The slow way: some line begins with it, and has the name, or nothing.
		for line := range strings.SplitSeq(text, "\n") {
			rest, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(line)), got)
			if found && (strings.TrimSpace(rest) == "" || strings.HasSuffix(strings.TrimSpace(line), "list.txt")) && len(got) == 64 {
				return
			}
		}
		t.Errorf("%q is the checksum in %q", got, text)
	})
}

func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, s := range []string{"", "0", "60", "-1", "99999999999999999999", "Fri, 02 Jan 2026 00:00:00 GMT", "Fri, 02 Jan 1926 00:00:00 GMT", "1.5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d := retryAfter(text, now); d < 0 || d > maxRetryAfter {
			t.Errorf("%q is %v", text, d)
		}
	})
}
