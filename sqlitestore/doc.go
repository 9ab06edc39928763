// Package sqlitestore keeps an ostraka store in an SQLite database, without cgo.
//
//	st, err := sqlitestore.Open(ctx, "/var/lib/app/ostraka.db", sqlitestore.Options{})
//	if err != nil {
//		return err
//	}
//	defer st.Close()
//	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
//
// [Open] owns a file of its own; [New] puts the same tables, all prefixed
// ostraka_, into a database that the host has open already. For a store that
// lives in memory, as in most tests, use package memstore.
//
// # Several processes
//
// A file may be open in several processes of one machine at once, and in
// several stores of one process. Writers take turns: a write that does not get
// its turn and the write lock within [Options.BusyTimeout] returns
// [store.ErrBusy], and was not made. Readers wait for nobody, because Open puts
// the file into write-ahead-log mode. That mode needs shared memory, so the file
// must not be on a network file system.
//
// # Backups
//
// [Store.Backup] copies the database while it is in use, [Restore] puts a copy
// back, also while it is in use. Do neither with cp, mv or rsync: the file alone
// lacks what is in the -wal file, and a program that has it open goes on with the
// old file, or with a -wal file that belongs to another. A store notices that its
// file was moved, deleted or replaced, and then reads and writes nothing:
// [ErrFileReplaced]. It does not notice a file that is overwritten in place.
//
// # Long lists
//
// A version of a list is written in many short transactions and comes into
// force, or is undone, in one: other writers get in between, and a process that
// dies leaves the version before. What it had written is cleaned up when the
// list is next applied, undone or dropped; until then it takes space, no more.
//
// # Durability
//
// When a method that writes has returned, its effect survives a crash of the
// process and, with the default [SyncFull], a loss of power. One that has returned
// an error has written nothing. Trouble that an operator has to mend, such as a
// full disk, matches [store.ErrUnavailable].
//
// # Personal data
//
// The file holds e-mail and IP addresses, and of passwords and other secrets
// their hashes. Open creates it, and SQLite the -wal and -shm files beside it,
// with mode 0600; [Store.Backup] does the same. The mode of a file that exists
// already is left alone.
//
// What a redaction takes out of the file's pages is overwritten, and the write-ahead log is
// folded into the file, unless a reader keeps it from being so just then. What pruning and
// purging delete is overwritten, too. [Store.Vacuum] also overwrites what was deleted before.
package sqlitestore
