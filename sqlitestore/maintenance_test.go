package sqlitestore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

func TestBackupWhileTheStoreIsWritten(t *testing.T) {
	ctx := context.Background()
	for name, s := range map[string]*Store{
		"a file of its own":                 openTemp(t),
		"a host's handle of one connection": newOn(t, filepath.Join(t.TempDir(), "host.db"), 1),
	} {
		t.Run(name, func(t *testing.T) {
			stop := make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						mustCreate(t, s, uuid.NewString()+".example")
					}
				}
			})
			for range 3 {
				before := mustCount(t, s)
				path := filepath.Join(t.TempDir(), "copy of 100%?.db")
				if err := s.Backup(ctx, path); err != nil {
					t.Fatal(err)
				}
				if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
					t.Errorf("the copy: %v, %v", info, err)
				}
				backup := openAt(t, path, Options{})
				mustCheck(t, backup)
				n := mustCount(t, backup)
				last, err := backup.LastChange(ctx)
				if n < before || n != last || err != nil {
					t.Errorf("the copy has %d bans and %d changes (%v); there were %d before", n, last, err, before)
				}
			}
			close(stop)
			wg.Wait()
		})
	}
}

func TestBackupNeverTouchesAFile(t *testing.T) {
	s := openTemp(t)
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(context.Background(), path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Backup: %v", err)
	}
	if err := publish(s.path, path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("publish: %v", err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "precious" {
		t.Errorf("the file holds %q, %v", data, err)
	}
}

func TestFailedBackupLeavesNoFile(t *testing.T) {
	s := openTemp(t)
	if _, err := s.CreateBans(context.Background(), domainBans(3000), by(store.BanCreateMany)); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Millisecond)
	defer cancel()
	if err := s.Backup(ctx, filepath.Join(dir, "copy.db")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Backup: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	mustCreate(t, s, "a.example")
}

func TestCheckFindsContradictions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ damage, says string }{
		{`DELETE FROM ostraka_rules WHERE key = 'd:a.example'`, "1 bans without their rule"},
		{`UPDATE ostraka_rules SET effect = 2 WHERE key = 'd:a.example'`, "1 bans without their rule"},
		{`DELETE FROM ostraka_bans WHERE value = 'a.example'`, "1 rules without a ban"},
		{`UPDATE ostraka_bans SET ruled = 0 WHERE value = 'a.example'`, "1 rules without a ban"},
		{`UPDATE ostraka_bans SET ruled = 0 WHERE value = 'a.example'`, "1 bans whose rule was retired, that never expire"},
		{`INSERT INTO ostraka_hits (rule_id, day, uses) VALUES (zeroblob(16), 1, 1)`, "1 days of hits without a record"},
		{`DELETE FROM ostraka_changes WHERE seq = 2`, "1 changes missing"},
		{`UPDATE ostraka_prefix_lengths SET rules = 7`, "1 rules of prefix length 24 (IPv6: false) are counted as 7"},
		{`DELETE FROM ostraka_prefix_lengths`, "are not counted"},
		{`DELETE FROM ostraka_rules WHERE origin = 1`, "1 blocks without their rule"},
		{`UPDATE ostraka_rules SET reason = 'other' WHERE origin = 1`, "1 blocks without their rule"},
		{`DELETE FROM ostraka_blocks`, "1 rules without a block"},
		{`DELETE FROM ostraka_rules WHERE key = 'd:d.example'`, "1 lists with another number of entries"},
		{`UPDATE ostraka_lists SET previous_entries = 7`, "1 lists whose content before has another number"},
		{`UPDATE ostraka_rules SET until = 2 WHERE key = 'd:d.example'`, "1 entries of contents to come"},
		{`UPDATE ostraka_rules SET list = 2 WHERE key = 'd:d.example'`, "1 entries of lists to come"},
		{`PRAGMA foreign_keys = 0; DELETE FROM ostraka_accounts`, "1 handle keys without an account"},
		{`PRAGMA foreign_keys = 0; DELETE FROM ostraka_accounts`, "2 addresses without an account"},
		{`PRAGMA foreign_keys = 0; DELETE FROM ostraka_accounts`, "1 credentials without an account"},
		{`UPDATE ostraka_handle_keys SET position = 1`, "1 accounts whose handle keys are not numbered"},
		{`UPDATE ostraka_account_emails SET position = 2 WHERE position = 1`, "1 accounts whose addresses are not numbered"},
		{`UPDATE ostraka_account_emails SET host = 'example.b.' WHERE position = 1`, "1 addresses that are found by another host"},
		{`UPDATE ostraka_account_emails SET shared = 0 WHERE position = 1`, "1 addresses that are found by another host"},
		{`UPDATE ostraka_aliases SET host = 'b.'`, "1 aliases that are found by another host"},
		{`UPDATE ostraka_aliases SET destination_host = 'b.'`, "1 aliases that are found by another host"},
		{`DELETE FROM ostraka_account_emails WHERE position = 1`, "1 active aliases that forward to no address"},
		{`INSERT INTO ostraka_hit_totals (rule_id, key, uses) VALUES (zeroblob(16), 'd:x', 1)`, "1 hit totals without a record"},
		{`DROP TABLE ostraka_aliases`, "table ostraka_aliases is missing"},
		{`ALTER TABLE ostraka_changes RENAME TO gone`, "table ostraka_changes is missing"},
		{`DROP INDEX ostraka_hits_of_days`, "index ostraka_hits_of_days is missing"},
		{`ALTER TABLE ostraka_lists DROP COLUMN previous_synced_by`, "column ostraka_lists.previous_synced_by is missing"},
	} {
		t.Run(tt.damage, func(t *testing.T) {
			s := openTemp(t)
			mustCreate(t, s, "a.example")
			mustCreate(t, s, "b.example")
			ip := domainBan("192.0.2.0/24")
			ip.Kind = store.KindIP
			if _, err := s.CreateBan(context.Background(), ip, by(store.BanCreate)); err != nil {
				t.Fatal(err)
			}
			mustBlock(t, s, "c.example")
			mustApply(t, s, newList("list", domainEntry("d.example"), domainEntry("e.example")))
			a := mustAccount(t, s, newAccount("ann", "ann@one.example", "ann@two.example"))
			mustSession(t, s, a, 1)
			mustAlias(t, s, newAlias(a, "shop", "alias.example", "ann@two.example"))
			mustCheck(t, s)
			mustExec(t, s.writeDB, tt.damage)
			err := s.Check(context.Background())
			var e *CheckError
			if !errors.As(err, &e) || !errors.Is(err, ErrCorrupt) {
				t.Fatalf("Check: %v", err)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%q does not say %q", err, tt.says)
			}
		})
	}
}

func TestDamagedPagesAreErrCorrupt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := openAt(t, path, Options{})
	if _, err := s.CreateBans(context.Background(), domainBans(2000), by(store.BanCreateMany)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(data) / 2; i < len(data)/2+100_000; i++ {
		data[i] ^= 0xa5
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := openAt(t, path, Options{}).Check(context.Background()); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Check: %v", err)
	}
}

func TestVacuumShrinksTheFile(t *testing.T) {
	ctx := context.Background()
	s := openTemp(t)
	bans := domainBans(6000)
	if _, err := s.CreateBans(ctx, bans, by(store.BanCreateMany)); err != nil {
		t.Fatal(err)
	}
	mustExec(t, s.writeDB, `DELETE FROM ostraka_bans`)
	mustExec(t, s.writeDB, `DELETE FROM ostraka_rules`)
	mustExec(t, s.writeDB, `PRAGMA wal_checkpoint(TRUNCATE)`)
	size := func() int64 {
		info, err := os.Stat(s.path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	if err := s.Vacuum(ctx); err != nil {
		t.Fatal(err)
	}
	if after := size(); after > before/4 {
		t.Errorf("%d bytes after, %d before", after, before)
	}
	if b := mustCreate(t, s, "a.example"); b.Seq != 6001 {
		t.Errorf("Seq %d was used before", b.Seq)
	}
}
