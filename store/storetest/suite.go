package storetest

import (
	"context"
	"slices"

	"example.com/ostraka/store"
)

// reporter is what a check reports to: a *testing.T, or a recorder when the
// suite itself is tested. As with a *testing.T, Fatalf must be called from the
// goroutine of the check.
type reporter interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// clause is one rule of the contract.
type clause struct {
	name  string // of the subtest
	says  string // the rule in a sentence
	check func(t reporter, s store.Store)
}

// persistentClause is one rule for backends whose data is shared. Its check
// calls open for each store it wants on the same data.
type persistentClause struct {
	name  string
	says  string
	check func(t reporter, open func() store.Store)
}

func clauses() []clause {
	return slices.Concat(
		ruleClauses, scanClauses,
		createClauses, bulkClauses, updateClauses, rivalClauses, retireClauses, deleteClauses, purgeClauses, valueClauses, clockTimeClauses, pageClauses,
		blockClauses, blockUpdateClauses,
		accountClauses, accountValueClauses, accountListClauses, accountUpdateClauses, suspensionClauses, holdClauses, mailboxClauses, accountLogClauses,
		credentialClauses, credentialEndClauses, aliasClauses, aliasListClauses, cascadeClauses, exceptionClauses,
		applyClauses, conflictClauses, undoClauses, dropClauses, entryClauses, progressClauses, listRaceClauses, subscriptionClauses,
		hitClauses, historyClauses, rankClauses, tallyClauses,
		rekeyClauses, tableClauses, redactClauses,
		changeClauses, changedKeysClauses, pruneClauses, auditClauses, subscribeClauses,
		callClauses, letGoClauses, ownershipClauses, accountOwnershipClauses, concurrencyClauses, accountRaceClauses, cascadeRaceClauses,
	)
}

func persistentClauses() []persistentClause {
	return slices.Concat(
		notifyClauses,
		reopenClauses, handleClauses, listReopenClauses, listHandleClauses,
		accountReopenClauses, accountHandleClauses, tableReopenClauses, subscriptionHandleClauses, changedKeysReopenClauses,
	)
}

// cited puts the rule in front of every failure.
type cited struct {
	reporter
	says string
}

func (c cited) Errorf(format string, args ...any) {
	c.Helper()
	c.reporter.Errorf("broken rule: "+"%s\n"+format, append([]any{c.says}, args...)...)
}

func (c cited) Fatalf(format string, args ...any) {
	c.Helper()
	c.reporter.Fatalf("broken rule: "+"%s\n"+format, append([]any{c.says}, args...)...)
}
