package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestWrongUseAndTroubleEndWithStatus2(t *testing.T) {
	c := newCLI(t)
	c.seed()
	missing := filepath.Join(t.TempDir(), "missing")
	notSQLite := file(t, "notes.db", strings.Repeat("no database, but a text that is long enough to be one\n", 20))
	twenty := file(t, "twenty.txt", strings.Repeat("x", 3)+".example\n")
	for name, test := range map[string]struct {
		args []string
		code string
		want []string
	}{
		"no command":                  {nil, codeUsage, []string{"no command", "banctl help"}},
		"unknown command":             {[]string{"ad"}, codeUsage, []string{`unknown command "ad"`, "did you mean add"}},
		"help of no command":          {[]string{"help", "ad"}, codeUsage, []string{`unknown command "ad"`, "did you mean add"}},
		"unknown flag":                {[]string{"add", "--nope", "x.example"}, codeUsage, []string{"--nope", "banctl help"}},
		"missing argument":            {[]string{"revoke"}, codeUsage, []string{"BAN is missing", "banctl help revoke"}},
		"argument too many":           {[]string{"add", "a.example", "b.example"}, codeUsage, []string{`unexpected argument "b.example"`}},
		"empty argument":              {[]string{"add", " "}, codeUsage, []string{"VALUE is empty"}},
		"flag with an empty value":    {[]string{"add", "x.example", "--expires", ""}, codeUsage, []string{"--expires has no value"}},
		"unknown effect":              {[]string{"add", "x.example", "--effect", "ban"}, codeUsage, []string{"--effect", "deny, review, allow"}},
		"unknown action in a scope":   {[]string{"add", "x.example", "--scope", "mail,fly"}, codeUsage, []string{"--scope", "sign_up"}},
		"unknown format":              {[]string{"export", "mine", "--format", "xls"}, codeUsage, []string{"--format", "csv"}},
		"auto is no format to write":  {[]string{"export", "mine", "--format", "auto"}, codeUsage, []string{"--format"}},
		"all and a limit":             {[]string{"list", "--all", "--limit", "3"}, codeUsage, []string{"all", "limit"}},
		"limit too large":             {[]string{"list", "--limit", "1000"}, codeValue, []string{"limit", "1 to 999"}},
		"no database there":           {[]string{"--db", missing, "list"}, codeUsage, []string{missing, "add, put, import and block make one"}},
		"dry run makes no database":   {[]string{"--db", missing, "add", "x.example", "--dry-run"}, codeUsage, []string{missing}},
		"no SQLite database":          {[]string{"--db", notSQLite, "list"}, codeDatabase, []string{"not an SQLite database"}},
		"folder for a database":       {[]string{"--db", t.TempDir(), "list"}, codeFailed, []string{"is a directory"}},
		"value that is none":          {[]string{"add", "eve@@example.org"}, codeValue, []string{`email "eve@@example.org"`}},
		"duration that is none":       {[]string{"add", "x.example", "--expires", "7x"}, codeValue, []string{"36h, 7d or 2w"}},
		"expiry that has passed":      {[]string{"add", "x.example", "--expires", "2001-01-01T00:00:00Z"}, codeValue, []string{"has passed"}},
		"reason too long":             {[]string{"add", "x.example", "--reason", strings.Repeat("x", 256)}, codeValue, []string{"255 characters"}},
		"guarded value":               {[]string{"add", "co.uk"}, codeGuard, []string{"public_suffix", "--force"}},
		"protected value":             {[]string{"--protect", "mail.corp.example", "add", "corp.example"}, codeGuard, []string{"protected", "--force"}},
		"value that is banned":        {[]string{"add", "spam.example"}, codeExists, []string{"already exists as #1", "put updates it"}},
		"domain that is blocked":      {[]string{"block", "blocked.example"}, codeExists, []string{"already exists as #1"}},
		"ban that is not there":       {[]string{"revoke", "nobody.example"}, codeNotFound, []string{`domain "nobody.example"`}},
		"number that is not there":    {[]string{"show", "#99"}, codeNotFound, []string{"99"}},
		"block that is not there":     {[]string{"unblock", "nobody.example"}, codeNotFound, []string{"nobody.example"}},
		"list that is not there":      {[]string{"undo", "nothing"}, codeNotFound, []string{`"nothing"`}},
		"empty patch":                 {[]string{"update", "1"}, codeValue, []string{"at least one field"}},
		"nobody to ask about":         {[]string{"check"}, codeUsage, []string{"--email"}},
		"address that does not parse": {[]string{"check", "--email", "eve"}, codeValue, []string{`email "eve"`}},
		"unset variable in a check":   {[]string{"check", "--email", "", "--ip", "203.0.113.7"}, codeUsage, []string{"--email has no value"}},
		"import without a name":       {[]string{"import", twenty}, codeUsage, []string{"--list is missing", "--list twenty.txt"}},
		"import of no file":           {[]string{"import", "--list", "x", missing}, codeUsage, []string{missing}},
		"import of a folder":          {[]string{"import", "--list", "x", t.TempDir()}, codeUsage, []string{"is a directory"}},
		"import in another format":    {[]string{"import", "--list", "x", "--format", "json", twenty}, codeFormat, []string{"not a json list", "--format"}},
		"import of nothing":           {[]string{"import", "--list", "x", file(t, "empty.txt", "\n")}, codeStopped, []string{"no entries", "--force"}},
		"list with a name like this":  {[]string{"import", "--list", "My List", twenty}, codeValue, []string{"lower-case"}},
		"purge without a time":        {[]string{"purge"}, codeUsage, []string{"--before", "90d"}},
		"purge of the future":         {[]string{"purge", "--before", "2999-01-01T00:00:00Z"}, codeValue, []string{"has passed"}},
		"backup onto a file":          {[]string{"backup", twenty}, codeUsage, []string{twenty, "replaces nothing"}},
		"backup into no folder":       {[]string{"backup", filepath.Join(missing, "b.db")}, codeFile, []string{missing}},
	} {
		t.Run(name, func(t *testing.T) {
			c := &cli{T: t, db: c.db}
			r := c.run(test.args...)
			if r.code != statusTrouble || r.out != "" || strings.Count(r.errors, "\n") != 1 || !strings.HasPrefix(r.errors, "banctl: ") {
				t.Errorf("want status 2 and one line on standard error, got %d, %q and %q", r.code, r.out, r.errors)
			}
			contains(t, r.errors, test.want...)

			r = c.run(append([]string{"--json"}, test.args...)...)
			if r.code != statusTrouble || r.out != "" {
				t.Errorf("with --json: status %d and %q", r.code, r.out)
			}
			wants(t, document(t, r.errors), "error.code", test.code)
		})
	}
}

func TestErrorsAreJSONWhereverTheFlagStands(t *testing.T) {
	c := newCLI(t)
	for _, args := range [][]string{{"--json", "add", "--nope"}, {"add", "--nope", "--json"}, {"add", "--json"}, {"nope", "--json=true"}, {"add", "x@@", "--json"}} {
		document(t, c.run(args...).errors)
	}
	for _, args := range [][]string{{"add", "x@@", "--reason", "--json"}, {"add", "x@@", "--json=false"}, {"add", "--", "x@@", "--json"}} {
		contains(t, c.run(args...).errors, "banctl: ")
	}
}

func TestExportThatFailsPrintsNothing(t *testing.T) {
	c := newCLI(t)
	c.seed()
	r := c.run("export", "mine", "--format", "hosts")
	if r.code != statusTrouble || r.out != "" {
		t.Errorf("status %d, %q", r.code, r.out)
	}
	contains(t, r.errors, "203.0.113.0/24", "cannot be written as hosts")
}

func TestExportTakesOneFormat(t *testing.T) {
	c := newCLI(t)
	c.seed()
	r := c.run("export", "mine", "--format", "csv", "--json")
	wants(t, document(t, r.errors), "error.code", codeUsage)
}

func TestWrongInputLeavesNoDatabase(t *testing.T) {
	for _, args := range [][]string{
		{"list"}, {"verify"}, {"revoke", "x.example"}, {"check", "--email", "a@b.example"},
		{"add", "eve@@example.org"}, {"add", "x.example", "--expires", "soon"}, {"block", "no domain"},
		{"import", "--list", "x", "/nowhere/at/all"},
	} {
		c := withoutDatabase(t)
		if r := c.run(args...); r.code != statusTrouble {
			t.Errorf("%q: exit status %d", args, r.code)
		}
		if _, err := os.Stat(c.db); !os.IsNotExist(err) {
			t.Errorf("%q left a database behind: %v", args, err)
		}
	}
}

func TestNewDatabaseIsAnnounced(t *testing.T) {
	c := withoutDatabase(t)
	r := c.run("add", "spam.example", "--json")
	wants(t, document(t, r.out), "action", "created")
	wants(t, document(t, r.errors), "warning", c.db+" is a new database")
	if info, err := os.Stat(c.db); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the database: %v, %v", info, err)
	}
	c.ok("add", "other.example") // which is silent
}

func TestDatabaseIsNamedByTheEnvironment(t *testing.T) {
	c := newCLI(t)
	c.seed()
	t.Setenv("BANCTL_DB", c.db)
	var out, errors strings.Builder
	if code := run(t.Context(), []string{"lists"}, nil, &out, &errors, c.now); code != 0 {
		t.Fatalf("exit status %d: %s", code, errors.String())
	}
	contains(t, out.String(), "mine")
}

func TestActorIsTheUserOfTheSystemUnlessNamed(t *testing.T) {
	c := newCLI(t)
	user, err := (&app{}).who()
	if err != nil {
		t.Skipf("the system does not say who runs this: %v", err)
	}
	var out, errors strings.Builder
	if code := run(t.Context(), []string{"--db", c.db, "add", "x.example"}, nil, &out, &errors, c.now); code != 0 {
		t.Fatalf("exit status %d: %s", code, errors.String())
	}
	wants(t, c.json("show", "x.example"), "ban.created_by", user)
	wants(t, c.json("add", "y.example"), "ban.created_by", "alice")
}

func TestHelpNamesTheExitStatuses(t *testing.T) {
	c := newCLI(t)
	for _, args := range [][]string{{"help"}, {"--help"}, {"help", "check"}} {
		contains(t, c.ok(args...), "denied", "review", "3", "4", "--db FILE", "--json")
	}
	contains(t, c.ok("help", "import"), "--list NAME", "--format auto|plain", "--dry-run", "--force")
	contains(t, c.ok("help", "add"), "--effect deny|review|allow", "36h, 7d or 2w")
}

func TestShellsCompleteWordsAndLists(t *testing.T) {
	c := newCLI(t)
	c.seed()
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"undo", ""}, "mine\n"},
		{[]string{"add", "--effect", ""}, "deny\nreview\nallow\n"},
		{[]string{"check", "--action", "si"}, "sign_up\nsign_in\n"},
		{[]string{"re"}, "revoke\tend a ban"},
	} {
		var out, errors strings.Builder
		args := append([]string{"__complete", "--db", c.db}, test.args...)
		if code := run(t.Context(), args, nil, &out, &errors, c.now); code != 0 {
			t.Errorf("%q: exit status %d: %s", args, code, errors.String())
		}
		contains(t, out.String(), test.want)
	}
}
