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
	// Peek answers as Check does, and counts no hit.
	Peek(ctx context.Context, s ban.Subject) (ban.Decision, error)
	Explain(ctx context.Context, s ban.Subject) (ban.Trace, error)
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
	// Trace gives each finding the whole trace of Explain, which asks the store for
	// each.
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
// It reads pages, so that its memory is bounded however many there are, and changes
// nothing; [Admin.ActOnSweep] does. Who is changed meanwhile is seen as before or as
// after. It may be ended at any finding, and gone on with from its Cursor. After an
// error, of the store or the Checker, nothing more is yielded.
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
	for {
		page, err := s.admin.store.ActiveAccountTexts(ctx, s.cursor.Account, store.MaxPageLimit)
		if err != nil {
			return false, fmt.Errorf("sweep the accounts: %w", err)
		}
		for i := range page {
			acc := &page[i]
			f, found, err := s.judgeAccount(ctx, acc)
			if err != nil {
				return false, err
			}
			s.cursor.Account = acc.Seq
			if !found {
				continue
			}
			f.Account, f.Cursor = store.AccountRef{ID: acc.ID, Seq: acc.Seq, Handle: acc.Handle}, s.cursor
			if !yield(f, nil) {
				return false, nil
			}
		}
		if len(page) < store.MaxPageLimit {
			return true, nil
		}
	}
}

// judgeAccount asks about all that an account is known by. The worst answer counts,
// and of those as bad the first.
func (s *sweep) judgeAccount(ctx context.Context, acc *store.AccountTexts) (worst Finding, found bool, err error) {
	subject := ban.Subject{Name: acc.Handle, Action: s.opts.Action}
	for i := 0; i == 0 || i < len(acc.Emails); i++ {
		if i > 0 {
			subject.Name = ""
		}
		if i < len(acc.Emails) {
			subject.Email = acc.Emails[i]
		}
		f, bad, err := s.judge(ctx, subject)
		if err != nil {
			return Finding{}, false, err
		}
		if bad && (!found || f.Decision.Verdict < worst.Decision.Verdict) { // Denied is the least
			worst, found = f, true
		}
	}
	return worst, found, nil
}

// aliases looks at the aliases.
func (s *sweep) aliases(ctx context.Context, yield func(Finding, error) bool) error {
	page := Page{OldestFirst: true, Limit: store.MaxPageLimit}
	for {
		page.After = s.cursor.Alias
		found, err := s.admin.store.ListAliases(ctx, AliasFilter{Active: new(true)}, page)
		if err != nil {
			return fmt.Errorf("sweep the aliases: %w", err)
		}
		for i := range found {
			subject := subjectOf(&found[i], "")
			if s.opts.Action != ban.SignUp {
				subject.Action = s.opts.Action
			}
			f, bad, err := s.judge(ctx, subject)
			if err != nil {
				return err
			}
			s.cursor.Alias = found[i].Seq
			if !bad {
				continue
			}
			m := &found[i]
			f.Alias, f.Cursor = store.AliasRef{ID: m.ID, Seq: m.Seq, Address: m.Address(), Destination: m.Destination}, s.cursor
			if !yield(f, nil) {
				return nil
			}
		}
		if len(found) < page.Limit {
			return nil
		}
	}
}

// judge asks about one subject, and reports whether it is one to tell of.
func (s *sweep) judge(ctx context.Context, subject ban.Subject) (Finding, bool, error) {
	d, err := s.checker.Peek(ctx, subject)
	if _, bad := errors.AsType[*ban.ValueError](err); bad {
		return Finding{Subject: subject, Decision: d, Err: err}, s.opts.Rule == uuid.Nil, nil
	}
	if err != nil {
		return Finding{}, false, fmt.Errorf("sweep: %w", err)
	}
	if d.Verdict == ban.Allowed || s.opts.Rule != uuid.Nil && d.Match.ID != s.opts.Rule {
		return Finding{}, false, nil
	}
	f := Finding{Subject: subject, Decision: d}
	if s.opts.Trace {
		if f.Trace, err = s.checker.Explain(ctx, subject); err != nil {
			return Finding{}, false, fmt.Errorf("sweep: %w", err)
		}
	}
	return f, true, nil
}
