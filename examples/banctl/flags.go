package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/store"
)

// choice is a flag that takes one of a few words, or several with commas between.
type choice[T any] struct {
	target  *T
	parse   func(string) (T, error)
	options []string
	initial string // as the help shows it; empty: none
}

func (c *choice[T]) Set(s string) error {
	v, err := c.parse(s)
	if err != nil {
		return fmt.Errorf("use %s", strings.Join(c.options, ", "))
	}
	*c.target = v
	return nil
}

func (c *choice[T]) String() string { return c.initial }
func (c *choice[T]) Type() string   { return strings.Join(c.options, "|") }

// addChoice adds such a flag to a command, and what a shell completes it with.
func addChoice[T any](cmd *cobra.Command, name, usage string, c *choice[T]) {
	cmd.Flags().Var(c, name, usage)
	// It fails for a flag that is not there, or has one already.
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(c.options, cobra.ShellCompDirectiveNoFileComp))
}

func addKind(cmd *cobra.Command, k *ban.Kind, usage string) {
	addChoice(cmd, "kind", usage, &choice[ban.Kind]{target: k, parse: store.ParseKind, options: words(store.Kinds())})
}

func addEffect(cmd *cobra.Command, e *ban.Effect, initial, usage string) {
	addEffects(cmd, e, initial, usage, ban.Deny, ban.Review, ban.Allow)
}

// addBlockEffect is addEffect for blocks, of which none allows.
func addBlockEffect(cmd *cobra.Command, e *ban.Effect, initial, usage string) {
	addEffects(cmd, e, initial, usage, ban.Deny, ban.Review)
}

func addEffects(cmd *cobra.Command, e *ban.Effect, initial, usage string, of ...ban.Effect) {
	addChoice(cmd, "effect", usage, &choice[ban.Effect]{
		target: e, parse: store.ParseEffect, options: words(of), initial: initial,
	})
}

// allActions is the scope of all actions, in words.
const allActions = "all"

func addScope(cmd *cobra.Command, s *ban.Scope, initial, usage string) {
	addChoice(cmd, "scope", usage, &choice[ban.Scope]{
		target: s, parse: store.ParseScope, options: append([]string{allActions}, words(store.Actions())...), initial: initial,
	})
}

func addAction(cmd *cobra.Command, a *ban.Action) {
	addChoice(cmd, "action", "what they are about to do", &choice[ban.Action]{
		target: a, parse: store.ParseAction, options: words(store.Actions()), initial: ban.SignUp.String(),
	})
}

// addPolicy adds a flag that says what is done about something.
func addPolicy(cmd *cobra.Command, name, usage string, p *ban.Policy) {
	addChoice(cmd, name, usage, &choice[ban.Policy]{
		target: p, parse: func(s string) (p ban.Policy, err error) {
			err = p.UnmarshalText([]byte(s))
			return p, err
		},
		options: words([]ban.Policy{ban.PolicyIgnore, ban.PolicyReview, ban.PolicyDeny}), initial: ban.PolicyIgnore.String(),
	})
}

func addFormat(cmd *cobra.Command, f *blocklist.Format, options []blocklist.Format, initial blocklist.Format) {
	*f = initial
	addChoice(cmd, "format", "the format of the list", &choice[blocklist.Format]{
		target: f, parse: formatOf(options), options: words(options), initial: initial.String(),
	})
}

// formatOf parses the formats among the options only.
func formatOf(options []blocklist.Format) func(string) (blocklist.Format, error) {
	return func(s string) (blocklist.Format, error) {
		for _, f := range options {
			if f.String() == s {
				return f, nil
			}
		}
		return 0, fmt.Errorf("unknown format %q", s)
	}
}

func words[T fmt.Stringer](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v.String()
	}
	return out
}

func addDryRun(flags *pflag.FlagSet, target *bool) {
	flags.BoolVar(target, "dry-run", false, "say what would be done, or why not, and do nothing")
}

func addForce(flags *pflag.FlagSet, target *bool) {
	flags.BoolVar(target, "force", false, "do it also if a guard advises against it")
}

// contentFlags are those that say what a ban is.
type contentFlags struct {
	kind       ban.Kind
	effect     ban.Effect
	scope      ban.Scope
	shadow     bool
	reason     string
	public     string
	expires    string
	ladder     []string
	window     string
	ipv6Prefix int
	hashed     bool
	label      string
	force      bool
}

// add adds the flags to a command that makes bans, or previews them.
func (f *contentFlags) add(cmd *cobra.Command) {
	f.addTo(cmd, ban.Deny.String(), allActions, "default: never")
	cmd.Flags().StringSliceVar(&f.ladder, "ladder", nil,
		"instead of --expires: how long a first ban of the value lasts, a second, and so on, `TIMES` such as 1h,1d,1w,never")
	cmd.Flags().BoolVar(&f.hashed, "hashed", false, "keep a hash of the address or name only, under the newest key of --key-file")
	cmd.Flags().StringVar(&f.window, "ladder-window", "", "with --ladder: earlier bans count that ended no longer ago than `TIME` (default 90d)")
}

// addToPatch adds the flags to a command that changes what is given only.
func (f *contentFlags) addToPatch(cmd *cobra.Command) {
	f.addTo(cmd, "", "", `"never" takes the end away`)
}

func (f *contentFlags) addTo(cmd *cobra.Command, effect, scope, never string) {
	addKind(cmd, &f.kind, "the kind of the value (default: as its form tells)")
	addEffect(cmd, &f.effect, effect, "what it does")
	addScope(cmd, &f.scope, scope, "the actions it keeps people from, with commas between")
	flags := cmd.Flags()
	flags.BoolVar(&f.shadow, "shadow", false, "only report and count what it would do")
	flags.StringVar(&f.reason, "reason", "", "why, `TEXT` for moderators")
	flags.StringVar(&f.public, "public-reason", "", "why, `TEXT` for the person refused")
	flags.StringVar(&f.label, "label", "", "of a hashed ban: `TEXT` to be read in the place of the value")
	flags.StringVar(&f.expires, "expires", "", "when it ends: in `TIME` such as 36h, 7d or 2w, or at one such as 2030-01-31, when that day begins in UTC, or 2030-01-31T12:00:00Z ("+never+")")
	flags.IntVar(&f.ipv6Prefix, "ipv6-prefix", 0, "widen a single IPv6 address to the network of so many `BITS`, such as 64")
	addForce(flags, &f.force)
}

// options returns what the flags say about a value.
func (f *contentFlags) options(value string, now time.Time) (ban.CreateOptions, error) {
	o := ban.CreateOptions{
		Kind: f.kind, Value: value, Effect: f.effect, Scope: f.scope, Shadow: f.shadow,
		Reason: f.reason, PublicReason: f.public, IPv6Prefix: f.ipv6Prefix, Force: f.force,
		Hashed: f.hashed, Label: f.label,
	}
	if f.kind == 0 {
		v, err := ban.ParseAny(value)
		if err != nil {
			return o, err
		}
		o.Kind, o.Value = v.Kind(), v.String()
	}
	if f.expires != "" {
		t, err := parseExpiry(f.expires, now)
		if err != nil {
			return o, err
		}
		o.ExpiresAt = t
	}
	var err error
	o.Ladder, err = parseLadder(f.ladder, f.window)
	return o, err
}
