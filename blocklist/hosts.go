package blocklist

import (
	"bytes"
	"net/netip"
	"strings"

	"example.com/ostraka/ban"
)

// isMapping reports whether a line without comments is one of a hosts file: an
// address and a host.
func isMapping(line []byte) bool {
	if !isAddrByte(line[0]) {
		return false
	}
	i := bytes.IndexAny(line, " \t")
	if i < 0 || !isAddr(line[:i]) {
		return false
	}
	host := bytes.TrimLeft(line[i:], " \t")
	return len(host) > 0 && host[0] != '-'
}

func (p *parser) hostsLine(line []byte) bool {
	line, _, _ = bytes.Cut(line, []byte("#"))
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return true
	}
	if !isMapping(line) {
		hint := "a line has an address and hosts, as in 0.0.0.0 example.com"
		return p.reject(string(line), ban.CodeSyntax, hint)
	}
	i := bytes.IndexAny(line, " \t")
	addr, err := netip.ParseAddr(string(line[:i]))
	if err != nil { // isMapping has seen to it
		return p.reject(string(line), ban.CodeSyntax, "begin the line with an address")
	}
	for host := range bytes.FieldsSeq(line[i:]) {
		if !p.host(addr, string(host)) {
			return false
		}
	}
	return true
}

// host emits what it says that a host has the address.
func (p *parser) host(addr netip.Addr, host string) bool {
	own := isMachineName(host)
	switch {
	case own && !addr.IsUnspecified():
		return true // the machine's own names, as every hosts file has them
	case host == addr.String():
		return true // "0.0.0.0 0.0.0.0" stands in such lists for the sake of some resolvers
	case own:
		return p.reject(host, ban.CodeUnknown, "this is what machines call themselves or their network: nobody to keep out")
	case !addr.IsUnspecified() && !addr.IsLoopback():
		return p.reject(host, ban.CodeSyntax,
			"its address leads somewhere: entries have the address 0.0.0.0, 127.0.0.1, :: or ::1")
	case strings.HasPrefix(host, "*") || strings.HasPrefix(host, "="):
		return p.reject(host, ban.CodeWildcard, "a hosts file has no wildcards")
	}
	kind := p.Kind
	if kind == 0 {
		kind = ban.KindDomain
	}
	return p.emit(p.entry(host).read(kind, host))
}

// isMachineName reports whether a host is one that hosts files name as the
// machine itself, or a part of the network that it is in.
func isMachineName(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	switch host {
	case "localhost", "localhost.localdomain", "localhost4", "localhost6",
		"localhost4.localdomain4", "localhost6.localdomain6", "local", "broadcasthost":
		return true
	}
	return strings.HasPrefix(host, "ip6-") && !strings.Contains(host, ".")
}
