package store

// Notifier is a role that a backend may have: it tells at once that the log has
// grown, whichever process made it grow. Who follows the log reads it then, and
// need not wait for its next turn.
//
// It is no more than a hint. What changed is in the log alone, and a notification
// may be late, or lost with a connection: whoever follows the log still reads it
// from time to time.
type Notifier interface {
	// Notify calls fn soon after a change became visible to reads, whether it was made
	// through this store or another one on the same data. Several changes may give one
	// call, and there may be calls without a change: one comes whenever some may have
	// been missed. Calls are made one at a time; fn must be quick and must not
	// block, or it keeps others from being told.
	//
	// cancel ends the calls. Once it has returned none begins, and one that is under
	// way may end. It may be called again, and after Close, which ends them too.
	Notify(fn func()) (cancel func())
}
