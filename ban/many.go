package ban

import (
	"context"
	"iter"
	"net/netip"
	"time"

	"example.com/ostraka/internal/changefeed"
	"example.com/ostraka/internal/match"
	"example.com/ostraka/internal/rulecache"
	"example.com/ostraka/store"
)

// PeekEach yields what [Checker.Peek] answers about each of the Subjects, in their order.
// Where rules come from the store, and not from a mirror, it asks for those of many
// Subjects at once, some hundred keys a look-up: to go through all accounts costs a few
// look-ups a thousand. The rules of one Subject are read in one look-up, as for Check;
// those of Subjects that stand far apart at different times. Its memory is bounded,
// however many Subjects there are.
//
// It is safe for concurrent use, but for what it returned.
func (c *Checker) PeekEach(ctx context.Context, subjects []Subject) iter.Seq2[Decision, error] {
	return answerEach(ctx, c, false, subjects, c.Peek, (*many).decision)
}

// ExplainEach yields what [Checker.Explain] answers about each of the Subjects, in their
// order, and asks the store as [Checker.PeekEach] does.
func (c *Checker) ExplainEach(ctx context.Context, subjects []Subject) iter.Seq2[Trace, error] {
	return answerEach(ctx, c, true, subjects, c.Explain, (*many).trace)
}

// answerEach answers about many Subjects: one by one where rules are in memory, else those
// of one look-up together. Where that fails, one says how, about each.
func answerEach[A any](ctx context.Context, c *Checker, all bool, subjects []Subject, one func(context.Context, Subject) (A, error), answer func(*many, int) A) iter.Seq2[A, error] {
	return func(yield func(A, error) bool) {
		m := &many{checker: c, all: all}
		for rest := subjects; len(rest) > 0; {
			n := 0
			if c.mirror == nil || c.mirror.Behind() {
				n = m.look(ctx, rest)
			}
			for i := range max(n, 1) {
				var more bool
				if n > 0 && m.good(i) {
					more = yield(answer(m, i), nil)
				} else {
					more = yield(one(ctx, rest[i]))
				}
				if !more {
					return
				}
			}
			rest = rest[max(n, 1):]
		}
	}
}

// many is a look-up of the rules for many Subjects.
type many struct {
	checker *Checker
	all     bool // rules that have expired too, and nothing from memory, as for Explain
	find    *rulecache.Many

	subjects []Subject
	texts    []match.Texts
	now      time.Time
	window   changefeed.Window
	answers  []rulecache.Answer
	mx       []mxAnswer
}

// look finds the rules for the first of the Subjects, and returns for how many: none if
// the store could not be asked.
func (m *many) look(ctx context.Context, subjects []Subject) int {
	c := m.checker
	if m.find == nil {
		m.find = c.cache.Many()
	}
	m.texts = m.texts[:0]
	for i := range subjects[:min(len(subjects), rulecache.MaxMany)] {
		m.texts = append(m.texts, subjects[i].texts())
	}
	m.now = c.opts.Now()
	m.window = c.feed.Window(c.feed.MomentOf(c.wallClock(m.now)))
	var err error
	if m.answers, err = m.find.Find(ctx, m.texts, m.at(), m.trusted()); err != nil {
		return 0
	}
	m.subjects = subjects[:len(m.answers)]
	m.mx = append(m.mx[:0], make([]mxAnswer, len(m.answers))...)
	if c.mx != nil && m.addMX(ctx) != nil {
		return 0
	}
	return len(m.answers)
}

// at is the time by which rules that have expired are left out.
func (m *many) at() time.Time {
	if m.all {
		return time.Time{}
	}
	return m.now
}

func (m *many) trusted() bool { return !m.all && m.checker.feed.Trusted(m.window) }

// addMX is [Checker.addMX] for all: the rules for their mail hosts are looked up together
// too.
func (m *many) addMX(ctx context.Context) error {
	found := make(map[match.Texts]match.Found) // for the hosts
	var hosts []match.Texts
	for i := range m.answers {
		a, s := &m.answers[i], &m.subjects[i]
		if !m.good(i) {
			continue
		}
		if m.mx[i], a.Err = m.checker.askMX(ctx, s, m.now, &a.Found); a.Err != nil || m.mx[i].record == nil {
			continue
		}
		for h := range m.mx[i].record.Hosts {
			if m.mx[i].record.Hosts[h].Shared {
				continue
			}
			for _, asked := range hostSubjects(&m.mx[i].record.Hosts[h]) {
				if _, there := found[asked.texts()]; !there {
					found[asked.texts()] = match.Found{}
					hosts = append(hosts, asked.texts())
				}
			}
		}
	}
	for find := m.checker.cache.Many(); len(hosts) > 0; {
		answers, err := find.Find(ctx, hosts, m.at(), m.trusted())
		if err != nil {
			return err
		}
		for i := range answers {
			if answers[i].Err != nil {
				return answers[i].Err
			}
			found[hosts[i]] = answers[i].Found
		}
		hosts = hosts[len(answers):]
	}
	for i := range m.answers {
		if a := &m.answers[i]; a.Err == nil && m.mx[i].record != nil {
			a.Err = m.mx[i].add(&m.subjects[i], m.now, &a.Found, func(s *Subject, out *match.Found) error {
				*out = found[s.texts()]
				return nil
			})
		}
	}
	return nil
}

// good reports whether a Subject has an answer.
func (m *many) good(i int) bool {
	return m.answers[i].Err == nil && m.checker.ready(&m.subjects[i]) == nil
}

// decision returns what Peek answers.
func (m *many) decision(i int) (d Decision) {
	c, s := m.checker, &m.subjects[i]
	var room [8]*store.Rule
	var place uint32 // nothing is counted
	c.conclude(&d, s, m.now, &m.answers[i].Found, &m.mx[i], c.traitAddress(s), netip.Addr{}, room[:0], &place, false)
	d.Stale = c.feed.Late(m.window, false)
	return d
}

// trace returns what Explain answers.
func (m *many) trace(i int) Trace {
	return m.checker.trace(&m.subjects[i], m.now, &m.answers[i].Found, &m.mx[i])
}
