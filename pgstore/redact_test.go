package pgstore_test

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
)

// What is redacted is in no column of any table, as a dump of the schema has it.
func TestWhatIsRedactedIsInNoTable(t *testing.T) {
	schema := pgtest.Schema()
	s := openAt(t, schema, pgstore.Options{NoListen: true})
	defer s.Close()
	raw := rawConn(t, pgtest.Shared(t).DSN())
	b := newBan("x")
	b.Kind, b.Value, b.KeyText = store.KindEmail, "Zenobia+1@mail.example", "zenobia@mail.example"
	b, err := s.CreateBan(t.Context(), b, aChange(store.BanCreate))
	if err != nil {
		t.Fatal(err)
	}
	a := store.Account{
		ID: uuid.Must(uuid.NewV7()), Handle: "Zenobia", HandleFold: "zenobia", HandleKeys: []string{"zenobia"}, Meta: json.RawMessage(`{"x":"zenobia"}`),
		Emails: []store.AccountEmail{{ID: uuid.Must(uuid.NewV7()), Address: "zenobia+2@mail.example", Mailbox: "zenobia@mail.example"}},
	}
	if a, err = s.CreateAccount(t.Context(), a, aChange(store.AccountCreate)); err != nil {
		t.Fatal(err)
	}
	rejected := store.Account{
		ID: uuid.Must(uuid.NewV7()), Handle: "Odaenathus", HandleFold: "odaenathus", HandleKeys: []string{"odaenathus"},
		Emails: []store.AccountEmail{{ID: uuid.Must(uuid.NewV7()), Address: "odaenathus@mail.example", Mailbox: "odaenathus@mail.example"}},
		Hold:   store.Hold{Since: a.CreatedAt.AddDate(2026, 0, 0), By: "odaenathus"},
	}
	if rejected, err = s.CreateAccount(t.Context(), rejected, aChange(store.AccountCreate)); err != nil {
		t.Fatal(err)
	}
	if n := rowsWith(t, raw, schema, "zenobia"); n < 5 {
		t.Fatalf("%d rows have the name to begin with", n)
	}
	b.Value, b.KeyText = "h:k:x", "h:k:x"
	if _, err := s.RedactBan(t.Context(), b, aChange(store.BanHash)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RemoveAccount(t.Context(), store.AccountRemoval{ID: a.ID, Redact: &store.AccountRedaction{}}, aChange(store.AccountDelete)); err != nil {
		t.Fatal(err)
	}
	hashed, mailbox := newBan("x"), store.Key{Kind: store.KindEmail, Text: "odaenathus@mail.example"}
	hashed.Kind, hashed.Value, hashed.KeyText = store.KindEmail, "h:k:y", "h:k:y"
	hashed.Rivals = &store.Rivals{Keys: []store.Key{mailbox}}
	removal := store.AccountRemoval{
		ID: rejected.ID, Redact: &store.AccountRedaction{KeepAliases: true, Hashes: map[store.Key]string{mailbox: "h:k:y"}},
		CreateBans: []store.BanDisabling{{Ban: hashed}},
	}
	if w, err := s.RemoveAccount(t.Context(), removal, aChange(store.AccountReject)); err != nil || len(w.BansCreated) != 1 {
		t.Fatalf("%+v, %v; want a ban made", w, err)
	}
	for _, name := range []string{"zenobia", "odaenathus"} {
		if n := rowsWith(t, raw, schema, name); n > 0 {
			t.Errorf("%d rows have %s", n, name)
		}
	}
}

// rowsWith counts the rows of all tables of a schema that have a text in some column, in any
// case of letters.
func rowsWith(t *testing.T, raw *pgx.Conn, schema, text string) (n int64) {
	t.Helper()
	rows, err := raw.Query(t.Context(), `SELECT tablename FROM pg_tables WHERE schemaname = $1`, schema)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) == 0 {
		t.Fatalf("the tables are %q, %v", tables, err)
	}
	for _, table := range tables {
		var some int64
		name := pgx.Identifier{schema, table}.Sanitize()
		if err := raw.QueryRow(t.Context(), `SELECT count(*) FROM `+name+` AS r WHERE CAST(r AS text) ILIKE '%' || $1 || '%'`, text).Scan(&some); err != nil {
			t.Fatal(err)
		}
		n += some
	}
	return n
}
