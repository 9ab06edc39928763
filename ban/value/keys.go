package value

// Tables make the keys of all that a store keeps; see [store.KeyMaker].

// RuleKey returns the text of the key of a rule, by its kind and canonical value.
// ok is false if the value cannot be read.
func (t *Tables) RuleKey(kind Kind, value string) (text string, ok bool) {
	v, err := t.Parse(kind, value)
	return v.key, err == nil
}

// Mailbox returns the canonical mailbox of an address as the function [Mailbox]
// does, by these tables. ok is false if it cannot be read.
func (t *Tables) Mailbox(address string) (mailbox string, ok bool) {
	a, err := t.ParseAddress(address)
	return a.mailbox, err == nil
}

// HandleKeys returns what the handle of an account looks like; see
// [Username.Skeletons]. ok is false if it cannot be read.
func (t *Tables) HandleKeys(handle string) (keys []string, ok bool) {
	u, err := ParseUsername(handle)
	if err != nil {
		return nil, false
	}
	return u.Skeletons(), true
}

// HandleSpare returns a key by the canonical form of a handle, for one that has come
// to look like another's. It is no skeleton: those do not begin with a space.
func (t *Tables) HandleSpare(handleFold string) string { return " " + handleFold }

// LocalKey returns what the local part of an alias looks like: the skeleton of its
// canonical form. ok is false if it cannot be read.
func (t *Tables) LocalKey(local string) (text string, ok bool) {
	u, err := ParseUsername(local)
	return u.look.skeleton, err == nil
}
