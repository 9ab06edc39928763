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
// The field reason is [ban.Ban.Reason], for moderators. The API has no field for
// the public reason and the scope of a ban. An update leaves the public reason as
// it is; POST sets all else, so that what it made or updated keeps the value from
// every action. PATCH changes what it names.
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
