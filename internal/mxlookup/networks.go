package mxlookup

import (
	"context"
	"net/netip"
	"sync"
)

// networks has a few places for each client network: who asks for domains with a
// slow DNS waits for their own look-ups, and keeps nobody else from theirs. The
// network that is not known, the zero Prefix, is not one client's, and may have all.
type networks struct {
	all int // questions that may be under way, of all networks

	mu    sync.Mutex
	inUse map[netip.Prefix]*network // those with a look-up under way, or waiting
}

type network struct {
	places chan struct{}
	users  int // those that have a place or wait for one
}

func newNetworks(all int) *networks {
	return &networks{all: all, inUse: make(map[netip.Prefix]*network)}
}

// A network has an eighth of all places for look-ups, each of which has a thirty-second
// part of them for its questions: together that is a quarter.
const (
	lookupsPart   = 8
	questionsPart = 32
)

// lookups returns how many look-ups a network may have under way.
func (n *networks) lookups(p netip.Prefix) int {
	if p == (netip.Prefix{}) {
		return n.all
	}
	return max(1, n.all/lookupsPart)
}

// questions returns how many each of these may have.
func (n *networks) questions(p netip.Prefix) int {
	if p == (netip.Prefix{}) {
		return n.all
	}
	return max(1, n.all/questionsPart)
}

// enter waits for a place of the network, and returns what gives it back, nil if the
// context ends before. waited says that there was no place at once.
func (n *networks) enter(ctx context.Context, p netip.Prefix) (leave func(), waited bool) {
	n.mu.Lock()
	own := n.inUse[p]
	if own == nil {
		own = &network{places: make(chan struct{}, n.lookups(p))}
		n.inUse[p] = own
	}
	own.users++
	n.mu.Unlock()
	done := func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if own.users--; own.users == 0 {
			delete(n.inUse, p)
		}
	}
	leave = func() { <-own.places; done() }
	select {
	case own.places <- struct{}{}:
		return leave, false
	default:
	}
	select {
	case own.places <- struct{}{}:
		return leave, true
	case <-ctx.Done():
		done()
		return nil, true
	}
}
