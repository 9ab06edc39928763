package web

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// maxAccepted is how many media ranges of a request are looked at.
const maxAccepted = 32

// PrefersHTML reports whether a request asks for HTML rather than JSON, as those of
// browsers do: by the weights in Accept (RFC 9110, section 12.5.1). Who takes both
// alike, or says nothing, gets JSON.
func PrefersHTML(r *http.Request) bool {
	ranges := accepted(r)
	html, _ := weight(ranges, "text", "html")
	json, _ := weight(ranges, "application", "json")
	return html > json
}

// AcceptsProblem reports whether a request asks for errors as problem details, in
// application/problem+json (RFC 9457, before it RFC 7807): it names that type, and
// weighs it no less than application/json. Who takes everything has not named it.
func AcceptsProblem(r *http.Request) bool {
	ranges := accepted(r)
	problem, named := weight(ranges, "application", "problem+json")
	json, _ := weight(ranges, "application", "json")
	return named && problem > 0 && problem >= json
}

// accepted returns the media ranges of a request.
func accepted(r *http.Request) []string {
	ranges := strings.SplitN(strings.Join(r.Header.Values("Accept"), ","), ",", maxAccepted+1)
	return ranges[:min(len(ranges), maxAccepted)]
}

// weight returns the weight of a media type: that of the range that names it most
// closely, 0 if none does. It is named if that range is the type itself.
func weight(ranges []string, kind, sub string) (q float64, named bool) {
	closest := 0
	for _, r := range ranges {
		media, params, err := mime.ParseMediaType(r)
		if err != nil {
			continue
		}
		near := 0
		switch media {
		case "*/*":
			near = 1
		case kind + "/*":
			near = 2
		case kind + "/" + sub:
			near = 3
		}
		if near <= closest {
			continue
		}
		closest, q = near, 1
		if text, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil || !(0 <= q && q <= 1) {
				q = 0
			}
		}
	}
	return q, closest == 3
}
