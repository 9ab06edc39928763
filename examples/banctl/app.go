package main

import (
	"errors"
	"fmt"
	"io"
	"os/user"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/keyfile"
)

// The exit statuses.
const (
	statusTrouble = 2
	statusDenied  = 3
	statusReview  = 4
	statusUnknown = 5 // a check that has no answer, for trouble with the database
)

// app is one run of the program.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time

	dbFlag  string
	db      backend.Address // of the flag, or of the environment
	actor   string
	protect []string

	keyFlag string
	keys    keyfile.Keys // of the flag, or of the environment

	jsonFlag bool
	json     bool // as the flag says; before the command line is understood, a guess

	asks    bool // the command is a check
	started bool // the command line is understood, the command runs
	status  int  // exit status of a run without an error
}

const about = `Manage the bans, blocks and lists of an ostraka database, also while servers
have it open.

A ban is named by its number (12 or '#12'), its id, or its value (spam.example,
name:john.doe); the log and show also know block:DOMAIN and list:NAME.

Exit status: 0 done, or allowed; 2 wrong usage, bad input or trouble;
3 denied, 4 review, and 5 no answer for trouble with the database, all of check.`

// newRoot returns the command line.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:           "banctl --db DATABASE COMMAND",
		Short:         "manage bans, blocks and lists",
		Long:          about,
		Version:       version(),
		SilenceErrors: true, // fail prints them
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs, // which are no command
		RunE:          noCommand,

		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			a.json = a.jsonFlag
			if err := wantValues(cmd); err != nil {
				return err
			}
			if err := a.findDatabase(); err != nil {
				return err
			}
			return a.findKeys(cmd)
		},

		SuggestionsMinimumDistance: 2,
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	flags := root.PersistentFlags()
	flags.StringVar(&a.dbFlag, "db", "", "the database, `FILE` or postgres://USER@HOST/DATABASE (default: what BANCTL_DB or "+backend.Variable+" says)")
	flags.StringVar(&a.actor, "actor", "", "who does this, for the log (default: the user of the system)")
	flags.StringArrayVar(&a.protect, "protect", nil, "a `VALUE` that nothing may cover without --force, such as your own domain (repeatable)")
	flags.StringVar(&a.keyFlag, "key-file", "", "the keys of hashed bans are in `FILE` (default: what "+keyfile.Variable+" says)")
	flags.BoolVar(&a.jsonFlag, "json", false, "print one JSON document")
	root.AddGroup(
		&cobra.Group{ID: groupBans, Title: "Bans:"},
		&cobra.Group{ID: groupAsk, Title: "Questions:"},
		&cobra.Group{ID: groupLists, Title: "Blocks and lists:"},
		&cobra.Group{ID: groupAccounts, Title: "Accounts:"},
		&cobra.Group{ID: groupData, Title: "The database:"},
	)
	root.AddCommand(banCommands(a)...)
	root.AddCommand(checkCommand(a), explainCommand(a), previewCommand(a), logCommand(a), statsCommand(a))
	root.AddCommand(listCommands(a)...)
	root.AddCommand(subscriptionCommands(a)...)
	root.AddCommand(blockCommands(a)...)
	root.AddCommand(backupCommand(a), restoreCommand(a), verifyCommand(a), pruneCommand(a), vacuumCommand(a))
	root.AddCommand(migrateCommand(a), copyCommand(a), newKeyCommand(a))
	root.AddCommand(pendingCommands(a)...)
	root.AddCommand(credentialCommands(a)...)
	root.AddCommand(aliasCommands(a)...)
	refuseUnknownHelp(root)
	addCompletion(root)
	return root
}

// findDatabase reads where the database is.
func (a *app) findDatabase() (err error) {
	a.db, err = backend.Named("--db", a.dbFlag, "BANCTL_DB", backend.Variable)
	return err
}

// findKeys reads the keys of hashed bans, unless the command makes them.
func (a *app) findKeys(cmd *cobra.Command) (err error) {
	if cmd.Name() == newKey {
		return nil
	}
	if a.keys, err = keyfile.Named("--key-file", a.keyFlag); err != nil {
		return err
	}
	if open := a.keys.OpenToAll(); open != "" {
		a.warn("%s", open)
	}
	return nil
}

// refuseUnknownHelp has "help" refuse what is no command. Left to itself it takes
// such a word for an argument of the root, and shows the help of that.
func refuseUnknownHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		return
	}
	help.Args = func(_ *cobra.Command, args []string) error {
		if found, _, err := root.Find(args); len(args) > 0 && (err != nil || found == root) {
			return noCommand(root, args)
		}
		return nil
	}
}

// noCommand says that the command line names no command, or none that there is.
func noCommand(root *cobra.Command, args []string) error {
	e := &usageError{err: errors.New("no command"), hint: `"banctl help" has them`}
	if len(args) > 0 {
		e.err = fmt.Errorf("unknown command %q", args[0])
		if near := root.SuggestionsFor(args[0]); len(near) > 0 {
			e.hint = "did you mean " + strings.Join(near, " or ") + "?"
		}
	}
	return e
}

// version returns what the module was built as: "(devel)" from a folder of sources.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version
}

func banCommands(a *app) []*cobra.Command {
	return []*cobra.Command{
		addCommand(a), putCommand(a), updateCommand(a), revokeCommand(a), reinstateCommand(a), hashCommand(a),
		deleteCommand(a), purgeCommand(a), listCommand(a), showCommand(a),
	}
}

// The groups of commands in the help.
const (
	groupBans  = "bans"
	groupAsk   = "ask"
	groupLists = "lists"
	groupData  = "data"

	groupAccounts = "accounts"
)

// command fills in what the commands have in common. The first word of use is
// the name of the command; those after it name its arguments, all required.
func (a *app) command(group, use, short string, run func(*cobra.Command, []string) error) *cobra.Command {
	names := strings.Fields(use)[1:]
	return &cobra.Command{
		Use:     use,
		Short:   short,
		GroupID: group,
		Args: func(cmd *cobra.Command, args []string) error {
			return wantArgs(cmd, names, args)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.started = true
			return run(cmd, args)
		},
	}
}

// wantArgs checks that there is an argument for each name; those in brackets may
// be left out. An empty one is most likely an unset variable of a script.
func wantArgs(cmd *cobra.Command, names, args []string) error {
	required := slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(n, "[") })
	if required < 0 {
		required = len(names)
	}
	var err error
	switch {
	case len(args) < required:
		err = fmt.Errorf("%s: %s is missing", cmd.Name(), names[len(args)])
	case len(args) > len(names):
		err = fmt.Errorf("%s: unexpected argument %q", cmd.Name(), args[len(names)])
	default:
		for i, arg := range args {
			if strings.TrimSpace(arg) == "" {
				err = fmt.Errorf("%s: %s is empty", cmd.Name(), names[i])
			}
		}
	}
	if err == nil {
		return nil
	}
	return &usageError{err: err, hint: fmt.Sprintf(`"banctl help %s" says more`, cmd.Name())}
}

// wantValues refuses flags that were given an empty value: most likely a variable
// of a script that is not set, which must not pass for a flag that was left out.
func wantValues(cmd *cobra.Command) error {
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if _, may := mayBeEmpty[f.Name]; !may && f.Value.Type() == "string" && strings.TrimSpace(f.Value.String()) == "" {
			err = &usageError{err: fmt.Errorf("--%s has no value", f.Name), hint: "leave it out if that is meant"}
		}
	})
	return err
}

// mayBeEmpty are the flags of texts that can be taken away.
var mayBeEmpty = map[string]struct{}{"reason": {}, "public-reason": {}, "source": {}, "label": {}}

// who returns in whose name changes are made.
func (a *app) who() (string, error) {
	if a.actor != "" {
		return a.actor, nil
	}
	u, err := user.Current()
	if err != nil || u.Username == "" {
		return "", &usageError{err: errors.New("the system does not say who you are"), hint: "name yourself with --actor"}
	}
	return u.Username, nil
}

// wantsJSON reports whether errors of the command line are to be JSON too, as far
// as that can be told of one that may not be understood.
func wantsJSON(args []string) bool {
	for _, arg := range args {
		switch arg {
		case "--":
			return false
		case "--json", "--json=true":
			return true
		}
	}
	return false
}
