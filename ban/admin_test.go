package ban_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/sqlitetest"
	"example.com/ostraka/memstore"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// desk is an Admin with the store and the clock that it works with.
type desk struct {
	*ban.Admin
	t   *testing.T
	st  store.Store
	ctx context.Context // alice's

	mu  sync.Mutex
	now time.Time
}

// noon is when a desk opens. It has nanoseconds, which no store keeps.
var noon = time.Date(2026, 1, 1, 12, 0, 0, 1234567, time.FixedZone("elsewhere", 3600))

func newDesk(t *testing.T, st store.Store, opts ban.AdminOptions) *desk {
	t.Helper()
	d := &desk{t: t, st: st, ctx: as("alice"), now: noon}
	t.Cleanup(func() { st.Close() })
	opts.Now = d.clock
	admin, err := ban.NewAdmin(st, opts)
	if err != nil {
		t.Fatal(err)
	}
	d.Admin = admin
	return d
}

// overEachStore runs a test with a desk over each backend.
func overEachStore(t *testing.T, test func(*testing.T, *desk)) {
	t.Run("memstore", func(t *testing.T) { test(t, newDesk(t, memstore.New(), ban.AdminOptions{})) })
	t.Run("sqlitestore", func(t *testing.T) {
		st, err := sqlitestore.Open(context.Background(), sqlitetest.File(t), sqlitestore.Options{Synchronous: sqlitestore.SyncNormal})
		if err != nil {
			t.Fatal(err)
		}
		test(t, newDesk(t, st, ban.AdminOptions{}))
	})
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *desk) wait(t time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(t)
}

// spam is a ban that nothing speaks against.
func spam() ban.CreateOptions {
	return ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example", Reason: "sells followers"}
}

func (d *desk) create(o ban.CreateOptions) ban.Ban {
	d.t.Helper()
	b, err := d.Create(d.ctx, o)
	if err != nil {
		d.t.Fatal(err)
	}
	return b
}

func (d *desk) revoke(id uuid.UUID) ban.Ban {
	d.t.Helper()
	b, err := d.Revoke(d.ctx, id, "over")
	if err != nil {
		d.t.Fatal(err)
	}
	return b
}

func (d *desk) get(id uuid.UUID) ban.Ban {
	d.t.Helper()
	b, err := d.Get(d.ctx, id)
	if err != nil {
		d.t.Fatal(err)
	}
	return b
}

func (d *desk) log() []ban.Change {
	d.t.Helper()
	changes, err := d.Log(d.ctx, uuid.Nil, ban.Page{Limit: store.MaxPageLimit, OldestFirst: true})
	if err != nil {
		d.t.Fatal(err)
	}
	return changes
}

// actions returns what the log says was done, in order.
func (d *desk) actions() string {
	var out []string
	for _, c := range d.log() {
		out = append(out, strings.TrimPrefix(string(c.Action), "ban."))
	}
	return strings.Join(out, " ")
}

// wantLog checks what the log says was done.
func (d *desk) wantLog(want string) {
	d.t.Helper()
	if got := d.actions(); got != want {
		d.t.Errorf("the log says %q, want %q", got, want)
	}
}

func wantExists(t *testing.T, err error, id uuid.UUID) {
	t.Helper()
	e, ok := errors.AsType[*ban.ExistsError](err)
	if !ok || !errors.Is(err, ban.ErrExists) {
		t.Fatalf("error %v, want an ExistsError", err)
	}
	if e.Existing.ID != id {
		t.Errorf("ExistsError with ban %s, want %s", e.Existing.ID, id)
	}
}

func wantGuard(t *testing.T, err error, code string) {
	t.Helper()
	g, ok := errors.AsType[*ban.GuardError](err)
	if !ok {
		t.Fatalf("error %v, want a GuardError", err)
	}
	if g.Code != code || g.Value == "" || g.Hint == "" {
		t.Errorf("guard %q of %q (%s), want code %q", g.Code, g.Value, g.Hint, code)
	}
}
