package web_test

import (
	"net/http/httptest"
	"testing"

	"example.com/ostraka/internal/web"
)

func TestWhoAcceptsProblemDetails(t *testing.T) {
	for name, c := range map[string]struct {
		accept  []string
		problem bool
	}{
		"who names the type":                  {[]string{"application/problem+json"}, true},
		"who names it beside JSON":            {[]string{"application/json, application/problem+json"}, true},
		"who names it before everything":      {[]string{"application/problem+json, */*"}, true},
		"who names it in another line":        {[]string{"application/json;q=0.9", "Application/Problem+JSON"}, true},
		"who says nothing":                    {nil, false},
		"who takes everything":                {[]string{"*/*"}, false},
		"who takes all of application":        {[]string{"application/*"}, false},
		"who wants JSON":                      {[]string{"application/json"}, false},
		"who rather wants JSON":               {[]string{"application/json, application/problem+json;q=0.9"}, false},
		"who rather takes everything":         {[]string{"application/problem+json;q=0.5, */*"}, false},
		"who rather takes all of application": {[]string{"application/problem+json;q=0.5, application/*;q=0.6, */*;q=0.1"}, false},
		"who wants none of it":                {[]string{"application/problem+json;q=0"}, false},
		"who names the one in XML":            {[]string{"application/problem+xml"}, false},
		"who names what is no range":          {[]string{"application/problem+json;;q=x=", ",,"}, false},
		"a browser that opens the address":    {[]string{"text/html,application/xhtml+xml,*/*;q=0.8"}, false},
		"who weighs it as much as everything": {[]string{"*/*;q=0.5, application/problem+json;q=0.5"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header["Accept"] = c.accept
			if got := web.AcceptsProblem(r); got != c.problem {
				t.Errorf("%v, want %v", got, c.problem)
			}
		})
	}
}
