package blocklist

import (
	"cmp"
	"strconv"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// column is what a cell of a CSV record, or a member of a JSON object, says.
type column int8

// The columns, those that hold values first.
const (
	columnValue column = iota // of any kind but a name
	columnDomain
	columnHost // a domain or an address
	columnIP
	columnEmail
	columnName
	columnKind
	columnType // of a value, or of something else
	columnEffect
	columnSeverity
	columnApproval
	columnScope
	columnShadow
	columnMask // of the address beside it
	columns    // how many there are

	columnOther column = -1 // one that says nothing here
)

// columnNames are the headings of each column, the one that [Write] uses or that
// errors name first, in small letters and with "_" for spaces and hyphens.
var columnNames = [columns][]string{
	columnValue:    {"value", "values", "address", "indicator", "ioc", "entry"},
	columnDomain:   {"domain", "domains", "domain_name", "domainname", "email_domain", "mail_domain", "fqdn"},
	columnHost:     {"host", "hosts", "hostname", "host_name"},
	columnIP:       {"ip", "ips", "ip_address", "ip_addresses", "ipaddress", "ip_addr", "ip_range", "ipv4", "ipv6", "ipv4_address", "ipv6_address", "cidr", "cidrs", "ip_cidr", "prefix", "ip_prefix", "ipv4_prefix", "ipv6_prefix", "ipv4prefix", "ipv6prefix", "network", "networks", "subnet", "netblock", "range", "src_ip", "source_ip", "srcip"},
	columnEmail:    {"email", "emails", "e_mail", "email_address", "e_mail_address", "emailaddress", "mail", "mail_address"},
	columnName:     {"name", "names", "username", "usernames", "user", "users", "user_name", "nickname", "nick", "login", "handle", "screen_name", "account_name"},
	columnKind:     {"kind"},
	columnType:     {"type"},
	columnEffect:   {"effect"},
	columnSeverity: {"severity"},
	columnApproval: {"allow_with_approval"},
	columnScope:    {"scope"},
	columnShadow:   {"shadow"},
	columnMask:     {"mask", "netmask", "net_mask", "subnet_mask", "network_mask", "masklen", "mask_length", "prefixlen", "prefix_len", "prefix_length"},
}

// knownColumns is a hint: what to call a column of values.
const knownColumns = "name the column of the values value, domain, host, ip, cidr, email or username in the header"

// columnKinds are the kinds of what the columns of values hold.
var columnKinds = [...]ban.Kind{
	columnDomain: ban.KindDomain, columnIP: ban.KindIP, columnEmail: ban.KindEmail, columnName: ban.KindName,
}

func (c column) holdsValues() bool { return 0 <= c && int(c) < len(columnKinds) }

var columnsByName = func() map[string]column {
	all := make(map[string]column)
	for c, names := range columnNames {
		for _, name := range names {
			all[name] = column(c)
		}
	}
	return all
}()

var headingSeparators = strings.NewReplacer(" ", "_", "-", "_")

// columnOf returns the column of that name in a header.
func columnOf(name string) column {
	if c, ok := columnsByName[name]; ok {
		return c
	}
	if len(name) > 64 {
		return columnOther
	}
	name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "#")))
	if c, ok := columnsByName[headingSeparators.Replace(name)]; ok {
		return c
	}
	return columnOther
}

// record is what a CSV record or JSON object says, by column; "" is nothing.
type record [columns]string

// record emits what a record says, as that of the line.
func (p *parser) record(l Line, r *record) bool {
	from := columnOther
	for c := range r {
		if r[c] = strings.TrimSpace(r[c]); r[c] == "" || !column(c).holdsValues() {
			continue
		}
		if from != columnOther {
			return p.emit(l.rejected("line", r[c], ban.CodeSyntax, "give one value, not one more in another column"))
		}
		from = column(c)
	}
	if from == columnOther {
		return p.emit(l.rejected("line", l.Text, ban.CodeEmpty, "give a value, domain, host, ip, email or name"))
	}
	text := r[from]
	l.Text = clip(text)
	if r[columnMask] != "" && isAddr([]byte(text)) {
		return p.emit(l.rejected("line", text, ban.CodeNotSupported, "a network is written with its length in one cell, as 203.0.113.0/24"))
	}
	kind, err := p.kindOf(r, from)
	if err == nil {
		var skip bool
		if skip, err = l.effects(r); skip {
			return true
		}
	}
	if err != nil {
		l.Err = err
		return p.emit(l)
	}
	return p.emitValue(l, kind, text)
}

// kindOf returns the kind of the value of a record: as its column, the record
// and the options say, which must not differ. 0 if none does.
func (p *parser) kindOf(r *record, from column) (ban.Kind, error) {
	said := columnKinds[from]
	if from == columnHost {
		if said = ban.KindDomain; isNet([]byte(r[from])) {
			said = ban.KindIP
		}
	}
	named, in, err := r.kind()
	switch {
	case err != nil:
		return 0, err
	case named != 0 && said != 0 && said != named:
		return 0, cellError(in, r, ban.CodeKind, "the value is in the column of kind "+said.String())
	case named != 0:
		said = named
	}
	if p.Kind != 0 && said != 0 && said != p.Kind {
		return 0, cellError(from, r, ban.CodeKind, "the values of this list are of kind "+p.Kind.String())
	}
	return cmp.Or(p.Kind, said), nil
}

// kind returns the kind that a record names, and in which column; 0 if it names
// none. What CrowdSec calls a scope is one, beside its type of decision.
func (r *record) kind() (ban.Kind, column, error) {
	if r[columnKind] != "" {
		k, err := store.ParseKind(strings.ToLower(r[columnKind]))
		if err != nil {
			return 0, columnKind, cellError(columnKind, r, ban.CodeUnknown, "use email, domain, ip or name")
		}
		return k, columnKind, nil
	}
	switch scope := strings.ToLower(r[columnScope]); scope {
	case "ip", "range":
		defer func() { r[columnScope] = "" }()
		if t := strings.ToLower(r[columnType]); t != "" && t != "ban" {
			return 0, columnType, cellError(columnType, r, ban.CodeNotSupported, "of the decisions of CrowdSec only ban is supported")
		}
		return ban.KindIP, columnScope, nil
	case "country", "as", "username", "session":
		return 0, columnScope, cellError(columnScope, r, ban.CodeNotSupported, "of the scopes of CrowdSec only Ip and Range are supported")
	}
	if k, err := store.ParseKind(strings.ToLower(r[columnType])); err == nil {
		return k, columnType, nil
	}
	return 0, columnOther, nil
}

// effects sets what a record says beside its value. It reports whether the
// record is no entry.
func (l *Line) effects(r *record) (skip bool, err error) {
	if r[columnEffect] != "" {
		err = l.setEffect(r)
	} else {
		skip, err = l.setSeverity(r)
	}
	if err != nil || skip {
		return skip, err
	}
	if r[columnApproval] != "" {
		approval, err := strconv.ParseBool(strings.ToLower(r[columnApproval]))
		if err != nil {
			return false, cellError(columnApproval, r, ban.CodeUnknown, "use true or false")
		}
		if approval && l.Effect == ban.Deny {
			l.Effect = ban.Review
		}
	}
	if r[columnScope] != "" {
		if l.Scope, err = store.ParseScope(strings.ToLower(r[columnScope])); err != nil {
			return false, cellError(columnScope, r, ban.CodeUnknown,
				"use all, or some of sign_up, sign_in, alias, mail and content with commas between")
		}
	}
	if r[columnShadow] != "" {
		if l.Shadow, err = strconv.ParseBool(strings.ToLower(r[columnShadow])); err != nil {
			return false, cellError(columnShadow, r, ban.CodeUnknown, "use true or false")
		}
	}
	return false, nil
}

func (l *Line) setEffect(r *record) error {
	text := strings.ToLower(r[columnEffect])
	if text == "shadow" {
		l.Shadow = true
		return nil
	}
	effect, err := store.ParseEffect(text)
	if err != nil {
		return cellError(columnEffect, r, ban.CodeUnknown, "use deny, review, allow or shadow")
	}
	l.Effect = effect
	return nil
}

// setSeverity reads what Mastodon does with a domain: suspend, silence (limit in
// its interface), or noop, which is nothing to the domain itself.
func (l *Line) setSeverity(r *record) (skip bool, err error) {
	switch strings.ToLower(r[columnSeverity]) {
	case "":
	case "suspend":
		l.Effect = ban.Deny
	case "silence", "limit":
		l.Effect = ban.Review
	case "noop":
		return true, nil
	default:
		return false, cellError(columnSeverity, r, ban.CodeUnknown, "use suspend, silence or noop")
	}
	return false, nil
}

func cellError(c column, r *record, code, hint string) error {
	return ban.NewValueError(columnNames[c][0], r[c], code, hint)
}
