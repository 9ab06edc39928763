package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"example.com/ostraka/store"
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
	_, err = emptyLog(ctx, conn)
	return err
}

// emptyLog writes what is in the write-ahead log to the file, and empties the log. It
// reports false if others kept it from doing all of that.
func emptyLog(ctx context.Context, q querier) (whole bool, err error) {
	var busy bool
	var inLog, folded int
	err = q.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &inLog, &folded)
	return !busy, err
}

// foldTries is how often writeOver tries to fold the log, with pauses.
const foldTries = 50

// writeOver is write for what is to be forgotten: what it takes out of a page, and a
// page that it frees, is overwritten, and the write-ahead log, which has the pages as they
// were, is folded into the file and emptied. That comes after the commit, and does
// not happen where readers are in the way for long; then a later checkpoint does it.
func (s *Store) writeOver(ctx context.Context, doing string, fn func(*tx) error) error {
	return s.mutate(ctx, doing, func() ([]store.Change, error) {
		logged, err := s.transact(ctx, doing, erasing(fn))
		if err == nil {
			s.tryFold(ctx)
		}
		return logged, err
	})
}

// erasing returns what does fn and overwrites the pages that it frees: they would keep
// what was in them until they are filled again.
func erasing(fn func(*tx) error) func(*tx) error {
	return func(t *tx) error {
		undo, err := overwriting(t.conn)
		if err != nil {
			return err
		}
		defer undo()
		return fn(t)
	}
}

// overwriting makes a connection, which may be a host's, overwrite what it deletes,
// until undo is called.
func overwriting(conn *sql.Conn) (undo func(), err error) {
	ctx := context.Background()
	var was, is int
	if err := conn.QueryRowContext(ctx, `PRAGMA secure_delete`).Scan(&was); err != nil {
		return nil, err
	}
	set := func(to string) error {
		return conn.QueryRowContext(ctx, `PRAGMA secure_delete = `+to).Scan(&is)
	}
	return func() { _ = set([]string{"OFF", "ON", "FAST"}[min(max(was, 0), 2)]) }, set("ON")
}

func (s *Store) tryFold(ctx context.Context) {
	p := s.patience()
	conn, release, err := s.writeConn(ctx, p)
	if err != nil {
		return
	}
	defer release()
	for range foldTries {
		whole, err := emptyLog(ctx, conn)
		if whole || err != nil && !isBusy(err) {
			return
		}
		select {
		case <-time.After(backoff()):
		case <-ctx.Done():
			return
		}
	}
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
