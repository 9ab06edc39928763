package blocklist

import (
	"bytes"
	"net/netip"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
)

// isMapping reports whether a line without comments is one of a hosts file: an
// address and a host. An address and a number is none, and a range neither.
func isMapping(line []byte) bool {
	_, host, ok := cutMapping(line)
	if !ok || host[0] == '-' || bytes.HasPrefix(host, []byte("\u2013")) {
		return false
	}
	_, _, count := cutCount(line)
	return !count
}

// cutMapping cuts a line into an address and what follows it. "0" is short for
// 0.0.0.0.
func cutMapping(line []byte) (addr netip.Addr, hosts []byte, ok bool) {
	i := bytes.IndexAny(line, " \t")
	if i < 1 {
		return addr, nil, false
	}
	hosts = bytes.TrimLeft(line[i:], " \t")
	if len(hosts) == 0 {
		return addr, nil, false
	}
	if i == 1 && line[0] == '0' {
		return netip.IPv4Unspecified(), hosts, true
	}
	if !isAddr(line[:i]) {
		return addr, nil, false
	}
	addr, err := netip.ParseAddr(string(line[:i]))
	return addr, hosts, err == nil
}

func (p *parser) hostsLine(line []byte) bool {
	if isComment(bytes.TrimSpace(line)) {
		return true
	}
	line, _, _ = bytes.Cut(line, []byte("#"))
	line = bytes.TrimSpace(uncomment(line))
	if len(line) == 0 {
		return true
	}
	addr, hosts, ok := cutMapping(line)
	if !ok || !isMapping(line) {
		hint := "a line has an address and hosts, as in 0.0.0.0 example.com"
		return p.reject(string(line), ban.CodeSyntax, hint)
	}
	if hint := rangeInWords(line); hint != "" {
		return p.reject(string(line), ban.CodeSyntax, hint)
	}
	for host := range bytes.FieldsSeq(hosts) {
		if !p.host(addr, string(host)) {
			return false
		}
	}
	return true
}

// host emits what it says that a host has the address.
func (p *parser) host(addr netip.Addr, host string) bool {
	own, somewhere := isMachineName(host), !leadsNowhere(addr)
	switch {
	case own && !addr.IsUnspecified():
		return true // the machine's own names, as every hosts file has them
	case host == addr.String():
		return true // "0.0.0.0 0.0.0.0" stands in such lists for the sake of some resolvers
	case own:
		return p.reject(host, ban.CodeUnknown, "this is what machines call themselves or their network: nobody to keep out")
	case somewhere && isAddr([]byte(host)):
		return p.reject(host, ban.CodeSyntax, "this is a second address: a network is written with its length, as 203.0.113.0/24, a range as 203.0.113.7-203.0.113.20")
	case somewhere:
		return p.reject(host, ban.CodeSyntax,
			"its address leads somewhere: entries have the address 0.0.0.0, 127.0.0.1, :: or ::1")
	case strings.HasPrefix(host, "*") || strings.HasPrefix(host, "="):
		return p.reject(host, ban.CodeWildcard, "a hosts file has no wildcards")
	case p.Format == FormatAuto && p.Kind == 0 && !strings.Contains(strings.TrimSuffix(host, "."), "."):
		return p.reject(host, ban.CodeAmbiguous, "a host has labels with dots between, or else it is a word or a machine nearby")
	}
	kind := p.Kind
	if kind == 0 {
		kind = ban.KindDomain
	}
	return p.emit(p.entry(host).read(kind, host))
}

// leadsNowhere reports whether hosts are given an address to keep them from being
// reached. Other loopback addresses are not: systems give 127.0.1.1 to the machine's
// own name (Debian), and ask the DNS at 127.0.0.53 (systemd-resolved).
func leadsNowhere(addr netip.Addr) bool {
	return addr.IsUnspecified() || addr == netip.IPv6Loopback() || addr == netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

// rangeInWords returns a hint if a line is a range whose addresses have something
// else than a hyphen between them.
func rangeInWords(line []byte) (hint string) {
	asRange, ok := value.RangeInWords(string(line))
	if !ok {
		return ""
	}
	return "a range is written with a hyphen, as " + asRange
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
