package ban_test

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/refdata"
)

func TestListsInUseParse(t *testing.T) {
	for file, kind := range map[string]ban.Kind{
		"disposable-domains.txt": ban.KindDomain, "datacenter-ipv4.txt": ban.KindIP, "datacenter-ipv6.txt": ban.KindIP,
	} {
		t.Run(file, func(t *testing.T) {
			f, err := os.Open(refdata.Path(t, file))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			values, bad := 0, 0
			for sc := bufio.NewScanner(f); sc.Scan(); values++ {
				line := strings.TrimSpace(sc.Text())
				if line == "" || line[0] == '#' {
					continue
				}
				v, err := ban.Parse(kind, line)
				if err != nil {
					bad++
					t.Log(err)
					continue
				}
				if guessed, err := ban.ParseAny(line); guessed != v {
					t.Errorf("ParseAny(%q) = %v, %v", line, guessed, err)
				}
			}
			t.Logf("%d of %d refused", bad, values)
			if values == 0 || bad*1000 > values {
				t.Errorf("%d of %d lines are refused", bad, values)
			}
		})
	}
}
