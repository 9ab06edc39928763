package sqlitestore_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "ostraka")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	st, err := sqlitestore.Open(ctx, filepath.Join(dir, "ostraka.db"), sqlitestore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer st.Close()

	now := time.Now().UTC().Truncate(time.Microsecond)
	_, err = st.CreateBan(ctx, store.Ban{
		ID:   uuid.Must(uuid.NewV7()),
		Kind: store.KindDomain, Value: "spam.example", KeyText: "spam.example",
		Reason: "sells followers", CreatedAt: now, CreatedBy: "alice", UpdatedAt: now,
	}, store.Change{At: now, Actor: "alice", Action: store.BanCreate})
	if err != nil {
		log.Fatal(err)
	}

	rules, err := st.Lookup(ctx, []store.Key{
		{Kind: store.KindDomain, Text: "mail.spam.example"},
		{Kind: store.KindDomain, Text: "spam.example"},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, rule := range rules {
		fmt.Println(rule.Effect, rule.Key, rule.Reason)
	}
	// Output: deny domain:spam.example sells followers
}
