// Package fetch fetches the lists that are subscribed, when they are due.
//
//	lists, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
//	_, _, err = lists.Subscribe(ctx, blocklist.SubscribeOptions{
//		List: "disposable", URL: "https://lists.example/disposable.txt", Interval: 6 * time.Hour,
//	})
//	fetcher, err := fetch.New(st, lists, fetch.Options{Report: func(r fetch.Result) { log.Print(r) }})
//	defer fetcher.Close()
//
// # What holds whatever comes
//
// The content that a list has stays in force until another one has come in whole, has
// been verified where that is asked for, and has passed the rules by which a Sync
// stops ([blocklist.StopError]). What went wrong is in the State of the
// subscription, where moderators look: [blocklist.Admin.Lists]. A fetch that failed is
// tried again after a minute, then two, four and so on, at most after the interval; one
// that was stopped after the interval. Retry-After of the server is heeded.
//
// Several processes may each have a Fetcher on one store: of a subscription that is
// due one takes a lease, and the others pass it over. If it dies, another goes on when
// the lease has run out. One that was frozen for longer than its lease puts nothing over
// what came meanwhile, nor does a fetch over what a moderator did while it was under way:
// content is applied only to the list as it was before the server was asked, else the
// fetch fails with [CodeConflict] and is tried again. Clocks may differ: a time in the store that no right clock
// can have written there counts as past.
//
// # Whom it asks
//
// Nobody but the hosts of subscriptions. It takes no proxy from the environment. To
// addresses that are not public ([blocklist.PublicAddr]) it does not connect unless
// the subscription allows it, which is judged by the address that is dialled, after
// the DNS was asked: nobody reaches your own network by a list's URL, nor by a
// redirect, nor by a name whose address changes. Redirects are followed only where
// that is allowed. It asks with If-None-Match and If-Modified-Since, so that an
// unchanged list costs neither side anything.
package fetch
