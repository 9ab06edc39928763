package exposure_test

import (
	"bytes"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"example.com/ostraka/examples/internal/exposure"
)

func TestWhatIsWarnedOf(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no such modes")
	}
	const db, every, many = "can read or change the database", "every client is", "many strangers are"
	for name, c := range map[string]struct {
		mode    os.FileMode // 0: no file
		proxies string
		want    []string
	}{
		"nothing":                       {0, "", nil},
		"the owner's database":          {0o600, "", nil},
		"the group's database":          {0o660, "", nil},
		"one that all can read":         {0o644, "", []string{db}},
		"one that all can write":        {0o602, "", []string{db}},
		"a proxy":                       {0, "192.0.2.7/32 2001:db8::7/128", nil},
		"networks of a provider":        {0, "104.16.0.0/13 2400:cb00::/32", nil},
		"a private network":             {0, "10.0.0.0/8 fc00::/7", nil},
		"all of IPv4":                   {0, "0.0.0.0/0", []string{every}},
		"all of IPv6":                   {0, "::/0", []string{every}},
		"both, and the database":        {0o666, "0.0.0.0/0 ::/0 192.0.2.7/32", []string{db, every, every}},
		"all in two halves":             {0, "0.0.0.0/1 128.0.0.0/1", []string{many, many}},
		"all that is given out of IPv6": {0, "2000::/3", []string{many}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ostraka.db")
			if c.mode != 0 {
				if err := os.WriteFile(path, nil, c.mode); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(path, c.mode); err != nil { // whatever the umask
					t.Fatal(err)
				}
			}
			var proxies []netip.Prefix
			for _, p := range strings.Fields(c.proxies) {
				proxies = append(proxies, netip.MustParsePrefix(p))
			}
			var log bytes.Buffer
			exposure.Warn(slog.New(slog.NewTextHandler(&log, nil)), path, proxies)
			lines := strings.SplitAfter(log.String(), "\n")
			lines = lines[:len(lines)-1]
			if len(lines) != len(c.want) {
				t.Fatalf("it said %q, want %q", lines, c.want)
			}
			for i, want := range c.want {
				if !strings.Contains(lines[i], want) || !strings.Contains(lines[i], "level=WARN") {
					t.Errorf("it said %q, want %q", lines[i], want)
				}
			}
		})
	}
}
