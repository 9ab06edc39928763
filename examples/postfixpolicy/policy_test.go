package main

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/postfix"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// bannedStore has a ban for review.
func bannedStore(t *testing.T) *memstore.Store {
	t.Helper()
	st := memstore.New()
	createBans(t, st, ban.CreateOptions{
		Kind: ban.KindDomain, Value: "new.example", Effect: ban.Review, Reason: "ticket 4711", PublicReason: "new customer",
	})
	return st
}

// newPolicy returns a policy with the defaults of the flags.
func newPolicy(t *testing.T, source ban.Source) *postfix.Policy {
	t.Helper()
	f, err := parseFlags([]string{"-db", "x"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	return policyOf(t, source, f)
}

func policyOf(t *testing.T, source ban.Source, f flags) *postfix.Policy {
	t.Helper()
	checker, err := ban.NewChecker(source, f.checker)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checker.Close() })
	p, err := postfix.NewPolicy(checker, f.policy)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// outage is a store that can be down.
type outage struct {
	ban.Source
	down atomic.Bool
}

func (o *outage) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	if o.down.Load() {
		return nil, errors.New("dial tcp 10.1.2.3:5432: no route to host")
	}
	return o.Source.Lookup(ctx, keys)
}

func TestChoices(t *testing.T) {
	review := map[string]string{"sender": "ann@new.example", "recipient": "bob@here.example"}
	strange := map[string]string{"sender": "ann@a_b.example", "recipient": "bob@here.example"}
	plain := map[string]string{"sender": "ann@good.example", "recipient": "bob@here.example"}
	for rule, c := range map[string]struct {
		flags   []string
		down    bool
		request map[string]string
		want    string
	}{
		"review: defer":       {[]string{"-review", "defer"}, false, review, "DEFER_IF_PERMIT 4.7.1 this mail has to be approved by a person first: new customer"},
		"review: prepend":     {[]string{"-review", "prepend"}, false, review, "PREPEND X-Ostraka-Review: this mail has to be approved by a person first: new customer"},
		"review: reject":      {[]string{"-review", "reject"}, false, review, "REJECT 5.7.1 this mail has to be approved by a person first: new customer"},
		"trouble: by default": {nil, true, plain, "DEFER_IF_PERMIT 4.3.0 this mail is not possible at the moment, please try again later"},
		"trouble: defer":      {[]string{"-on-error", "defer"}, true, plain, "DEFER_IF_PERMIT 4.3.0 this mail is not possible at the moment, please try again later"},
		"trouble: accept":     {[]string{"-on-error", "accept"}, true, plain, "DUNNO"},
		"an underscore":       {nil, false, strange, "DUNNO"},
	} {
		t.Run(rule, func(t *testing.T) {
			f, err := parseFlags(append([]string{"-db", "x"}, c.flags...), t.Output())
			if err != nil {
				t.Fatal(err)
			}
			source := &outage{Source: bannedStore(t)}
			source.down.Store(c.down)
			got := policyOf(t, source, f).Answer(t.Context(), c.request).String()
			if got != c.want {
				t.Errorf("the answer is %q, want %q", got, c.want)
			}
		})
	}
}
