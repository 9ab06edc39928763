// Package account keeps the people who were let in: their accounts, what lets
// them in again, and the aliases that forward to them. Suspending an account
// locks it out at once.
//
//	admin, err := account.NewAdmin(st, account.AdminOptions{})
//	ctx = ban.WithActor(ctx, "alice")
//	a, err := admin.Create(ctx, account.CreateOptions{Handle: "Bob", Email: "bob@example.org", Password: password})
//
//	// At the form to sign up: a ban made meanwhile is in force too.
//	done, err := admin.SignUp(ctx, checker, account.SignUpOptions{Account: account.CreateOptions{Handle: name, Email: email, Password: password}, IP: ip})
//
//	// At the login form, and at every request after it.
//	auth, err := account.NewAuth(st, account.AuthOptions{})
//	session, err := auth.Login(ctx, "bob@example.org", password) // session.Secret goes into a cookie
//	session, err := auth.Session(ctx, cookie.Value)              // ErrInvalidCredential once he is suspended
//
//	// Where a rule asks for review, the account waits for a moderator.
//	waiting, err := admin.Pending(ctx, account.PendingFilter{}, account.Page{})
//	_, err = admin.Approve(ctx, waiting[0].ID, account.ApproveOptions{}) // or Reject
//
//	// When Bob has to go.
//	s, err := admin.Suspend(ctx, a.ID, account.SuspendOptions{Reason: "spam", BanEmails: true, BanName: true})
//	fmt.Println(s.CredentialsRevoked, s.BansCreated)
//
// # Three faces
//
// [Admin] is for moderators: it makes, finds, changes, suspends and deletes
// accounts. [Auth] is for the login form and for what stands before every
// handler: passwords, sessions, API tokens. [Aliases] makes forwarding addresses,
// after it has asked a [ban.Checker] whether it may. All work over one store.
//
// # What suspension means
//
// A suspended account stays on record with all that links to it. In the one step
// that marks it, its sessions and API tokens are revoked, and the bans that are
// to keep the person from coming straight back are made. Once Suspend has
// returned, no login, session or token of it is accepted by any Auth over the
// same data, in this process or another: none of them caches. Its aliases do not
// resolve while it is suspended. Reinstating it lets the person log in again; it
// brings back neither sessions nor tokens.
//
// # What waiting means
//
// An account that a rule holds when somebody signs up is pending: on record, with its
// handle and its addresses, but nothing of it lets in. It has its rule in
// [Account].Hold. Approve lets it in, Reject removes it, with bans if told to; of two
// moderators who decide at once one does, and the other gets a [*PendingError]. It is
// apart from suspension: who waits and is suspended waits again when reinstated.
//
// # Names and addresses
//
// Handles are user names as [ban.ParseUsername] reads them; of two that look
// alike (Alice and alice, admin and аdmin with a Cyrillic а) only one can be
// taken. An e-mail address belongs to one account. Mailboxes with several
// spellings are told apart: compare [ban.Mailbox] to find one person's accounts.
//
// # Guards
//
// There is always an active admin once there was one: [ErrLastAdmin]. Nobody
// suspends, demotes or deletes themselves by accident: [ErrOwnAccount]. Updates
// of several callers at once are applied one after the other.
package account
