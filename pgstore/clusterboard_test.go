//go:build unix

package pgstore_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// The processes of TestProcesses write down in shared memory what they know to be in the
// database, for the others to hold their answers to.

const (
	nodes       = 3
	nodeValues  = 300     // that a node writes, and nobody else
	ringEntries = 1 << 14 // more than are written in a minute
)

// board is that memory. Its fields are changed atomically. A time is in nanoseconds by
// the clock of the machine.
type board struct {
	stop   atomic.Int64
	outage atomic.Int64 // the number of the last time that the server came back
	backAt atomic.Int64 // when that was
	nodes  [nodes]nodeBoard
}

type nodeBoard struct {
	values    [nodeValues]valueBoard
	recovered atomic.Int64 // the number of the last outage that it has recovered from
	written   atomic.Int64
	ring      [ringEntries]atomic.Int64 // the values that were written, one after the other
}

// valueBoard is what is known of one value.
type valueBoard struct {
	version atomic.Int64 // odd while it is being written
	state   atomic.Int64
	at      atomic.Int64 // since when at the latest
}

// The states of a value.
const (
	unbanned = iota
	banned
	unknown // a write has failed, which may have taken place
)

// settled returns the state of a value unless it is being written.
func (v *valueBoard) settled() (version, state int64, at int64, ok bool) {
	version, state, at = v.version.Load(), v.state.Load(), v.at.Load()
	return version, state, at, version%2 == 0 && v.version.Load() == version
}

// begin says that the value is being written.
func (v *valueBoard) begin() { v.version.Add(1) }

// end says what it was found to be at that time, or later.
func (v *valueBoard) end(state int64, at time.Time) {
	v.state.Store(state)
	v.at.Store(at.UnixNano())
	v.version.Add(1)
}

// openBoard maps the file, which it makes if it is not there.
func openBoard(path string) (*board, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size := int(unsafe.Sizeof(board{}))
	if err := f.Truncate(int64(size)); err != nil {
		return nil, err
	}
	memory, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return (*board)(unsafe.Pointer(&memory[0])), nil
}

// valueName returns the domain that stands for a value.
func valueName(node, value int) string { return fmt.Sprintf("v%d-n%d.example", value, node) }
