package blocklisthttp

import (
	"fmt"
	"maps"
	"math"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/internal/web"
)

// The number of blocks on a page.
const (
	defaultLimit = 100
	maxLimit     = 200
)

// The parameters of a list. The last three are not in Mastodon's documents.
const (
	paramLimit  = "limit"
	paramMaxID  = "max_id"
	paramMinID  = "min_id"
	paramSince  = "since_id"
	paramQuery  = "q"
	paramOrder  = "order"
	paramOffset = "offset"
)

// page is the page that a request asks for.
type page struct {
	blocklist.Page
	filter blocklist.Filter
	order  blocklist.Order
	empty  bool       // no block can be on it
	keep   url.Values // the parameters that the pages before and after have in common with it
}

// parsePage reads the parameters of a page as Mastodon does: max_id bounds every
// page, min_id takes the page just above it, and without it since_id cuts off
// what is not above it. By uses all three only bound what is listed.
func parsePage(r *http.Request) (page, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return page{}, malformed(web.FieldQuery)
	}
	q := params{}
	q.add(query)

	p := page{Page: blocklist.Page{Limit: defaultLimit}}
	if limit, ok := q[paramLimit]; ok {
		p.Limit = int(min(abs(leadingInt(limit)), maxLimit))
		p.empty = p.Limit == 0
	}
	if max := q[paramMaxID]; max != "" {
		p.Before = leadingInt(max)
		p.empty = p.empty || p.Before <= 0
	}
	if min := q[paramMinID]; min != "" {
		p.After, p.OldestFirst = leadingInt(min), true
	} else if since := q[paramSince]; since != "" {
		p.After = leadingInt(since)
	}
	return p, p.parseSearch(q)
}

// parseSearch reads what to list, and in which order.
func (p *page) parseSearch(q params) error {
	p.filter.Contains = q[paramQuery]
	if err := ban.CheckText(paramQuery, p.filter.Contains); err != nil {
		return err
	}
	p.Offset = max(leadingInt(q[paramOffset]), 0)
	p.keep = url.Values{}
	p.keep.Set(paramLimit, strconv.Itoa(p.Limit))
	keep := []string{paramQuery}
	switch q[paramOrder] {
	case "":
	case "uses":
		p.order, p.OldestFirst = blocklist.ByHits, false
		keep = append(keep, paramOrder, paramMaxID, paramMinID, paramSince)
	default:
		return ban.NewValueError(paramOrder, q[paramOrder], ban.CodeUnknown, "give uses, or leave it out")
	}
	for _, name := range keep {
		if q[name] != "" {
			p.keep.Set(name, q[name])
		}
	}
	return nil
}

// leadingInt returns the number that a text begins with, 0 if there is none, and
// the highest or lowest if it is out of range.
func leadingInt(s string) int64 {
	s = strings.TrimLeft(s, " \t\r\n")
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	var n int64
	for i := 0; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
		digit := int64(s[i] - '0')
		if n > (math.MaxInt64-digit)/10 {
			n = math.MaxInt64
			break
		}
		n = 10*n + digit
	}
	if negative {
		return -n
	}
	return n
}

func abs(n int64) int64 { return max(n, -n) }

// links makes the header Link.
type links struct {
	base    string // without a slash at its end; "": where the request was made to
	proxies web.Proxies
}

func newLinks(o Options) (*links, error) {
	proxies, err := web.NewProxies(o.TrustedProxies)
	if err != nil {
		return nil, err
	}
	if o.BaseURL == "" {
		return &links{proxies: proxies}, nil
	}
	u, err := url.Parse(o.BaseURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, ban.NewValueError("BaseURL", o.BaseURL, ban.CodeSyntax, "give an absolute URL of http or https without a query, such as https://social.example/api/v1/admin")
	}
	return &links{base: strings.TrimRight(u.String(), "/"), proxies: proxies}, nil
}

// header returns the links from a page to those before and after (RFC 8288),
// empty if there are none, or if nobody knows the address of the list.
func (l *links) header(r *http.Request, p page, blocks []block) string {
	if len(blocks) == 0 {
		return ""
	}
	address := l.address(r)
	if address == "" {
		return ""
	}
	link := func(rel, param, value string) string {
		query := maps.Clone(p.keep)
		query.Set(param, value)
		return fmt.Sprintf(`<%s?%s>; rel="%s"`, address, query.Encode(), rel)
	}
	var all []string
	byHits := p.order == blocklist.ByHits
	switch last := blocks[len(blocks)-1]; {
	case len(blocks) < p.Limit:
	case byHits:
		all = append(all, link("next", paramOffset, strconv.FormatInt(p.Offset+int64(p.Limit), 10)))
	default:
		all = append(all, link("next", paramMaxID, last.ID))
	}
	switch {
	case !byHits:
		all = append(all, link("prev", paramMinID, blocks[0].ID))
	case p.Offset > 0:
		all = append(all, link("prev", paramOffset, strconv.FormatInt(max(p.Offset-int64(p.Limit), 0), 10)))
	}
	return strings.Join(all, ", ")
}

// address returns the URL of the list without its query, empty if the
// request does not tell.
func (l *links) address(r *http.Request) string {
	if l.base != "" {
		return l.base + "/" + resource
	}
	u := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath}
	if r.TLS != nil {
		u.Scheme = "https"
	}
	// What StripPrefix has cut off is still there.
	if asked, err := url.ParseRequestURI(r.RequestURI); err == nil {
		u.Path, u.RawPath = asked.Path, asked.RawPath
	}
	if peer, err := web.Peer(r); err == nil && l.proxies.Trusts(peer) {
		if proto := lastOf(r, "X-Forwarded-Proto"); proto == "http" || proto == "https" {
			u.Scheme = proto
		}
		if host := lastOf(r, "X-Forwarded-Host"); isHost(host) {
			u.Host = host
		}
	}
	if u.Host == "" { // HTTP/1.0 need not say it
		local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
		if !ok {
			return ""
		}
		u.Host = local.String()
	}
	return u.String()
}

// lastOf returns the last element of a header, which the nearest proxy wrote.
func lastOf(r *http.Request, name string) string {
	lines := r.Header.Values(name)
	if len(lines) == 0 {
		return ""
	}
	line := lines[len(lines)-1]
	return strings.TrimSpace(line[strings.LastIndexByte(line, ',')+1:])
}

// isHost reports whether s is a host as it may stand in a URL, perhaps with a
// port.
func isHost(s string) bool {
	u, err := url.Parse("//" + s)
	if err != nil || u.Host != s || u.Hostname() == "" {
		return false
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return true
	}
	_, err = ban.ParseDomain(u.Hostname())
	return err == nil
}
