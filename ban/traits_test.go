package ban_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/racedetector"
	"example.com/ostraka/memstore"
)

// withAndWithoutMirror runs a test for a Checker of both kinds over the rules.
func withAndWithoutMirror(t *testing.T, opts ban.CheckerOptions, rules []ruleText, test func(t *testing.T, c *ban.Checker)) {
	for _, mirror := range []bool{false, true} {
		t.Run(fmt.Sprintf("mirror %t", mirror), func(t *testing.T) {
			st := memstore.New()
			for _, r := range rules {
				addRule(t, st, r)
			}
			opts.Mirror = mirror
			test(t, newChecker(t, st, opts))
		})
	}
}

func TestTraitsOfAddresses(t *testing.T) {
	all := ban.TraitOptions{Tagged: ban.PolicyReview, Free: ban.PolicyReview, Role: ban.PolicyReview}
	for _, tt := range []struct {
		email  string
		traits string // those found, in order
	}{
		{"ann@example.org", ""},
		{"ann+tag@example.org", ""}, // nothing is known of its provider
		{"ann@gmail.com", "free"},
		{"A.Nn@gmail.com", "tagged free"},
		{"ann+x@outlook.com", "tagged free"},
		{"ann@googlemail.com", "tagged free"},
		{"any@ann.fastmail.com", "tagged free"},
		{"postmaster@example.org", "role"},
		{"PostMaster@example.org", "role"},
		{"postmasters@example.org", ""},
		{"no-reply@example.org", "role"},
		{"no.reply+7@gmail.com", "tagged free role"},
		{"golang-request@example.org", "role"},
		{"-request@example.org", ""},
		{"jobs@naver.com", "free role"},
		{"ann@sub.gmail.com", ""},
	} {
		t.Run(tt.email, func(t *testing.T) {
			withAndWithoutMirror(t, ban.CheckerOptions{Traits: all}, nil, func(t *testing.T, c *ban.Checker) {
				trace, err := c.Explain(t.Context(), ban.Subject{Email: tt.email})
				var found []string
				for _, x := range trace.Considered {
					found = append(found, x.Trait.String())
				}
				if err != nil || strings.Join(found, " ") != tt.traits {
					t.Fatalf("traits %q, error %v; want %q", found, err, tt.traits)
				}
				d := check(t, c, ban.Subject{Email: tt.email})
				if got := d.Verdict == ban.NeedsReview; got != (tt.traits != "") || fmt.Sprint(d.Match) != fmt.Sprint(trace.Decision.Match) {
					t.Errorf("Check: %+v; Explain: %+v", d, trace.Decision)
				}
			})
		})
	}
}

func TestWhatTraitsDo(t *testing.T) {
	for _, tt := range []struct {
		name    string
		traits  ban.TraitOptions
		rules   []ruleText
		subject ban.Subject
		verdict ban.Verdict
		match   string // as Match.String has it
	}{
		{"nothing by default", ban.TraitOptions{}, nil, ban.Subject{Email: "no.reply+x@gmail.com"}, ban.Allowed, ""},
		{"the strictest trait wins", ban.TraitOptions{Tagged: ban.PolicyReview, Role: ban.PolicyDeny}, nil,
			ban.Subject{Email: "in.fo@gmail.com"}, ban.Denied, "deny email in.fo@gmail.com via trait role"},
		{"the mailbox is named for a tagged address", ban.TraitOptions{Tagged: ban.PolicyDeny}, nil,
			ban.Subject{Email: "a.nn+x@googlemail.com"}, ban.Denied, "deny email ann@gmail.com via trait tagged"},
		{"the domain is named for a free one", ban.TraitOptions{Free: ban.PolicyReview}, nil,
			ban.Subject{Email: "ann@GMX.de"}, ban.NeedsReview, "review email gmx.de via trait free"},
		{"an exception for the address lifts it", ban.TraitOptions{Free: ban.PolicyDeny}, []ruleText{"allow email ann@gmail.com"},
			ban.Subject{Email: "ann@gmail.com"}, ban.Allowed, "allow email ann@gmail.com via exact"},
		{"an exception for the domain lifts it", ban.TraitOptions{Free: ban.PolicyDeny}, []ruleText{"allow domain gmail.com"},
			ban.Subject{Email: "ann@gmail.com"}, ban.Allowed, "allow domain gmail.com via exact"},
		{"an exception for a pattern lifts it", ban.TraitOptions{Role: ban.PolicyDeny}, []ruleText{"allow email info*@example.org"},
			ban.Subject{Email: "info@example.org"}, ban.Allowed, "allow email info*@example.org via wildcard"},
		{"an exception that a ban goes before does not", ban.TraitOptions{Role: ban.PolicyReview},
			[]ruleText{"allow domain example.org", "review email info@example.org"},
			ban.Subject{Email: "info@example.org"}, ban.NeedsReview, "review email info@example.org via exact"},
		{"an exception of another field does not", ban.TraitOptions{Role: ban.PolicyDeny}, []ruleText{"allow name ann", "allow ip 192.0.2.1"},
			ban.Subject{Email: "info@example.org", Name: "ann", IP: "192.0.2.1"}, ban.Denied, "deny email info@example.org via trait role"},
		{"an exception that is a shadow does not", ban.TraitOptions{Role: ban.PolicyDeny}, []ruleText{"shadow allow domain example.org"},
			ban.Subject{Email: "info@example.org"}, ban.Denied, "deny email info@example.org via trait role"},
		{"a rule that refuses goes before a trait that refuses", ban.TraitOptions{Role: ban.PolicyDeny}, []ruleText{"deny domain example.org"},
			ban.Subject{Email: "info@example.org"}, ban.Denied, "deny domain example.org via exact"},
		{"a trait that refuses goes before a rule that holds", ban.TraitOptions{Role: ban.PolicyDeny}, []ruleText{"review domain example.org"},
			ban.Subject{Email: "info@example.org"}, ban.Denied, "deny email info@example.org via trait role"},
		{"a rule for another field that refuses goes before a trait that holds", ban.TraitOptions{Role: ban.PolicyReview}, []ruleText{"deny name ann"},
			ban.Subject{Email: "info@example.org", Name: "ann"}, ban.Denied, "deny name ann via exact"},
		{"traits are about signing up", ban.TraitOptions{Role: ban.PolicyDeny}, nil,
			ban.Subject{Email: "info@example.org", Action: ban.SignIn}, ban.Allowed, ""},
		{"unless the scope says otherwise", ban.TraitOptions{Role: ban.PolicyDeny, Scope: ban.ScopeOf(ban.SignIn)}, nil,
			ban.Subject{Email: "info@example.org", Action: ban.SignIn}, ban.Denied, "deny email info@example.org via trait role"},
		{"and then about nothing else", ban.TraitOptions{Role: ban.PolicyDeny, Scope: ban.ScopeOf(ban.SignIn)}, nil,
			ban.Subject{Email: "info@example.org"}, ban.Allowed, ""},
		{"a name that is a role is none of an address", ban.TraitOptions{Role: ban.PolicyDeny}, nil,
			ban.Subject{Name: "info"}, ban.Allowed, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			withAndWithoutMirror(t, ban.CheckerOptions{Traits: tt.traits}, tt.rules, func(t *testing.T, c *ban.Checker) {
				for range 2 { // the second is from the cache
					d := check(t, c, tt.subject)
					if d.Verdict != tt.verdict || d.Match.String() != tt.match {
						t.Fatalf("%s by %q, want %s by %q", d.Verdict, d.Match, tt.verdict, tt.match)
					}
				}
				trace, err := c.Explain(t.Context(), tt.subject)
				if err != nil || trace.Decision.Verdict != tt.verdict || trace.Decision.Match.String() != tt.match {
					t.Errorf("Explain says %+v, error %v", trace.Decision, err)
				}
			})
		})
	}
}

// TestTraitsAgreeWithAnOracle compares checks with the rule in one sentence: the
// strictest of the decision without traits and of those traits that the address
// has, unless an exception decides about the address.
func TestTraitsAgreeWithAnOracle(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	addresses := map[string]string{
		"ann@example.org": "", "a.nn@gmail.com": "tagged free", "ann@gmail.com": "free", "info@example.org": "role", "in.fo@gmail.com": "tagged free role",
	}
	values := []string{"email ann@gmail.com", "email info@example.org", "domain gmail.com", "domain example.org", "email in*@gmail.com"}
	for range 300 {
		var rules []ruleText
		for _, v := range values {
			if random.IntN(3) == 0 {
				effects := []string{"deny ", "review ", "allow ", "shadow allow "}
				rules = append(rules, ruleText(effects[random.IntN(len(effects))]+v))
			}
		}
		policy := func() ban.Policy { return ban.Policy(random.IntN(3)) }
		opts := ban.TraitOptions{Tagged: policy(), Free: policy(), Role: policy()}
		policies := map[string]ban.Policy{"tagged": opts.Tagged, "free": opts.Free, "role": opts.Role}
		st := memstore.New()
		for _, r := range rules {
			addRule(t, st, r)
		}
		plain := newChecker(t, st, ban.CheckerOptions{})
		for _, mirror := range []bool{false, true} {
			c := newChecker(t, st, ban.CheckerOptions{Traits: opts, Mirror: mirror})
			for address, traits := range addresses {
				without := check(t, plain, ban.Subject{Email: address})
				want := without.Verdict
				if without.Match.Effect != ban.Allow {
					for trait := range strings.FieldsSeq(traits) {
						switch policies[trait] {
						case ban.PolicyDeny:
							want = ban.Denied
						case ban.PolicyReview:
							want = min(want, ban.NeedsReview)
						}
					}
				}
				if d := check(t, c, ban.Subject{Email: address}); d.Verdict != want {
					t.Fatalf("%s: %s by %s, want %s; rules %q, options %+v, mirror %t", address, d.Verdict, d.Match, want, rules, opts, mirror)
				}
			}
		}
	}
}

func TestTraitsAreCountedAndToldToStrangersSafely(t *testing.T) {
	opts := ban.CheckerOptions{Traits: ban.TraitOptions{Free: ban.PolicyDeny, Role: ban.PolicyReview}}
	withAndWithoutMirror(t, opts, nil, func(t *testing.T, c *ban.Checker) {
		d := check(t, c, ban.Subject{Email: "ann@gmail.com"})
		check(t, c, ban.Subject{Email: "info@example.org"})
		if _, err := c.Explain(t.Context(), ban.Subject{Email: "ann@gmail.com"}); err != nil {
			t.Fatal(err)
		}
		s := c.Stats()
		if s.Traits[ban.TraitFree][ban.Denied] != 1 || s.Traits[ban.TraitRole][ban.NeedsReview] != 1 || s.Denied != 1 || s.NeedsReview != 1 {
			t.Errorf("counted %v, %d denied, %d held; want one each", s.Traits, s.Denied, s.NeedsReview)
		}
		if denied, ok := errors.AsType[*ban.DeniedError](d.Err()); !ok || strings.Contains(denied.Error(), "gmail.com") {
			t.Errorf("a stranger reads %q", d.Err())
		}
		text, err := json.Marshal(d.Match)
		if err != nil || !strings.Contains(string(text), `"via":"trait","trait":"free"`) {
			t.Errorf("as JSON: %s, error %v", text, err)
		}
	})
}

func TestAChangedRuleLiftsATraitAtOnce(t *testing.T) {
	opts := ban.CheckerOptions{Traits: ban.TraitOptions{Free: ban.PolicyDeny}}
	for _, mirror := range []bool{false, true} {
		st := memstore.New()
		admin := newAdmin(t, st)
		opts.Mirror = mirror
		c := newChecker(t, st, opts)
		subject := ban.Subject{Email: "ann@gmail.com"}
		if d := check(t, c, subject); d.Verdict != ban.Denied {
			t.Fatalf("before: %s", d.Verdict)
		}
		b := create(t, admin, ban.CreateOptions{Kind: ban.KindEmail, Value: "ann@gmail.com", Effect: ban.Allow})
		if d := check(t, c, subject); d.Verdict != ban.Allowed {
			t.Fatalf("with the exception: %s", d.Verdict)
		}
		if _, err := admin.Revoke(as("test"), b.ID, ""); err != nil {
			t.Fatal(err)
		}
		if d := check(t, c, subject); d.Verdict != ban.Denied {
			t.Fatalf("after it was revoked: %s", d.Verdict)
		}
	}
}

func TestTraitOptionsAreChecked(t *testing.T) {
	for field, o := range map[string]ban.TraitOptions{
		"Traits.Tagged": {Tagged: 3}, "Traits.Free": {Free: 9}, "Traits.Role": {Role: 200}, "Traits.Scope": {Scope: 1 << 7},
	} {
		_, err := ban.NewChecker(memstore.New(), ban.CheckerOptions{Traits: o})
		wantValueError(t, err, field, ban.CodeRange)
	}
	var p ban.Policy
	if err := p.UnmarshalText([]byte("ban")); err == nil || p != ban.PolicyIgnore {
		t.Errorf("a policy %q was read", p)
	}
}

func TestATraitThatIsAskedForCostsNoAllocation(t *testing.T) {
	c := newChecker(t, memstore.New(), ban.CheckerOptions{
		Mirror: true, Now: func() time.Time { return time.Unix(1e9, 0) },
		Traits: ban.TraitOptions{Tagged: ban.PolicyDeny, Free: ban.PolicyDeny, Role: ban.PolicyReview},
	})
	allocs := testing.AllocsPerRun(100, func() {
		if d, err := c.Check(t.Context(), ban.Subject{Email: "ann@example.org"}); err != nil || d.Verdict != ban.Allowed {
			t.Fatal(d, err)
		}
	})
	if allocs != 0 && !racedetector.On { // which makes pools forget
		t.Errorf("%v allocations", allocs)
	}
}

func TestATraitSaysToWhomItRefusesWhatToDo(t *testing.T) {
	for address, c := range map[string]struct {
		traits ban.TraitOptions
		want   string
	}{
		"a.nn@gmail.com":   {ban.TraitOptions{Tagged: ban.PolicyDeny}, "plain form"},
		"ann@gmail.com":    {ban.TraitOptions{Free: ban.PolicyDeny}, "not of a public mail provider"},
		"info@example.org": {ban.TraitOptions{Role: ban.PolicyDeny}, "of a person"},
	} {
		withAndWithoutMirror(t, ban.CheckerOptions{Traits: c.traits}, nil, func(t *testing.T, checker *ban.Checker) {
			d := check(t, checker, ban.Subject{Email: address})
			if !strings.Contains(d.Match.PublicReason, c.want) || d.Match.Reason == "" {
				t.Errorf("%s is told %q, want %q", address, d.Match.PublicReason, c.want)
			}
		})
	}
}

func TestAVerdictIsAWordInJSON(t *testing.T) {
	got, err := json.Marshal([]ban.Verdict{ban.Denied, ban.NeedsReview, ban.Allowed, 9})
	if want := `["denied","review","allowed","verdict(9)"]`; err != nil || string(got) != want {
		t.Errorf("%s (%v), want %s", got, err, want)
	}
}
