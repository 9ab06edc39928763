// Package traitflags has the flags by which a program asks about the traits of
// e-mail addresses.
package traitflags

import (
	"flag"

	"example.com/ostraka/ban"
)

// Add adds -tagged, -free and -role to a flag set.
func Add(set *flag.FlagSet, o *ban.TraitOptions) {
	set.TextVar(&o.Tagged, "tagged", ban.PolicyIgnore, "`ignore`, review or deny the sign-up of an e-mail address that is not the plain spelling of its mailbox")
	set.TextVar(&o.Free, "free", ban.PolicyIgnore, "`ignore`, review or deny that of one at a public mail provider")
	set.TextVar(&o.Role, "role", ban.PolicyIgnore, "`ignore`, review or deny that of a function, such as postmaster@")
}
