package sqlitestore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// NewestSchema returns the version that [Open] brings a schema to.
func NewestSchema() int { return len(migrations) }

// SchemaVersion returns the version of the schema of the database file at path, 0 if
// there is no file, or none of ours in it yet. It changes nothing. A newer schema is
// an error that matches [ErrSchemaTooNew]; what else [Open] refuses, it does too.
func SchemaVersion(ctx context.Context, path string) (int, error) {
	doing := "read the schema version of " + path
	if err := checkPath(path); err != nil {
		return 0, err
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return 0, explain(ctx, doing, err)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	o, _ := Options{}.withDefaults() // the zero value is valid
	if err := probe(ctx, path, o); err != nil {
		return 0, explain(ctx, doing, err)
	}
	db, err := openPool(path, probePragmas(o), 1)
	if err != nil {
		return 0, explain(ctx, doing, err)
	}
	defer db.Close()
	version, err := schemaVersion(ctx, db)
	return version, explain(ctx, doing, err)
}
