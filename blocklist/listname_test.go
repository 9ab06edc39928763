package blocklist_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
)

func TestListsAreNamedAfterTheirSources(t *testing.T) {
	for source, want := range map[string]string{
		"/srv/lists/disposable-domains.txt": "disposable-domains.txt",
		`C:\Lists\Disposable.csv`:           "disposable.csv",
		"Spam List (new).TXT":               "spam-list-new-.txt",
		".hidden":                           "hidden",
		"__x__":                             "x__",
		"Bücher.txt":                        "b-cher.txt",
		"списки.txt":                        "txt",
		"a\nb":                              "a-b",
		"folder/":                           "folder",
		"100%.txt":                          "100-.txt",
		"what?.txt":                         "what-.txt",
		strings.Repeat("x", 200):            strings.Repeat("x", blocklist.MaxName),
		"https://lists.example/spam%20list.txt?token=secret#top": "spam-list.txt",
		"https://user:secret@lists.example:8080/":                "lists.example-8080",
	} {
		got, err := blocklist.ListName(source)
		if err != nil || got != want {
			t.Errorf("%q is %q (%v), want %q", source, got, err, want)
		}
	}
	for _, source := range []string{"", "/", "!!!", "списки"} {
		if got, err := blocklist.ListName(source); !isValueError(err, "list") {
			t.Errorf("%q is %q (%v), want a ValueError", source, got, err)
		}
	}
}

func isValueError(err error, field string) bool {
	v, ok := errors.AsType[*ban.ValueError](err)
	return ok && v.Field == field
}

// What ListName gives is taken for a list, whatever it is asked about.
func FuzzListName(f *testing.F) {
	for _, seed := range []string{"https://a.example/b?c", `\\server\share\x.txt`, "ÄÖÜ.txt", "a\xff"} {
		f.Add(seed)
	}
	admin := newAdmin(f, memstore.New())
	f.Fuzz(func(t *testing.T, source string) {
		name, err := blocklist.ListName(source)
		if err != nil {
			return
		}
		if _, err := admin.Plan(t.Context(), name, blocklist.Parse(strings.NewReader("a.example"), blocklist.ParseOptions{}), blocklist.SyncOptions{}); err != nil {
			t.Errorf("%q is %q: %v", source, name, err)
		}
	})
}
