package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"example.com/ostraka/internal/refdata"
)

func TestTheCommittedTableIsTheOneTheDataGives(t *testing.T) {
	data, err := os.ReadFile(refdata.Path(t, "confusables.txt"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := generate(data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../table.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("table.go is not what gen writes: run go generate ./internal/confusables")
	}
}

func TestDataThatIsNotUnderstoodIsRefused(t *testing.T) {
	const version = "# Version: 1.0\n"
	for name, data := range map[string]string{
		"no version":           "0041 ; 0042 ; MA\n",
		"too few fields":       version + "0041 ; 0042\n",
		"no code point":        version + "XYZ ; 0042 ; MA\n",
		"a surrogate":          version + "D800 ; 0042 ; MA\n",
		"no target":            version + "0041 ; ; MA\n",
		"several sources":      version + "0041 0042 ; 0043 ; MA\n",
		"one source twice":     version + "0041 ; 0042 ; MA\n0041 ; 0043 ; MA\n",
		"beyond the last char": version + "110000 ; 0042 ; MA\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := generate([]byte(data)); err == nil {
				t.Errorf("no error for %q", data)
			}
		})
	}
}

func TestGenerateIsDeterministicAndTakesComments(t *testing.T) {
	data := []byte("\ufeff# Version: 9.9.9\n\n0430 ; 0061 ; MA # CYRILLIC A\n006D ; 0072 006E ; MA\n")
	a, err := generate(data)
	if err != nil {
		t.Fatal(err)
	}
	b, err := generate(data)
	if err != nil || !bytes.Equal(a, b) {
		t.Fatalf("a second run differs (%v)", err)
	}
	for _, want := range []string{`const Version = "9.9.9"`, "0x6d, 0x430,", `"rn`} {
		if !strings.Contains(string(a), want) {
			t.Errorf("%s is missing in:\n%s", want, a)
		}
	}
}
