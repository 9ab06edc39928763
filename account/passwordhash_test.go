package account_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func TestAPasswordIsHashedAsTheDefaultsSay(t *testing.T) {
	admin := must(account.NewAdmin(memstore.New(), account.AdminOptions{Actor: "root"}))(t)
	bob := must(admin.Create(t.Context(), account.CreateOptions{Handle: "bob", Password: password}))(t)
	if !strings.HasPrefix(bob.PasswordHash, "$argon2id$v=19$m=19456,t=2,p=1$") { // the OWASP cheat sheet's second choice
		t.Errorf("the hash is %s", bob.PasswordHash)
	}
}

// A hash comes from the store, perhaps from another program by way of an import: what
// no argon2 makes, or would take more than a machine has, lets nobody in.
func TestWhichHashesLetIn(t *testing.T) {
	hash := func(memory, passes uint32, lanes uint8, salt, sum int) string {
		s := bytes.Repeat([]byte{7}, salt)
		b64 := base64.RawStdEncoding.EncodeToString
		return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", memory, passes, lanes, b64(s),
			b64(argon2.IDKey([]byte(password), s, passes, memory, lanes, uint32(sum))))
	}
	good := hash(64, 1, 1, 16, 32)
	for name, c := range map[string]struct {
		hash string
		ok   bool
	}{
		"as we make them":             {good, true},
		"the shortest salt":           {hash(64, 1, 1, 8, 32), true},
		"a salt that is too short":    {hash(64, 1, 1, 7, 32), false},
		"the longest salt":            {hash(64, 1, 1, 64, 32), true},
		"a salt that is too long":     {hash(64, 1, 1, 65, 32), false},
		"the shortest sum":            {hash(64, 1, 1, 16, 16), true},
		"a sum that is too short":     {hash(64, 1, 1, 16, 15), false},
		"the longest sum":             {hash(64, 1, 1, 16, 64), true},
		"a sum that is too long":      {hash(64, 1, 1, 16, 65), false},
		"as little memory as may be":  {hash(16, 1, 2, 16, 32), true},
		"too little memory for lanes": {strings.Replace(hash(16, 1, 2, 16, 32), "m=16", "m=15", 1), false},
		"other parameters":            {strings.Replace(good, "m=64", "m=65", 1), false},
		"no passes":                   {strings.Replace(good, "t=1", "t=0", 1), false},
		"another algorithm":           {strings.Replace(good, "argon2id", "argon2i", 1), false},
		"another version":             {strings.Replace(good, "v=19", "v=16", 1), false},
		"a parameter that is missing": {strings.Replace(good, ",p=1", "", 1), false},
		"a part that is missing":      {good[:strings.LastIndex(good, "$")], false},
		"a part more":                 {good + "$", false},
		"no base64":                   {strings.Replace(good, "$v=19$m=64,t=1,p=1$", "$v=19$m=64,t=1,p=1$!", 1), false},
		"none":                        {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, memstore.New())
			w := store.AccountWrite{Account: h.create(t, "bob")}
			w.Account.PasswordHash = c.hash
			must(h.store.UpdateAccount(t.Context(), w, store.Change{At: h.clock.Now(), Actor: "root", Action: store.AccountUpdate}))(t)
			_, err := h.auth.Authenticate(t.Context(), "bob", password)
			if c.ok && err != nil {
				t.Errorf("it does not let in: %v", err)
			}
			if !c.ok {
				wantError(t, "Authenticate", err, account.ErrBadLogin)
			}
		})
	}
}

func TestOptionsOutOfRangeAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		options account.AuthOptions
		field   string // empty: they are in range
	}{
		"an idle timeout below a second":     {account.AuthOptions{IdleTimeout: time.Second - 1}, "IdleTimeout"},
		"the shortest idle timeout":          {account.AuthOptions{IdleTimeout: time.Second}, ""},
		"no idle timeout":                    {account.AuthOptions{IdleTimeout: -1}, ""},
		"a lifetime that has passed":         {account.AuthOptions{SessionLifetime: -1}, "SessionLifetime"},
		"a negative number of sessions":      {account.AuthOptions{MaxSessions: -1}, "MaxSessions"},
		"a short key":                        {account.AuthOptions{CSRFKey: make([]byte, 31)}, "CSRFKey"},
		"the shortest key":                   {account.AuthOptions{CSRFKey: make([]byte, 32)}, ""},
		"the most memory, which takes 4 GiB": {account.AuthOptions{Passwords: account.PasswordOptions{Memory: 4<<20 + 1}}, "Passwords.Memory"},
		"too little memory for the lanes":    {account.AuthOptions{Passwords: account.PasswordOptions{Memory: 15, Threads: 2}}, "Passwords.Memory"},
		"too many passes":                    {account.AuthOptions{Passwords: account.PasswordOptions{Memory: 64, Time: 257}}, "Passwords.Time"},
		"fewer than none at once":            {account.AuthOptions{Passwords: account.PasswordOptions{Memory: 64, Concurrent: -1}}, "Passwords.Concurrent"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.options.Passwords.Memory == 0 {
				c.options.Passwords = quick
			}
			_, err := account.NewAuth(memstore.New(), c.options)
			if c.field == "" {
				if err != nil {
					t.Errorf("it is refused: %v", err)
				}
				return
			}
			wantValueError(t, err, c.field, ban.CodeRange)
		})
	}
}

func TestAnAddressThatTheAccountHasIsNotAddedAgain(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		bob := h.create(t, "bob")
		must(h.admin.AddEmail(as("root"), bob.ID, "second@example.org", false))(t)
		for _, address := range []string{"bob@example.org", "SECOND@example.org"} {
			got := must(h.admin.AddEmail(as("root"), bob.ID, address, true))(t)
			if len(got.Emails) != 2 || got.Emails[0].Address != "bob@example.org" {
				t.Errorf("after %s the addresses are %+v", address, got.Emails)
			}
		}
		for _, e := range must(h.admin.Get(t.Context(), bob.ID))(t).Emails {
			if e.VerifiedAt.IsZero() {
				t.Errorf("%s is not verified", e.Address)
			}
		}
		if _, err := h.admin.AddEmail(as("root"), bob.ID, "no address", true); err == nil {
			t.Error("no address was added")
		}
	})
}
