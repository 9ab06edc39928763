package memstore_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// population is a store with a million accounts of one address each, 30% of
// them at gmail.com, and a hundred thousand aliases. One account has a session.
type population struct {
	once      sync.Once
	st        *memstore.Store
	addresses []string
	hash      store.SecretHash
	session   uuid.UUID
}

var everybody population

func populated(b *testing.B) *population {
	b.Helper()
	everybody.once.Do(func() { everybody.fill(b, 1_000_000, 100_000) })
	return &everybody
}

func (p *population) fill(b *testing.B, accounts, aliases int) {
	p.st = memstore.New()
	for i := range accounts {
		a := numberedAccount(i)
		if _, err := p.st.CreateAccount(b.Context(), a, store.Change{At: now}); err != nil {
			b.Fatal(err)
		}
		p.addresses = append(p.addresses, a.Emails[0].Address)
		if i == accounts/2 {
			p.session, p.hash = uuid.New(), sha256.Sum256([]byte("secret"))
			session := store.Credential{ID: p.session, Kind: store.Session, Account: a.ID, Hash: p.hash, CreatedAt: now}
			if _, err := p.st.CreateSession(b.Context(), session, 1); err != nil {
				b.Fatal(err)
			}
		}
		if i%50_000 == 0 { // the log is not what is measured
			if _, err := p.st.PruneChanges(b.Context(), now.Add(time.Second)); err != nil {
				b.Fatal(err)
			}
		}
	}
	for i := range aliases {
		local := fmt.Sprint("alias", i)
		a := store.MailAlias{
			ID: uuid.New(), Local: local, LocalKey: local, Domain: "alias.example",
			Destination: p.addresses[i], Mailbox: p.addresses[i], Active: true, CreatedAt: now, UpdatedAt: now,
		}
		if _, err := p.st.CreateAlias(b.Context(), a, store.Change{At: now}); err != nil {
			b.Fatal(err)
		}
	}
}

func numberedAccount(i int) store.Account {
	handle, domain := fmt.Sprint("user", i), fmt.Sprintf("d%d.example", i%5000)
	if i%10 < 3 {
		domain = "gmail.com"
	}
	address := handle + "@" + domain
	return store.Account{
		ID: uuid.New(), Handle: handle, HandleFold: handle, HandleKeys: []string{handle},
		Emails:   []store.AccountEmail{{ID: uuid.New(), Address: address, Mailbox: address, CreatedAt: now}},
		JoinedAt: now, CreatedAt: now, UpdatedAt: now,
	}
}

func BenchmarkAffected(b *testing.B) {
	p := populated(b)
	b.Run("baseline: the suffixes of a million strings", func(b *testing.B) {
		for b.Loop() {
			n := 0
			for _, a := range p.addresses {
				if strings.HasSuffix(a, "@gmail.com") {
					n++
				}
			}
			if n != 300_000 {
				b.Fatal(n)
			}
		}
	})
	for _, key := range []store.Key{
		{Kind: store.KindDomain, Text: "gmail.com"},
		{Kind: store.KindEmail, Text: p.addresses[len(p.addresses)/2]},
		{Kind: store.KindName, Text: "user777777"},
	} {
		b.Run(key.Kind.String(), func(b *testing.B) {
			for b.Loop() {
				if a, err := p.st.Affected(b.Context(), store.Selector{Key: key}, 10); err != nil || a.Accounts == 0 {
					b.Fatal(a, err)
				}
			}
		})
	}
}

func BenchmarkCredentialByHash(b *testing.B) {
	p := populated(b)
	b.Run("baseline: a map", func(b *testing.B) {
		sessions := map[store.SecretHash]uuid.UUID{p.hash: p.session}
		for b.Loop() {
			if sessions[p.hash] != p.session {
				b.Fatal("not found")
			}
		}
	})
	b.Run("memstore", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if c, _, err := p.st.CredentialByHash(b.Context(), p.hash); err != nil || c.ID != p.session {
				b.Fatal(c, err)
			}
		}
	})
}
