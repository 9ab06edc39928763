// Package banhttp serves bans over HTTP, as the admin API of a mail-forwarding
// service has them, and keeps banned addresses away from any handler.
//
//	api, err := banhttp.New(admin, banhttp.Options{Authorize: authorize})
//	guard, err := banhttp.Guard(checker, banhttp.GuardOptions{Action: ban.SignUp, TrustedProxies: proxies})
//
//	mux := http.NewServeMux()
//	mux.Handle("/api/admin/", http.StripPrefix("/api/admin", api))
//	mux.Handle("/signup", guard(signUp))
//	server := &http.Server{Handler: mux, ReadTimeout: 10 * time.Second}
//
// A guard is about one action. What stands behind it should be that action: a guard
// for signing up in front of a whole site would keep those from signing in who are
// banned from new accounts only.
//
// # Routes
//
//	GET    /bans         a page of bans: limit, offset, active, ban_type, ban_value
//	GET    /bans/{id}    one ban
//	POST   /bans         make a ban, or update the active one of that type and value
//	PATCH  /bans/{id}    change, revoke or reinstate a ban
//	DELETE /bans/{id}    remove a ban; the audit log keeps its content
//
// HEAD is served where GET is. Nothing else is: no OPTIONS either, which a host
// that wants CORS answers in front. Bodies are JSON of at most 32 KiB. The query
// ?force=1 of POST and PATCH overrides a [ban.GuardError]. With
// disable_matching_aliases, POST turns off the aliases that the ban refuses; see
// [ban.CreateOptions.DisableMatchingAliases].
//
// The field reason is [ban.Ban.Reason], for moderators; public_reason is what a
// refusal says. Blanks around both are cut off. The API has no field for the scope
// of a ban: what POST made or updated keeps the value from every action. An update
// by POST sets all else, but for a public_reason that it does not name.
//
// POST with hashed keeps a keyed hash of the value only, if the [ban.Admin] has keys,
// and the text of label for moderators to read in its place. So does PATCH, which may have
// nothing else but a label then, and takes the value out of all that is stored. Items of hashed bans have
// both fields, others neither.
//
// PATCH changes what it names, passes over what cannot be changed, so that an item
// may be sent back whole, and refuses what then is empty. In it, "revoked":0 clears
// revoked_reason whatever that says, and a past expires_at ends the ban now; a ban
// that has ended before keeps its time, be it rounded.
//
// A ban_type is read in any case; expires_at as a date-time of RFC 3339, a date for
// its midnight in UTC, and "" or null for none; booleans also as 1 and 0, and as the
// words true, false, yes, no, on and off, in queries too. A limit is from 1 to 200.
// A path may end in one slash.
//
// # Who may
//
// [Options.Authorize] is asked about every request that has a route, before its
// body is read. Its error says what the client is told; [ErrUnauthenticated] and
// the others are there for it. The actor that it returns goes into the audit log.
//
// # Errors
//
// What the client did wrong is said with field, reason and hint. What it did not
// is a status of 500, or 503 if it may be over soon, and is logged; nothing of
// its text is sent.
package banhttp
