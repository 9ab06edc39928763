package accounthttp

import (
	"net/http"
	"time"

	"example.com/ostraka/account"
)

// The names of cookies and headers.
const (
	// SessionCookieName is the cookie of a session. Its prefix makes browsers
	// refuse it unless it is Secure, of the whole host and of no other.
	SessionCookieName = "__Host-access"
	// InsecureCookieName is the one with [AuthorizerOptions.InsecureCookie].
	InsecureCookieName = "access"
	// StorydenCookieName is the cookie of Storyden's clients.
	StorydenCookieName = "storyden-session"
	// CSRFHeader has the CSRF token of a session.
	CSRFHeader = "X-CSRF-Token"
)

// cookieJar says which cookies a session has.
type cookieJar struct {
	insecure bool
	storyden bool // StorydenCookieName as well
}

// session returns the name of the session's cookie.
func (j cookieJar) session() string {
	if j.insecure {
		return InsecureCookieName
	}
	return SessionCookieName
}

// header returns what sets the cookies of a session.
func (j cookieJar) header(s *account.Session, now time.Time) http.Header {
	seconds := int(s.Credential.ExpiresAt.Sub(now) / time.Second)
	return j.set(s.Secret, max(seconds, 1))
}

// clear returns what removes them.
func (j cookieJar) clear() http.Header { return j.set("", -1) }

// clearSent returns what removes the cookies of a session that a request has,
// whatever the jar that they are from.
func clearSent(r *http.Request) http.Header {
	h := http.Header{}
	_, err := r.Cookie(InsecureCookieName)
	secure := err != nil
	for _, name := range []string{SessionCookieName, InsecureCookieName, StorydenCookieName} {
		if _, err := r.Cookie(name); err == nil {
			addCookie(h, name, "", -1, secure || name == SessionCookieName)
		}
	}
	return h
}

func (j cookieJar) set(value string, maxAge int) http.Header {
	h := http.Header{}
	names := []string{j.session()}
	if j.storyden {
		names = append(names, StorydenCookieName)
	}
	for _, name := range names {
		addCookie(h, name, value, maxAge, !j.insecure)
	}
	return h
}

func addCookie(h http.Header, name, value string, maxAge int, secure bool) {
	c := http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge, Secure: secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
	h.Add("Set-Cookie", c.String())
}
