package sqlitestore

import (
	"fmt"
	"runtime"
	"time"
)

// DefaultBusyTimeout is how long a write waits for the write lock where
// [Options.BusyTimeout] is zero, and in stores made by [New].
const DefaultBusyTimeout = 5 * time.Second

// Synchronous says when SQLite makes the operating system put a commit on disk.
type Synchronous uint8

// The levels.
const (
	// SyncFull puts every commit on disk before the write returns: nothing that
	// was acknowledged is lost with the power.
	SyncFull Synchronous = iota
	// SyncNormal leaves that to checkpoints: writes are faster, the file stays
	// intact, but a loss of power may take the last commits with it. A crash of
	// the process alone takes none.
	SyncNormal
)

// Options adjusts [Open]. The zero value is a good default.
type Options struct {
	// Synchronous weighs durability against the speed of writes. Default:
	// SyncFull.
	Synchronous Synchronous
	// BusyTimeout is how long a write waits for others before it returns
	// [store.ErrBusy], having written nothing: for its turn among the writers of
	// this process and for the write lock of the file, together. A method that
	// writes in steps, such as ApplyList, waits so long for each. Zero:
	// [DefaultBusyTimeout]. Negative values are refused.
	BusyTimeout time.Duration
	// ReadConns is the largest number of connections that read at the same
	// time; each may use some 16 MiB for its page cache. Zero: GOMAXPROCS, but
	// at least 2. Negative values are refused.
	ReadConns int
}

// withDefaults returns the options in force, or an error that names the field
// at fault.
func (o Options) withDefaults() (Options, error) {
	if o.Synchronous > SyncNormal {
		return o, fmt.Errorf("sqlitestore: Options.Synchronous: no such level: %d", o.Synchronous)
	}
	if o.BusyTimeout < 0 {
		return o, fmt.Errorf("sqlitestore: Options.BusyTimeout: %v is negative", o.BusyTimeout)
	}
	if o.ReadConns < 0 {
		return o, fmt.Errorf("sqlitestore: Options.ReadConns: %d is negative", o.ReadConns)
	}
	if o.BusyTimeout == 0 {
		o.BusyTimeout = DefaultBusyTimeout
	}
	if o.ReadConns == 0 {
		o.ReadConns = max(2, runtime.GOMAXPROCS(0))
	}
	return o, nil
}
