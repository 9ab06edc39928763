package memstore_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// A host makes bans with package ban; this is what reaches the store.
func Example() {
	ctx := context.Background()
	st := memstore.New()
	defer st.Close()

	cancel := st.Subscribe(func(c store.Change) { fmt.Println(c.Seq, c.Actor, c.Action, c.Keys) })
	defer cancel()

	now := time.Now().UTC().Truncate(time.Microsecond)
	ban := store.Ban{
		ID:   uuid.Must(uuid.NewV7()),
		Kind: store.KindDomain, Value: "*.spam.example", KeyText: "spam.example",
		Reason: "registers throwaway accounts", CreatedAt: now, UpdatedAt: now,
	}
	change := store.Change{At: now, Actor: "alice", Action: store.BanCreate}
	if _, err := st.CreateBan(ctx, ban, change); err != nil {
		fmt.Println(err)
	}

	rules, err := st.Lookup(ctx, []store.Key{{Kind: store.KindDomain, Text: "spam.example"}})
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range rules {
		fmt.Println(r.Effect, r.Value)
	}

	ban.ID = uuid.Must(uuid.NewV7())
	_, err = st.CreateBan(ctx, ban, change)
	fmt.Println(errors.Is(err, store.ErrExists))
	// Output:
	// 1 alice ban.create [domain:spam.example]
	// deny *.spam.example
	// true
}
