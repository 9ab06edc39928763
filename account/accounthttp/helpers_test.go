package accounthttp_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/ban"
	"example.com/ostraka/ban/banhttp"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/blocklisthttp"
	"example.com/ostraka/internal/sqlitetest"
	"example.com/ostraka/memstore"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// noon is what the clock says when a test begins: before the times in the
// documents.
var noon = time.Date(2024, 12, 1, 12, 0, 0, 123456000, time.UTC)

// clock is a clock that stands until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// quick makes hashing fast: these tests are not about how long it takes.
var quick = account.PasswordOptions{Memory: 64, Time: 1, Threads: 1}

const password = "correct horse"

// site is everything over one store: all APIs, each behind the authorizer that it
// has in the package's doc.
type site struct {
	store   store.Store
	clock   *clock
	admin   *account.Admin
	auth    *account.Auth
	bans    *ban.Admin
	aliases *account.Aliases
	handler http.Handler
	log     *bytes.Buffer
}

// siteOptions say how a site differs from the usual.
type siteOptions struct {
	store      store.Store
	authorizer accounthttp.AuthorizerOptions
	signIn     accounthttp.SignInOptions
	authorize  accounthttp.Authorize // in place of all ready-made ones
	onSuspend  func(context.Context, account.Suspended) error
}

func newSite(t testing.TB, o siteOptions) *site {
	t.Helper()
	if o.store == nil {
		o.store = memstore.New()
	}
	s := &site{store: o.store, clock: &clock{now: noon}, log: new(bytes.Buffer)}
	logger := slog.New(slog.NewTextHandler(s.log, nil))
	adminOptions := account.AdminOptions{Passwords: quick, Now: s.clock.Now}
	if o.onSuspend != nil {
		adminOptions.OnSuspend = append(adminOptions.OnSuspend, o.onSuspend)
	}
	s.admin = must(account.NewAdmin(s.store, adminOptions))(t)
	s.bans = must(ban.NewAdmin(s.store, ban.AdminOptions{Now: s.clock.Now}))(t)
	blocks := must(blocklist.NewAdmin(s.store, blocklist.AdminOptions{Now: s.clock.Now}))(t)
	checker := must(ban.NewChecker(s.store, ban.CheckerOptions{Now: s.clock.Now}))(t)
	t.Cleanup(func() { _ = checker.Close() })
	s.auth = must(account.NewAuth(s.store, account.AuthOptions{Passwords: quick, Checker: checker, Now: s.clock.Now}))(t)
	s.aliases = must(account.NewAliases(s.store, checker, account.AliasesOptions{Now: s.clock.Now}))(t)

	o.authorizer.Now, o.authorizer.Logger = s.clock.Now, logger
	who := must(accounthttp.NewAuthorizer(s.auth, o.authorizer))(t)
	cookie, token, storyden := who.SessionCookie, who.BearerToken, who.StorydenSession
	if o.authorize != nil {
		cookie, token, storyden = o.authorize, o.authorize, o.authorize
	}
	o.signIn.Logger, o.signIn.Storyden = logger, true
	mux := http.NewServeMux()
	mount := func(prefix string, paths []string, h http.Handler, err error) {
		t.Helper()
		for _, p := range paths {
			mux.Handle(prefix+p, http.StripPrefix(prefix, must(h, err)(t)))
		}
	}
	h, err := accounthttp.NewSignIn(who, o.signIn)
	mount("/api", []string{"/auth/"}, h, err)
	h, err = accounthttp.NewAliases(s.aliases, s.admin, accounthttp.AliasOptions{Authorize: token, Logger: logger})
	mount("/api", []string{"/aliases", "/aliases/"}, h, err)
	h, err = accounthttp.NewOwnPassword(who, o.signIn)
	mount("/api/admin", []string{"/users/me/password"}, h, err)
	h, err = accounthttp.NewUsers(s.admin, accounthttp.Options{Authorize: cookie, Logger: logger})
	mount("/api/admin", []string{"/users", "/users/"}, h, err)
	h, err = accounthttp.NewCredentials(s.auth, s.admin, accounthttp.Options{Authorize: cookie, Logger: logger})
	mount("/api/admin", []string{"/users/{id}/credentials", "/users/{id}/credentials/"}, h, err)
	h, err = banhttp.New(s.bans, banhttp.Options{Authorize: cookie, Logger: logger, Now: s.clock.Now})
	mount("/api/admin", []string{"/"}, h, err)
	h, err = blocklisthttp.New(blocks, blocklisthttp.Options{Authorize: token, Logger: logger})
	mount("/api/v1/admin", []string{"/"}, h, err)
	h, err = accounthttp.NewSuspensions(s.admin, accounthttp.Options{Authorize: storyden, Logger: logger})
	mount("/storyden/api", []string{"/"}, h, err)
	s.handler = mux
	return s
}

// overEachStore runs a test over each backend.
func overEachStore(t *testing.T, test func(t *testing.T, open func() store.Store)) {
	t.Run("memstore", func(t *testing.T) { test(t, func() store.Store { return memstore.New() }) })
	t.Run("sqlitestore", func(t *testing.T) {
		test(t, func() store.Store {
			st := must(sqlitestore.Open(context.Background(), sqlitetest.File(t), sqlitestore.Options{}))(t)
			t.Cleanup(func() { _ = st.Close() })
			return st
		})
	})
}

// must returns the value, or ends the test with the error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// letIn is an Authorize of whoever is called alice.
func letIn(*http.Request, accounthttp.Need) (string, error) { return "alice", nil }

// create makes an account with an address of its own and the password.
func (s *site) create(t testing.TB, o account.CreateOptions) account.Account {
	t.Helper()
	if o.Email == "" {
		o.Email = o.Handle + "@example.org"
	}
	if o.Password == "" {
		o.Password = password
	}
	return must(s.admin.Create(as("root"), o))(t)
}

func (s *site) createAdmin(t testing.TB, handle string) account.Account {
	t.Helper()
	return s.create(t, account.CreateOptions{Handle: handle, Admin: true})
}

func as(actor string) context.Context { return ban.WithActor(context.Background(), actor) }

// createAliases makes two aliases of an account, numbered 1 and 2.
func (s *site) createAliases(t testing.TB, owner account.Account) {
	t.Helper()
	for _, local := range []string{"first", "second"} {
		must(s.aliases.Create(as("root"), account.AliasOptions{Address: local + "@alias.example", Owner: owner.ID}))(t)
	}
}

// request is a request to a site.
type request struct {
	target string // method and path
	body   string // JSON, unless it is empty
	header map[string]string
	from   string // the peer; default a stranger's
}

func (s *site) do(in request) *httptest.ResponseRecorder {
	method, target, _ := strings.Cut(in.target, " ")
	var body io.Reader
	if in.body != "" {
		body = strings.NewReader(in.body)
	}
	r := httptest.NewRequest(method, target, body)
	if in.from != "" {
		r.RemoteAddr = in.from
	}
	if in.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range in.header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// login returns the headers that a browser sends for a session, with the CSRF
// token.
func (s *site) login(t testing.TB, handle string) map[string]string {
	t.Helper()
	session := must(s.auth.Login(context.Background(), handle, password))(t)
	return map[string]string{
		"Cookie":       accounthttp.SessionCookieName + "=" + session.Secret + "; " + accounthttp.StorydenCookieName + "=" + session.Secret,
		"X-CSRF-Token": s.auth.CSRFToken(session),
	}
}

// token returns the header that a program with an API token sends.
func (s *site) token(t testing.TB, acc account.Account, scopes ...string) map[string]string {
	t.Helper()
	made := must(s.auth.CreateToken(as("root"), acc.ID, account.TokenOptions{Scopes: scopes}))(t)
	return map[string]string{"Authorization": "Bearer " + made.Secret}
}

// changes returns how many changes the store has logged.
func (s *site) changes(t testing.TB) int64 {
	t.Helper()
	return must(s.store.LastChange(context.Background()))(t)
}

// errDriver stands for what a driver says.
var errDriver = errors.New("driver: disk image secret.db is malformed")

// brokenStore answers every question about accounts with an error, while it is
// broken.
type brokenStore struct {
	store.Store
	err error
}

func (s *brokenStore) CreateAccount(ctx context.Context, a store.Account, c store.Change) (store.Account, error) {
	if s.err != nil {
		return store.Account{}, s.err
	}
	return s.Store.CreateAccount(ctx, a, c)
}

func (s *brokenStore) AccountBySeq(ctx context.Context, seq int64) (store.Account, error) {
	if s.err != nil {
		return store.Account{}, s.err
	}
	return s.Store.AccountBySeq(ctx, seq)
}

func (s *brokenStore) AccountByHandleKey(ctx context.Context, key string) (store.Account, error) {
	if s.err != nil {
		return store.Account{}, s.err
	}
	return s.Store.AccountByHandleKey(ctx, key)
}

func (s *brokenStore) ListAccounts(ctx context.Context, f store.AccountFilter, p store.Page) ([]store.Account, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.Store.ListAccounts(ctx, f, p)
}

func (s *brokenStore) RevokeCredentials(ctx context.Context, f store.CredentialFilter, c store.Change) (int64, error) {
	if s.err != nil {
		return 0, s.err
	}
	return s.Store.RevokeCredentials(ctx, f, c)
}

func (s *brokenStore) CreateToken(ctx context.Context, token store.Credential, version int64, c store.Change) (store.Credential, error) {
	if s.err != nil {
		return store.Credential{}, s.err
	}
	return s.Store.CreateToken(ctx, token, version, c)
}

func (s *brokenStore) TrimSessions(ctx context.Context, account uuid.UUID, keep int) (int64, error) {
	if s.err != nil {
		return 0, s.err
	}
	return s.Store.TrimSessions(ctx, account, keep)
}

func (s *brokenStore) UpdateAccount(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
	if s.err != nil {
		return store.AccountWritten{}, s.err
	}
	return s.Store.UpdateAccount(ctx, w, c)
}

func (s *brokenStore) AliasBySeq(ctx context.Context, seq int64) (store.MailAlias, error) {
	if s.err != nil {
		return store.MailAlias{}, s.err
	}
	return s.Store.AliasBySeq(ctx, seq)
}

func (s *brokenStore) ListAliases(ctx context.Context, f store.AliasFilter, p store.Page) ([]store.MailAlias, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.Store.ListAliases(ctx, f, p)
}

func (s *brokenStore) CreateAlias(ctx context.Context, a store.MailAlias, c store.Change) (store.MailAlias, error) {
	if s.err != nil {
		return store.MailAlias{}, s.err
	}
	return s.Store.CreateAlias(ctx, a, c)
}

// brokenCredentials answers every question about a session or token with an
// error.
type brokenCredentials struct {
	store.Store
	err error
}

func (s *brokenCredentials) CredentialByHash(ctx context.Context, hash store.SecretHash) (store.Credential, store.Account, error) {
	if s.err != nil {
		return store.Credential{}, store.Account{}, s.err
	}
	return s.Store.CredentialByHash(ctx, hash)
}

// noAccount is the id of no account.
var noAccount = uuid.Nil.String()

var (
	proxyRange = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
	zeroRange  = []netip.Prefix{{}}
)

// wantField wants a ValueError about the field.
func wantField(t *testing.T, err error, field string) {
	t.Helper()
	if wrong, ok := errors.AsType[*ban.ValueError](err); !ok || wrong.Field != field || wrong.Hint == "" {
		t.Errorf("the error is %v, want one about %s with a hint", err, field)
	}
}
