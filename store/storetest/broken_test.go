package storetest

import (
	"context"
	"slices"
	"testing"

	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// flaw is a way in which a backend can be wrong.
type flaw struct {
	name   string
	breaks func(o *override) // makes a right store wrong
	caught []string          // the rules that must fail for it
}

func flaws() []flaw {
	return slices.Concat(
		ruleFlaws, banFlaws, rivalFlaws, retireFlaws, purgeFlaws, pageFlaws, blockFlaws, blockUpdateFlaws,
		accountFlaws, accountUpdateFlaws, suspensionFlaws, holdFlaws, mailboxFlaws, accountLogFlaws,
		credentialFlaws, credentialEndFlaws, aliasFlaws, cascadeFlaws, accountRaceFlaws,
		listFlaws, versionFlaws, rekeyFlaws, redactFlaws, subscriptionFlaws,
		hitFlaws, rankFlaws, tallyFlaws, changeFlaws, changedKeysFlaws, auditFlaws, callFlaws,
	)
}

func TestTheSuiteCatches(t *testing.T) {
	for _, f := range flaws() {
		t.Run("a store that "+f.name, func(t *testing.T) {
			for _, name := range f.caught {
				c := clauseNamed(t, name)
				o := &override{Store: memstore.New()}
				f.breaks(o)
				if len(verdict(t, func(r reporter) { c.check(r, o) })) == 0 {
					t.Errorf("the rule %q does not catch it", name)
				}
			}
		})
	}
}

func TestEveryRuleCatchesSomething(t *testing.T) {
	catches := map[string]bool{}
	for _, f := range flaws() {
		for _, name := range f.caught {
			catches[name] = true
		}
	}
	for _, c := range clauses() {
		if !catches[c.name] {
			t.Errorf("no wrong store shows that the rule %q checks anything", c.name)
		}
	}
}

// persistentFlaw is a way in which stores that should share data can be wrong.
type persistentFlaw struct {
	name   string
	open   func() func() store.Store
	caught []string
}

func TestThePersistentSuiteCatches(t *testing.T) {
	for _, f := range slices.Concat(persistentFlaws, handleFlaws, notifyFlaws) {
		t.Run("a backend that "+f.name, func(t *testing.T) {
			for _, name := range f.caught {
				found := false
				for _, c := range persistentClauses() {
					if found = c.name == name; !found {
						continue
					}
					open := f.open()
					if len(verdict(t, func(r reporter) { c.check(r, open) })) == 0 {
						t.Errorf("the rule %q does not catch it", name)
					}
					break
				}
				if !found {
					t.Errorf("the suite has no rule %q", name)
				}
			}
		})
	}
}

var persistentFlaws = []persistentFlaw{
	{"forgets everything when it is closed",
		func() func() store.Store { return func() store.Store { return memstore.New() } },
		[]string{
			"Everything survives Close and opening again",
			"Subscriptions are shared, and survive opening again",
			"Numbers go on after opening again",
			"What was pruned stays pruned after opening again",
			"Close loses no write that had succeeded",
			"Two stores on the same data see each other's writes",
			"Two stores on the same data share one log",
			"Of a hundred concurrent creations through three stores one succeeds",
			"Of concurrent bans in two forms through two stores one succeeds",
			"Hits through two stores add up",
			"A reader of the log misses no change of two writing stores",
			"An update through another store is a conflict",
			"Blocks and lists survive Close and opening again",
			"Numbers of blocks and lists go on after opening again",
			"A list that is cut off by Close is there whole or not at all",
			"A list synced through one store is seen by the other",
			"Of two stores syncing a list at once one succeeds",
			"Of two stores making a list at once one succeeds",
			"Of two stores making the same version of a list one succeeds",
			"Hits of an entry through two stores add up by UTC day",
			"Accounts, credentials and aliases survive Close and opening again",
			"Numbers of accounts, credentials and aliases go on after opening again",
			"A suspension through one store is seen by the other at once",
			"Of the last two admins demoted through two stores one stays",
			"Of concurrent creations through two stores of a handle, an address or an alias one succeeds",
			"A write to an account through another store is a conflict",
			"No session and no alias survives a suspension through another store",
			"Of concurrent bans through two stores one turns an alias off",
			"The name of the tables survives Close",
			"The keys of changes are there again",
		}},
	{"is one store for all that open it",
		func() func() store.Store {
			shared := memstore.New()
			return func() store.Store { return shared }
		},
		[]string{
			"Closing one store leaves the other open",
			"Two stores on the same data share one log",
		}},
	{"sees what another store suspended only after a while",
		func() func() store.Store {
			shared := memstore.New()
			return func() store.Store { return remembering(shared) }
		},
		[]string{"A suspension through one store is seen by the other at once"}},
}

// remembering returns a store that remembers whom credentials are of.
func remembering(shared store.Store) store.Store {
	accounts := map[store.SecretHash]store.Account{}
	o := &override{Store: shared}
	o.credentialByHash = func(ctx context.Context, hash store.SecretHash) (store.Credential, store.Account, error) {
		c, a, err := shared.CredentialByHash(ctx, hash)
		if known, ok := accounts[hash]; ok {
			a = known
		}
		accounts[hash] = a
		return c, a, err
	}
	return o
}
