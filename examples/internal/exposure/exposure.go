// Package exposure warns of what leaves a server more open than its operator may
// think.
//
//	exposure.Warn(log, "/var/lib/ostraka/ostraka.db", trustedProxies)
package exposure

import (
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"runtime"
)

// Warn logs a warning for a database that everybody on the machine can read or
// change, and one for each prefix of trusted proxies that is wider than any that
// proxies of one operator have. An empty path, of a server without a file, and a
// file that is not there are passed over.
func Warn(log *slog.Logger, db string, trustedProxies []netip.Prefix) {
	if open, mode := OpenToAll(db); open {
		log.Warn("everybody on this machine can read or change the database, which has addresses and hashes of passwords: take that right away, for example with chmod 600",
			"file", db, "mode", mode.String())
	}
	for _, proxy := range trustedProxies {
		switch {
		case proxy.Bits() == 0:
			log.Warn("every client is a trusted proxy, and can say that it has any address: name your proxies alone", "trusted-proxy", proxy.String())
		case tooWide(proxy):
			log.Warn("many strangers are trusted proxies, and can say that they have any address: name your proxies alone", "trusted-proxy", proxy.String())
		}
	}
}

// OpenToAll reports whether others than the owner and the group of a file can read
// or write it, and the mode that says so. An empty path and a file that is not there are not.
func OpenToAll(path string) (bool, fs.FileMode) {
	if path == "" || runtime.GOOS == "windows" { // where the bits do not say it
		return false, 0
	}
	info, err := os.Stat(path)
	if err != nil {
		return false, 0
	}
	mode := info.Mode().Perm()
	return mode&0o006 != 0, mode
}

var privateIPv6 = netip.MustParsePrefix("fc00::/7") // RFC 4193

// tooWide reports whether a prefix has more addresses than a registry gives to a
// region: no operator has a whole /7 of IPv4 or a /11 of IPv6, and 0.0.0.0/1 with
// 128.0.0.0/1 is everybody.
func tooWide(p netip.Prefix) bool {
	if p.Addr().Is4() {
		return p.Bits() < 8
	}
	return p.Bits() < 12 && p != privateIPv6
}
