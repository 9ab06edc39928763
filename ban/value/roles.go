package value

import "strings"

// roles are local parts that stand for a function and not for a person. The first
// three lines are those of RFC 2142; "root" and the like are accounts of systems,
// "noreply" and the like are read by nobody, the rest are what organizations
// commonly name after a task.
var roles = newSet(
	"info marketing sales support",
	"abuse noc security",
	"postmaster hostmaster usenet news webmaster www uucp ftp",

	"admin administrator daemon devnull mailer-daemon mailerdaemon nobody root ssladmin sslwebmaster sysadmin system webadmin",
	"bounce bounces do-not-reply donotreply mail-daemon no-reply noreply null undisclosed-recipients unsubscribe",
	"account accounting accounts billing careers compliance contact contactus customercare customerservice dmarc",
	"dpo enquiries enquiry feedback finance help helpdesk hr inquiries inquiry investors invoice invoices job jobs",
	"legal listserv maildaemon majordomo media office order orders payroll press privacy procurement purchasing",
	"reception recruiting recruitment registrar reservations service servicedesk spam subscribe team techsupport",
)

func newSet(lines ...string) map[string]bool {
	set := make(map[string]bool)
	for _, line := range lines {
		for word := range strings.FieldsSeq(line) {
			set[word] = true
		}
	}
	return set
}

// requestSuffix ends the address of who runs a mailing list (RFC 2142, section 6).
const requestSuffix = "-request"

// Role reports whether the address is that of a function and not of a person, such
// as postmaster@ or noreply@: whether its local part, or that of its mailbox, is one
// of RFC 2142, or one of those that organizations and systems commonly have.
func (a Address) Role() bool {
	local, _, _ := strings.Cut(a.mailbox, "@")
	return isRole(local) || isRole(a.Local())
}

func isRole(local string) bool {
	return roles[local] || len(local) > len(requestSuffix) && strings.HasSuffix(local, requestSuffix)
}

// Tagged reports whether the address is not the plain spelling of its mailbox: it
// has a tag, or dots, or a domain, that its provider does not tell from another
// spelling. Of a provider that is not in the table nothing is known, and its
// addresses are not tagged.
func (a Address) Tagged() bool { return a.text != a.mailbox }
