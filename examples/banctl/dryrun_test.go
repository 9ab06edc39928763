package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// everything prints all that is in a database, hits aside, past the program.
func (c *cli) everything() string {
	c.Helper()
	st, err := sqlitestore.Open(c.Context(), c.db, sqlitestore.Options{})
	if err != nil {
		c.Fatal(err)
	}
	bans, err1 := st.ListBans(c.Context(), store.BanFilter{}, store.Page{Limit: store.MaxPageLimit})
	blocks, err2 := st.ListBlocks(c.Context(), store.BlockFilter{}, store.BlocksBySeq, store.Page{Limit: store.MaxPageLimit})
	lists, err3 := st.Lists(c.Context())
	changes, err4 := st.ListChanges(c.Context(), uuid.Nil, store.Page{Limit: store.MaxPageLimit})
	var rules []string
	for r, err := range st.Scan(c.Context(), 0) {
		if err != nil {
			c.Fatal(err)
		}
		rules = append(rules, fmt.Sprintf("%+v", r))
	}
	slices.Sort(rules)
	if err := errors.Join(err1, err2, err3, err4, st.Close()); err != nil {
		c.Fatal(err)
	}
	return fmt.Sprintf("%+v\n%+v\n%+v\n%s\n%d changes", bans, blocks, lists, strings.Join(rules, "\n"), len(changes))
}

// comparable removes from a document what cannot be the same in a dry run: what
// the store gives to a record, and when it was.
func comparable(doc map[string]any) map[string]any {
	gone := []string{"dry_run", "id", "seq", "preview", "list", "bytes", "created_at", "updated_at", "revoked_at"}
	out := map[string]any{}
	for name, v := range doc {
		if m, ok := v.(map[string]any); ok {
			v = comparable(m)
		}
		if !slices.Contains(gone, name) {
			out[name] = v
		}
	}
	return out
}

func compact(t *testing.T, doc map[string]any) string {
	t.Helper()
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestDryRunSaysWhatTheRealOneDoesAndDoesNothing(t *testing.T) {
	more := "one.example\nthree.example\nfour@@x\n"
	for name, args := range map[string][]string{
		"add":                       {"add", "new.example", "--reason", "x", "--expires", "2999-01-01T00:00:00Z"},
		"add what is banned":        {"add", "spam.example"},
		"add what was banned":       {"add", "old.example"},
		"add what is guarded":       {"add", "co.uk"},
		"add by force":              {"add", "co.uk", "--force"},
		"put anew":                  {"put", "new.example"},
		"put over":                  {"put", "spam.example", "--reason", "other"},
		"put the same":              {"put", "fresh.example", "--effect", "review"},
		"update":                    {"update", "1", "--effect", "review"},
		"update nothing":            {"update", "1", "--effect", "deny"},
		"update to what exists":     {"update", "1", "--value", "fresh.example"},
		"update what is missing":    {"update", "99", "--effect", "deny"},
		"revoke":                    {"revoke", "spam.example", "--reason", "sold"},
		"revoke what is revoked":    {"revoke", "old.example"},
		"reinstate":                 {"reinstate", "old.example"},
		"reinstate an active":       {"reinstate", "spam.example"},
		"delete":                    {"delete", "spam.example"},
		"delete what is missing":    {"delete", "nobody.example"},
		"purge":                     {"purge", "--before", "2030-06-01T00:00:00Z"},
		"block":                     {"block", "new.example", "--effect", "review"},
		"block what is blocked":     {"block", "blocked.example"},
		"block what is guarded":     {"block", "co.uk"},
		"update a block":            {"update-block", "blocked.example", "--effect", "review", "--reason", ""},
		"update no block":           {"update-block", "nobody.example", "--effect", "deny"},
		"update a block by nothing": {"update-block", "blocked.example"},
		"unblock":                   {"unblock", "blocked.example"},
		"import":                    {"import", "--list", "mine", "-"},
		"import anew":               {"import", "--list", "new", "-"},
		"import nothing":            {"import", "--list", "mine", "-", "--format", "json"},
		"undo":                      {"undo", "mine"},
		"undo what is missing":      {"undo", "nothing"},
		"drop":                      {"drop", "mine"},
		"backup":                    {"backup", t.TempDir() + "/backup.db"},
		"backup over a file":        {"backup", file(t, "there.txt", "x")},
		"prune":                     {"prune", "--before", "90d"},
		"prune nothing":             {"prune", "--before", "900d"},
		"prune what is to come":     {"prune", "--before", "2040-01-01T00:00:00Z"},
		"restore what is none":      {"restore", file(t, "none.txt", strings.Repeat("x", 1000))},
		"restore what is missing":   {"restore", filepath.Join(t.TempDir(), "none.db")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCLI(t)
			c.clock = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
			c.seed()
			c.clock = c.clock.AddDate(1, 0, 0)
			args := append(args, "--json")
			before := c.everything()

			c.stdin = more
			dry := c.run(append(args, "--dry-run")...)
			if after := c.everything(); after != before {
				t.Fatalf("the dry run changed\n%s to\n%s", before, after)
			}
			c.stdin = more
			real := c.run(args...)
			if dry.code != real.code {
				t.Fatalf("dry run: status %d, %s\nreal run: status %d, %s", dry.code, dry.errors, real.code, real.errors)
			}
			if real.code != 0 {
				was, is := document(t, dry.errors), document(t, real.errors)
				wants(t, was, "error.code", get(is, "error.code"), "error.reason", get(is, "error.reason"), "error.value", get(is, "error.value"))
				return
			}
			was, is := document(t, dry.out), document(t, real.out)
			wants(t, was, "dry_run", true)
			wants(t, is, "dry_run", nil)
			if a, b := compact(t, comparable(was)), compact(t, comparable(is)); a != b {
				t.Errorf("dry run:\n%s\nreal run:\n%s", a, b)
			}
			if c.everything() == before && !slices.ContainsFunc([]string{"same", "nothing", "is revoked", "active", "backup"}, func(s string) bool { return strings.Contains(name, s) }) {
				t.Error("the real run changed nothing")
			}
		})
	}
}

func TestReinstateBesideAnActiveBanIsRefusedDryOrNot(t *testing.T) {
	c := newCLI(t)
	c.ok("add", "spam.example")
	c.ok("revoke", "1")
	c.ok("add", "spam.example")
	for _, more := range [][]string{{"--dry-run"}, nil} {
		r := c.run(append([]string{"reinstate", "1", "--json"}, more...)...)
		wants(t, document(t, r.errors), "error.code", codeExists, "error.ban.seq", 2.0)
	}
}

func TestEveryCommandThatWritesHasADryRun(t *testing.T) {
	reading := map[string]bool{
		"list": true, "show": true, "check": true, "explain": true, "preview": true, "log": true, "stats": true,
		"lists": true, "catalogue": true, "blocks": true, "export": true, "verify": true, "credentials": true, "aliases": true, "help": true, "completion": true,
		"pending": true,
	}
	root := newRoot(&app{})
	commands := slices.DeleteFunc(slices.Clone(root.Commands()), func(cmd *cobra.Command) bool { return cmd.Name() == "accounts" })
	accounts, _, err := root.Find([]string{"accounts"})
	if err != nil {
		t.Fatal(err)
	}
	for _, cmd := range accounts.Commands() { // those of its names that bans have too
		if has := cmd.Flags().Lookup("dry-run") != nil; has == reading[cmd.Name()] {
			t.Errorf("accounts %s: --dry-run is there: %t", cmd.Name(), has)
		}
	}
	for _, cmd := range commands {
		if has := cmd.Flags().Lookup("dry-run") != nil; has == reading[cmd.Name()] {
			t.Errorf("%s: --dry-run is there: %t", cmd.Name(), has)
		}
		delete(reading, cmd.Name())
	}
	if len(reading) > 0 {
		t.Errorf("no such commands: %q", slices.Collect(maps.Keys(reading)))
	}
}
