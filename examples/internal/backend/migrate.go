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

// MigrateRehearsal says what [Migrate] would do, and does nothing.
func MigrateRehearsal(ctx context.Context, a Address, role string) (Migrated, error) {
	if !a.OnServer() {
		from, err := a.fileVersion(ctx, role)
		return Migrated{from, sqlitestore.NewestSchema()}, err
	}
	from, err := a.serverVersion(ctx)
	return Migrated{from, pgstore.NewestSchema()}, err
}

// Migrate makes the schema if it is not there, and brings it up to date. On a server
// it lets the role use the tables, unless that is empty. Doing so again changes
// nothing.
func Migrate(ctx context.Context, a Address, role string) (Migrated, error) {
	if !a.OnServer() {
		return a.migrateFile(ctx, role)
	}
	from, err := a.serverVersion(ctx)
	if err != nil {
		return Migrated{}, err
	}
	if err := pgstore.Migrate(ctx, a.dsn, a.options, role); err != nil {
		return Migrated{}, a.serverError(ctx, err)
	}
	return Migrated{from, pgstore.NewestSchema()}, nil
}

// serverVersion returns the version of the schema on a server, 0 if there is none.
func (a Address) serverVersion(ctx context.Context) (int, error) {
	options := a.options
	options.NoMigrate, options.NoListen = true, true
	st, err := pgstore.Open(ctx, a.dsn, options)
	if schema, ok := errors.AsType[*pgstore.SchemaError](err); ok && schema.Have < schema.Want {
		return schema.Have, nil
	}
	if err != nil {
		return 0, a.serverError(ctx, err)
	}
	return pgstore.NewestSchema(), st.Close()
}

func (a Address) migrateFile(ctx context.Context, role string) (Migrated, error) {
	from, err := a.fileVersion(ctx, role)
	if err != nil {
		return Migrated{}, err
	}
	db, err := a.openFile(ctx, Options{Mode: Make})
	if err != nil {
		return Migrated{}, err
	}
	if err := db.Close(); err != nil {
		return Migrated{}, a.fileError(ctx, err)
	}
	return Migrated{from, sqlitestore.NewestSchema()}, nil
}

// fileVersion returns the version of the schema in a file, 0 if there is none.
func (a Address) fileVersion(ctx context.Context, role string) (int, error) {
	if role != "" {
		return 0, a.error(fmt.Errorf("an SQLite file has no roles, such as %.63q", role), "give its file and folder to the user that runs the programs")
	}
	from, err := sqlitestore.SchemaVersion(ctx, a.path)
	if err != nil {
		return 0, a.fileError(ctx, err)
	}
	return from, nil
}
