package ban

// The parsers of this file read what belongs to a person, as a [Subject] does:
// a star or backslash has no special meaning, which it has in the values of
// rules. They are for packages that keep accounts.

// Address is an e-mail address in canonical form. The zero Address is none.
type Address struct{ address address }

// ParseAddress reads an e-mail address by the rules of [ParseEmail]. The error
// is a [*ValueError].
func ParseAddress(s string) (Address, error) {
	a, err := parseAddress(s)
	return Address{a}, err
}

// String returns the address.
func (a Address) String() string { return a.address.text }

// Local returns the part before the @.
func (a Address) Local() string { return a.address.local }

// Domain returns the part after the @.
func (a Address) Domain() string { return a.address.domain }

// Mailbox returns the canonical mailbox; see [Mailbox].
func (a Address) Mailbox() string { return a.address.mailbox }

// ParseHost reads a domain name by the rules of [ParseDomain], without a mark,
// and returns it in canonical form. The error is a [*ValueError].
func ParseHost(s string) (string, error) { return parseHost(s) }

// Username is a user name in canonical form. The zero Username is none.
type Username struct{ name askedName }

// ParseUsername reads a user name by the rules of [ParseName]. The error is a
// [*ValueError].
func ParseUsername(s string) (Username, error) {
	n, err := parseUsername(s)
	if err != nil {
		return Username{}, err
	}
	return Username{newAskedName(s, n, false)}, nil
}

// String returns the name.
func (u Username) String() string { return u.name.text }

// Skeletons returns what the name looks like: the skeleton of UTS #39 of its
// canonical form, and that of another way to read it as it was written, if there
// is one. Two names look alike if they have a skeleton in common.
func (u Username) Skeletons() []string {
	keys := u.name.keys(nil)
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = k.Text
	}
	return out
}
