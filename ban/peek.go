package ban

import (
	"context"
	"time"

	"example.com/ostraka/internal/match"
)

// Peek returns what [Checker.Check] answers, and leaves no trace: it records no hit
// and counts in no figure. It is for questions about those who are in already, of
// which nobody attempts anything. Its errors are those of Check.
func (c *Checker) Peek(ctx context.Context, s Subject) (d Decision, err error) {
	if err = c.ready(&s); err == nil {
		if c.mirror != nil && !c.mirror.Behind() {
			err = c.peekMirror(ctx, &s, &d)
		} else {
			err = c.peekStore(ctx, &s, &d)
		}
	}
	if err != nil {
		return c.failed(ctx, &s, err)
	}
	return d, nil
}

func (c *Checker) peekMirror(ctx context.Context, s *Subject, d *Decision) error {
	sc := takeScratch()
	defer sc.release()
	w := c.feed.Window(0)
	if err := sc.Parse(s.Email, s.Domain, s.IP, s.Name, c.opts.reading()); err != nil {
		return err
	}
	content := c.mirror.Content()
	sc.Begin(c.opts.Now, time.Time{})
	found, any := sc.Find(content)
	if !any && c.mx == nil { // as nearly always
		d.Verdict, d.action = Allowed, s.Action
		c.judgeTraits(d, s, time.Time{}, sc.Address(), nil)
		d.Stale = c.feed.Late(w, true)
		return nil
	}
	now := sc.Now()
	var mx mxAnswer
	if c.mx != nil {
		var err error
		if mx, err = c.addMX(ctx, s, now, found, c.findInMirror(content, now)); err != nil {
			return err
		}
	}
	c.peeked(d, s, now, found, &mx, sc.Address())
	d.Stale = c.feed.Late(w, true)
	return nil
}

func (c *Checker) peekStore(ctx context.Context, s *Subject, d *Decision) error {
	now := c.opts.Now()
	w := c.feed.Window(c.feed.MomentOf(c.wallClock(now)))
	var found match.Found
	cached := false
	find := func(s *Subject, out *match.Found) error {
		texts := s.texts()
		use, err := c.cache.Find(ctx, &texts, now, c.feed.Trusted(w), out)
		cached = cached || use.Hits > 0
		return err
	}
	err := find(s, &found)
	var mx mxAnswer
	if err == nil && c.mx != nil {
		mx, err = c.addMX(ctx, s, now, &found, find)
	}
	if err != nil {
		return err
	}
	c.peeked(d, s, now, &found, &mx, c.traitAddress(s))
	d.Stale = c.feed.Late(w, cached)
	return nil
}

// peeked decides by the rules found, as conclude does.
func (c *Checker) peeked(d *Decision, s *Subject, now time.Time, found *match.Found, mx *mxAnswer, a Address) {
	decide(d, s, now, found, nil)
	if mx.record != nil {
		mx.finish(d, s, &c.opts.MX)
	}
	c.judgeTraits(d, s, now, a, found[KindEmail-1])
}
