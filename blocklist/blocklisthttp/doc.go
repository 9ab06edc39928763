// Package blocklisthttp serves e-mail domain blocks over HTTP, as Mastodon's
// admin API has them (https://docs.joinmastodon.org/methods/admin/email_domain_blocks/):
// its clients need not know the difference.
//
//	api, err := blocklisthttp.New(admin, blocklisthttp.Options{Authorize: authorize})
//
//	mux := http.NewServeMux()
//	mux.Handle("/api/v1/admin/", http.StripPrefix("/api/v1/admin", api))
//
// # Routes
//
//	GET    /email_domain_blocks         a page of blocks: limit, max_id, since_id, min_id; q, order, offset
//	GET    /email_domain_blocks/{id}    one block
//	POST   /email_domain_blocks         block a domain: domain, allow_with_approval; comment
//	PATCH  /email_domain_blocks/{id}    change a block: allow_with_approval, comment
//	DELETE /email_domain_blocks/{id}    lift a block
//
// Mastodon has no PATCH, and neither q, order, offset nor comment: its clients never
// ask for them. HEAD is served where GET is. Nothing else is: no OPTIONS either, which
// a host that wants CORS answers in front. POST and PATCH take a form, multipart or JSON body of
// at most 32 KiB, or parameters in the query; fields that it does not know are
// ignored, as Mastodon does.
//
// Pages are Mastodon's. The limit is 100 unless given, and 200 at most; a
// negative one counts as positive, and 0, or what is no number, gives an empty
// page. Of an id in a parameter the leading digits count, and none are 0. The
// header Link has the pages before and after; follow it rather than make up ids.
// q selects the blocks whose domain has that text in it, in letters of any case.
// order=uses lists those first that caught most over their whole life; offset then
// passes over as many, and the ids bound what is listed.
//
// comment is for moderators, at most [ban.MaxReason] characters, and no person who is
// refused sees it. PATCH turns a block that refuses into one that holds for review, or
// back, and keeps its history. It takes the domain as well, if it is that of the block.
//
// A block is of the domain and its subdomains, and keeps people from signing up
// alone unless [Options.Scope] is wider. allow_with_approval makes it one that holds
// sign-ups for review. Whole top-level domains may be blocked; what covers a
// protected domain, [blocklist.AdminOptions.Protected] and by default the large
// mailbox providers, is refused with status 422 unless the parameter force is 1 or
// allow_with_approval is set: review turns nobody away.
//
// Where a domain and one above it are both blocked, the one with more labels
// decides, as everywhere in this library: mail.spam.example with approval below
// spam.example without holds for review. Mastodon would deny.
//
// A path may end in one slash, and so may a domain. Who is refused for too many
// tries is told by Retry-After and by the headers X-RateLimit-Limit, -Remaining and
// -Reset (https://docs.joinmastodon.org/api/rate-limits/) when to come back.
//
// # Who may
//
// [Options.Authorize] is asked about every request that has a route, before its
// body is read. Its error says what the client is told; [ErrUnauthenticated] and
// the others are there for it. The actor that it returns goes into the audit log.
package blocklisthttp
