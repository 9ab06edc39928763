package blocklisthttp

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/internal/web"
)

// block is a block on the wire, Mastodon's Admin::EmailDomainBlock. The last two
// fields are not in the documents.
type block struct {
	ID        string       `json:"id"`
	Domain    string       `json:"domain"`
	CreatedAt web.DateTime `json:"created_at"`
	History   []day        `json:"history"`

	AllowWithApproval bool   `json:"allow_with_approval"`
	Comment           string `json:"comment"` // for moderators
}

// day is what a block caught on one UTC day.
type day struct {
	Day      string `json:"day"` // its midnight, in seconds of the epoch
	Accounts string `json:"accounts"`
	Uses     string `json:"uses"`
}

func (h *handler) newBlock(ctx context.Context, b *blocklist.Block) (block, error) {
	days, err := h.admin.History(ctx, b.ID)
	if err != nil {
		return block{}, err
	}
	return blockWith(b, days), nil
}

func blockWith(b *blocklist.Block, days []blocklist.DayHits) block {
	out := block{
		ID: strconv.FormatInt(b.Seq, 10), Domain: b.Domain, CreatedAt: web.DateTime(b.CreatedAt),
		History: make([]day, len(days)), AllowWithApproval: b.Effect == ban.Review, Comment: b.Reason,
	}
	for i, d := range days {
		out.History[i] = day{
			Day:      strconv.FormatInt(d.Day.Unix(), 10),
			Accounts: strconv.FormatInt(d.Clients, 10),
			Uses:     strconv.FormatInt(d.Uses, 10),
		}
	}
	return out
}

// reply answers with one block.
func (h *handler) reply(r *web.Request, b *blocklist.Block) (web.Reply, error) {
	body, err := h.newBlock(r.Context(), b)
	return web.Reply{Body: body}, err
}

// list answers GET /email_domain_blocks.
func (h *handler) list(r *web.Request) (web.Reply, error) {
	p, err := parsePage(r.Request)
	if err != nil {
		return web.Reply{}, err
	}
	bodies := []block{}
	if p.empty {
		return web.Reply{Body: bodies}, nil
	}
	blocks, err := h.admin.List(r.Context(), p.filter, p.order, p.Page)
	if err != nil {
		return web.Reply{}, err
	}
	if p.OldestFirst {
		slices.Reverse(blocks)
	}
	for i := range blocks {
		body, err := h.newBlock(r.Context(), &blocks[i])
		if err != nil {
			return web.Reply{}, err
		}
		bodies = append(bodies, body)
	}
	reply := web.Reply{Body: bodies}
	if link := h.links.header(r.Request, p, bodies); link != "" {
		reply = reply.With("Link", link)
	}
	return reply, nil
}

// get answers GET /email_domain_blocks/{id}.
func (h *handler) get(r *web.Request) (web.Reply, error) {
	b, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	return h.reply(r, &b)
}

// create answers POST /email_domain_blocks.
func (h *handler) create(r *web.Request) (web.Reply, error) {
	p, err := parseParams(r)
	if err != nil {
		return web.Reply{}, err
	}
	o := blocklist.CreateOptions{
		Domain: withoutSlash(p[paramDomain]), Scope: h.scope, Reason: p.comment(), AllowWide: true,
	}
	if strings.ContainsAny(o.Domain, "*=") { // they would mark a part of the domain, which Mastodon does not know
		return web.Reply{}, ban.NewValueError(paramDomain, o.Domain, ban.CodeCharacter, "give a domain name")
	}
	approval, err := p.boolean(paramApproval)
	if err != nil {
		return web.Reply{}, err
	}
	if approval {
		o.Effect = ban.Review
	}
	if o.Force, err = p.boolean(paramForce); err != nil {
		return web.Reply{}, err
	}
	// Read before, that of no block: once the block is made, nothing may fail.
	none, err := h.admin.History(r.Context(), uuid.Nil)
	if err != nil {
		return web.Reply{}, err
	}
	b, err := h.admin.Create(r.Context(), o)
	if err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Body: blockWith(&b, none)}, nil
}

// update answers PATCH /email_domain_blocks/{id}.
func (h *handler) update(r *web.Request) (web.Reply, error) {
	p, err := parseParams(r)
	if err != nil {
		return web.Reply{}, err
	}
	patch := blocklist.Patch{AllowWide: true}
	if _, ok := p[paramApproval]; ok {
		if patch.Effect, err = p.effect(); err != nil {
			return web.Reply{}, err
		}
	}
	if _, ok := p[paramComment]; ok {
		patch.Reason = new(p.comment())
	}
	if patch.Force, err = p.boolean(paramForce); err != nil {
		return web.Reply{}, err
	}
	b, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	if domain, ok := p[paramDomain]; ok && !sameDomain(domain, b.Domain) {
		return web.Reply{}, errOtherDomain
	}
	days, err := h.admin.History(r.Context(), b.ID) // before: once the block is changed, nothing may fail
	if err != nil {
		return web.Reply{}, err
	}
	if b, err = h.admin.Update(r.Context(), b.ID, patch); err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Body: blockWith(&b, days)}, nil
}

// errOtherDomain: a block is to become one of another domain.
var errOtherDomain = errors.New("the domain of a block cannot be changed")

// sameDomain reports whether what a client sent back is the domain of a block.
func sameDomain(sent, domain string) bool {
	v, err := ban.ParseDomain(withoutSlash(sent))
	return err == nil && v.String() == domain
}

// withoutSlash returns a domain without what is left of a URL: blanks around it,
// and one slash at its end, which Mastodon drops as well.
func withoutSlash(domain string) string {
	return strings.TrimSuffix(strings.TrimSpace(domain), "/")
}

// delete answers DELETE /email_domain_blocks/{id}.
func (h *handler) delete(r *web.Request) (web.Reply, error) {
	b, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	if _, err := h.admin.Delete(r.Context(), b.ID); err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Body: struct{}{}}, nil
}

// find returns the block that the path names. An id that is no number is that of
// no block.
func (h *handler) find(r *web.Request) (blocklist.Block, error) {
	text := r.PathValue("id")
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strings.Trim(text, "0123456789") != "" {
		return blocklist.Block{}, blocklist.ErrNotFound
	}
	return h.admin.GetSeq(r.Context(), id)
}
