// Package accounthttp serves accounts over HTTP, lets people sign in, and says
// who may use this and the other admin APIs.
//
//	who, err := accounthttp.NewAuthorizer(auth, accounthttp.AuthorizerOptions{TrustedProxies: proxies})
//	signIn, err := accounthttp.NewSignIn(who, accounthttp.SignInOptions{Storyden: true})
//	users, err := accounthttp.NewUsers(admin, accounthttp.Options{Authorize: who.SessionCookie})
//	suspensions, err := accounthttp.NewSuspensions(admin, accounthttp.Options{Authorize: who.StorydenSession})
//	bans, err := banhttp.New(bansAdmin, banhttp.Options{Authorize: who.SessionCookie})
//	blocks, err := blocklisthttp.New(blocksAdmin, blocklisthttp.Options{Authorize: who.BearerToken})
//
//	mux := http.NewServeMux()
//	mux.Handle("/api/auth/", http.StripPrefix("/api", signIn))
//	mux.Handle("/api/admin/users", http.StripPrefix("/api/admin", users))
//	mux.Handle("/api/admin/users/", http.StripPrefix("/api/admin", users))
//	mux.Handle("/api/admin/", http.StripPrefix("/api/admin", bans))
//	mux.Handle("/api/v1/admin/", http.StripPrefix("/api/v1/admin", blocks))
//	mux.Handle("/storyden/api/", http.StripPrefix("/storyden/api", suspensions))
//
// # Users
//
// [NewUsers] serves accounts as the admin API of a mail-forwarding service has
// them:
//
//	GET    /users         a page of users: limit, offset, active, is_admin, suspended, email
//	GET    /users/{id}    one user
//	POST   /users         make a user: username, email, password, is_active, is_admin
//	PATCH  /users/{id}    change any of these
//	DELETE /users/{id}    remove a user; the audit log keeps the content: keep_hashed_ban, keep_alias_addresses, label
//
//	PATCH  /users/me/password    change one's own password: current_password, new_password; see [NewOwnPassword]
//
// A password, or a change of is_admin or is_active, ends the sessions and API
// tokens of the user; sessions_revoked counts both, and if they are one's own the
// cookies go. A new e-mail address is not verified, unless email_verified_at says
// so, by another time than the former one had; aliases_disabled counts the aliases
// that forwarded to an address that went. PATCH passes over what cannot be changed,
// so that an item may be sent back whole. The query ?force=1 overrides the refusal to disable, demote or delete
// oneself, but not that of the last active admin. With ?keep_hashed_ban=1 a removal
// leaves nothing that names the person, but hashed bans of their mailboxes
// ([account.DeleteOptions]): bans_created and bans_existing name them, and the item has
// the UUID as its username and no address. The label is in the address of the request:
// let it be a case number.
//
// # Sessions and API tokens
//
// [NewCredentials] lists and ends what lets users in, and makes API tokens, as
// narrow as they can be: a program that reads metrics wants "admin:read:metrics"
// and no more.
//
//	GET    /users/{id}/credentials         sessions and API tokens: kind, active, limit, offset
//	POST   /users/{id}/credentials         make an API token: name, scopes, expires_at; its secret is shown this once
//	DELETE /users/{id}/credentials         end them all
//	DELETE /users/{id}/credentials/{credential}    end one
//
// # Suspensions
//
// [NewSuspensions] suspends accounts as Storyden does
// (https://www.storyden.org/docs/api): they stay on record and cannot log in.
//
//	POST   /admin/bans/{account_handle}    suspend, by handle or id
//	DELETE /admin/bans/{account_handle}    reinstate
//
// Neither has a body, and neither changes anything if it is so already. A
// suspended account has deletedAt and suspended, which are the same time.
//
// # Those who wait
//
// [NewPending] is the queue of accounts that a rule holds until a person decides:
//
//	GET    /pending                 a page of them, oldest first: limit, offset, rule, domain, network
//	POST   /pending/{id}/approve    let one in: reason
//	POST   /pending/{id}/reject     remove one: reason, public_reason, ban_emails, ban_name, disable_aliases, hashed, label
//	POST   /pending/approve         many: reason, and which: uuids, or rule, domain, network, or all; up_to, limit
//	POST   /pending/reject          many, likewise, with the fields of one
//
// Of one about which somebody else was quicker the answer is status 409, reason
// "already_decided", with who did what; of many it is among those that failed, and
// keeps nobody from the others. One call decides about 100 at most, or as limit
// says, up to 1,000; next says that there may be more. up_to, the id of the last
// user that was seen, keeps those out that came later.
//
// # Signing in
//
// [NewSignIn] begins and ends sessions:
//
//	POST /auth/sign-in         login, a handle or address, and password; answers with csrf_token
//	GET  /auth/session         the same answer, for a page that was loaded anew
//	GET  /auth/csrf            the csrf_token alone
//	POST /auth/sign-out        end the session, with its cookie and X-CSRF-Token
//	POST /auth/sign-out-all    end all sessions of the account; API tokens go on
//
// The field login may also be called identifier. What begins or shows a session is
// for pages of the site alone: guard all three against banned addresses.
//
// Passwords that are tried too often are refused with status 429, of one client
// before anything is read; see [SignInOptions] for who is bounded by whose tries.
// Whoever has the right password and is kept from signing in by a rule gets status
// 403 with the rule and its public reason, error "banned".
//
// # Aliases
//
// [NewAliases] makes an alias, or turns it on, if no ban or block refuses it:
//
//	GET    /aliases         a page of aliases: limit, offset, active, address, domain, destination, user_id, disabled_ban
//	GET    /aliases/{id}    one alias
//	POST   /aliases         address, destination, user_id of the owner, ip of the person who asks
//	PATCH  /aliases/{id}    active
//	DELETE /aliases/{id}    remove an alias: somebody else can then have its address
//
// What a ban turned off can be turned on when the ban is over. Making such an alias
// anew is status 409, reason "alias_turned_off", with its id.
//
// A refusal is status 403 with the rule and its public reason, error "banned", or
// "needs_review" where a person has to decide first. Without ip the address that
// the request comes from is checked.
//
// # Who may
//
// Options.Authorize is asked about every request that has a route, before its
// body is read. Its error says what the client is told; [ErrUnauthenticated] and
// the others are there for it. The actor that it returns goes into the audit log.
// An [Authorizer] has three that are ready-made.
//
// HEAD is served where GET is. Nothing else is: no OPTIONS either, which a host
// that wants CORS answers in front. Bodies are JSON of at most 32 KiB.
package accounthttp
