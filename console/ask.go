package console

import (
	"fmt"
	"net/http"
	"net/url"

	"example.com/ostraka/ban"
)

// askPage says what a check would answer, and how the answer comes about.
func askPage() page {
	return page{
		path: "ask", name: "Ask",
		has:    func(p *Parts) bool { return p.Checker != nil },
		routes: []route{get("/ask", ask)},
	}
}

// askData is what the page shows.
type askData struct {
	Subject ban.Subject
	Actions []option
	Faults  faults
	Answer  *askAnswer // nil: nothing was asked yet
}

// askAnswer is an answer as a person reads it.
type askAnswer struct {
	Verdict  string
	Class    string // of the verdict
	Because  string // in a sentence
	Decided  *tracedRule
	Told     string // what the person concerned is told; empty: nothing
	Rules    []tracedRule
	Stale    bool
	MX       ban.MXTrace
	MXText   string
	Subjects []askedValue // what can be done about
}

// tracedRule is a rule that was considered, and what became of it.
type tracedRule struct {
	ban.Considered
	Link    string // to its record; empty: none
	From    string // where it is from
	Became  string // in a word or two
	Because string // in a sentence
}

// askedValue is a value to ban or to make an exception for.
type askedValue struct {
	Kind  ban.Kind
	Value string
	Links struct{ Ban, Except string }
}

func ask(r *request) (answer, error) {
	d := askData{
		Subject: ban.Subject{Email: r.param("email"), Domain: r.param("domain"), IP: r.param("ip"), Name: r.param("name")},
		Faults:  faults{},
	}
	action := r.param("action")
	if action != "" && d.Subject.Action.UnmarshalText([]byte(action)) != nil {
		d.Faults["action"] = "Choose one of these."
	}
	d.Actions = chooseAction(d.Subject.Action)
	out := answer{template: "ask", title: "Ask", data: &d}
	if r.URL.RawQuery == "" {
		return out, nil
	}
	trace, err := r.console.parts.Checker.Explain(r.Context(), d.Subject)
	if d.Faults.add(err, nil) {
		out.status = http.StatusUnprocessableEntity
		return out, nil
	}
	if err != nil {
		return answer{}, err
	}
	d.Answer = r.console.readTrace(&d.Subject, &trace)
	return out, nil
}

func chooseAction(chosen ban.Action) []option {
	var all []option
	for _, a := range actions {
		all = append(all, option{a.String(), upperFirst(actionWord(a)), a == chosen})
	}
	return all
}

// readTrace puts a trace into words.
func (c *console) readTrace(s *ban.Subject, t *ban.Trace) *askAnswer {
	d := &t.Decision
	a := &askAnswer{Verdict: verdictWord(d.Verdict), Class: verdictClass(d.Verdict), Stale: d.Stale, MX: t.MX, MXText: t.MX.String()}
	winners := map[ban.Kind]*ban.Considered{}
	for i := range t.Considered {
		r := &t.Considered[i]
		if winners[r.Field] == nil && (r.Outcome == ban.OutcomeDecided || r.Outcome == ban.OutcomeOverruled) {
			winners[r.Field] = r
		}
		traced := tracedRule{Considered: *r, Link: c.recordLink(r.Origin, r.ID), From: originWords(r.Origin, r.Effect)}
		traced.Became, traced.Because = whatBecame(r, winners[r.Field], &d.Match, s.Action)
		a.Rules = append(a.Rules, traced)
		if r.Outcome == ban.OutcomeDecided {
			a.Decided = &traced
		}
	}
	switch {
	case a.Decided != nil:
	case len(a.Rules) == 0:
		a.Because = "No rule matches."
	default:
		a.Because = "No rule that matches decides: see why below."
	}
	if refused := d.Err(); refused != nil {
		a.Told = upperFirst(refused.Error())
	}
	a.Subjects = askedValues(s)
	return a
}

func verdictClass(v ban.Verdict) string {
	switch v {
	case ban.Allowed:
		return "allow"
	case ban.NeedsReview:
		return "review"
	}
	return "deny"
}

// whatBecame says what became of a rule: what it lost to, and why. The winner is the
// rule that goes first in its field, if that came before it; decided the one that is
// the reason for the verdict.
func whatBecame(r, winner *ban.Considered, decided *ban.Match, action ban.Action) (became, because string) {
	switch r.Outcome {
	case ban.OutcomeDecided:
		return "decided", fmt.Sprintf("It is the most specific rule for the %s.", kindWord(r.Field))
	case ban.OutcomeOverruled:
		return "overruled", fmt.Sprintf("It goes first for the %s, but the %s decided: %s.", kindWord(r.Field), kindWord(decided.Field), whyAcross(r, decided))
	case ban.OutcomeLessSpecific:
		return "lost", whyWithin(r, winner)
	case ban.OutcomeShadow:
		return "shadow", fmt.Sprintf("A shadow never decides. If it did, it would %s.", effectWord(r.Effect))
	case ban.OutcomeExpired:
		return "expired", "It is no longer in force."
	case ban.OutcomeOutOfScope:
		return "not about this", fmt.Sprintf("It says nothing about whoever wants to %s.", actionWord(action))
	}
	return string(r.Outcome), ""
}

func whyAcross(r *ban.Considered, decided *ban.Match) string {
	if r.Effect == decided.Effect {
		return "both say the same"
	}
	return fmt.Sprintf("of rules for different things, the one to %s goes before the one to %s", effectWord(decided.Effect), effectWord(r.Effect))
}

func whyWithin(r, winner *ban.Considered) string {
	switch {
	case winner == nil:
		return "Another rule is more specific."
	case winner.Kind == r.Kind && winner.Matched == r.Matched && winner.Effect == r.Effect:
		return "Another rule says the same."
	case winner.Kind == r.Kind && winner.Matched == r.Matched:
		return fmt.Sprintf("Of rules for the same value, the one to %s goes before the one to %s.", effectWord(winner.Effect), effectWord(r.Effect))
	}
	return fmt.Sprintf("The rule for %s is more specific.", visibleText(winner.Matched))
}

// askedValues are the values that a ban can be made of.
func askedValues(s *ban.Subject) (all []askedValue) {
	add := func(k ban.Kind, value string) {
		if value == "" {
			return
		}
		v := askedValue{Kind: k, Value: value}
		q := url.Values{"kind": {k.String()}, "value": {value}}
		v.Links.Ban = "ban?" + q.Encode()
		q.Set("effect", ban.Allow.String())
		v.Links.Except = "ban?" + q.Encode()
		all = append(all, v)
	}
	if a, err := ban.ParseAddress(s.Email); err == nil {
		add(ban.KindEmail, ban.Literal(a.String()))
		add(ban.KindDomain, a.Domain())
	}
	add(ban.KindDomain, s.Domain)
	add(ban.KindIP, s.IP)
	if s.Name != "" {
		add(ban.KindName, ban.Literal(s.Name))
	}
	return all
}
