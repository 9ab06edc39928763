// Package lab has tests that make things go wrong: processes that are killed in
// the middle of what they write, a disk that is full, a lock that others hold,
// backups that are restored beside running programs, clocks that jump.
//
//	go test ./examples/lab                                  a minute, with the other tests
//	go test ./examples/lab -run Kills -kills 1000 -v        1,000 SIGKILLs
//	go test ./examples/lab -run Mixed -mixed 10m -v         10 minutes of everything at once
//
// With -timeout 0 they may run for longer than the 10 minutes of go test. As root
// on Linux the second fills a disk for real, a tmpfs of 24 MB that it mounts;
// elsewhere it does without a full disk, and says so.
//
// # What is judged
//
// Kills keeps a journal of what was asked of a program and what it acknowledged.
// After each kill what was acknowledged must be there; what was under way must
// have happened whole or not at all; the tables must be what the change log says,
// entry by entry; and [sqlitestore.Store.Check] must find nothing.
//
// Mixed has three processes that make and revoke bans and three that check, one
// from a cache and two from mirrors. Each writer says when a write began and how it
// ended, each checker what was answered when. An answer is wrong if it is not
// marked stale, and no order of the writes makes it right for any moment between
// the poll interval before the question and the answer.
package lab
