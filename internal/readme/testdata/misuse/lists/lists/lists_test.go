package lists

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
)

func newAdmin(t *testing.T) *blocklist.Admin {
	t.Helper()
	admin, err := blocklist.NewAdmin(memstore.New(), blocklist.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return admin
}

// sync writes a file and has the list follow it.
func sync(t *testing.T, admin *blocklist.Admin, text string) (report string, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err = SyncFile(t.Context(), admin, path, &b)
	return b.String(), err
}

func held(t *testing.T, admin *blocklist.Admin) string {
	t.Helper()
	var b bytes.Buffer
	if err := admin.Export(t.Context(), "disposable", &b, blocklist.FormatPlain); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const ten = "a.example\nb.example\nc.example\nd.example\ne.example\nf.example\ng.example\nh.example\ni.example\nj.example\n"

func TestWhatLooksLikeAMistakeLeavesTheListAlone(t *testing.T) {
	admin := newAdmin(t)
	if _, err := sync(t, admin, ten); err != nil {
		t.Fatal(err)
	}
	before := held(t, admin)
	for name, text := range map[string]string{
		"empty":           "",
		"an error page":   "<html><body>404 Not Found</body></html>\n",
		"most is gone":    "a.example\n",
		"zeros":           strings.Repeat("\x00", 1000),
		"one line of 1 M": strings.Repeat("a", 1<<20),
	} {
		if _, err := sync(t, admin, text); err == nil {
			t.Errorf("%s: taken for a list", name)
		}
		if after := held(t, admin); after != before {
			t.Errorf("%s: the list holds\n%s", name, after)
		}
	}
	if err := SyncFile(t.Context(), admin, filepath.Join(t.TempDir(), "none"), &bytes.Buffer{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestABadLineIsReportedAndFailsNoOther(t *testing.T) {
	report, err := sync(t, newAdmin(t), ten+"not a domain\nco.uk\nevil\x1b[2J.example\n")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(report, "10 added") || !strings.Contains(report, "3 rejected") || strings.Contains(report, "\x1b") {
		t.Errorf("%q", report)
	}
}

func TestAListDoesNotLiftBans(t *testing.T) {
	admin := newAdmin(t)
	report, err := sync(t, admin, ten+"@@||spam.example^\n")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(report, "1 rejected") {
		t.Errorf("%q", report)
	}
}

func TestExceptionsAreTakenAndTakenBack(t *testing.T) {
	admin := newAdmin(t)
	ctx := ban.WithActor(t.Context(), "alice")
	for _, domains := range []string{"good.example\n", ""} {
		if err := SetExceptions(ctx, admin, domains); err != nil {
			t.Errorf("%q: %v", domains, err)
		}
	}
	if err := SetExceptions(t.Context(), admin, "good.example\n"); err == nil {
		t.Error("exceptions are made in nobody's name")
	}
}
