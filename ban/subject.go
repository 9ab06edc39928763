package ban

import (
	"example.com/ostraka/internal/match"
	"example.com/ostraka/store"
)

// Subject is who asks to be let in. Fields may be empty, but not all of them.
type Subject struct {
	Email  string // an e-mail address
	Domain string // a domain name, for example of a website or an alias
	IP     string // the address of the client
	Name   string // a user name, or the local part of an alias

	// Action is what they are about to do: by default [SignUp]. A rule whose
	// scope leaves it out is not considered.
	Action Action
}

// texts returns the fields as the caller gave them.
func (s *Subject) texts() match.Texts { return match.Texts{s.Email, s.Domain, s.IP, s.Name} }

// field returns the field of that kind as the caller gave it.
func (s *Subject) field(k Kind) string {
	switch k {
	case KindEmail:
		return s.Email
	case KindDomain:
		return s.Domain
	case KindIP:
		return s.IP
	default:
		return s.Name
	}
}

// validate reports what is wrong with the Subject as a whole.
func (s *Subject) validate() error {
	if s.Email == "" && s.Domain == "" && s.IP == "" && s.Name == "" {
		return &ValueError{Field: "subject", Code: CodeEmpty, Hint: "give at least one of email, domain, ip and name"}
	}
	if int(s.Action) >= len(store.Actions()) {
		return &ValueError{Field: "action", Value: s.Action.String(), Code: CodeUnknown, Hint: "use one of the actions of this package"}
	}
	return nil
}
