package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/fetch"
)

func subscriptionCommands(a *app) []*cobra.Command {
	return []*cobra.Command{subscribeCommand(a), fetchCommand(a), unsubscribeCommand(a), catalogueCommand(a)}
}

// subscriptionDoc is a subscription as it is printed.
type subscriptionDoc struct {
	blocklist.Subscription
	Interval string   `json:"interval"`
	State    stateDoc `json:"state"`
}

// stateDoc is what the fetches gave.
type stateDoc struct {
	DueAt     time.Time `json:"due_at"`
	TriedAt   time.Time `json:"tried_at,omitzero"`
	CheckedAt time.Time `json:"checked_at,omitzero"`
	ChangedAt time.Time `json:"changed_at,omitzero"`
	Failures  int64     `json:"failures"`
	Code      string    `json:"code,omitzero"`
	Problem   string    `json:"problem,omitzero"`
}

func newSubscriptionDoc(s blocklist.Subscription) *subscriptionDoc {
	t := s.State
	return &subscriptionDoc{s, s.Interval.String(), stateDoc{t.DueAt, t.TriedAt, t.CheckedAt, t.ChangedAt, t.Failures, t.Code, t.Problem}}
}

func (d *subscriptionDoc) fields(t *text) {
	t.field("from", d.URL)
	t.field("every", d.Interval)
	t.field("effect", d.Effect.String())
	t.field("scope", d.Scope.String())
	t.field("reason", d.Reason)
	t.field("public reason", d.PublicReason)
	t.field("signed by", d.PublicKey)
	t.field("checked", moment(d.State.CheckedAt))
	t.field("due", moment(d.State.DueAt))
	t.field("problem", d.State.Problem)
}

// subscriptionChangeDoc says what became of a subscription.
type subscriptionChangeDoc struct {
	Action       string           `json:"action"` // created, updated or deleted
	DryRun       bool             `json:"dry_run,omitzero"`
	Subscription *subscriptionDoc `json:"subscription"`
}

func (d subscriptionChangeDoc) text(t *text) {
	t.line("%s: subscription of list %s", rehearsed(d.DryRun, d.Action), d.Subscription.List)
	d.Subscription.fields(t)
}

func subscribeCommand(a *app) *cobra.Command {
	var o blocklist.SubscribeOptions
	var every string
	var dryRun bool
	cmd := a.command(groupLists, "subscribe URL", "have a list fetched by itself, from a URL or by its name in the catalogue", func(cmd *cobra.Command, args []string) error {
		o := o
		if err := fromCatalogue(&o, args[0], cmd.Flags().Changed); err != nil {
			return err
		}
		if o.List == "" {
			return &usageError{errors.New("--list is missing"), "name the list that it becomes, for example --list disposable"}
		}
		if every != "" {
			d, err := parseDuration(every)
			if err != nil {
				return ban.NewValueError("every", every, ban.CodeSyntax, "give a duration such as 6h or 1d")
			}
			o.Interval = d
		}
		return a.with(cmd.Context(), writes(dryRun, creates), func(ctx context.Context, s *session) error {
			sub, created, err := s.lists.Subscribe(ctx, o)
			if err != nil {
				return err
			}
			action := actionUpdated
			if created {
				action = actionCreated
			}
			return a.output().print(subscriptionChangeDoc{action, dryRun, newSubscriptionDoc(sub)})
		})
	})
	cmd.ValidArgsFunction = nil
	cmd.Long = `Have a list fetched by itself, by every adminserver -fetch and every "banctl fetch".
What it has stays in force until another content has come in whole and passed the
rules that stop an import; "lists" shows when that was, and what is the matter.

In place of a URL, a name that "catalogue" shows may stand.`
	flags := cmd.Flags()
	flags.StringVar(&o.List, "list", "", "the `NAME` of the list, required but for one of the catalogue")
	flags.StringVar(&every, "every", "", "fetch it every `TIME` such as 6h or 1d (default 1d)")
	addFormat(cmd, &o.Format, readFormats, blocklist.FormatAuto)
	addKind(cmd, &o.Kind, "the kind of all values (default: as their form tells, which no name has)")
	addEffect(cmd, &o.Effect, ban.Deny.String(), "what entries do that do not say it")
	addScope(cmd, &o.Scope, allActions, "the actions that entries keep people from that do not say it")
	flags.BoolVar(&o.Shadow, "shadow", false, "entries only report and count what they would do")
	flags.StringVar(&o.Reason, "reason", "", "why, `TEXT` for moderators")
	flags.StringVar(&o.PublicReason, "public-reason", "", "why, `TEXT` for the person refused")
	flags.StringVar(&o.PublicKey, "public-key", "", "take only what is signed by this `KEY` of minisign, or Ed25519 key in base64")
	flags.StringVar(&o.SignatureURL, "signature", "", "with --public-key: where the signature is, `URL` (default: the list's, with .minisig or .sig behind it)")
	flags.StringVar(&o.ChecksumURL, "checksum", "", "take only what has the SHA-256 that is at `URL`")
	flags.Int64Var(&o.MaxBytes, "max-bytes", blocklist.DefaultMaxBytes, "take no more than `N` bytes")
	flags.BoolVar(&o.AllowPrivate, "allow-private", false, "connect to addresses that are not public too, and by http")
	flags.BoolVar(&o.AllowRedirects, "allow-redirects", false, "follow redirects")
	flags.BoolVar(&o.AllowWide, "allow-wide", false, "take public suffixes, short prefixes and short wildcards")
	flags.BoolVar(&o.AllowExceptions, "allow-exceptions", false, "take entries that allow")
	addDryRun(flags, &dryRun)
	return cmd
}

// fromCatalogue fills in the URL, which is the argument, or what the catalogue says of
// the list of that name where no flag does.
func fromCatalogue(o *blocklist.SubscribeOptions, argument string, given func(string) bool) error {
	o.URL = argument
	if strings.ContainsAny(argument, ":/") {
		return nil
	}
	for _, k := range fetch.Catalogue() {
		if k.Name != argument {
			continue
		}
		known := k.Subscription()
		o.URL, o.Interval = known.URL, known.Interval
		o.AllowWide = o.AllowWide || known.AllowWide
		for flag, take := range map[string]func(){
			"list": func() { o.List = known.List }, "format": func() { o.Format = known.Format }, "kind": func() { o.Kind = known.Kind },
			"effect": func() { o.Effect = known.Effect }, "scope": func() { o.Scope = known.Scope },
		} {
			if !given(flag) {
				take()
			}
		}
		return nil
	}
	return &usageError{fmt.Errorf("%q is neither a URL nor in the catalogue", argument), "catalogue shows what is"}
}

func unsubscribeCommand(a *app) *cobra.Command {
	var dryRun bool
	cmd := a.command(groupLists, "unsubscribe LIST", "fetch a list no more, and leave it as it is", func(cmd *cobra.Command, args []string) error {
		return a.with(cmd.Context(), writes(dryRun, changes), func(ctx context.Context, s *session) error {
			sub, err := s.lists.Unsubscribe(ctx, args[0])
			if err != nil {
				return err
			}
			return a.output().print(subscriptionChangeDoc{actionDeleted, dryRun, newSubscriptionDoc(sub)})
		})
	})
	cmd.ValidArgsFunction = a.completeLists
	addDryRun(cmd.Flags(), &dryRun)
	return cmd
}

// fetchDoc says what became of fetches.
type fetchDoc struct {
	DryRun  bool         `json:"dry_run,omitzero"`
	Fetched []fetchedDoc `json:"fetched"`
}

// fetchedDoc says what became of one.
type fetchedDoc struct {
	List    string        `json:"list"`
	Outcome fetch.Outcome `json:"outcome"`
	DueAt   time.Time     `json:"due_at"`
	Code    string        `json:"code,omitzero"`
	Message string        `json:"message,omitzero"`
	Import  *importDoc    `json:"import,omitempty"` // of one that was applied or stopped
}

func newFetchedDoc(r fetch.Result, dryRun bool) fetchedDoc {
	d := fetchedDoc{List: r.List, Outcome: r.Outcome, DueAt: r.DueAt}
	if r.Outcome == fetch.Applied || r.Outcome == fetch.Stopped {
		d.Import = new(newImportDoc(r.List, r.Sync, dryRun))
	}
	if r.Err != nil {
		d.Message = r.Err.Error()
		if e, ok := errors.AsType[*fetch.Error](r.Err); ok {
			d.Code, d.Message = e.Code, e.Err.Error()
		}
	}
	return d
}

func (d fetchDoc) text(t *text) {
	if len(d.Fetched) == 0 {
		t.line("no list is due")
	}
	for _, f := range d.Fetched {
		switch {
		case f.Outcome == fetch.Applied:
			f.Import.text(t)
		case f.Message != "":
			t.line("list %s: %s: %s; next try at %s", f.List, f.Outcome, f.Message, moment(f.DueAt))
		default:
			t.line("list %s: %s", f.List, f.Outcome)
		}
	}
}

func fetchCommand(a *app) *cobra.Command {
	var list string
	var o fetch.FetchOptions
	var dryRun bool
	cmd := a.command(groupLists, "fetch", "fetch the lists that are due, or one whether it is or not", func(cmd *cobra.Command, _ []string) error {
		if o.Force && list == "" {
			return &usageError{errors.New("--force is for one list"), "give --list too"}
		}
		return a.with(cmd.Context(), writes(dryRun, changes), func(ctx context.Context, s *session) error {
			actor, err := a.who()
			if err != nil {
				return err
			}
			f, err := fetch.New(s.store, s.lists, fetch.Options{Poll: -1, DryRun: dryRun, Now: a.now, Actor: actor, UserAgent: "banctl"})
			if err != nil {
				return err
			}
			defer f.Close()
			var results []fetch.Result
			if list != "" {
				results = []fetch.Result{f.Fetch(ctx, list, o)}
				if errors.Is(results[0].Err, ban.ErrNotFound) {
					return fmt.Errorf("a subscription of list %q, which subscribe makes: %w", list, ban.ErrNotFound)
				}
			} else if results, err = f.FetchDue(ctx); err != nil {
				return err
			}
			return a.fetched(results, dryRun)
		})
	})
	cmd.Long = `Fetch the lists that are due, for a timer of the system where no adminserver -fetch
runs. With --list it is that one, due or not, and it is applied also if its content
is known: what was undone comes back. Exit status 2 if one failed or was stopped.`
	flags := cmd.Flags()
	flags.StringVar(&list, "list", "", "fetch the list `NAME` now")
	flags.BoolVar(&o.Force, "force", false, "with --list: go on with what looks like a mistake")
	addDryRun(flags, &dryRun)
	_ = cmd.RegisterFlagCompletionFunc("list", func(cmd *cobra.Command, _ []string, s string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return a.completeLists(cmd, nil, s)
	})
	return cmd
}

// fetched prints what became of fetches. If one went wrong the program ends with
// trouble.
func (a *app) fetched(results []fetch.Result, dryRun bool) error {
	doc := fetchDoc{dryRun, []fetchedDoc{}}
	for _, r := range results {
		if _, ok := errors.AsType[*fetch.Error](r.Err); r.Err != nil && !ok {
			return r.Err // no such subscription, or it is being fetched
		}
		doc.Fetched = append(doc.Fetched, newFetchedDoc(r, dryRun))
		if r.Err != nil {
			a.status = statusTrouble
		}
	}
	return a.output().print(doc)
}

// knownDoc is a list of the catalogue as it is printed.
type knownDoc struct {
	Name     string     `json:"name"`
	Kind     ban.Kind   `json:"kind"`
	Effect   ban.Effect `json:"effect"`
	Every    string     `json:"every"`
	URL      string     `json:"url"`
	Homepage string     `json:"homepage"`
	Licence  string     `json:"licence"`
	About    string     `json:"about"`
}

// catalogueDoc is all of it.
type catalogueDoc struct {
	Catalogue []knownDoc `json:"catalogue"`
}

func (d catalogueDoc) text(t *text) {
	for _, k := range d.Catalogue {
		t.line("%s: %s", k.Name, k.About)
		t.field("entries", fmt.Sprintf("%s, %s", k.Kind, k.Effect))
		t.field("from", k.URL)
		t.field("licence", k.Licence)
		t.field("see", k.Homepage)
	}
	t.line("banctl subscribe NAME has one of them fetched")
}

func catalogueCommand(a *app) *cobra.Command {
	return a.command(groupLists, "catalogue", "show well-known public lists, of which nothing is fetched unless you subscribe", func(*cobra.Command, []string) error {
		doc := catalogueDoc{}
		for _, k := range fetch.Catalogue() {
			doc.Catalogue = append(doc.Catalogue, knownDoc{k.Name, k.Kind, k.Effect, k.Interval.String(), k.URL, k.Homepage, k.Licence, k.About})
		}
		return a.output().print(doc)
	})
}
