package backend

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/ostraka/pgstore"
)

// Variable is the environment variable that names the database where no flag does.
const Variable = "OSTRAKA_DB"

// Address says where a database is: in an SQLite file, or on a PostgreSQL server. The
// zero Address says nothing.
type Address struct {
	from    string          // what named it, as a flag is called; may be empty
	path    string          // of a file; empty: on a server
	dsn     string          // what pgstore is given; it may have a password
	name    string          // that may be shown to anybody
	tools   string          // likewise, for PostgreSQL's own programs
	options pgstore.Options // that dsn has said
}

// IsZero reports whether no database is named.
func (a Address) IsZero() bool { return a == Address{} }

// String returns the address without a password.
func (a Address) String() string { return a.name }

// OnServer reports whether the database is on a PostgreSQL server.
func (a Address) OnServer() bool { return a.dsn != "" }

// Path returns the path of the file, empty for a database on a server.
func (a Address) Path() string { return a.path }

// Schema returns the schema that the tables are in; empty for a file.
func (a Address) Schema() string { return a.options.Schema }

// WithSchema returns the address of another schema of the same database on a server.
func (a Address) WithSchema(schema string) Address {
	a.options.Schema = schema
	a.name = a.tools + "?schema=" + url.QueryEscape(schema)
	return a
}

// Connect makes a connection to the database of an address on a server. The caller closes it.
func (a Address) Connect(ctx context.Context) (*pgx.Conn, error) {
	config, err := pgxpool.ParseConfig(a.dsn) // which knows the settings of pools
	if err != nil {
		return nil, a.error(errors.New("these settings cannot be used"), howServer)
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, a.serverError(ctx, fmt.Errorf("%w: %w", pgstore.ErrConnection, err))
	}
	return conn, nil
}

// File returns the address of an SQLite file.
func File(path string) Address { return Address{path: path, name: path} }

// Named returns the address that the flag of that name has on the command line or, if
// that is empty, the one in the first of the environment variables that is set, or else
// the zero Address. The error is an [*Error], which shows no password.
//
// An address on the command line has no password: everybody on the machine can read
// the arguments of programs.
func Named(flag, argument string, variables ...string) (Address, error) {
	if argument != "" {
		return parse(flag, argument, false)
	}
	for _, v := range variables {
		if text := os.Getenv(v); text != "" {
			return parse(v, text, true)
		}
	}
	return Address{}, nil
}

const (
	howServer   = "write postgres://USER@HOST:PORT/DATABASE"
	howSpecial  = howServer + "; within a name or password, write % as %25, / as %2F, # as %23, ? as %3F, : as %3A, @ as %40"
	howPassword = "leave it out, and set PGPASSWORD, or put it into the file that PGPASSFILE names (default ~/.pgpass), or the whole address into " + Variable
)

var (
	scheme   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)
	keywords = regexp.MustCompile(`(?i)(^|\s)(host|hostaddr|port|user|[a-z]*pass[a-z]*|dbname|service|sslmode)\s*=`)
	// loose is what may be the address of a server without its scheme, with a password. A
	// path of a file is not, if it begins with a slash, or a dot and a slash.
	loose = regexp.MustCompile(`^(//)?[^/@]*:[^@]*@`)
	key   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]*$`)
)

// parse reads an address. One that may not have a password is refused with it.
func parse(from, given string, mayPassword bool) (Address, error) {
	given = strings.TrimSpace(given)
	before, rest, isURL := strings.Cut(given, "://")
	kind := strings.ToLower(before)
	a := Address{from: from}
	switch {
	case isURL && (kind == "postgres" || kind == "postgresql"):
		return a.parseServer(kind+"://"+rest, mayPassword)
	case isURL && scheme.MatchString(before+":"):
		a.name = fmt.Sprintf("%.20s://…", kind) // the rest may have a password
		return Address{}, a.error(errors.New("no such kind of database"), "name an SQLite file by its path, or "+howServer)
	case strings.HasPrefix(strings.ToLower(given), "postgres:"), strings.HasPrefix(strings.ToLower(given), "postgresql:"):
		a.name = "postgres:…"
		return Address{}, a.error(errors.New("no // behind the colon"), howServer)
	case isURL, loose.MatchString(given):
		a.name = "…" // it may have a password
		return Address{}, a.error(errors.New("neither a path nor an address that begins with its scheme"), howServer+", or ./ before the name of a file that has a colon and an @")
	case keywords.MatchString(given):
		return Address{}, a.error(errors.New("a list of keywords and values"), howServer)
	}
	a.path, a.name = given, given
	return a, nil
}

func (a Address) error(err error, hint string) *Error { return &Error{a.from, a.name, err, hint} }

func (a Address) parseServer(given string, mayPassword bool) (Address, error) {
	a.name = "postgres://…"
	u, err := url.Parse(given)
	if err != nil || u.Fragment != "" || u.Opaque != "" {
		return Address{}, a.error(errors.New("this cannot be read"), howSpecial)
	}
	q, err := url.ParseQuery(strings.ReplaceAll(u.RawQuery, "+", "%2B")) // a plus is a plus, as for psql
	for k := range q {
		if err == nil && !key.MatchString(k) {
			err = errors.New("no name of a setting")
		}
	}
	if err != nil {
		return Address{}, a.error(errors.New("what follows the ? are no settings"), howSpecial)
	}
	a.tools = shown(u)
	a.name = a.tools
	if err := a.take(u, q); err != nil {
		return Address{}, err
	}
	password, _ := u.User.Password()
	if (password != "" || q.Has("password") || q.Has("sslpassword")) && !mayPassword {
		return Address{}, a.error(errors.New("a password on the command line, where everybody on the machine can read it"), howPassword)
	}
	u.RawQuery = encoded(q)
	a.dsn = text(u)
	if _, err := pgxpool.ParseConfig(a.dsn); err != nil {
		return Address{}, a.error(fmt.Errorf("these settings cannot be used: %s", reason(err)), "correct the address, or the PG… variables of the environment")
	}
	return a, nil
}

// shown returns an address with the user, the server and the database alone.
func shown(u *url.URL) string {
	out := url.URL{Scheme: "postgres", Host: u.Host, Path: u.Path}
	if name := u.User.Username(); name != "" {
		out.User = url.User(name)
	}
	return text(&out)
}

// encoded returns settings as they stand behind the ?. PostgreSQL's clients read no plus
// as a space.
func encoded(q url.Values) string { return strings.ReplaceAll(q.Encode(), "+", "%20") }

// text returns an address with its slashes, also if there is nothing behind them.
func text(u *url.URL) string {
	s := u.String()
	if !strings.Contains(s, "://") {
		s = strings.Replace(s, ":", "://", 1)
	}
	return s
}

// take takes out of the settings those that are not PostgreSQL's.
func (a *Address) take(u *url.URL, q url.Values) error {
	a.options.Schema = q.Get("schema")
	if a.options.Schema == "" {
		a.options.Schema = pgstore.DefaultSchema
	} else {
		a.name += "?schema=" + url.QueryEscape(a.options.Schema)
	}
	switch mode := q.Get("pool_mode"); mode {
	case "", "session":
	case "transaction":
		a.options.TransactionPooling = true
	default:
		return a.error(fmt.Errorf("pool_mode=%.20s", mode), "use session or transaction; no other way of a pooler keeps transactions whole")
	}
	listen := q.Get("listen")
	for _, k := range []string{"schema", "pool_mode", "listen"} {
		q.Del(k)
	}
	if listen == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(listen); err != nil {
		return a.error(fmt.Errorf("listen=%.100s is no HOST:PORT", listen), "give the server itself, past the pooler")
	}
	direct, settings := *u, url.Values{}
	for k, v := range q {
		if !strings.HasPrefix(k, "pool_") { // those of the pool, which this connection is not of
			settings[k] = v
		}
	}
	direct.Host, direct.RawQuery = listen, encoded(settings)
	a.options.ListenDSN = direct.String()
	return nil
}

// reason returns what pgx finds wrong with an address, without the address.
func reason(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, "`: "); i >= 0 {
		return text[i+len("`: "):]
	}
	return "they are out of range"
}
