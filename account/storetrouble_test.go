package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

var errDisk = fmt.Errorf("%w: the disk is gone", store.ErrUnavailable)

// troubled is a store some of whose methods fail: those whose error is set.
type troubled struct {
	store.Store
	createSession, listCredentials, alias, aliasByAddress, listChanges, listAccounts error

	revoke func(store.CredentialFilter) error
}

func (s *troubled) CreateSession(ctx context.Context, c store.Credential, v int64) (store.Credential, error) {
	if s.createSession != nil {
		return store.Credential{}, s.createSession
	}
	return s.Store.CreateSession(ctx, c, v)
}

func (s *troubled) ListCredentials(ctx context.Context, f store.CredentialFilter, p store.Page) ([]store.Credential, error) {
	if s.listCredentials != nil {
		return nil, s.listCredentials
	}
	return s.Store.ListCredentials(ctx, f, p)
}

func (s *troubled) RevokeCredentials(ctx context.Context, f store.CredentialFilter, c store.Change) (int64, error) {
	if s.revoke != nil {
		if err := s.revoke(f); err != nil {
			return 0, err
		}
	}
	return s.Store.RevokeCredentials(ctx, f, c)
}

func (s *troubled) Alias(ctx context.Context, id uuid.UUID) (store.MailAlias, error) {
	if s.alias != nil {
		return store.MailAlias{}, s.alias
	}
	return s.Store.Alias(ctx, id)
}

func (s *troubled) AliasByAddress(ctx context.Context, local, domain string) (store.MailAlias, error) {
	if s.aliasByAddress != nil {
		return store.MailAlias{}, s.aliasByAddress
	}
	return s.Store.AliasByAddress(ctx, local, domain)
}

func (s *troubled) ListChanges(ctx context.Context, id uuid.UUID, p store.Page) ([]store.Change, error) {
	if s.listChanges != nil {
		return nil, s.listChanges
	}
	return s.Store.ListChanges(ctx, id, p)
}

func (s *troubled) ListAccounts(ctx context.Context, f store.AccountFilter, p store.Page) ([]store.Account, error) {
	if s.listAccounts != nil {
		return nil, s.listAccounts
	}
	return s.Store.ListAccounts(ctx, f, p)
}

func newTroubled(t *testing.T) (*troubled, *house) {
	s := &troubled{Store: memstore.New()}
	return s, newHouse(t, s)
}

func TestALoginWhoseSessionCannotBeStored(t *testing.T) {
	s, h := newTroubled(t)
	h.create(t, "bob")
	s.createSession = errDisk
	got, err := h.auth.Login(t.Context(), "bob", password)
	wantError(t, "Login", err, store.ErrUnavailable)
	if got.Secret != "" || got.Credential.ID != uuid.Nil || got.Account.ID != uuid.Nil {
		t.Errorf("there is a session all the same: %+v", got)
	}
	if errors.Is(err, account.ErrBadLogin) {
		t.Error("it looks as if the password were wrong")
	}
	s.createSession = nil
	h.login(t, "bob")
}

// An account that changes all the time is no reason to try for ever.
func TestALoginThatLosesEveryRace(t *testing.T) {
	s, h := newTroubled(t)
	h.create(t, "bob")
	s.createSession = store.ErrConflict
	got, err := h.auth.Login(t.Context(), "bob", password)
	wantError(t, "Login", err, store.ErrConflict)
	if got.Secret != "" {
		t.Error("there is a session all the same")
	}
}

func TestCredentialsThatCannotBeRead(t *testing.T) {
	s, h := newTroubled(t)
	bob := h.create(t, "bob")
	h.login(t, "bob")
	if got := must(h.auth.Credentials(t.Context(), uuid.Nil, account.Page{}))(t); len(got) != 0 {
		t.Errorf("nobody has %d credentials", len(got))
	}
	if got := must(h.auth.Credentials(t.Context(), bob.ID, account.Page{}))(t); len(got) != 1 {
		t.Errorf("%d credentials, want 1", len(got))
	}
	s.listCredentials = errDisk
	got, err := h.auth.Credentials(t.Context(), bob.ID, account.Page{})
	wantError(t, "Credentials", err, store.ErrUnavailable)
	if len(got) != 0 {
		t.Errorf("%d credentials beside the error", len(got))
	}
	n := 0
	for c, err := range h.auth.All(t.Context(), bob.ID) {
		n++
		wantError(t, "All", err, store.ErrUnavailable)
		if c.ID != uuid.Nil {
			t.Errorf("a credential beside the error: %+v", c)
		}
	}
	if n != 1 {
		t.Errorf("All yielded %d times, want once", n)
	}
}

// A rotation that cannot end the old session takes the new one back; that this fails
// too is said.
func TestARotationThatCannotBeMade(t *testing.T) {
	errOld, errNew := fmt.Errorf("%w: of the old session", errDisk), errors.New("of the new session")
	for name, c := range map[string]struct {
		fails []error // of one revocation after the other
		want  []error
		live  int // sessions that are left
	}{
		"the old one cannot be ended":       {[]error{errOld}, []error{errOld, store.ErrUnavailable}, 1},
		"nor can the new one be taken back": {[]error{errOld, errNew}, []error{errOld, errNew}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s, h := newTroubled(t)
			bob := h.create(t, "bob")
			old := h.login(t, "bob")
			s.revoke = func(store.CredentialFilter) error {
				if len(c.fails) == 0 {
					return nil
				}
				err := c.fails[0]
				c.fails = c.fails[1:]
				return err
			}
			got, err := h.auth.Rotate(t.Context(), old.Secret)
			for _, want := range c.want {
				wantError(t, "Rotate", err, want)
			}
			if got.Secret != "" {
				t.Error("the new secret is given away")
			}
			s.revoke = nil
			must(h.auth.Session(t.Context(), old.Secret))(t)
			live := 0
			for _, c := range must(h.auth.Credentials(t.Context(), bob.ID, account.Page{}))(t) {
				if c.RevokedAt.IsZero() {
					live++
				}
			}
			if live != c.live {
				t.Errorf("%d sessions are left, want %d", live, c.live)
			}
		})
	}
}

func TestAnAliasThatIsNotThere(t *testing.T) {
	s, h := newTroubled(t)
	_, err := h.aliases.Get(t.Context(), uuid.Must(uuid.NewV7()))
	wantError(t, "Get", err, account.ErrNotFound)
	_, err = h.aliases.GetSeq(t.Context(), 7)
	wantError(t, "GetSeq", err, account.ErrNotFound)
	_, err = h.aliases.ByAddress(t.Context(), "nobody@alias.example")
	wantError(t, "ByAddress", err, account.ErrNotFound)
	_, err = h.aliases.ByAddress(t.Context(), "no address")
	wantError(t, "ByAddress of no address", err, account.ErrNotFound)
	s.alias = errDisk
	_, err = h.aliases.Get(t.Context(), uuid.Must(uuid.NewV7()))
	wantError(t, "Get beside trouble", err, store.ErrUnavailable)
	if errors.Is(err, account.ErrNotFound) {
		t.Error("trouble looks like an alias that is not there")
	}
}

// Which alias has an address that is taken, and whether it is off, is only said where
// it can be read.
func TestAnAddressThatIsTaken(t *testing.T) {
	s, h := newTroubled(t)
	o := account.AliasOptions{Address: "shop@alias.example", Destination: "bob@example.org"}
	alias := must(h.aliases.Create(as("bob"), o))(t)
	_, err := h.aliases.Create(as("bob"), o)
	wantError(t, "of an alias", err, account.ErrExists)
	if _, off := errors.AsType[*account.InactiveAliasError](err); off {
		t.Errorf("it is on, and said to be off: %v", err)
	}
	must(h.aliases.SetActive(as("bob"), alias.ID, false))(t)
	_, err = h.aliases.Create(as("bob"), o)
	if off, ok := errors.AsType[*account.InactiveAliasError](err); !ok || off.Alias.ID != alias.ID {
		t.Errorf("it is off: %v", err)
	}
	s.aliasByAddress = store.ErrNotFound // of the look at the one that is there
	_, err = h.aliases.Create(as("bob"), o)
	wantError(t, "of an alias that cannot be read", err, account.ErrExists)
	if _, off := errors.AsType[*account.InactiveAliasError](err); off {
		t.Errorf("what could not be read is said to be off: %v", err)
	}
}

func TestListsThatCannotBeRead(t *testing.T) {
	s, h := newTroubled(t)
	h.create(t, "bob")
	s.listChanges, s.listAccounts = errDisk, errDisk
	changes, err := h.admin.Log(t.Context(), uuid.Nil, account.Page{})
	wantError(t, "Log", err, store.ErrUnavailable)
	accounts, err := h.admin.List(t.Context(), account.Filter{}, account.Page{})
	wantError(t, "List", err, store.ErrUnavailable)
	if len(changes)+len(accounts) > 0 {
		t.Errorf("%v, %v beside the errors", changes, accounts)
	}
}

func TestAPatchOfWhatPeopleSayIsApplied(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		bob, root := h.create(t, "bob"), h.create(t, "root")
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		links := []account.Link{{Text: "home", URL: "https://bob.example/"}, {Text: "code", URL: "https://code.example/bob"}}
		roles := []account.Role{{ID: "r1", Name: "moderator", Colour: "#fff", Permissions: []string{"ban", "review"}, Badge: true, CreatedAt: at}}
		meta := json.RawMessage(`{"plan":"pro","n":[1,2]}`)
		name, bio, verified := "Bob", "one\ntwo", "by post"
		must(h.admin.Update(as("alice"), bob.ID, account.Patch{
			Links: &links, Roles: &roles, Meta: &meta, Name: &name, Bio: &bio, Verified: &verified, InvitedBy: &root.ID,
		}))(t)
		links[0].Text, roles[0].Permissions[0] = "changed later", "changed later" // they are the caller's
		got := must(h.admin.Get(t.Context(), bob.ID))(t)
		if fmt.Sprint(got.Links) != "[{home https://bob.example/} {code https://code.example/bob}]" {
			t.Errorf("links: %v", got.Links)
		}
		if len(got.Roles) != 1 || got.Roles[0].Name != "moderator" || fmt.Sprint(got.Roles[0].Permissions) != "[ban review]" || !got.Roles[0].Badge || !got.Roles[0].CreatedAt.Equal(at) {
			t.Errorf("roles: %+v", got.Roles)
		}
		spaced := json.RawMessage(" { \"plan\" :\n \"pro\", \"n\": [1, 2] } ")
		if u := must(h.admin.Update(as("alice"), bob.ID, account.Patch{Meta: &spaced}))(t); string(u.Account.Meta) != string(meta) {
			t.Errorf("the spaces are kept: %s", u.Account.Meta)
		}
		var plan struct{ Plan string }
		if err := json.Unmarshal(got.Meta, &plan); err != nil || plan.Plan != "pro" {
			t.Errorf("meta: %s, %v", got.Meta, err)
		}
		if got.Name != name || got.Bio != bio || got.Verified != verified || got.InvitedBy != root.ID {
			t.Errorf("the rest: %+v", got)
		}
		// Each by itself leaves the others, and empty ones take all away.
		none, noRoles, noMeta, nobody := []account.Link{}, []account.Role{}, json.RawMessage(nil), uuid.Nil
		for what, p := range map[string]account.Patch{
			"links": {Links: &none}, "roles": {Roles: &noRoles}, "meta": {Meta: &noMeta}, "invited by": {InvitedBy: &nobody},
		} {
			u := must(h.admin.Update(as("alice"), bob.ID, p))(t).Account
			if what == "links" && len(u.Links) > 0 || what == "roles" && len(u.Roles) > 0 || what == "meta" && len(u.Meta) > 0 || what == "invited by" && u.InvitedBy != uuid.Nil {
				t.Errorf("%s are still there: %+v", what, u)
			}
			if u.Name != name {
				t.Errorf("a patch of %s took the name", what)
			}
		}
	})
}

func TestPatchesThatAreRefused(t *testing.T) {
	h := newHouse(t, memstore.New())
	bob := must(h.admin.Create(as("root"), account.CreateOptions{Handle: "bob"}))(t)
	at, ahead := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), h.clock.Now().Add(time.Hour)
	text := func(s string) *string { return &s }
	long := strings.Repeat("ä", account.MaxBio)
	for name, c := range map[string]struct {
		patch       account.Patch
		field, code string
	}{
		"a bio that is not UTF-8":        {account.Patch{Bio: text("a\xff")}, "bio", ban.CodeInvalidUTF8},
		"a bio with a control character": {account.Patch{Bio: text("a\x00b")}, "bio", ban.CodeControl},
		"a bio that is too long":         {account.Patch{Bio: text(long + "x")}, "bio", ban.CodeTooLong},
		"verified without an address":    {account.Patch{EmailVerifiedAt: &at}, "email_verified_at", ban.CodeConflict},
		"a script for a link":            {account.Patch{Links: &[]account.Link{{Text: "x", URL: "javascript:alert(1)"}}}, "links", ban.CodeSyntax},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.admin.Update(as("alice"), bob.ID, c.patch)
			wantValueError(t, err, c.field, c.code)
		})
	}
	must(h.admin.Update(as("alice"), bob.ID, account.Patch{Bio: &long}))(t)
	u := must(h.admin.Update(as("alice"), bob.ID, account.Patch{Email: text("bob@example.org"), EmailVerifiedAt: &ahead}))(t)
	if got := u.Account.Emails[0].VerifiedAt; !got.Equal(h.clock.Now()) {
		t.Errorf("a time ahead is kept as %v, want now", got)
	}
	before := time.Date(-1, 12, 31, 0, 0, 0, 0, time.UTC)
	_, err := h.admin.Update(as("alice"), bob.ID, account.Patch{EmailVerifiedAt: &before})
	wantValueError(t, err, "email_verified_at", ban.CodeRange)
}

// meanwhile is a store in which another makes an alias right after one was made.
type meanwhile struct {
	store.Store
	then func()
}

func (s *meanwhile) CreateAlias(ctx context.Context, a store.MailAlias, c store.Change) (store.MailAlias, error) {
	created, err := s.Store.CreateAlias(ctx, a, c)
	if then := s.then; then != nil && err == nil {
		s.then = nil
		then()
	}
	return created, err
}

// Two who make one half of a circle each, at once, both pass the first look: the second
// one turns off what closes it.
func TestACircleThatIsClosedMeanwhileIsTurnedOff(t *testing.T) {
	s := &meanwhile{Store: memstore.New()}
	h := newHouse(t, s)
	other := newHouse(t, s.Store)
	var theirs account.Alias
	s.then = func() {
		theirs = must(s.Store.CreateAlias(t.Context(), store.MailAlias{
			ID: uuid.Must(uuid.NewV7()), Local: "b", LocalKey: "b", Domain: "alias.example", Destination: "a@alias.example", Mailbox: "a@alias.example",
			Active: true, CreatedAt: h.clock.Now(), CreatedBy: "carol", UpdatedAt: h.clock.Now(),
		}, store.Change{At: h.clock.Now(), Actor: "carol", Action: store.AliasCreate}))(t)
	}
	a, err := h.aliases.Create(as("bob"), account.AliasOptions{Address: "a@alias.example", Destination: "b@alias.example"})
	wantValueError(t, err, "destination", ban.CodeConflict)
	got := must(other.aliases.ByAddress(t.Context(), "a@alias.example"))(t)
	if got.Active || a.ID != got.ID {
		t.Errorf("it forwards on: %+v; returned was %+v", got, a)
	}
	if other := must(other.aliases.Get(t.Context(), theirs.ID))(t); !other.Active {
		t.Error("both are off")
	}
}

func TestScopesOfTokens(t *testing.T) {
	h := newHouse(t, memstore.New())
	bob := h.create(t, "bob")
	for name, c := range map[string]struct {
		scopes []string
		code   string // empty: it is made
	}{
		"the longest":              {[]string{strings.Repeat("a", 128)}, ""},
		"one that is too long":     {[]string{strings.Repeat("a", 129)}, ban.CodeSyntax},
		"none":                     {nil, ban.CodeEmpty},
		"an empty one":             {[]string{"read", ""}, ban.CodeSyntax},
		"one with a space":         {[]string{"admin read"}, ban.CodeSyntax},
		"as many as may be":        {slices.Repeat([]string{"read"}, account.MaxScopes), ""},
		"more than that":           {slices.Repeat([]string{"read"}, account.MaxScopes+1), ban.CodeRange},
		"parts with colons":        {[]string{"admin:read:email_domain_blocks"}, ""},
		"a colon with nothing":     {[]string{"admin:"}, ban.CodeSyntax},
		"a colon with nothing yet": {[]string{":read"}, ban.CodeSyntax},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.auth.CreateToken(as("root"), bob.ID, account.TokenOptions{Scopes: c.scopes})
			if c.code == "" {
				if err != nil {
					t.Errorf("it is refused: %v", err)
				}
				return
			}
			wantValueError(t, err, "scopes", c.code)
		})
	}
}
