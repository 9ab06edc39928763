package pgstore

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"example.com/ostraka/store"
)

// Stats counts what happened since the store was opened, for metrics. All but
// Listening only grow.
type Stats struct {
	Deadlocks             int64 // transactions that the server ended for a deadlock, tried again or not
	SerializationFailures int64 // those that it ended for a serialization failure
	LockTimeouts          int64 // writes that waited for their turn or a lock for too long, and gave [store.ErrBusy]
	Notifications         int64 // notifications of changes that came in
	ListenerConnects      int64 // times the store began to listen: once, and after each loss of the connection
	// Listening says whether the store hears of changes now: a notification has come in
	// since it began to listen, if only one that it sent to itself to find out. Behind a
	// pooler of transactions none does, see [Options.ListenDSN].
	Listening bool
}

// Stats returns the counts.
func (s *Store) Stats() Stats {
	return Stats{
		Deadlocks:             s.stats.deadlocks.Load(),
		SerializationFailures: s.stats.serialization.Load(),
		LockTimeouts:          s.stats.lockTimeouts.Load(),
		Notifications:         s.stats.notifications.Load(),
		ListenerConnects:      s.stats.connects.Load(),
		Listening:             s.stats.listening.Load(),
	}
}

var _ store.Measured = (*Store)(nil)

// Figures implements [store.Measured], with those of [Stats].
func (s *Store) Figures() []store.Figure {
	now := s.Stats()
	listening := 0.0
	if now.Listening {
		listening = 1
	}
	return []store.Figure{
		{Name: "deadlocks", Help: "Transactions that the server ended for a deadlock.", Value: float64(now.Deadlocks)},
		{Name: "serialization_failures", Help: "Transactions that the server ended for a serialization failure.", Value: float64(now.SerializationFailures)},
		{Name: "lock_timeouts", Help: "Writes that waited for their turn or a lock for too long.", Value: float64(now.LockTimeouts)},
		{Name: "notifications", Help: "Notifications of changes that came in.", Value: float64(now.Notifications)},
		{Name: "listener_connects", Help: "Times the store began to listen for changes.", Value: float64(now.ListenerConnects)},
		{Name: "listening", Help: "1 while the store hears of changes: a notification has come in since it began to listen.", Gauge: true, Value: listening},
	}
}

type stats struct {
	deadlocks, serialization, lockTimeouts atomic.Int64
	notifications, connects                atomic.Int64
	listening                              atomic.Bool
}

// count counts the error of a transaction, and reports whether to try it again.
func (s *stats) count(err error) (again bool) {
	switch code(err) {
	case codeDeadlock:
		s.deadlocks.Add(1)
	case codeSerialization:
		s.serialization.Add(1)
	case codeLockNotAvailable:
		s.lockTimeouts.Add(1)
		return false
	default:
		return false
	}
	return true
}

// backoff is how long to wait before a transaction is tried again. Chance keeps
// those out of step that were in each other's way.
func backoff(try int) time.Duration {
	return time.Millisecond + rand.N(2*time.Millisecond<<min(try, 6))
}
