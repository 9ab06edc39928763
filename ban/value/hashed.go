package value

import "example.com/ostraka/store"

// A hashed value stands for an e-mail mailbox or for the look of a name, and tells it
// to nobody who has not the secret that it was hashed under. Its text is that of
// [store.AppendHashText], and is its key too.

// Hashed reports whether the value is a hash of another.
func (v Value) Hashed() bool { return v.HashKey() != "" }

// HashKey returns the ID of the secret that the value was hashed under, "" if it is
// not a hash.
func (v Value) HashKey() string {
	id, _ := IsHashed(v.kind, v.text)
	return id
}

// IsHashed reports whether the canonical text of a value is that of a hash, and the ID
// of the secret it was made under.
func IsHashed(kind Kind, text string) (id string, ok bool) {
	k, ok := store.Key{Kind: kind, Text: text}.HashKey()
	return k.ID, ok
}

// HashedBy returns the value that stands for this one under a secret whose ID is
// given, where sum returns the hash of what is to be hashed: the canonical mailbox, or
// the skeleton. The error is a [*ValueError], with [CodeNotSupported] for what is not
// hashed: domains and prefixes, of which there are so few that all can be tried;
// patterns; a name behind an equals sign, since nothing but what a name looks like is
// hashed; and what is a hash already.
func (v Value) HashedBy(id string, sum func(what string) []byte) (Value, error) {
	var hint string
	switch {
	case v.kind != KindEmail && v.kind != KindName:
		hint = "only e-mail addresses and names are kept as hashes"
	case v.Wildcard():
		hint = "a pattern is not kept as a hash: nothing would match it"
	case v.Hashed():
		hint = "it is a hash already"
	case v.kind == KindName && v.literal():
		hint = "leave out the equals sign: what is hashed is what a name looks like"
	default:
		text := string(store.AppendHashText(nil, id, sum(v.key)))
		return Value{kind: v.kind, text: text, key: text}, nil
	}
	return Value{}, NewValueError("hashed", "true", CodeNotSupported, hint)
}

// literal reports whether the value of a name is that name alone.
func (v Value) literal() bool {
	_, only := SplitName(v.text)
	return only
}

// hashedValue returns the hashed value that a text without space around is.
func hashedValue(kind Kind, s string) (Value, bool) {
	if _, ok := IsHashed(kind, s); !ok {
		return Value{}, false
	}
	return Value{kind: kind, text: s, key: s}, true
}

// reserved refuses a name whose canonical text would be read as a hash.
var reserved = fault{CodeSyntax, "names that begin with h: and look like a hash cannot be banned; a pattern for them can"}
