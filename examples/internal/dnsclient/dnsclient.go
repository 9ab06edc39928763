// Package dnsclient makes the resolvers that programs look mail hosts up with.
//
//	resolver, err := dnsclient.New("127.0.0.1:53") // "": the servers of the system
package dnsclient

import (
	"context"
	"errors"
	"net"
)

// New returns a resolver that asks the DNS server at HOST:PORT, or those of the
// system if the address is empty. With an address that is none every look-up would
// fail, and be judged without: it is an error.
func New(server string) (*net.Resolver, error) {
	if server == "" {
		return &net.Resolver{}, nil
	}
	if host, port, err := net.SplitHostPort(server); err != nil || host == "" || port == "" {
		return nil, errors.New("no HOST:PORT")
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, server)
	}}, nil
}
