package main

import (
	"context"
	"fmt"
	"strings"

	"example.com/ostraka/ban"
)

// floodRules is how many rules a flood is of.
const floodRules = 1 << 14

// measureFlood checks many who are denied, each by another rule: against strangers, who
// meet no rule, and against plain maps that tell which rule it was and count its hits. What
// these take is the least that it costs to go round as many rules.
func (b *bench) measureFlood(ctx context.Context) error {
	s := b.largest()
	b.say("a flood of who is denied")
	flood := makeFlood(s)
	half := len(flood) / 2
	hits := make([]int64, len(s.rules))
	count := func(first int) work { return countedProbes(s.plain, hits, flood, first) }
	apart := func(first int) work { return countedProbes(s.plain, make([]int64, len(s.rules)), flood, first) }
	times, err := alternate(2*b.rounds, b.slice,
		denials(ctx, s.mirror, flood, 0), checks(ctx, s.mirror, s.askers, 0),
		both(denials(ctx, s.mirror, flood, 0), denials(ctx, s.mirror, flood, half)),
		mapProbes(s.plain, s.askers, 0), both(mapProbes(s.plain, s.askers, 0), mapProbes(s.plain, s.askers, len(s.askers)/2)),
		count(0), both(apart(0), apart(half)))
	if err != nil {
		return err
	}
	b.rows = append(b.rows,
		compare(fmt.Sprintf("mirror Check of who is denied, by %d rules in turn", len(flood)), times[0], times[1], "ns", atMost(2.5, "of a stranger")),
		compare("what two goroutines gain on that", times[0]/times[2], times[3]/times[4], "x", atLeast(1, "what they gain on plain maps")),
		compare("what a denial costs more than a stranger", times[0]-times[1], times[5], "ns", bar{of: "plain maps that count the same rules"}),
		compare("what two goroutines gain on plain maps that count", times[5]/times[6], times[3]/times[4], "x", bar{of: "what they gain on plain maps"}))
	return nil
}

// makeFlood returns askers each of whom another rule denies, by the domain of the address.
func makeFlood(s *site) []asker {
	flood := make([]asker, 0, floodRules)
	for _, r := range s.rules {
		if len(flood) < floodRules && r.kind == ban.KindDomain {
			a := s.askers[len(flood)%len(s.askers)]
			mail := "mail." + r.text
			a.subject.Email = "x@" + mail
			a.domains = [...]string{mail, mail[len("mail."):], mail[strings.LastIndexByte(mail, '.')+1:], a.subject.Domain}
			flood = append(flood, a)
		}
	}
	return flood
}

// denials has a Checker check askers in turn, from the one at first on; each must be
// denied.
func denials(ctx context.Context, c *ban.Checker, flood []asker, first int) work {
	next := first
	return func(n int) error {
		at := next
		for range n {
			if d, err := c.Check(ctx, flood[at].subject); err != nil || d.Verdict != ban.Denied {
				return fmt.Errorf("checked as %v, %w", d.Verdict, err)
			}
			if at++; at == len(flood) {
				at = 0
			}
		}
		next = at
		return nil
	}
}

// countedProbes looks for the keys of the same askers in maps, and counts what is found by
// rule.
func countedProbes(p *plainMaps, hits []int64, flood []asker, first int) work {
	next := first
	return func(n int) error {
		at := next
		for range n {
			rule, found := p.which(&flood[at])
			if !found {
				return fmt.Errorf("no key of %+v is found", flood[at].subject)
			}
			hits[rule]++
			if at++; at == len(flood) {
				at = 0
			}
		}
		next = at
		return nil
	}
}
