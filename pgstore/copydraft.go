package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"example.com/ostraka/store"
	"example.com/ostraka/store/storecopy"
)

// copySuffix is what the name of a schema in the making ends with.
const copySuffix = "_copying"

// Draft is a copy in the making, in a schema beside the one which it becomes. See
// package storecopy. It is not safe for concurrent use.
type Draft struct {
	*Store
	dsn    string
	place  Options // of the store that it becomes
	origin string
}

var _ storecopy.Draft = (*Draft)(nil)

// OpenDraft opens the unfinished copy from the origin that is beside the schema of the
// options, or begins one. The role needs the CREATE privilege on the database. It fails
// with [storecopy.ErrNotEmpty] if there is a store in the schema that has something,
// [storecopy.ErrDone] if that is a copy from the origin, and [storecopy.ErrOtherDraft]
// if the unfinished copy is another one, see [DropDraft].
func OpenDraft(ctx context.Context, dsn string, options Options, origin string) (*Draft, error) {
	place, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	place.NoMigrate, place.NoListen = true, true
	if err := emptyPlace(ctx, dsn, place, origin); err != nil {
		return nil, err
	}
	options = place
	options.Schema, options.NoMigrate = place.Schema+copySuffix, false
	st, err := Open(ctx, dsn, options)
	if err != nil {
		return nil, err
	}
	d := &Draft{st, dsn, place, origin}
	if err := d.begin(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return d, nil
}

// emptyPlace fails unless there is no store in a schema, or one that has nothing.
func emptyPlace(ctx context.Context, dsn string, place Options, origin string) error {
	st, err := Open(ctx, dsn, place)
	if schema, ok := errors.AsType[*SchemaError](err); ok && schema.Have == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	err = storecopy.Place(ctx, st, origin)
	if err != nil {
		err = fmt.Errorf("pgstore: schema %s: %w", place.Schema, err)
	}
	return errors.Join(err, st.Close())
}

// DropDraft removes the unfinished copy beside the schema of the options, if there is
// one. Nobody may be writing it.
func DropDraft(ctx context.Context, dsn string, options Options) error {
	o, err := options.withDefaults()
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err == nil {
		defer closeConn(conn)
		_, err = conn.Exec(ctx, `DROP SCHEMA IF EXISTS `+pgx.Identifier{o.Schema + copySuffix}.Sanitize()+` CASCADE`)
	}
	return explain(ctx, "drop an unfinished copy", err)
}

// begin marks a new draft with its origin, where the name of the tables of keys will be.
func (d *Draft) begin(ctx context.Context) error {
	if errors.Is(storecopy.Place(ctx, d, d.origin), storecopy.ErrDone) {
		return nil // it is to be published only
	}
	state, err := d.CopyState(ctx)
	switch {
	case err != nil:
		return err
	case state.KeyTables == "" && len(state.Given) == 0:
		return d.write(ctx, "begin a copy", func(t *tx) error {
			return t.exec(ctx, `UPDATE @log SET key_tables = ?`, d.origin)
		})
	case state.KeyTables != d.origin:
		return fmt.Errorf("pgstore: schema %s: %w", d.options.Schema, storecopy.ErrOtherDraft)
	}
	return nil
}

// Last implements [storecopy.Draft].
func (d *Draft) Last(ctx context.Context, t storecopy.Table) (storecopy.Row, error) {
	types, err := d.typesOf(ctx, t.Name)
	if err != nil {
		return nil, err
	}
	rows, err := d.copyRows(ctx, t, types, ` ORDER BY `+strings.Join(t.Columns[:t.Key], " DESC, ")+` DESC LIMIT 1`, nil)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// Add implements [storecopy.Draft].
func (d *Draft) Add(ctx context.Context, t storecopy.Table, rows []storecopy.Row) error {
	types, err := d.typesOf(ctx, t.Name)
	if err != nil {
		return err
	}
	var names, values, arrays []string
	var args []any
	for i, c := range t.Columns {
		name, wire := fmt.Sprint("c", i), wireType(types[c])
		names, values = append(names, name), append(values, native(types[c], "u."+name))
		arrays = append(arrays, `CAST(? AS `+wire+`[])`)
		args = append(args, column(rows, i, wire))
	}
	insert := `INSERT INTO @` + t.Name + ` (` + strings.Join(t.Columns, ", ") + `) OVERRIDING SYSTEM VALUE SELECT ` + strings.Join(values, ", ") +
		` FROM unnest(` + strings.Join(arrays, ", ") + `) AS u (` + strings.Join(names, ", ") + `)`
	return d.write(ctx, "write rows of "+t.Name, func(x *tx) error { return x.exec(ctx, insert, args...) })
}

// column returns the values of a column as an argument for an array of that type.
func column(rows []storecopy.Row, i int, wire string) any {
	switch wire {
	case "bigint":
		return columnOf[int64](rows, i)
	case "bytea":
		out := make([][]byte, len(rows))
		for n, r := range rows {
			out[n], _ = r[i].([]byte) // nil for NULL
		}
		return out
	}
	return columnOf[string](rows, i)
}

func columnOf[T any](rows []storecopy.Row, i int) []*T {
	out := make([]*T, len(rows))
	for n, r := range rows {
		if v, ok := r[i].(T); ok {
			out[n] = &v
		}
	}
	return out
}

// Publish implements [storecopy.Draft]. The draft is closed with it.
func (d *Draft) Publish(ctx context.Context, state storecopy.State, change store.Change) error {
	if !errors.Is(storecopy.Place(ctx, d, d.origin), storecopy.ErrDone) {
		if err := d.finish(ctx, state, change); err != nil {
			return err
		}
	}
	if err := d.Close(); err != nil {
		return err
	}
	if err := emptyPlace(ctx, d.dsn, d.place, d.origin); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, d.dsn)
	if err == nil {
		defer closeConn(conn)
		err = pgx.BeginFunc(ctx, conn, func(t pgx.Tx) error { return d.rename(ctx, t) })
	}
	return explain(ctx, "publish a copy", err)
}

// finish gives the draft the state of what it is a copy of, and logs the change.
func (d *Draft) finish(ctx context.Context, state storecopy.State, change store.Change) error {
	return d.write(ctx, "finish a copy", func(t *tx) error {
		for table, given := range state.Given {
			if table == "changes" {
				continue
			}
			if err := t.exec(ctx, `SELECT setval(pg_get_serial_sequence(?, 'seq'), ?)`, d.quoted+"."+table, given); err != nil {
				return err
			}
		}
		if err := t.exec(ctx, `UPDATE @log SET key_tables = ?, last = ?`, state.KeyTables, state.Given["changes"]); err != nil {
			return err
		}
		return t.log(change)
	})
}

// rename gives the schema of the draft its name, in place of one without content, whose
// privileges it takes over.
func (d *Draft) rename(ctx context.Context, t pgx.Tx) error {
	place := pgx.Identifier{d.place.Schema}.Sanitize()
	rows, err := t.Query(ctx, `SELECT DISTINCT r.rolname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
		WHERE n.nspname = $1 AND c.relname = 'log' AND a.grantee <> c.relowner`, d.place.Schema)
	if err != nil {
		return err
	}
	roles, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, role := range roles {
		if err := d.grantIn(ctx, t, role); err != nil {
			return err
		}
	}
	if err := d.dropEmpty(ctx, t, place); err != nil {
		return err
	}
	if _, err := t.Exec(ctx, `ALTER SCHEMA `+d.quoted+` RENAME TO `+place); err != nil {
		return err
	}
	// The functions have the name of the schema in their text.
	_, err = t.Exec(ctx, newDialect(place).Query(functions))
	return err
}

// dropEmpty drops the schema at the place of the draft, with the tables of a store that
// has nothing. Whatever else is in the schema keeps it from being dropped.
func (d *Draft) dropEmpty(ctx context.Context, t pgx.Tx, place string) error {
	if _, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lockKey("write", d.place.Schema)); err != nil {
		return err
	}
	rows, err := t.Query(ctx, `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r'
		INTERSECT SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $2 AND c.relkind = 'r'`, d.place.Schema, d.options.Schema)
	if err != nil {
		return err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	if len(tables) > 0 {
		var last int64 // who has begun to write since the place was looked at has logged that
		if err := t.QueryRow(ctx, `SELECT last FROM `+place+`.log`).Scan(&last); err != nil {
			return err
		}
		if last > 0 {
			return storecopy.ErrNotEmpty
		}
		for i, name := range tables {
			tables[i] = place + "." + pgx.Identifier{name}.Sanitize()
		}
		if _, err := t.Exec(ctx, `DROP TABLE `+strings.Join(tables, ", ")); err != nil {
			return err
		}
		if _, err := t.Exec(ctx, newDialect(place).Query(`DROP FUNCTION IF EXISTS @analyze_rules()`)); err != nil {
			return err
		}
	}
	_, err = t.Exec(ctx, `DROP SCHEMA IF EXISTS `+place)
	if code(err) == codeDependentObjects {
		return fmt.Errorf("%w: the schema %s has other things than a store", storecopy.ErrNotEmpty, d.place.Schema)
	}
	return err
}

const codeDependentObjects = "2BP01"
