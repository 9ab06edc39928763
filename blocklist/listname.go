package blocklist

import (
	"net/url"
	"strings"

	"example.com/ostraka/ban"
)

// ListName returns a name for the list that is kept in a file or at a URL: the
// last element of the path, or the host of a URL without one, in lower case, with
// a hyphen for every run of characters that names of lists do not have, and cut
// at [MaxName]. Both / and \ separate elements. So sources that end alike get the
// same name, and would be the same list.
//
// If there is no letter a to z or digit to begin a name with, the error is a
// [*ban.ValueError].
func ListName(source string) (string, error) {
	path := source
	if u, err := url.Parse(source); err == nil && u.Host != "" {
		path = u.Host + u.Path // no password, no query
	}
	path = strings.TrimRight(strings.ReplaceAll(path, `\`, "/"), "/")
	base := path[strings.LastIndexByte(path, '/')+1:]

	var name strings.Builder
	gap := false
	for _, r := range strings.ToLower(base) {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', name.Len() > 0 && strings.ContainsRune("._-", r):
			if gap && name.Len() > 0 {
				name.WriteByte('-')
			}
			name.WriteRune(r)
			gap = false
		default:
			gap = true
		}
	}
	if name.Len() == 0 {
		return "", ban.NewValueError("list", source, ban.CodeCharacter, "name the list yourself, with letters a to z or digits")
	}
	return name.String()[:min(name.Len(), MaxName)], nil
}
