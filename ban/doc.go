// Package ban decides whether an e-mail address, domain, IP address or user
// name may come in, says why not, and gives moderators the means to change the
// answer. In a sign-up handler:
//
//	d, err := checker.Check(r.Context(), ban.Subject{Email: email, IP: ip, Name: name})
//	if bad, ok := errors.AsType[*ban.ValueError](err); ok {
//		http.Error(w, bad.Error(), http.StatusUnprocessableEntity) // no address at all, say
//		return
//	}
//	if err != nil {
//		log.Print(err) // the store could not be asked; d is what OnError says
//	}
//	switch refused := d.Err().(type) {
//	case nil:
//		signUp(w, email, name)
//	case *ban.ReviewError:
//		queueForReview(w, email)
//	default:
//		http.Error(w, refused.Error(), http.StatusForbidden) // holds the public reason only
//	}
//
// A [Checker] answers and an [Admin] changes bans, both over one store: package
// memstore or sqlitestore, or any other that fulfils the contract of package
// store.
//
// A Checker keeps what it looked up in a cache. With [CheckerOptions.Mirror] it
// has all rules in memory, for checks that cost less than a microsecond or two
// and do not depend on the store.
//
// # Values
//
// Values are made canonical on the way in, by [ParseEmail], [ParseDomain],
// [ParsePrefix] and [ParseName]; what does not parse is a [*ValueError], never a
// silent pass. They are those of package value, which may be used alone.
//
//	kind    value                      matches
//	email   eve@spam.example           the address, and all spellings of its mailbox
//	        spam*@gmail.com            local parts, with a star at the start or end
//	domain  spam.example               the host and all names below it
//	        *.spam.example             the names below it
//	        =spam.example              the host
//	ip      203.0.113.7, 2001:db8::/32 the address, or those of the prefix
//	name    admin                      the name, and those that look like it
//	        =ema                       that name alone: it leaves "Erna" be
//	        admin*, *admin, *admin*    names with a star at the start or end
//
// A domain rule also applies to the e-mail addresses at its hosts, and an ip rule of
// IPv4 to the IPv6 addresses that stand for it behind NAT64 and 6to4.
//
// # Which rule decides
//
// Considered are the rules that match, have not expired, and whose [Scope] has
// the Subject's [Action].
//
//  1. The fields of a Subject are decided one by one, each by the most specific
//     rule (below).
//  2. At equal specificity Allow goes before Deny, Deny before Review.
//  3. Across fields Deny goes before Review, Review before Allow.
//  4. A shadow rule never decides. It is reported in [Decision.Shadows].
//
// More specific comes first:
//
//	email   the address; its mailbox; the longest pattern; then as for domain;
//	        then the mail hosts, see below
//	domain  the rule with most labels; of as many "=host", "*.host", "host"
//	ip      the longest prefix
//	name    the name; one that looks like it; what it reads as with
//	        CheckerOptions.Leet; the longest pattern
//
// A name rule that allows matches by its letters only, never by looks: an
// exception for "admin" does not let its Cyrillic twin in. An e-mail pattern
// that allows looks at the mailbox: nobody gets in by adding a tag.
//
// So an exception for good.spam.example lets its users in though spam.example
// is banned, but not past a ban of their IP address. [Checker.Explain] shows how
// an answer came about.
//
// # Mail hosts
//
// With [CheckerOptions.MX] the rules are matched with the mail hosts (MX records)
// of the domain of an address too: domain rules and blocks with their names, ip
// rules with their addresses. So a spammer's new domain is known by the host that
// it shares with those before.
//
//	opts := ban.CheckerOptions{MX: ban.MXOptions{Resolver: &net.Resolver{}}}
//
// The hosts of large providers never count ([DefaultSharedProviders]). A check
// waits for the DNS for [MXOptions.Timeout] at most; what is not known then is
// missing from the verdict, and [Decision.MX] says so.
//
// # Freshness
//
// A change made through the same store value is seen by every Check that begins
// after the change has returned. A change by another process is seen within
// [CheckerOptions.PollInterval]. Expiry is exact, cached or not.
//
// # Failure
//
// If the store cannot be asked, Check returns the error, and a Decision that
// refuses ([FailClosed], the default) or admits ([FailOpen]). A Subject that
// does not parse and a caller who has gone are refused under both. What is
// cached is used for [CheckerOptions.StaleFor] and marked [Decision.Stale].
//
// Errors are told apart by [errors.Is] and [errors.As], never by their text.
//
// # Changes
//
// Whatever changes a ban wants an actor ([WithActor], [AdminOptions.Actor]) and
// is logged with the content before and after, [Admin.CreateMany] and
// [Admin.Purge] with counts. [GuardError] keeps moderators from bans that hit
// many who are not meant, and [Admin.Preview] says what a ban would overlap and
// whom it is about. With [CreateOptions.DisableMatchingAliases] a ban turns off
// the aliases, kept by package account, that it refuses.
//
// # Hits
//
// Every rule that was considered is counted, deciding or not, per UTC day and
// with an estimate of distinct clients; an e-mail domain block only if the
// attempt was not allowed. Counts reach the store within
// [CheckerOptions.FlushInterval] and are kept for [HitDays] days; totals stay.
package ban
