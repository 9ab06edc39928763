package postfix

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/mxlookup"
)

// Checker judges. [*ban.Checker] does.
type Checker interface {
	Check(ctx context.Context, s ban.Subject) (ban.Decision, error)
}

// PolicyOptions configures a [Policy]. The zero value is the default.
type PolicyOptions struct {
	// Review is what to do with mail that a person should look at. Default
	// [ReviewHold].
	Review ReviewAction

	// ReviewHeader is the header of [ReviewPrepend]. Default "X-Ostraka-Review".
	ReviewHeader string

	// Log is told of what is not accepted, with the reasons that are for
	// moderators, and of checks that failed. Default: nobody.
	Log *slog.Logger
}

// ReviewAction is what to do with mail that a person should look at.
type ReviewAction uint8

// The review actions. Of a server that is not Postfix, which cannot be told to keep
// a message back by one line, [Policy.Reply] defers for all but ReviewReject.
const (
	ReviewHold    ReviewAction = iota // accept it, and keep it until a person releases or deletes it
	ReviewDefer                       // ask the client to come back later
	ReviewPrepend                     // accept it with a header that says so, for a filter that follows
	ReviewReject                      // refuse it
)

// DefaultReviewHeader is the default of [PolicyOptions.ReviewHeader].
const DefaultReviewHeader = "X-Ostraka-Review"

// Policy answers mail servers by what a [Checker] says. It is safe for concurrent
// use.
type Policy struct {
	checker Checker
	opts    PolicyOptions
}

// NewPolicy returns a Policy. Options that are out of range give an
// [*OptionError].
func NewPolicy(checker Checker, opts PolicyOptions) (*Policy, error) {
	switch {
	case checker == nil:
		return nil, &OptionError{"checker", "nil", "give one that judges"}
	case opts.Review > ReviewReject:
		return nil, &OptionError{"Review", fmt.Sprint(opts.Review), "use one of the review actions of this package"}
	case opts.ReviewHeader == "":
		opts.ReviewHeader = DefaultReviewHeader
	case !isHeaderName(opts.ReviewHeader):
		return nil, &OptionError{"ReviewHeader", fmt.Sprintf("%.40q", opts.ReviewHeader), "give a name of ASCII letters, digits and hyphens"}
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Policy{checker: checker, opts: opts}, nil
}

// isHeaderName reports whether a name is one that all mail software reads.
func isHeaderName(s string) bool {
	for _, c := range []byte(s) {
		if c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return len(s) <= 76
}

// Answer is what a [Policy] says of an envelope.
type Answer struct {
	// Decision is the worst of those for the Subjects; of equals, the first. Its
	// reasons are for moderators.
	Decision ban.Decision

	// Err is the error of the check that gave the Decision: of a store that does
	// not answer, of a context that ended. It is for the log.
	Err error

	review       ReviewAction
	reviewHeader string
}

// Check judges an envelope, by one check for each of its [Envelope.Subjects]: the
// worst verdict counts, and nothing is asked after the first that denies. It logs
// nothing.
func (p *Policy) Check(ctx context.Context, e Envelope) Answer {
	answer := Answer{
		Decision: ban.Decision{Verdict: ban.Allowed},
		review:   p.opts.Review, reviewHeader: p.opts.ReviewHeader,
	}
	text := clientAddress(e.Client)
	client, _ := netip.ParseAddr(text)
	var room questions
	for _, q := range e.questions(&room, text) {
		checkCtx := mxlookup.WithAsking(ctx, mxlookup.Asking{MailDomain: q.mail.name, Instead: !q.mail.plain, Client: client})
		d, err := p.checker.Check(checkCtx, q.subject)
		if d.Verdict < answer.Decision.Verdict || err != nil && answer.Err == nil && d.Verdict == answer.Decision.Verdict {
			answer.Decision, answer.Err = d, err
		}
		if d.Verdict == ban.Denied {
			break
		}
	}
	return answer
}

// Answer is the [Handler] of a [Server]: it judges the [EnvelopeOf] a request, and
// logs what is not accepted.
func (p *Policy) Answer(ctx context.Context, r Request) Action {
	e := EnvelopeOf(r)
	answer := p.Check(ctx, e)
	action := answer.Action()
	p.log(ctx, e, answer, action.String())
	return action
}

// Reply judges an envelope, for an SMTP server of one's own: it returns the reply to
// RCPT, one line without its end, and "" to go on; see [Answer.Reply]. It logs what
// is not accepted.
func (p *Policy) Reply(ctx context.Context, e Envelope) string {
	answer := p.Check(ctx, e)
	reply := answer.Reply()
	p.log(ctx, e, answer, reply)
	return reply
}

// log is for moderators.
func (p *Policy) log(ctx context.Context, e Envelope, a Answer, said string) {
	d := a.Decision
	if a.Err == nil && d.Verdict == ban.Allowed {
		return
	}
	log := p.opts.Log.With("sender", e.Sender, "recipient", e.Recipient, "client", e.Client, "helo", e.Helo)
	switch {
	case a.Err != nil && d.Verdict == ban.Allowed:
		log.ErrorContext(ctx, "ban check failed, accepted nevertheless", "err", a.Err)
	case a.Err != nil:
		log.ErrorContext(ctx, "mail not accepted", "answer", said, "err", a.Err)
	default:
		log.InfoContext(ctx, "mail not accepted", "answer", said, "match", d.Match.String(), "id", d.Match.ID, "reason", d.Match.Reason)
	}
}
