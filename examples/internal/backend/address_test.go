package backend

import (
	"strings"
	"testing"

	"example.com/ostraka/pgstore"
)

func TestAddressesOfACommandLine(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		shown string
		err   string // a piece of it
	}{
		"a path":                             {"bans.db", "bans.db", ""},
		"a path with a colon":                {"a:b.db", "a:b.db", ""},
		"a path that has an equals sign":     {"of=2.db", "of=2.db", ""},
		"postgres":                           {"postgres://u@h:5433/app", "postgres://u@h:5433/app", ""},
		"postgresql is the same":             {"postgresql://u@h/app?sslmode=disable", "postgres://u@h/app", ""},
		"whatever the case of the scheme":    {"Postgres://u@h/app", "postgres://u@h/app", ""},
		"nothing but the scheme":             {"postgres://", "postgres://", ""},
		"a schema is shown":                  {"postgres://u@h/app?schema=mine", "postgres://u@h/app?schema=mine", ""},
		"a pooler":                           {"postgres://u@h/app?pool_mode=transaction&listen=db:5432", "postgres://u@h/app", ""},
		"several hosts":                      {"postgres://u@h1:1,h2:2/app", "postgres://u@h1:1,h2:2/app", ""},
		"an empty password is none":          {"postgres://u:@h/app", "postgres://u@h/app", ""},
		"a password":                         {"postgres://u:secret@h/app", "", "PGPASSFILE"},
		"a password among the settings":      {"postgres://u@h/app?password=secret", "", "PGPASSFILE"},
		"the password of a client's key":     {"postgres://u@h/app?sslpassword=secret", "", "PGPASSFILE"},
		"a slash in a password":              {"postgres://u:sec/secret@h/app", "", "%2F"},
		"a hash in a password":               {"postgres://u:12#secret@h/app", "", "%23"},
		"a question mark in a password":      {"postgres://u:12?secret@h/app", "", "%3F"},
		"a percent sign in a password":       {"postgres://u:secret%zz@h/app", "", "%25"},
		"keywords and values":                {"host=h password=secret", "", "postgres://"},
		"a keyword with a password alone":    {"PGPASSWORD=secret", "", "keywords and values"},
		"another word for it":                {"sslpassword = secret", "", "keywords and values"},
		"spaces around an address":           {" postgres://u@h/app\n", "postgres://u@h/app", ""},
		"a space before one with a password": {" postgres://u:secret@h/app", "", "PGPASSFILE"},
		"a space in the scheme":              {"postgres ://u:secret@h/app", "", "begins with its scheme"},
		"quotes around an address":           {`"postgres://u:secret@h/app"`, "", "begins with its scheme"},
		"no scheme":                          {"u:secret@h/app", "", "begins with its scheme"},
		"no scheme, a slash in a password":   {"u:a/secret@h/app", "", "begins with its scheme"},
		"no scheme but its slashes":          {"//u:secret@h/app", "", "begins with its scheme"},
		"a path with a colon and an @":       {"./a:b@c.db", "./a:b@c.db", ""},
		"a whole path with both":             {"/data/a:b@c.db", "/data/a:b@c.db", ""},
		"a path with an @ alone":             {"a@b.db", "a@b.db", ""},
		"another kind of database":           {"mysql://u:secret@h/app", "", "no such kind of database"},
		"a misspelt kind":                    {"postgress://u:secret@h/app", "", "postgres://USER"},
		"one slash":                          {"postgres:/u:secret@h/app", "", "no //"},
		"a setting that pgx does not take":   {"postgres://u@h/app?sslmode=maybe", "", "sslmode is invalid"},
		"a number that is none":              {"postgres://u@h/app?pool_max_conns=many", "", "pool_max_conns"},
		"a pooler that splits transactions":  {"postgres://u@h/app?pool_mode=statement", "", "transaction"},
		"to listen at no port":               {"postgres://u@h/app?listen=db", "", "HOST:PORT"},
		"a port that is none":                {"postgres://u@h:secret/app", "", "cannot be read"},
		"settings that cannot be read":       {"postgres://u@h/app?a=%zzsecret", "", "no settings"},
		"a URL of a file, as of other tools": {"sqlite:///tmp/x.db", "", "by its path"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := Named("-db", c.text)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || !strings.HasPrefix(err.Error(), "-db") {
					t.Fatalf("the error is %v, want %q in it", err, c.err)
				}
				if strings.Contains(err.Error(), "secret") {
					t.Errorf("the error shows what may be a password: %v", err)
				}
				return
			}
			if err != nil || a.String() != c.shown {
				t.Errorf("%v, %v, want %s", a, err, c.shown)
			}
		})
	}
}

func TestAnAddressOfTheEnvironmentMayHaveAPasswordThatNothingShows(t *testing.T) {
	t.Setenv(Variable, "postgres://u:secret@h/app?schema=s&password=secret")
	a, err := Named("-db", "", "OSTRAKA_UNSET", Variable)
	if err != nil || !a.OnServer() || a.Schema() != "s" {
		t.Fatal(a, err)
	}
	if !strings.Contains(a.dsn, "secret") {
		t.Error("the password is gone")
	}
	for _, task := range []Task{Backup, Restore, Verify, Vacuum} {
		if err := a.Can(task); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", task, err)
		}
	}
	if strings.Contains(a.String(), "secret") {
		t.Error("the address shows the password:", a)
	}
	if a, err := Named("-db", "x.db", Variable); err != nil || a.Path() != "x.db" {
		t.Error("the flag does not go before the environment:", a, err)
	}
	if a, err := Named("-db", "", "OSTRAKA_UNSET"); err != nil || !a.IsZero() {
		t.Error("nothing is named:", a, err)
	}
}

func TestSettingsOfOursAreNotTheServers(t *testing.T) {
	a, err := Named("-db", "postgres://u@pooler:6432/app?sslmode=disable&schema=s&pool_mode=transaction&listen=db:5432&pool_max_conns=7")
	if err != nil {
		t.Fatal(err)
	}
	if want := "postgres://u@pooler:6432/app?pool_max_conns=7&sslmode=disable"; a.dsn != want {
		t.Errorf("%s, want %s", a.dsn, want)
	}
	if want := (pgstore.Options{Schema: "s", TransactionPooling: true, ListenDSN: "postgres://u@db:5432/app?sslmode=disable"}); a.options != want {
		t.Errorf("%+v, want %+v", a.options, want)
	}
}

func TestAPlusInASettingIsAPlusAndASpaceStaysOne(t *testing.T) {
	a, err := Named("-db", "postgres://u@pooler/app?application_name=c%2B+and%20d&listen=db:5432")
	if err != nil {
		t.Fatal(err)
	}
	if want := "postgres://u@pooler/app?application_name=c%2B%2Band%20d"; a.dsn != want {
		t.Errorf("%s, want %s", a.dsn, want)
	}
	if want := "postgres://u@db:5432/app?application_name=c%2B%2Band%20d"; a.options.ListenDSN != want {
		t.Errorf("%s, want %s", a.options.ListenDSN, want)
	}
}
