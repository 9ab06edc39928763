// Package web is what the HTTP packages share: routes that nobody reaches
// unauthorized, strict bodies and parameters, answers in JSON, and the address
// of the client behind proxies.
//
//	handler, err := web.NewHandler(web.Config{Authorize: o.Authorize, Fail: fail}, []web.Route{
//		{Method: "GET", Pattern: "/bans/{id}", Where: "bans.get", Need: web.Need{Resource: "bans"}, Handle: h.get},
//	})
//
// It knows no contract: which error becomes which status and body is said by
// the Fail function of each.
package web
