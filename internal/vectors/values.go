package vectors

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
)

// RunValues runs the files about values, subjects, mailboxes, skeletons and
// guards.
func RunValues(t *testing.T, files []File) {
	checks := map[string]func(*Case) error{
		"value": checkValue, "subject": checkSubject, "mailbox": checkMailbox,
		"skeleton": checkSkeleton, "guard": checkGuard,
	}
	for _, f := range files {
		check := checks[f.About]
		if check == nil {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			for i := range f.Cases {
				if err := check(&f.Cases[i]); err != nil {
					t.Errorf("case %d: %v", i+1, err)
				}
			}
		})
	}
}

// kindOf returns the kind of that name.
func kindOf(name string) (value.Kind, error) {
	for _, k := range []value.Kind{value.KindEmail, value.KindDomain, value.KindIP, value.KindName} {
		if k.String() == name {
			return k, nil
		}
	}
	return 0, fmt.Errorf("%q is no kind", name)
}

// wantCode checks the code of an error; an empty one is no error.
func wantCode(err error, code string) error {
	bad, ok := errors.AsType[*value.ValueError](err)
	switch {
	case err == nil && code == "", ok && bad.Code == code:
		return nil
	case code == "":
		return fmt.Errorf("refused: %w", err)
	}
	return fmt.Errorf("the error is %v, want one of code %s", err, code)
}

func checkValue(c *Case) error {
	kind, err := kindOf(c.Kind)
	if err != nil {
		return err
	}
	in, err := c.input()
	if err != nil {
		return err
	}
	v, err := value.Parse(kind, in)
	if bad := wantCode(err, c.Code); bad != nil || err != nil {
		return bad
	}
	if v.String() != c.Text || v.Key().Text != c.Key {
		return fmt.Errorf("%s %+q is %+q with the key %+q, want %+q with the key %+q", c.Kind, in, v, v.Key().Text, c.Text, c.Key)
	}
	if again, err := value.Parse(kind, c.Text); err != nil || again != v {
		return fmt.Errorf("%+q, the canonical text, is %+q, %v", c.Text, again, err)
	}
	return nil
}

func checkSubject(c *Case) error {
	in, err := c.input()
	if err != nil {
		return err
	}
	var text string
	switch c.Field {
	case "email":
		var a value.Address
		a, err = value.ParseAddress(in)
		text = a.String()
	case "domain":
		text, err = value.ParseHost(in)
	case "ip":
		a, e := value.ParseAddr(in)
		text, err = a.String(), e
	case "name":
		var u value.Username
		u, err = value.ParseNickname(in)
		text = u.String()
	default:
		return fmt.Errorf("%q is no field", c.Field)
	}
	if bad := wantCode(err, c.Code); bad != nil || err != nil {
		return bad
	}
	if text != c.Text {
		return fmt.Errorf("%s %+q is %+q, want %+q", c.Field, in, text, c.Text)
	}
	return nil
}

func checkMailbox(c *Case) error {
	var o value.TablesOptions
	for _, r := range c.Rows {
		p := value.Provider{Domains: r.Domains, CanonicalDomain: r.CanonicalDomain, DropChars: r.Drop, Subdomains: r.Subdomains}
		if r.Cut != "" {
			p.CutAt = r.Cut[0]
		}
		o.Providers = append(o.Providers, p)
	}
	tables, err := value.NewTables(o)
	if err != nil {
		return err
	}
	a, err := tables.ParseAddress(c.Address)
	if err != nil {
		return err
	}
	if a.Mailbox() != c.Mailbox {
		return fmt.Errorf("the mailbox of %+q is %+q, want %+q", c.Address, a.Mailbox(), c.Mailbox)
	}
	return nil
}

func checkSkeleton(c *Case) error {
	u, err := value.ParseNickname(c.Name)
	if err != nil {
		return err
	}
	got := u.Skeletons()
	if c.Leet {
		for _, l := range append([]value.Look{u.Look()}, slices.Collect(looks(&u))...) {
			if as, ok := l.Leet(); ok {
				got = append(got, as.Skeleton())
			}
		}
	}
	want := slices.Clone(c.Skeletons)
	slices.Sort(got)
	slices.Sort(want)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		return fmt.Errorf("%+q has the skeletons %+q, want %+q", c.Name, got, want)
	}
	return nil
}

// looks yields what a name reads as by the letters that it was written with.
func looks(u *value.Username) func(func(value.Look) bool) {
	return func(yield func(value.Look) bool) {
		for _, l := range u.AsWritten() {
			if l != (value.Look{}) && !yield(l) {
				return
			}
		}
	}
}

func checkGuard(c *Case) error {
	kind, err := kindOf(c.Kind)
	if err != nil {
		return err
	}
	v, err := value.Parse(kind, c.Value)
	if err != nil {
		return err
	}
	g, err := ban.NewGuard(ban.GuardOptions{Protected: c.Protected})
	if err != nil {
		return err
	}
	effect, err := effectOf(c.Effect)
	if err != nil {
		return err
	}
	err = g.Check(v, effect)
	danger, ok := errors.AsType[*ban.GuardError](err)
	if (c.Guard == "") != (err == nil) || ok && danger.Code != c.Guard {
		return fmt.Errorf("%s %s %s: %v, want %q", c.Effect, c.Kind, c.Value, err, c.Guard)
	}
	return nil
}

func effectOf(name string) (ban.Effect, error) {
	switch name {
	case "", "deny":
		return ban.Deny, nil
	case "review":
		return ban.Review, nil
	case "allow":
		return ban.Allow, nil
	}
	return 0, fmt.Errorf("%q is no effect", name)
}
