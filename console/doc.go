// Package console serves the moderators' pages: ask what a check would say and why,
// ban with a preview of whom it hits, look after bans and blocks, decide about who waits. It is one
// [http.Handler] to mount in a program of one's own:
//
//	pages, err := console.New(console.Parts{Checker: checker, Bans: bans, Blocks: blocks}, console.Options{
//		Authorize: console.Admins(who), // who is an *accounthttp.Authorizer
//		SignIn:    signIn,              // of accounthttp.NewSignIn
//	})
//	mux.Handle("/console/", http.StripPrefix("/console", pages))
//
// # Who may
//
// Nothing is served to whom [Options.Authorize] does not let in: without it New
// fails. It says who somebody is and their [Role]. A person who is [ReadOnly], the
// zero value, sees all pages and changes nothing. Whoever has no session gets the form
// of [Options.SignIn], if there is one, and the answer 401 if not.
//
// A change wants a POST from a page of this origin, as the browser says it in
// Sec-Fetch-Site or Origin, with the [Person.CSRFToken] in the form.
//
// # Mounting
//
// All links are relative, so that the pages work below any prefix that
// [http.StripPrefix] takes off. They are whole without JavaScript; one small script
// shows times in the reader's zone, and previews while one types. Script, style sheet
// and templates are in the program; nothing is asked of other servers, which the
// Content-Security-Policy of each answer holds the browser to.
//
// A page whose part is missing from [Parts] is not there.
//
// # Texts of strangers
//
// Characters that are not seen, or that turn the direction of what follows, are shown
// by their code points, wherever a name or text of somebody else is shown.
package console
