package main

import (
	"net/http"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/console"
)

// prefixConsole is where the moderators' pages are.
const prefixConsole = "/console"

// addConsole adds the moderators' pages, to which the sessions of the API are good.
func (p *parts) addConsole(mux *http.ServeMux, who *accounthttp.Authorizer) error {
	c := console.Parts{Checker: p.checker, Accounts: p.accounts, Auth: p.auth}
	var err error
	if c.Bans, err = p.newBans(); err != nil {
		return err
	}
	if c.Blocks, err = blocklist.NewAdmin(p.store, blocklist.AdminOptions{}); err != nil {
		return err
	}
	if c.Aliases, err = account.NewAliases(p.store, p.checker, account.AliasesOptions{}); err != nil {
		return err
	}
	c.Fetcher = p.fetcher
	admins := console.Admins(who)
	h, err := console.New(c, console.Options{
		Authorize: func(r *http.Request) (console.Person, error) {
			var person console.Person
			// The log names the route and who it is, as for the APIs.
			_, err := noted(prefixConsole, func(r *http.Request, _ accounthttp.Need) (actor string, err error) {
				person, err = admins(r)
				return person.Actor, err
			})(r, accounthttp.Need{})
			return person, err
		},
		SignIn: p.signIn, Logger: p.log,
	})
	if err != nil {
		return err
	}
	p.mount(mux, prefixConsole, h, "/")
	return nil
}
