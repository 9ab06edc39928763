package ban_test

import (
	"context"
	"fmt"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// A program calls Rekey when it has opened its store.
func ExampleRekey() {
	ctx := context.Background()
	st := memstore.New() // or the database of before
	defer st.Close()
	result, err := ban.Rekey(ctx, st, ban.RekeyOptions{
		Progress: func(p ban.RekeyProgress) { fmt.Printf("%d of %d\n", p.Seen, p.Total) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("made anew:", result.Moved)
	// Output: made anew: 0
}
