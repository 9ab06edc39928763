package ban_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// rule is a ban in short: "kind:value" and what differs from the default.
type rule struct {
	value  string
	effect ban.Effect
	scope  ban.Scope
	shadow bool
	ends   time.Duration // 0: never
}

func (r rule) options() ban.CreateOptions {
	name, value, _ := strings.Cut(r.value, ":")
	kind, err := store.ParseKind(name)
	if err != nil {
		panic(err)
	}
	o := ban.CreateOptions{Kind: kind, Value: value, Effect: r.effect, Scope: r.scope, Shadow: r.shadow, Force: true}
	if r.ends != 0 {
		o.ExpiresAt = noon.Add(r.ends)
	}
	return o
}

func TestPreviewOverlaps(t *testing.T) {
	deny := func(values ...string) (rules []rule) {
		for _, v := range values {
			rules = append(rules, rule{value: v})
		}
		return rules
	}
	const redundant = "!" // marks what is called redundant in these lists
	for _, tt := range []struct {
		rule     string
		there    []rule
		planned  rule
		wider    []string
		narrower []string
		itself   bool // redundant
	}{
		{rule: "nothing there", planned: rule{value: "domain:spam.example"}},
		{
			rule:     "a domain takes in names below it, and addresses there",
			there:    deny("domain:a.spam.example", "domain:*.spam.example", "domain:=spam.example", "email:eve@b.spam.example", "domain:notspam.example", "email:eve@notspam.example"),
			planned:  rule{value: "domain:spam.example"},
			narrower: []string{"eve@b.spam.example!", "*.spam.example!", "=spam.example!", "a.spam.example!"},
		},
		{
			rule:    "subdomains do not take in the host",
			there:   deny("domain:=spam.example", "domain:spam.example", "domain:=a.spam.example", "email:eve@spam.example"),
			planned: rule{value: "domain:*.spam.example"},
			wider:   []string{"spam.example"}, narrower: []string{"=a.spam.example!"}, itself: true,
		},
		{
			rule:    "wider rules come most specific first",
			there:   deny("domain:example", "domain:spam.example", "domain:*.spam.example"),
			planned: rule{value: "email:eve@a.spam.example"},
			wider:   []string{"*.spam.example", "spam.example", "example"}, itself: true,
		},
		{
			rule:    "an exception between keeps both apart",
			there:   []rule{{value: "domain:example"}, {value: "domain:spam.example", effect: ban.Allow}},
			planned: rule{value: "domain:a.spam.example"},
			wider:   []string{"spam.example", "example"},
		},
		{
			rule:     "a narrower rule stays where an exception lies between",
			there:    []rule{{value: "domain:spam.example", effect: ban.Allow}, {value: "domain:a.spam.example"}, {value: "domain:b.example"}},
			planned:  rule{value: "domain:example"},
			narrower: []string{"a.spam.example", "b.example!", "spam.example"},
		},
		{
			rule:    "a shadow between keeps nothing apart",
			there:   []rule{{value: "domain:example"}, {value: "domain:spam.example", effect: ban.Allow, shadow: true}},
			planned: rule{value: "domain:a.spam.example"},
			wider:   []string{"spam.example", "example"}, itself: true,
		},
		{
			rule:    "a rule of another effect is not redundant",
			there:   []rule{{value: "domain:a.spam.example", effect: ban.Review}},
			planned: rule{value: "domain:spam.example"}, narrower: []string{"a.spam.example"},
		},
		{
			rule:    "a wider rule of other actions makes nothing redundant",
			there:   []rule{{value: "domain:example", scope: ban.ScopeOf(ban.Mail)}},
			planned: rule{value: "domain:spam.example"}, wider: []string{"example"},
		},
		{
			rule:    "a wider rule of more actions does",
			there:   []rule{{value: "domain:example", scope: ban.ScopeOf(ban.Mail, ban.Alias)}},
			planned: rule{value: "domain:spam.example", scope: ban.ScopeOf(ban.Mail)}, wider: []string{"example"}, itself: true,
		},
		{
			rule:    "an exception for other actions does not lie between",
			there:   []rule{{value: "domain:example"}, {value: "domain:spam.example", effect: ban.Allow, scope: ban.ScopeOf(ban.Content)}},
			planned: rule{value: "domain:a.spam.example", scope: ban.ScopeOf(ban.Mail)}, wider: []string{"spam.example", "example"}, itself: true,
		},
		{
			rule:    "a wider rule that ends earlier makes nothing redundant",
			there:   []rule{{value: "domain:example", ends: time.Hour}},
			planned: rule{value: "domain:spam.example", ends: 2 * time.Hour}, wider: []string{"example"},
		},
		{
			rule:    "a wider rule that ends at the same time does",
			there:   []rule{{value: "domain:example", ends: time.Hour}},
			planned: rule{value: "domain:spam.example", ends: time.Hour}, wider: []string{"example"}, itself: true,
		},
		{
			rule:    "an IP prefix takes in longer ones of its family",
			there:   deny("ip:203.0.113.7", "ip:203.0.113.0/25", "ip:203.0.0.0/16", "ip:198.51.100.0/24", "ip:2001:db8::/32"),
			planned: rule{value: "ip:203.0.113.0/24"},
			wider:   []string{"203.0.0.0/16"}, narrower: []string{"203.0.113.0/25!", "203.0.113.7!"}, itself: true,
		},
		{
			rule:    "spellings of one mailbox are wider than each other",
			there:   deny("email:jdoe@gmail.com"),
			planned: rule{value: "email:j.doe@googlemail.com"}, wider: []string{"jdoe@gmail.com"}, itself: true,
		},
		{
			rule:    "a domain makes no mailbox redundant that other domains have too",
			there:   deny("email:jdoe@gmail.com", "email:jdoe@spam.example"),
			planned: rule{value: "domain:gmail.com"}, narrower: []string{"jdoe@gmail.com"},
		},
		{
			rule:    "a pattern of local parts takes in all spellings of a mailbox",
			there:   deny("email:j.doe+x@googlemail.com", "email:jane@gmail.com", "email:jdoe@spam.example"),
			planned: rule{value: "email:j.d*@gmail.com"}, narrower: []string{"j.doe+x@googlemail.com!"},
		},
		{
			rule:    "a pattern that one spelling fits makes the mailbox not redundant",
			there:   deny("email:jdoe+x@gmail.com"),
			planned: rule{value: "email:*+x@gmail.com"}, narrower: []string{"jdoe+x@gmail.com"},
		},
		{
			rule:    "a name takes in its look-alikes, a pattern names and patterns",
			there:   deny("name:аdmin", "name:admin*", "name:sysadmin", "name:ad*", "name:bob"),
			planned: rule{value: "name:*admin*"}, narrower: []string{"admin*!", "sysadmin!", "аdmin!"},
		},
		{
			rule:    "look-alikes are wider than each other",
			there:   deny("name:аdmin"),
			planned: rule{value: "name:admin"}, wider: []string{"аdmin"}, itself: true,
		},
		{
			rule:    "an exception never stands for its look-alikes",
			there:   []rule{{value: "name:аdmin", effect: ban.Allow}},
			planned: rule{value: "name:admin", effect: ban.Allow},
		},
		{
			rule:    "a ban takes in the exception for a look-alike",
			there:   []rule{{value: "name:аdmin", effect: ban.Allow}},
			planned: rule{value: "name:admin"}, narrower: []string{"аdmin"},
		},
		{
			rule:    "a pattern that would cut a look-alike makes nothing redundant", // barn is also bam
			there:   deny("name:barn", "name:*barn", "name:bark"),
			planned: rule{value: "name:*bar*"}, narrower: []string{"*barn", "bark!", "barn"},
		},
		{
			rule:    "a pattern that crosses between keeps both apart", // adminmin
			there:   []rule{{value: "name:ad*"}, {value: "name:*min", effect: ban.Allow}},
			planned: rule{value: "name:admin*"}, wider: []string{"ad*"},
		},
		{
			rule:    "what has ended does not count",
			there:   []rule{{value: "domain:example", ends: time.Minute}, {value: "domain:a.spam.example", ends: time.Minute}},
			planned: rule{value: "domain:spam.example", ends: 2 * time.Hour},
		},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, d *desk) {
				for _, r := range tt.there {
					d.create(r.options())
				}
				if tt.rule == "what has ended does not count" {
					d.wait(time.Hour)
				}
				before := d.actions()
				p, err := d.Preview(context.Background(), tt.planned.options())
				if err != nil {
					t.Fatal(err)
				}
				list := func(o ban.Overlaps) (out []string) {
					n := 0
					for _, x := range o.Sample {
						text := x.Rule.Value
						if x.Redundant {
							n++
							text += redundant
						}
						out = append(out, text)
					}
					if n != o.Redundant || len(o.Sample) != o.Count {
						t.Errorf("%d of %d redundant, but counted %d of %d", n, len(o.Sample), o.Redundant, o.Count)
					}
					return out
				}
				if got, want := fmt.Sprint(list(p.Wider)), fmt.Sprint(tt.wider); got != want {
					t.Errorf("wider %s, want %s", got, want)
				}
				if got, want := fmt.Sprint(list(p.Narrower)), fmt.Sprint(tt.narrower); got != want {
					t.Errorf("narrower %s, want %s", got, want)
				}
				if p.Redundant != tt.itself {
					t.Errorf("redundant: %v", p.Redundant)
				}
				d.wantLog(before)
			})
		})
	}
}

func TestPreviewOfWhatIsThere(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		b := d.create(spam())
		p, err := d.Preview(context.Background(), spam())
		if err != nil || p.Existing == nil || *p.Existing != b || p.Redundant || p.Wider.Count+p.Narrower.Count != 0 || p.Guard != nil {
			t.Errorf("preview %+v, %v", p, err)
		}
		d.revoke(b.ID)
		if p, err := d.Preview(context.Background(), spam()); err != nil || p.Existing != nil {
			t.Errorf("once revoked: %+v, %v", p, err)
		}
		wild := d.create(ban.CreateOptions{Kind: ban.KindName, Value: "admin*"})
		if p, err := d.Preview(context.Background(), ban.CreateOptions{Kind: ban.KindName, Value: "Admin*"}); err != nil || p.Existing == nil || p.Existing.ID != wild.ID {
			t.Errorf("of a wildcard: %+v, %v", p, err)
		}
	})
}

func TestPreviewSamplesAndCountsAll(t *testing.T) {
	d := newDesk(t, memstore.New(), ban.AdminOptions{})
	for i := range ban.PreviewSample + 5 {
		d.create(ban.CreateOptions{Kind: ban.KindDomain, Value: fmt.Sprintf("a%d.spam.example", i)})
	}
	p, err := d.Preview(context.Background(), spam())
	if err != nil || p.Narrower.Count != ban.PreviewSample+5 || p.Narrower.Redundant != ban.PreviewSample+5 || len(p.Narrower.Sample) != ban.PreviewSample {
		t.Errorf("preview %+v, %v", p.Narrower, err)
	}
}

// TestPreviewKnowsWhatBlocksLeaveOut: an e-mail domain block is not about the
// domains of websites, so it makes no ban redundant, but a ban makes it so.
func TestPreviewKnowsWhatBlocksLeaveOut(t *testing.T) {
	mem := memstore.New()
	block := store.Rule{Key: store.Key{Kind: ban.KindDomain, Text: "spam.example"}, Value: "spam.example", Origin: store.OriginBlock, ID: uuid.Must(uuid.NewV7())}
	d := newDesk(t, &withRule{mem, block}, ban.AdminOptions{})
	for _, tt := range []struct {
		planned             ban.CreateOptions
		wider, narrower     int
		redundant, makesOne bool
	}{
		{spam(), 0, 1, false, true},
		{ban.CreateOptions{Kind: ban.KindDomain, Value: "a.spam.example"}, 0, 0, false, false},
		{ban.CreateOptions{Kind: ban.KindEmail, Value: "eve@a.spam.example"}, 1, 0, true, false},
	} {
		p, err := d.Preview(context.Background(), tt.planned)
		if err != nil {
			t.Fatal(err)
		}
		if p.Existing != nil || p.Wider.Count != tt.wider || p.Narrower.Count != tt.narrower || p.Redundant != tt.redundant || (p.Narrower.Redundant == 1) != tt.makesOne {
			t.Errorf("%s: %+v", tt.planned.Value, p)
		}
	}
}

func TestPreviewReportsAStoreThatFails(t *testing.T) {
	broken := errors.New("disk on fire")
	d := newDesk(t, &failingScan{memstore.New(), broken}, ban.AdminOptions{})
	if _, err := d.Preview(context.Background(), spam()); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// withRule is a store with one more rule.
type withRule struct {
	*memstore.Store
	rule store.Rule
}

func (s *withRule) Scan(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
	return func(yield func(store.Rule, error) bool) {
		if kind == s.rule.Key.Kind && !yield(s.rule, nil) {
			return
		}
		s.Store.Scan(ctx, kind)(yield)
	}
}

type failingScan struct {
	*memstore.Store
	err error
}

func (s *failingScan) Scan(context.Context, store.Kind) iter.Seq2[store.Rule, error] {
	return func(yield func(store.Rule, error) bool) { yield(store.Rule{}, s.err) }
}
