package backend

import (
	"context"
	"errors"
	"fmt"

	"example.com/ostraka/pgstore"
	"example.com/ostraka/sqlitestore"
)

// Migrated says what [Migrate] did.
type Migrated struct {
	From int // the version of the schema before; 0: there was none
	To   int // and now
}

// Migrate makes the schema if it is not there, and brings it up to date. On a server
// it lets the role use the tables, unless that is empty. Doing so again changes
// nothing.
func Migrate(ctx context.Context, a Address, role string) (Migrated, error) {
	if !a.OnServer() {
		return a.migrateFile(ctx, role)
	}
	options := a.options
	options.NoMigrate, options.NoListen = true, true
	m := Migrated{To: pgstore.SchemaVersion()}
	m.From = m.To
	st, err := pgstore.Open(ctx, a.dsn, options)
	if schema, ok := errors.AsType[*pgstore.SchemaError](err); ok && schema.Have < schema.Want {
		m.From, err = schema.Have, nil
	}
	if st != nil {
		err = errors.Join(err, st.Close())
	}
	if err == nil {
		err = pgstore.Migrate(ctx, a.dsn, options, role)
	}
	if err != nil {
		return Migrated{}, a.serverError(ctx, err)
	}
	return m, nil
}

func (a Address) migrateFile(ctx context.Context, role string) (Migrated, error) {
	if role != "" {
		return Migrated{}, a.error(fmt.Errorf("an SQLite file has no roles, such as %.63q", role), "give its file and folder to the user that runs the programs")
	}
	from, err := sqlitestore.SchemaVersion(ctx, a.path)
	if err != nil {
		return Migrated{}, a.fileError(ctx, err)
	}
	db, err := a.openFile(ctx, Options{Mode: Make})
	if err != nil {
		return Migrated{}, err
	}
	if err := db.Close(); err != nil {
		return Migrated{}, a.fileError(ctx, err)
	}
	to, err := sqlitestore.SchemaVersion(ctx, a.path)
	return Migrated{from, to}, err
}
