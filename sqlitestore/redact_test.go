package sqlitestore

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// What is redacted is in no byte of the file and its write-ahead log, however the pages
// were split and filled while it was there.
func TestWhatIsRedactedIsInNoPage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ostraka.db")
	s := openAt(t, path, Options{Synchronous: SyncNormal})
	secrets := fillAround(t, s)
	wantInFiles(t, path, secrets, true)
	for _, b := range listBans(t, s, "secret") {
		b.Value, b.KeyText = "h:key:"+b.ID.String(), "h:key:"+b.ID.String()
		if _, err := s.RedactBan(t.Context(), b, by(store.BanHash)); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range secretAccounts(t, s) {
		removal := store.AccountRemoval{ID: a.ID, Redact: &store.AccountRedaction{}}
		if _, err := s.RemoveAccount(t.Context(), removal, by(store.AccountDelete)); err != nil {
			t.Fatal(err)
		}
	}
	wantInFiles(t, path, secrets, false)
}

func listBans(t *testing.T, s *Store, contains string) []store.Ban {
	t.Helper()
	bans, err := s.ListBans(t.Context(), store.BanFilter{Contains: contains}, store.Page{Limit: store.MaxPageLimit})
	if err != nil {
		t.Fatal(err)
	}
	return bans
}

func secretAccounts(t *testing.T, s *Store) []store.Account {
	t.Helper()
	accounts, err := s.ListAccounts(t.Context(), store.AccountFilter{HandleContains: "secret"}, store.Page{Limit: store.MaxPageLimit})
	if err != nil {
		t.Fatal(err)
	}
	return accounts
}

// fillAround writes bans and accounts of which one in forty is secret, in an order
// that splits pages everywhere, and changes some of them.
func fillAround(t *testing.T, s *Store) (secrets []string) {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 800 {
		address := fmt.Sprintf("%08x-somebody-%d@mail.example", rng.Uint32(), i)
		if i%40 == 7 {
			address = fmt.Sprintf("%08x-secret-%d@mail.example", rng.Uint32(), i)
			secrets = append(secrets, address)
		}
		b := store.Ban{ID: uuid.Must(uuid.NewV7()), Kind: store.KindEmail, Value: address, KeyText: address, CreatedAt: at, UpdatedAt: at}
		b, err := s.CreateBan(t.Context(), b, by(store.BanCreate))
		if err != nil {
			t.Fatal(err)
		}
		a := store.Account{
			ID: uuid.Must(uuid.NewV7()), Handle: address, HandleFold: address, HandleKeys: []string{address}, CreatedAt: at,
			Emails: []store.AccountEmail{{ID: uuid.Must(uuid.NewV7()), Address: address, Mailbox: address}},
		}
		if _, err := s.CreateAccount(t.Context(), a, by(store.AccountCreate)); err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			b.Reason = string(bytes.Repeat([]byte("x"), rng.IntN(250)))
			if _, err := s.UpdateBan(t.Context(), b, by(store.BanUpdate)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return secrets
}

// wantInFiles wants texts in the files of a database, or in none of them.
func wantInFiles(t *testing.T, path string, texts []string, want bool) {
	t.Helper()
	found := 0
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			if n := bytes.Count(data, []byte(text)); n > 0 {
				found++
				if !want {
					at := bytes.Index(data, []byte(text))
					t.Errorf("%s has %q %d times, at %d of page %d: %q", filepath.Base(file), text, n, at%4096, at/4096+1, data[max(0, at-60):at+60])
				}
			}
		}
	}
	if want && found == 0 {
		t.Fatal("the files have none of the texts to begin with")
	}
}

// An account that is rejected with bans of hashes is in no byte either, though its bans
// are made in the step that takes it away.
func TestWhoIsRejectedWithHashesIsInNoPage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ostraka.db")
	s := openAt(t, path, Options{Synchronous: SyncNormal})
	secrets := fillAround(t, s)
	for _, a := range secretAccounts(t, s) {
		key, text := store.Key{Kind: store.KindEmail, Text: a.Emails[0].Mailbox}, "h:key:"+a.ID.String()
		removal := store.AccountRemoval{
			ID: a.ID, Version: a.Version, Redact: &store.AccountRedaction{KeepAliases: true, Hashes: map[store.Key]string{key: text}},
			CreateBans: []store.BanDisabling{{Ban: store.Ban{
				ID: uuid.Must(uuid.NewV7()), Kind: store.KindEmail, Value: text, KeyText: text, CreatedAt: at, UpdatedAt: at,
				Rivals: &store.Rivals{Keys: []store.Key{key}},
			}}},
		}
		if w, err := s.RemoveAccount(t.Context(), removal, by(store.AccountReject)); err != nil || len(w.BansExisting) != 1 {
			t.Fatalf("%+v, %v; want the ban that there was, turned into its hash", w, err)
		}
	}
	wantInFiles(t, path, secrets, false)
}
