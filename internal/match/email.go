package match

import (
	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// email is the field of an e-mail address.
type email struct {
	value.Address
	hashed hashed
}

// reset forgets the address.
func (e *email) reset() {
	e.Address = value.Address{}
	e.hashed.reset()
}

func (e *email) keys(to Keys) {
	to.Key(uint8(store.KindEmail), store.KindEmail, e.Mailbox())
	e.hashed.tell(to, store.KindEmail)
	to.Domains(uint8(store.KindEmail), e.Domain())
}

// matchWildcard lets an Allow rule match by the mailbox only: nobody gets in by
// adding a tag.
func (e *email) matchWildcard(w *Wildcard) (int, bool) {
	rank := rankLocal + w.local.Literal()
	if w.Rule.Effect == store.Allow {
		return rank, w.local.MatchMailbox(e.Address)
	}
	return rank, w.local.Match(e.Address)
}

// match takes a hashed rule for one of the plain spelling of the mailbox, which is all
// that is known of it.
func (e *email) match(r *store.Rule) (value.Via, int, bool) {
	switch _, ok := r.Key.HashKey(); {
	case ok:
		_, ok = e.hashed.find(r.Key.Text)
		if e.HasMailbox() {
			return value.ViaMailbox, rankMailbox, ok
		}
		return value.ViaExact, rankAddress, ok
	case r.Key.Kind == store.KindDomain:
		via, rank, ok := matchDomain(r, e.Domain())
		return via, rankEmailDomain + rank, ok
	case r.Key.Kind != store.KindEmail:
		return 0, 0, false
	case value.PlainText(r.Value) == e.String():
		return value.ViaExact, rankAddress, true
	}
	return value.ViaMailbox, rankMailbox, r.Key.Text == e.Mailbox()
}
