package blocklist

import (
	"strconv"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// column is what a cell of a CSV record, or a member of a JSON object, says.
type column int8

// The columns, those that hold values first.
const (
	columnValue column = iota
	columnDomain
	columnIP
	columnEmail
	columnName
	columnKind
	columnEffect
	columnSeverity
	columnApproval
	columnScope
	columnShadow
	columns // how many there are

	columnOther column = -1 // one that says nothing here
)

var columnNames = [columns]string{
	"value", "domain", "ip", "email", "name", "kind", "effect", "severity", "allow_with_approval", "scope", "shadow",
}

// columnKinds are the kinds of what the columns of values hold.
var columnKinds = [...]ban.Kind{
	columnDomain: ban.KindDomain, columnIP: ban.KindIP, columnEmail: ban.KindEmail, columnName: ban.KindName,
}

func (c column) holdsValues() bool { return 0 <= c && int(c) < len(columnKinds) }

// columnOf returns the column of that name in a header.
func columnOf(name string) column {
	name = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(name), "#"))
	for c, known := range columnNames {
		if name == known {
			return column(c)
		}
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
		return p.emit(l.rejected("line", l.Text, ban.CodeEmpty, "give a value, domain, ip, email or name"))
	}
	value := r[from]
	l.Text = clip(value)
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
	return p.emit(l.read(kind, value))
}

// kindOf returns the kind of the value of a record: as its column, the record
// and the options say, which must not differ. 0 if none does.
func (p *parser) kindOf(r *record, from column) (ban.Kind, error) {
	kind := p.Kind
	said := columnKinds[from]
	if kind == 0 {
		kind = said
	}
	if r[columnKind] != "" {
		k, err := store.ParseKind(strings.ToLower(r[columnKind]))
		if err != nil {
			return 0, cellError(columnKind, r, ban.CodeUnknown, "use email, domain, ip or name")
		}
		if said != 0 && said != k {
			return 0, cellError(columnKind, r, ban.CodeKind, "the value is in the column of kind "+said.String())
		}
		if said = k; kind == 0 {
			kind = k
		}
	}
	if said != 0 && said != kind {
		return 0, cellError(from, r, ban.CodeKind, "the values of this list are of kind "+kind.String())
	}
	return kind, nil
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
	return ban.NewValueError(columnNames[c], r[c], code, hint)
}
