package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/dnsclient"
)

// verdictDoc is the answer to a check.
type verdictDoc struct {
	ban.Decision
	Message string `json:"message,omitzero"` // what the person concerned may be told
}

func newVerdictDoc(d ban.Decision) verdictDoc {
	doc := verdictDoc{Decision: d}
	if err := d.Err(); err != nil {
		doc.Message = err.Error()
	}
	return doc
}

func (d verdictDoc) text(t *text) {
	if d.Match.IsZero() {
		t.line("%s: no rule decided", d.Verdict)
	} else {
		t.line("%s: %s", d.Verdict, ruleOf(d.Match))
		t.field("matched", fmt.Sprintf("%s %s", d.Match.Field, d.Match.Input))
		t.field("reason", d.Match.Reason)
		t.field("expires", moment(d.Match.ExpiresAt))
		t.field("source", sourceOf(d.Match))
		t.field("to be told", d.Message)
	}
	for _, m := range d.Shadows {
		t.field("in shadow", ruleOf(m)+suffix(m.Reason))
	}
}

// addTraits adds the flags that say what the servers do about traits of addresses.
func addTraits(cmd *cobra.Command, o *ban.TraitOptions) {
	addPolicy(cmd, "tagged", "what your servers do with an address that is not the plain spelling of its mailbox", &o.Tagged)
	addPolicy(cmd, "free", "what they do with one at a public mail provider", &o.Free)
	addPolicy(cmd, "role", "what they do with one of a function, such as postmaster@", &o.Role)
}

// ruleOf says which rule matched, and how.
func ruleOf(m ban.Match) string {
	if m.Trait != 0 { // what decided is no rule
		return m.String()
	}
	return fmt.Sprintf("%s (%s)", m, m.Origin)
}

// sourceOf says which line of a list's source a match comes from.
func sourceOf(m ban.Match) string {
	if m.Source == "" || m.Line == 0 {
		return m.Source
	}
	return fmt.Sprintf("%s, line %d", m.Source, m.Line)
}

func suffix(s string) string {
	if s == "" {
		return ""
	}
	return ": " + s
}

// status returns the exit status that a verdict has.
func (d verdictDoc) status() int {
	switch d.Verdict {
	case ban.Allowed:
		return 0
	case ban.NeedsReview:
		return statusReview
	}
	return statusDenied
}

// subjectFlags say who is asked about.
type subjectFlags struct {
	subject ban.Subject
	leet    bool
	mx      bool
	dns     string
	hosts   ban.MXOptions
	traits  ban.TraitOptions
}

func (f *subjectFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.subject.Email, "email", "", "an e-mail `ADDRESS`")
	flags.StringVar(&f.subject.Domain, "domain", "", "a `DOMAIN`, such as that of a website or an alias")
	flags.StringVar(&f.subject.IP, "ip", "", "the `ADDRESS` of the client")
	flags.StringVar(&f.subject.Name, "name", "", "a user `NAME`, or the local part of an alias")
	addAction(cmd, &f.subject.Action)
	flags.BoolVar(&f.leet, "leet", false, "read digits in names as letters too, if your servers do")
	flags.BoolVar(&f.mx, "mx", false, "match the mail hosts of the address too, by DNS, if your servers do")
	flags.StringVar(&f.dns, "dns", "", "with --mx: ask the DNS server at `HOST:PORT` (default those of the system)")
	addPolicy(cmd, "mx-unknown", "with --mx: what your servers do if the DNS does not tell the mail hosts, or not all", &f.hosts.OnUnknown)
	addPolicy(cmd, "mx-none", "with --mx: what they do with a domain that has no MX record", &f.hosts.NoMX)
	addPolicy(cmd, "mx-null", "with --mx: what they do with a domain that accepts no mail (null MX)", &f.hosts.NullMX)
	addTraits(cmd, &f.traits)
}

// ask opens the database with a Checker over it. What could not be done at its
// end, writing the counts, is reported, and leaves the answer as it is.
func (f *subjectFlags) ask(ctx context.Context, a *app, do func(context.Context, *ban.Checker) error) error {
	s := f.subject
	if s.Email+s.Domain+s.IP+s.Name == "" {
		return &usageError{errors.New("nobody to ask about"), "give --email, --domain, --ip or --name"}
	}
	if !f.mx && (f.dns != "" || f.hosts.NoMX+f.hosts.NullMX+f.hosts.OnUnknown != ban.MXIgnore) {
		return &usageError{errors.New("no mail hosts are asked for"), "give --mx too"}
	}
	resolver, err := dnsclient.New(f.dns)
	if err != nil {
		return &usageError{fmt.Errorf("--dns %q: %w", f.dns, err), "give one such as 127.0.0.1:53"}
	}
	a.asks = true
	return a.with(ctx, reads, func(ctx context.Context, s *session) error {
		o := ban.CheckerOptions{
			Leet: f.leet, MX: f.hosts, Traits: f.traits,
			PollInterval: -1, // it is asked once
		}
		if f.mx {
			o.MX.Resolver = resolver
		}
		checker, err := a.checker(ctx, s, o)
		if err != nil {
			return err
		}
		if err := do(ctx, checker); err != nil {
			return errors.Join(err, checker.Close())
		}
		if err := checker.Close(); err != nil {
			a.warn("the hit is not counted: %v", err)
		}
		return nil
	})
}

func checkCommand(a *app) *cobra.Command {
	var flags subjectFlags
	var noCount bool
	cmd := a.command(groupAsk, "check", "ask whether somebody may come in", func(cmd *cobra.Command, _ []string) error {
		return flags.ask(cmd.Context(), a, func(ctx context.Context, c *ban.Checker) error {
			d, err := decide(ctx, c, flags.subject, noCount)
			if err != nil {
				return err
			}
			doc := newVerdictDoc(d)
			a.status = doc.status()
			return a.output().print(doc)
		})
	})
	cmd.Long = `Ask whether somebody may come in, as the servers do: the rules that match count a
hit, unless --no-count is given.

The exit status is 0 if they are allowed, 3 if denied, 4 if a person has to
review it, 2 if the question is none, such as an address that does not parse, and
5 if the answer cannot be known. A database that cannot be read lets nobody in.`
	flags.add(cmd)
	cmd.Flags().BoolVar(&noCount, "no-count", false, "count no hits")
	return cmd
}

// decide asks the Checker. Explain gives the same answer and counts nothing.
func decide(ctx context.Context, c *ban.Checker, s ban.Subject, noCount bool) (ban.Decision, error) {
	if noCount {
		trace, err := c.Explain(ctx, s)
		return trace.Decision, err
	}
	return c.Check(ctx, s)
}

// traceDoc is the answer to a check and how it came about.
type traceDoc struct {
	verdictDoc
	Considered []ban.Considered `json:"considered"` // by field, within one by precedence
}

func (d traceDoc) text(t *text) {
	if len(d.Considered) == 0 {
		t.line("%s: no rule matches", d.Verdict)
		return
	}
	t.line("%s", d.Verdict)
	t.head("OUTCOME", "EFFECT", "RULE", "ORIGIN", "MATCHES", "VIA", "EXPIRES", "REASON")
	for _, c := range d.Considered {
		t.row(string(c.Outcome), c.Effect.String(), fmt.Sprintf("%s %s", c.Kind, labelled(c.Matched, c.Label)), string(c.Origin),
			fmt.Sprintf("%s %s", c.Field, c.Input), c.Via.String(), moment(c.ExpiresAt), c.Reason)
	}
	if d.Message != "" {
		t.line("to be told: %s", d.Message)
	}
}

func explainCommand(a *app) *cobra.Command {
	var flags subjectFlags
	cmd := a.command(groupAsk, "explain", "show every rule that a check considers, and count none", func(cmd *cobra.Command, _ []string) error {
		return flags.ask(cmd.Context(), a, func(ctx context.Context, c *ban.Checker) error {
			trace, err := c.Explain(ctx, flags.subject)
			if err != nil {
				return err
			}
			doc := traceDoc{newVerdictDoc(trace.Decision), trace.Considered}
			if doc.Considered == nil {
				doc.Considered = []ban.Considered{}
			}
			return a.output().print(doc)
		})
	})
	flags.add(cmd)
	return cmd
}
