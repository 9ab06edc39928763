package account

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// SweepChecker says what a check would say today of somebody who is in already. A
// [*ban.Checker] is one; with [ban.CheckerOptions.Mirror] it answers from memory.
type SweepChecker interface {
	// PeekEach answers as Check does about each of the Subjects, in their order, and
	// counts no hit; ExplainEach as Explain does.
	PeekEach(ctx context.Context, subjects []ban.Subject) iter.Seq2[ban.Decision, error]
	ExplainEach(ctx context.Context, subjects []ban.Subject) iter.Seq2[ban.Trace, error]
}

// SweepCursor is how far a sweep has come: the Seqs of the last account and alias
// that it has looked at. The zero value is the beginning.
type SweepCursor struct {
	Account, Alias int64
}

// String returns the cursor as [ParseSweepCursor] reads it, such as "1042.0".
func (c SweepCursor) String() string { return fmt.Sprintf("%d.%d", c.Account, c.Alias) }

// ParseSweepCursor reads what [SweepCursor.String] returned. What is none gives a
// [*ban.ValueError].
func ParseSweepCursor(s string) (SweepCursor, error) {
	first, second, ok := strings.Cut(s, ".")
	account, err1 := strconv.ParseInt(first, 10, 64)
	alias, err2 := strconv.ParseInt(second, 10, 64)
	c := SweepCursor{account, alias}
	if !ok || err1 != nil || err2 != nil || account < 0 || alias < 0 || c.String() != s {
		return SweepCursor{}, ban.NewValueError("cursor", s, ban.CodeSyntax, "give what the sweep said, such as 1042.0")
	}
	return c, nil
}

// SweepOptions says what a sweep looks for. The zero value is the default.
type SweepOptions struct {
	// Action is what the Checker is asked about. Default [ban.SignUp]: would they be
	// let in today?
	Action ban.Action
	// Rule selects what this rule alone decides: a ban, a block, an entry of a list.
	// Default: whatever rule does.
	Rule uuid.UUID
	// Trace gives each finding the whole trace of Explain.
	Trace bool
	// After is where to go on: the Cursor of the last finding that was seen.
	After SweepCursor
	// AccountsOnly leaves out the aliases.
	AccountsOnly bool
}

// Finding is an account or an alias that would be refused or held today.
type Finding struct {
	Account store.AccountRef // zero for an alias
	Alias   store.AliasRef   // zero for an account
	// Subject is what was asked about: of an account its handle with its primary
	// address, or one of the others; of an alias what is asked when it is made, the
	// client aside.
	Subject  ban.Subject
	Decision ban.Decision
	Trace    ban.Trace // if [SweepOptions.Trace]
	// Err says that what is stored does not parse today: then nobody is asked, and
	// the Decision is Denied, as of a check.
	Err    error
	Cursor SweepCursor // where to go on after this one
}

// Sweep yields the active accounts and aliases that the Checker would refuse or hold
// today, each with the rule: after a ban, a list or the table of mail providers has
// changed. Accounts come first, oldest first, then aliases. Accounts that are
// suspended or wait, and aliases that are off, are out already, and left out.
//
// It reads pages of [store.MaxPageLimit], each while the one before is looked at, so that
// its memory is bounded however many there are, and changes
// nothing; [Admin.ActOnSweep] does. Who is changed meanwhile is seen as before or as
// after, and so are rules. It may be ended at any finding, and gone on with from its
// Cursor. After an error, of the store or the Checker, nothing more is yielded.
func (a *Admin) Sweep(ctx context.Context, checker SweepChecker, o SweepOptions) iter.Seq2[Finding, error] {
	return func(yield func(Finding, error) bool) {
		if err := checkSweep(checker, o.Action); err != nil {
			yield(Finding{}, err)
			return
		}
		s := &sweep{a, checker, o, o.After}
		if more, err := s.accounts(ctx, yield); err != nil {
			yield(Finding{}, err)
			return
		} else if !more || o.AccountsOnly {
			return
		}
		if err := s.aliases(ctx, yield); err != nil {
			yield(Finding{}, err)
		}
	}
}

func checkSweep(checker SweepChecker, action ban.Action) error {
	switch {
	case checker == nil:
		return errNoChecker()
	case !ban.ScopeOf(action).Valid():
		return ban.NewValueError("Action", action.String(), ban.CodeUnknown, "use one of the actions of package ban")
	}
	return nil
}

// sweep is one sweep under way.
type sweep struct {
	admin   *Admin
	checker SweepChecker
	opts    SweepOptions
	cursor  SweepCursor
}

// accounts looks at the accounts; more is false once the loop has stopped.
func (s *sweep) accounts(ctx context.Context, yield func(Finding, error) bool) (more bool, err error) {
	after := s.cursor.Account
	read := func(ctx context.Context) ([]store.AccountTexts, error) {
		page, err := s.admin.store.ActiveAccountTexts(ctx, after, store.MaxPageLimit)
		if err != nil {
			return nil, fmt.Errorf("sweep the accounts: %w", err)
		}
		if len(page) > 0 {
			after = page[len(page)-1].Seq
		}
		return page, nil
	}
	more = true
	for page, err := range readAhead(ctx, read) {
		if err != nil {
			return false, err
		}
		err = s.judgeAccounts(ctx, page, func(acc *store.AccountTexts, worst *Finding) bool {
			s.cursor.Account = acc.Seq
			if worst == nil {
				return true
			}
			worst.Account, worst.Cursor = store.AccountRef{ID: acc.ID, Seq: acc.Seq, Handle: acc.Handle}, s.cursor
			more = yield(*worst, nil)
			return more
		})
		if err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

// judgeAccounts asks about all that accounts are known by. Of each account the worst
// answer counts, and of those as bad the first; it is nil if there is none to tell of.
func (s *sweep) judgeAccounts(ctx context.Context, accounts []store.AccountTexts, judged func(acc *store.AccountTexts, worst *Finding) bool) error {
	var subjects []ban.Subject
	ends := make([]int, len(accounts)) // of those of each
	for i := range accounts {
		subjects = appendSubjects(subjects, &accounts[i], s.opts.Action)
		ends[i] = len(subjects)
	}
	var worst *Finding
	at := 0
	return s.judge(ctx, subjects, func(i int, f *Finding) bool {
		if f != nil && (worst == nil || f.Decision.Verdict < worst.Decision.Verdict) { // Denied is the least
			worst = f
		}
		if i+1 < ends[at] {
			return true
		}
		acc, of := &accounts[at], worst
		at, worst = at+1, nil
		return judged(acc, of)
	})
}

// appendSubjects appends what is asked about an account: its handle with its primary
// address, then each of the others.
func appendSubjects(to []ban.Subject, acc *store.AccountTexts, action ban.Action) []ban.Subject {
	first := ban.Subject{Name: acc.Handle, Action: action}
	if len(acc.Emails) > 0 {
		first.Email = acc.Emails[0]
	}
	to = append(to, first)
	for i := 1; i < len(acc.Emails); i++ {
		to = append(to, ban.Subject{Email: acc.Emails[i], Action: action})
	}
	return to
}

// aliases looks at the aliases.
func (s *sweep) aliases(ctx context.Context, yield func(Finding, error) bool) error {
	page := Page{OldestFirst: true, Limit: store.MaxPageLimit, After: s.cursor.Alias}
	read := func(ctx context.Context) ([]Alias, error) {
		found, err := s.admin.store.ListAliases(ctx, AliasFilter{Active: new(true)}, page)
		if err != nil {
			return nil, fmt.Errorf("sweep the aliases: %w", err)
		}
		if len(found) > 0 {
			page.After = found[len(found)-1].Seq
		}
		return found, nil
	}
	more := true
	for found, err := range readAhead(ctx, read) {
		if err != nil {
			return err
		}
		subjects := make([]ban.Subject, len(found))
		for i := range found {
			subjects[i] = subjectOf(&found[i], "")
			if s.opts.Action != ban.SignUp {
				subjects[i].Action = s.opts.Action
			}
		}
		err = s.judge(ctx, subjects, func(i int, f *Finding) bool {
			m := &found[i]
			s.cursor.Alias = m.Seq
			if f == nil {
				return true
			}
			f.Alias, f.Cursor = store.AliasRef{ID: m.ID, Seq: m.Seq, Address: m.Address(), Destination: m.Destination}, s.cursor
			more = yield(*f, nil)
			return more
		})
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// judge asks about subjects, and says of each what there is to tell, nil if nothing, until
// judged returns false.
func (s *sweep) judge(ctx context.Context, subjects []ban.Subject, judged func(i int, f *Finding) bool) error {
	i := 0
	take := func(d *ban.Decision, trace *ban.Trace, err error) (more bool, _ error) {
		var f *Finding
		switch _, invalid := errors.AsType[*ban.ValueError](err); {
		case invalid:
			if s.opts.Rule == uuid.Nil {
				f = &Finding{Subject: subjects[i], Decision: *d, Err: err}
			}
		case err != nil:
			return false, fmt.Errorf("sweep: %w", err)
		case d.Verdict != ban.Allowed && (s.opts.Rule == uuid.Nil || d.Match.ID == s.opts.Rule):
			if f = (&Finding{Subject: subjects[i], Decision: *d}); trace != nil {
				f.Trace = *trace
			}
		}
		i++
		return judged(i-1, f), nil
	}
	if s.opts.Trace {
		for t, err := range s.checker.ExplainEach(ctx, subjects) {
			if more, err := take(&t.Decision, &t, err); err != nil || !more {
				return err
			}
		}
		return nil
	}
	for d, err := range s.checker.PeekEach(ctx, subjects) {
		if more, err := take(&d, nil, err); err != nil || !more {
			return err
		}
	}
	return nil
}
