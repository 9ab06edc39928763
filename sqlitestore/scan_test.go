package sqlitestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"modernc.org/sqlite"

	"example.com/ostraka/store"
)

// Rules are read a page at a time, of which the last may be full, or empty.
func TestAScanGivesAllRulesOfAllPages(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := openTemp(t)
	all := domainBans(2*rowPage + 1)
	made := 0
	for _, n := range []int{rowPage - 1, rowPage, rowPage + 1, 2*rowPage - 1, 2 * rowPage, 2*rowPage + 1} {
		if _, err := s.CreateBans(ctx, all[made:n], by(store.BanCreateMany)); err != nil {
			t.Fatal(err)
		}
		made = n
		seen := make(map[string]bool, n)
		for r, err := range s.Scan(ctx, 0) {
			if err != nil {
				t.Fatal(err)
			}
			if seen[r.Value] {
				t.Fatalf("of %d rules, that of %s came twice", n, r.Value)
			}
			seen[r.Value] = true
		}
		if len(seen) != n {
			t.Errorf("a scan gave %d rules, want %d", len(seen), n)
		}
	}
}

// A page may end among the rules of one key, and more than one may hold nothing else.
func TestAScanGivesAllRulesOfAKeyThatFillsPages(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := openTemp(t)
	all := domainBans(rowPage/2 + 1)
	for i := range 2*rowPage + 3 {
		b := domainBan(fmt.Sprintf("u+%d@host-1.example", i))
		b.Kind, b.KeyText = store.KindEmail, "u@host-1.example"
		all = append(all, b)
	}
	if _, err := s.CreateBans(ctx, all, by(store.BanCreateMany)); err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[store.Kind]int{0: len(all), store.KindEmail: 2*rowPage + 3, store.KindDomain: rowPage/2 + 1} {
		seen := make(map[string]bool, want)
		for r, err := range s.Scan(ctx, kind) {
			if err != nil {
				t.Fatal(err)
			}
			if seen[r.Value] {
				t.Fatalf("kind %d: the rule of %s came twice", kind, r.Value)
			}
			seen[r.Value] = true
		}
		if len(seen) != want {
			t.Errorf("kind %d: a scan gave %d rules, want %d", kind, len(seen), want)
		}
	}
}

// preparing is a driver around that of SQLite, as a host may have one, that can do no
// more than a driver must: what it is asked, it is asked through a prepared statement.
type preparing struct{ name string }

func (p preparing) Driver() driver.Driver { return &sqlite.Driver{} }

func (p preparing) Connect(context.Context) (driver.Conn, error) {
	conn, err := p.Driver().Open(p.name)
	return struct{ driver.Conn }{conn}, err
}

func TestAScanIsTheSameThroughADriverOfTheHost(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "x.db")
	s := openAt(t, path, Options{})
	full := domainBan("full.example")
	full.Effect, full.Scope, full.Shadow = store.Review, store.ScopeOf(store.Mail), true
	full.Reason, full.PublicReason, full.ExpiresAt = "a reason", "what people read", at.Add(time.Hour)
	if _, err := s.CreateBans(ctx, append(domainBans(rowPage), full), by(store.BanCreateMany)); err != nil {
		t.Fatal(err)
	}
	host := sql.OpenDB(preparing{"file:" + path})
	defer host.Close()
	wrapped, err := New(ctx, host)
	if err != nil {
		t.Fatal(err)
	}
	defer wrapped.Close()
	var scans [2][]store.Rule
	for i, from := range []*Store{s, wrapped} {
		for r, err := range from.Scan(ctx, 0) {
			if err != nil {
				t.Fatal(err)
			}
			scans[i] = append(scans[i], r)
		}
	}
	if len(scans[1]) != len(scans[0]) || len(scans[0]) != rowPage+1 {
		t.Fatalf("%d rules, and %d through the host's driver", len(scans[0]), len(scans[1]))
	}
	for i, r := range scans[0] {
		if scans[1][i] != r {
			t.Errorf("rule %d: %+v, and %+v through the host's driver", i, r, scans[1][i])
		}
		if r.Value == full.Value && (r.Effect != full.Effect || r.Scope != full.Scope || !r.Shadow || r.Reason != full.Reason ||
			r.PublicReason != full.PublicReason || !r.ExpiresAt.Equal(full.ExpiresAt) || r.ID != full.ID || r.Origin != store.OriginBan) {
			t.Errorf("%+v, want the rule of %+v", r, full)
		}
	}
}

func TestAScanThatIsCancelledYieldsAnError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := openTemp(t)
	if _, err := s.CreateBans(ctx, domainBans(rowPage+1), by(store.BanCreateMany)); err != nil {
		t.Fatal(err)
	}
	var last error
	n := 0
	for _, err := range s.Scan(ctx, 0) {
		if last = err; err == nil {
			n++
		}
		cancel()
	}
	if last == nil || n > rowPage {
		t.Errorf("%d rules, then %v, want an error after a page at most", n, last)
	}
}

// Exceptions are read a page at a time too.
func TestExceptionsGivesAllRulesOfAllPages(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := openTemp(t)
	all := domainBans(scanPage + 2)
	for i := range all {
		all[i].Effect = store.Allow
	}
	made := 0
	for _, n := range []int{scanPage, scanPage + 1, scanPage + 2} {
		if _, err := s.CreateBans(ctx, all[made:n], by(store.BanCreateMany)); err != nil {
			t.Fatal(err)
		}
		made = n
		seen, times := make(map[string]bool, n), 0
		for r, err := range s.Exceptions(ctx, store.KindDomain) {
			if err != nil {
				t.Fatal(err)
			}
			seen[r.Value] = true
			if times++; times > n {
				break
			}
		}
		if len(seen) != n || times != n {
			t.Errorf("of %d exceptions, %d came, %d of them different", n, times, len(seen))
		}
	}
}
