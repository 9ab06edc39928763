package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
)

// Vacuum rebuilds the file, which gives the space of deleted records back to
// the file system. It takes as long as copying the database, needs free space
// of twice its size, and keeps writers waiting meanwhile.
func (s *Store) Vacuum(ctx context.Context) error {
	const doing = "vacuum"
	if err := s.begin(ctx, doing); err != nil {
		return err
	}
	defer s.life.Leave()
	return explain(ctx, doing, s.vacuum(ctx))
}

func (s *Store) vacuum(ctx context.Context) error {
	p := s.patience()
	conn, release, err := s.writeConn(ctx, p)
	if err != nil {
		return err
	}
	defer release()
	if err := p.retry(ctx, func() error {
		_, err := conn.ExecContext(ctx, `VACUUM`)
		return err
	}); err != nil {
		return err
	}
	if err := s.file.inPlace(); err != nil || !s.owned {
		return err
	}
	// The rebuilt file is still in the log. A reader may keep it from being
	// folded in whole now; then a later checkpoint does it.
	var busy, inLog, folded int
	return conn.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &inLog, &folded)
}

// maxProblems bounds what Check reports.
const maxProblems = 100

// Check reads the whole database and reports damage as a [*CheckError]: pages
// and indexes that SQLite finds malformed, tables, columns and indexes that are
// missing, and records that contradict each other. It may take minutes for a
// large file, and blocks nobody.
func (s *Store) Check(ctx context.Context) error {
	const doing = "check the database"
	var problems []string
	err := s.view(ctx, doing, func(q querier) (err error) {
		if problems, err = integrity(ctx, q); err != nil || len(problems) > 0 {
			return err // what damaged pages say of records is worth nothing
		}
		if problems, err = missingParts(ctx, q); err != nil || len(problems) > 0 {
			return err // the queries for contradictions would fail
		}
		problems, err = contradictions(ctx, q)
		return err
	})
	if err == nil && len(problems) > 0 {
		err = explain(ctx, doing, &CheckError{Problems: problems})
	}
	return err
}

func integrity(ctx context.Context, q querier) ([]string, error) {
	lines, err := collect(ctx, q, func(rows *sql.Rows) (line string, err error) {
		return line, rows.Scan(&line)
	}, fmt.Sprintf(`PRAGMA integrity_check(%d)`, maxProblems))
	if len(lines) == 1 && lines[0] == "ok" {
		lines = nil
	}
	return lines, err
}
