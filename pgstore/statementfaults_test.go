package pgstore_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
	"example.com/ostraka/store/storetest"
)

// faults is a tracer of pgx that makes statements go wrong.
type faults struct {
	breaks func(context.Context, *pgx.Conn) // makes the next statement of a connection fail

	mu      sync.Mutex
	left    int // statements until the one that goes wrong; 0: none does
	instead func()
	fired   bool
}

func (f *faults) Arm(n int, instead func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left, f.instead, f.fired = n, instead, false
}

func (f *faults) Disarm() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left = 0
	return f.fired
}

// due reports whether it is the turn of the statement that goes wrong, and what is to
// be done in place of that.
func (f *faults) due() (due bool, instead func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left == 0 {
		return false, nil
	}
	if f.left--; f.left > 0 {
		return false, nil
	}
	f.fired = true
	return true, f.instead
}

func (f *faults) statement(ctx context.Context, conn *pgx.Conn) {
	switch due, instead := f.due(); {
	case !due:
	case instead != nil:
		instead()
	default:
		f.breaks(context.WithoutCancel(ctx), conn)
	}
}

func (f *faults) TraceQueryStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	f.statement(ctx, conn)
	return ctx
}

func (f *faults) TraceBatchStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	f.statement(ctx, conn)
	return ctx
}

func (f *faults) TraceCopyFromStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceCopyFromStartData) context.Context {
	f.statement(ctx, conn)
	return ctx
}

func (f *faults) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData)       {}
func (f *faults) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData)   {}
func (f *faults) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)       {}
func (f *faults) TraceCopyFromEnd(context.Context, *pgx.Conn, pgx.TraceCopyFromEndData) {}

// cut loses the connection.
func cut(_ context.Context, conn *pgx.Conn) { _ = conn.PgConn().Conn().Close() }

// abort has the server abort the transaction, or loses the connection where there is
// none yet.
func abort(ctx context.Context, conn *pgx.Conn) {
	if conn.PgConn().TxStatus() != 'T' {
		cut(ctx, conn)
		return
	}
	_, _ = conn.PgConn().Exec(ctx, `SELECT 1 / 0`).ReadAll()
}

func TestStatementsThatFail(t *testing.T) {
	server := pgtest.Shared(t)
	for name, breaks := range map[string]func(context.Context, *pgx.Conn){"the connection is lost": cut, "the server refuses": abort} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.RunFaults(t, func(t *testing.T) (store.Store, storetest.Faults) {
				f := &faults{breaks: breaks}
				config, err := pgxpool.ParseConfig(server.DSN())
				if err != nil {
					t.Fatal(err)
				}
				config.ConnConfig.Tracer = f
				pool, err := pgxpool.NewWithConfig(t.Context(), config)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(pool.Close)
				s, err := pgstore.New(t.Context(), pool, pgstore.Options{Schema: pgtest.Schema()})
				if err != nil {
					t.Fatal(err)
				}
				s.SetStepRows(1)
				return s, f
			})
		})
	}
}
