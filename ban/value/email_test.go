package value_test

import (
	"strings"
	"testing"

	"example.com/ostraka/ban/value"
)

var local64 = strings.Repeat("a", 64)

func TestEmails(t *testing.T) {
	accepted{
		"an address":                             {"j.doe@example.org", "j.doe@example.org", "j.doe@example.org"},
		"capitals become small":                  {"J.Doe@Example.ORG", "j.doe@example.org", "j.doe@example.org"},
		"capitals beyond ASCII, too":             {"ÄRGER@example.org", "ärger@example.org", "ärger@example.org"},
		"letters are composed":                   {"a\u0308rger@example.org", "ärger@example.org", "ärger@example.org"},
		"ß is not ss":                            {"straße@example.org", "straße@example.org", "straße@example.org"},
		"white space around goes":                {"\u3000a@example.org\n", "a@example.org", "a@example.org"},
		"the domain is canonical":                {"a@bücher.example.", "a@xn--bcher-kva.example", "a@xn--bcher-kva.example"},
		"every character of an atom":             {"!#$%&'+-/=?^_`{|}~@example.org", "!#$%&'+-/=?^_`{|}~@example.org", "!#$%&'+-/=?^_`{|}~@example.org"},
		"an unknown provider's plus stays":       {"a+b@example.org", "a+b@example.org", "a+b@example.org"},
		"a local part of 64 bytes":               {local64 + "@example.org", local64 + "@example.org", local64 + "@example.org"},
		"254 bytes":                              {"a@" + domain253[1:], "a@" + domain253[1:], "a@" + domain253[1:]},
		"a literal star":                         {`a\*b@example.org`, `a\*b@example.org`, "a*b@example.org"},
		"a literal star at the end":              {`a\*@example.org`, `a\*@example.org`, "a*@example.org"},
		"emoji":                                  {"😀@example.org", "😀@example.org", "😀@example.org"},
		"the address keeps what the key leaves":  {"J.Doe+x@GoogleMail.com", "j.doe+x@googlemail.com", "jdoe@gmail.com"},
		"a pattern with its star at the end":     {"Spam*@example.org", "spam*@example.org", ""},
		"a pattern with its star at the start":   {"*spam@example.org", "*spam@example.org", ""},
		"a pattern with stars at both":           {"*spam*@example.org", "*spam*@example.org", ""},
		"a pattern is for the provider":          {"na.me*@GoogleMail.com", "na.me*@gmail.com", ""},
		"a pattern with a literal star":          {`\**@example.org`, `\**@example.org`, ""},
		"a pattern with a dot beside the star":   {"john.*@example.org", "john.*@example.org", ""},
		"a pattern of just a dot between stars":  {"*.*@example.org", "*.*@example.org", ""},
		"a pattern for an international domain":  {"x*@BÜCHER.example", "x*@xn--bcher-kva.example", ""},
		"a pattern whose literal has 64 bytes":   {local64 + "*@example.org", local64 + "*@example.org", ""},
		"a pattern at a provider with subdomain": {"x*@user.fastmail.com", "x*@user.fastmail.com", ""},
	}.run(t, value.KindEmail)
}

func TestEmailsThatAreRefused(t *testing.T) {
	refused{
		"no @":                            {"example.org", value.CodeSyntax},
		"two @":                           {"a@b@example.org", value.CodeSyntax},
		"nothing before the @":            {"@example.org", value.CodeSyntax},
		"nothing after the @":             {"a@", value.CodeSyntax},
		"a full-width @":                  {"a＠example.org", value.CodeSyntax},
		"a quoted local part":             {`"a b"@example.org`, value.CodeSyntax},
		"a quoted @":                      {`"a@b"@example.org`, value.CodeSyntax},
		"an address literal":              {"a@[192.0.2.1]", value.CodeSyntax},
		"a display name":                  {"A <a@example.org>", value.CodeSyntax},
		"a comment":                       {"a(b)@example.org", value.CodeSyntax},
		"a mailto URL":                    {"mailto:a@example.org", value.CodeSyntax},
		"a list":                          {"a@example.org,b@example.org", value.CodeSyntax},
		"a space inside":                  {"a b@example.org", value.CodeSyntax},
		"a space before the @":            {"a @example.org", value.CodeSyntax},
		"a no-break space inside":         {"a\u00a0b@example.org", value.CodeCharacter},
		"a line separator inside":         {"a\u2028b@example.org", value.CodeCharacter},
		"a private-use character":         {"a\ue000@example.org", value.CodeCharacter},
		"an unassigned character":         {"a\u0378@example.org", value.CodeCharacter},
		"a leading dot":                   {".a@example.org", value.CodeSyntax},
		"a trailing dot":                  {"a.@example.org", value.CodeSyntax},
		"two dots in a row":               {"a..b@example.org", value.CodeSyntax},
		"a local part of 65 bytes":        {local64 + "a@example.org", value.CodeTooLong},
		"64 letters of two bytes":         {strings.Repeat("ä", 64) + "@example.org", value.CodeTooLong},
		"255 bytes":                       {"ab@" + domain253[1:], value.CodeTooLong},
		"an IP address for a domain":      {"a@192.0.2.1", value.CodeKind},
		"a domain with an underscore":     {"a@b_c.org", value.CodeCharacter},
		"a domain with a mark":            {"a@*.example.org", value.CodeWildcard},
		"a pattern for a whole domain":    {"*@example.org", value.CodeWildcard},
		"two stars for a whole domain":    {"**@example.org", value.CodeWildcard},
		"a star in the middle":            {"a*b@example.org", value.CodeWildcard},
		"two stars at the end":            {"a**@example.org", value.CodeWildcard},
		"a backslash before a letter":     {`a\b@example.org`, value.CodeWildcard},
		"a backslash before the @":        {`a\@example.org`, value.CodeWildcard},
		"a literal backslash":             {`a\\b@example.org`, value.CodeCharacter},
		"a pattern with a leading dot":    {".a*@example.org", value.CodeSyntax},
		"a pattern with a trailing dot":   {"*a.@example.org", value.CodeSyntax},
		"a pattern with 65 bytes":         {local64 + "a*@example.org", value.CodeTooLong},
		"a pattern with too long a whole": {"ab*@" + domain253[1:], value.CodeTooLong},
	}.run(t, value.KindEmail)
}

func TestMailboxes(t *testing.T) {
	for rule, c := range map[string]struct{ in, want string }{
		"Gmail ignores dots, case and tags":               {"J.Doe+x@GoogleMail.com", "jdoe@gmail.com"},
		"Gmail cuts at the first plus":                    {"jdoe+a+b@gmail.com", "jdoe@gmail.com"},
		"a tag may have dots":                             {"jdoe+a.b@gmail.com", "jdoe@gmail.com"},
		"Gmail keeps hyphens":                             {"j-doe@gmail.com", "j-doe@gmail.com"},
		"a mailbox is its own":                            {"jdoe@gmail.com", "jdoe@gmail.com"},
		"full-width letters at Gmail are letters":         {"ｊｄｏｅ＋ｘ@gmail.com", "jdoe@gmail.com"},
		"other letters at Gmail are left alone":           {"jdöe+x@gmail.com", "jdöe+x@gmail.com"},
		"a tag alone is left alone":                       {"+x@googlemail.com", "+x@googlemail.com"},
		"a full-width @ makes no second one":              {"a＠b@gmail.com", "a＠b@gmail.com"},
		"Outlook cuts at the plus, keeps dots and domain": {"j.doe+x@hotmail.co.uk", "j.doe@hotmail.co.uk"},
		"what is no local part is left alone":             {"j.+x@outlook.com", "j.+x@outlook.com"},
		"MSN":                                             {"j+x@msn.com", "j@msn.com"},
		"iCloud":                                          {"j.doe+x@icloud.com", "j.doe@icloud.com"},
		"iCloud has three domains":                        {"j+x@me.com", "j@icloud.com"},
		"Yahoo cuts at the first hyphen":                  {"j.doe-a-b@yahoo.co.uk", "j.doe@yahoo.co.uk"},
		"Yahoo keeps a plus":                              {"j+x@yahoo.com.br", "j+x@yahoo.com.br"},
		"Ymail":                                           {"j-x@ymail.com", "j@ymail.com"},
		"a stranger's yahoo domain":                       {"j-x@yahoo.evil.com", "j-x@yahoo.evil.com"},
		"below a yahoo domain":                            {"j-x@mail.yahoo.com", "j-x@mail.yahoo.com"},
		"Fastmail cuts at the plus":                       {"j.doe+x@fastmail.fm", "j.doe@fastmail.fm"},
		"Fastmail's subdomains are users":                 {"shop@jdoe.fastmail.com", "jdoe@fastmail.com"},
		"Fastmail's subdomains with tags":                 {"shop+x@jdoe.fastmail.fm", "jdoe@fastmail.fm"},
		"two labels below Fastmail are no user":           {"x@a.b.fastmail.com", "x@a.b.fastmail.com"},
		"Gmail's subdomains are no users":                 {"x@jdoe.gmail.com", "x@jdoe.gmail.com"},
		"Proton ignores dots, hyphens, underscores":       {"J._-Doe+x@pm.me", "jdoe@proton.me"},
		"Proton's old domains":                            {"jdoe@protonmail.ch", "jdoe@proton.me"},
		"Yandex has one mailbox in all domains":           {"j.doe+x@ya.ru", "j.doe@yandex.ru"},
		"an unknown provider is left alone":               {"J.Doe+x@Example.org", "j.doe+x@example.org"},
		"mail.com is not gmail.com":                       {"j.doe@mail.com", "j.doe@mail.com"},
		"a star has no special meaning":                   {"*@example.org", "*@example.org"},
	} {
		t.Run(rule, func(t *testing.T) {
			got, err := value.Mailbox(c.in)
			if err != nil || got != c.want {
				t.Errorf("Mailbox(%q) = %q, %v; want %q", c.in, got, err, c.want)
			}
			if again, err := value.Mailbox(got); err != nil || again != got {
				t.Errorf("Mailbox(%q) = %q, %v: a mailbox is its own", got, again, err)
			}
		})
	}
	_, err := value.Mailbox("a@b@c")
	wantValueError(t, err, "email", value.CodeSyntax)
}

func TestMailAndGmailNeverShareKeys(t *testing.T) {
	for _, pair := range [][2]string{{"jdoe@mail.com", "jdoe@gmail.com"}, {"j.doe+x@mail.com", "j.doe+x@googlemail.com"}} {
		a, errA := value.ParseEmail(pair[0])
		b, errB := value.ParseEmail(pair[1])
		if errA != nil || errB != nil || a.Key() == b.Key() {
			t.Errorf("%q (%v) and %q (%v) have the keys %v and %v", pair[0], errA, pair[1], errB, a.Key(), b.Key())
		}
	}
}
