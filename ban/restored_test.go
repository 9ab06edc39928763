package ban_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// A backup is put back into the file beside Checkers that have it open. A minute is
// far more than they need, should the machine be slow.
func TestCheckersFollowARestoredFile(t *testing.T) {
	ctx := context.Background()
	for name, o := range map[string]ban.CheckerOptions{"cached": {}, "mirrored": {Mirror: true}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path, backup := filepath.Join(dir, "x.db"), filepath.Join(dir, "backup.db")
			st := openFile(t, path)
			a := newAdmin(t, st)
			create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "before"})
			if err := st.Backup(ctx, backup); err != nil {
				t.Fatal(err)
			}
			create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "since"})
			o.PollInterval = 100 * time.Millisecond
			c := newChecker(t, st, o)
			expect := func(when string, want map[string]ban.Verdict) {
				t.Helper()
				for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
					wrong := ""
					for name, verdict := range want {
						if d := check(t, c, ban.Subject{Name: name}); d.Verdict != verdict {
							wrong = name
						}
					}
					if wrong == "" {
						return
					}
					if time.Since(began) > time.Minute {
						t.Fatalf("%s: %s is not %v", when, wrong, want[wrong])
					}
				}
			}
			expect("before", map[string]ban.Verdict{"before": ban.Denied, "since": ban.Denied, "afterwards": ban.Allowed})
			if err := sqlitestore.Restore(ctx, path, backup, store.Change{At: time.Now(), Actor: "test"}, sqlitestore.Options{}); err != nil {
				t.Fatal(err)
			}
			expect("restored", map[string]ban.Verdict{"before": ban.Denied, "since": ban.Allowed, "afterwards": ban.Allowed})
			create(t, newAdmin(t, openFile(t, path)), ban.CreateOptions{Kind: ban.KindName, Value: "afterwards"}) // as another process
			expect("written to", map[string]ban.Verdict{"before": ban.Denied, "since": ban.Allowed, "afterwards": ban.Denied})
		})
	}
}

func openFile(t *testing.T, path string) *sqlitestore.Store {
	t.Helper()
	st, err := sqlitestore.Open(context.Background(), path, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}
