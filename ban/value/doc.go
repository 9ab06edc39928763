// Package value makes e-mail addresses, domains, IP prefixes and user names
// canonical: two inputs that mean the same give equal values.
//
//	v, err := value.ParseEmail("J.Doe+news@GoogleMail.com")
//	// v.String() is "j.doe+news@googlemail.com", v.Key().Text "jdoe@gmail.com"
//
//	box, err := value.Mailbox("J.Doe+news@GoogleMail.com") // "jdoe@gmail.com"
//
// # Values of rules
//
// [ParseEmail], [ParseDomain], [ParsePrefix] and [ParseName] read what a rule is
// about, with wildcards and marks; [Parse] does for a kind that is given, [ParseAny]
// for one that the form tells. Package ban says what each matches.
//
// # What belongs to a person
//
// [ParseAddress], [ParseHost], [ParseAddr] and [ParseUsername] read what somebody
// gives as their own, in which a star is a star. An [Address] knows its canonical
// mailbox, by a table of mail providers; a [Username] what it looks like.
//
// # Comparing
//
// A [Domain], a [LocalPattern] and a [NamePattern] say whether they match. An
// [Extent] says whether all that one value matches is matched by another.
//
// # Errors
//
// What does not parse gives a [*ValueError], whose text is safe to show to whoever
// typed the value. No function panics, and each is done in time that the length of
// the input bounds.
//
// The package keeps no state. All of it is safe for concurrent use, but for a
// [Parser].
package value
