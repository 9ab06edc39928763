// Package pgstore keeps an ostraka store in a PostgreSQL database, version 14 or
// later, for several machines.
//
//	st, err := pgstore.Open(ctx, "postgres://ostraka@db.example/app", pgstore.Options{})
//	if err != nil {
//		return err
//	}
//	defer st.Close()
//	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
//
// [Open] makes a pool of its own; [New] uses one that the host has. All tables are in
// one schema, [Options.Schema], which nothing else should use.
//
// # The log
//
// The number of a change is that of a row which every logged write updates last,
// and whose lock it holds until its commit. So numbers have no holes and become
// visible in their order: whoever has read the log up to one misses none below it.
// Logged writes commit one after the other, each with its own flush to disk: that is
// what order costs. On two processors some 1,050 to 1,200 writes a second were seen with
// it, and 7,300 to 7,500 without, or, since PostgreSQL lines up the commits that notify,
// 1,000 against 1,700 to 2,000 where each notifies, as it does here. Reads wait for
// nobody: writes leave them a connection of the pool, if it has more than one.
//
// The Seq of bans, accounts and other records comes from sequences of the server. It is in
// the order of creation too, but a creation that failed or was tried again leaves a number
// out, which means nothing.
//
// # News
//
// The store tells a Checker at once of what others wrote, see [store.Notifier], by
// LISTEN on a connection of its own. A notification says no more than that the log has
// grown. One that is lost, with a connection, behind a pooler of transactions or in a
// failover, costs at most the Checker's PollInterval: the log is read from where it
// was last read to.
//
// Rules and the log are read from the same server, the one that takes writes. A
// replica may lag, and an answer of it would bring back into caches what the log has
// revoked. So every query for rules, and for the log, fails with [ErrReplica] on a
// server that is in recovery, however it was reached.
//
// # Roles
//
// One role may own the schema and migrate it, and another one run the store:
//
//	CREATE ROLE ostraka_owner LOGIN;
//	CREATE ROLE ostraka LOGIN;
//	CREATE SCHEMA ostraka AUTHORIZATION ostraka_owner;
//
// [Migrate], as ostraka_owner and with the name of the other role, makes the tables and
// grants what the latter needs: USAGE of the schema, SELECT, INSERT, UPDATE and DELETE on
// its tables, USAGE of its sequences, EXECUTE of its functions. It is to run with [Options.NoMigrate]. Where there
// is one role only, it needs the CREATE privilege on the database, or to own the schema.
//
// # Durability
//
// A connection may be lost after a COMMIT was sent and before it was answered. The store
// then asks the server, on another one, whether the write took place, for at most
// [Options.StatementTimeout], and the method returns what it found out. Where it
// could not, the error matches [ErrOutcome]: read what was to be written, and write it
// only if it is not there. Writes that are tried again blindly are refused where they
// would be done twice, by the ID, the version or the value of the record; hits are not.
//
// When a method that writes has returned, its effect is on the disk of the server,
// unless synchronous_commit is off there. Replication that is asynchronous may lose
// the last writes in a failover; Checkers notice that the log is another one and read
// everything afresh.
//
// # Personal data
//
// Rows as they were before a redaction stay in the files of the server until VACUUM, and in
// its write-ahead log, replicas and backups for as long as those are kept.
package pgstore
