package main

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"example.com/ostraka/ban/value"
)

// rawProbes looks in maps for the keys of askers whose texts it reads first, by the
// rules that checks read them by.
func rawProbes(p *plainMaps, askers []asker) work {
	next := 0
	var parser value.Parser
	return func(n int) error {
		for range n {
			found, err := p.findRaw(&parser, &askers[next])
			if err != nil || found != 0 {
				return fmt.Errorf("%d keys of %+v found, %w", found, askers[next], err)
			}
			if next++; next == len(askers) {
				next = 0
			}
		}
		return nil
	}
}

func (p *plainMaps) findRaw(parser *value.Parser, a *asker) (found int, err error) {
	parser.Reset()
	email, err := parser.Address(a.subject.Email)
	if err != nil {
		return 0, err
	}
	host, err := parser.Host(a.subject.Domain)
	if err != nil {
		return 0, err
	}
	addr, err := value.ParseAddr(a.subject.IP)
	if err != nil {
		return 0, err
	}
	var name value.Username
	if err := parser.Nickname(&name, a.subject.Name); err != nil {
		return 0, err
	}
	if _, ok := p.emails[email.Mailbox()]; ok {
		found++
	}
	for d, more := email.Domain(), true; more; _, d, more = strings.Cut(d, ".") {
		if _, ok := p.domains[d]; ok {
			found++
		}
	}
	for d, more := host, true; more; _, d, more = strings.Cut(d, ".") {
		if strings.HasSuffix(email.Domain(), d) && (len(email.Domain()) == len(d) || email.Domain()[len(email.Domain())-len(d)-1] == '.') {
			break // was looked up
		}
		if _, ok := p.domains[d]; ok {
			found++
		}
	}
	if _, ok := p.names[name.Skeleton()]; ok {
		found++
	}
	if _, ok := p.prefixes.Lookup(addr); ok {
		found++
	}
	return found, nil
}

// readPrefixes reads a list of prefixes of one family, one a line.
func readPrefixes(path string) ([]netip.Prefix, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var prefixes []netip.Prefix
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		prefixes = append(prefixes, p.Masked())
	}
	if len(prefixes) == 0 {
		return nil, fmt.Errorf("%s: no prefixes", path)
	}
	return prefixes, lines.Err()
}
