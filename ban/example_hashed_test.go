package ban_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// A ban that outlives the address: the store has its hash under a key of the host's,
// and what the moderator calls it.
func ExampleKeyRing() {
	file := strings.NewReader("# made by banctl new-key; the last key makes new bans\n" +
		"2026 MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n")
	keys, newest, err := ban.ParseKeyRing(file)
	if err != nil {
		log.Fatal(err)
	}
	st := memstore.New()
	defer st.Close()
	if missing, err := ban.MissingKeys(context.Background(), st, keys); err != nil || len(missing) > 0 {
		log.Fatal("bans are hashed under keys that are not here: ", missing, err)
	}
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Keys: keys, HashKey: newest})
	if err != nil {
		log.Fatal(err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{Keys: keys})
	if err != nil {
		log.Fatal(err)
	}
	defer checker.Close()

	alice := ban.WithActor(context.Background(), "alice")
	b, err := admin.Create(alice, ban.CreateOptions{
		Kind: ban.KindEmail, Value: "ann@gmail.com", Hashed: true, Label: "case 7",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(b.Label, b.Value[:len("h:2026:")]+"…")
	d, err := checker.Check(context.Background(), ban.Subject{Email: "a.n.n+again@googlemail.com"})
	fmt.Println(d.Verdict, d.Match.Label, err)
	// Output:
	// case 7 h:2026:…
	// denied case 7 <nil>
}
