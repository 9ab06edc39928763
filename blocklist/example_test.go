package blocklist_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
)

// A list is synced with its file whenever that changes, and takes effect through
// a ban.Checker over the same store. Undo takes a bad version back.
func ExampleAdmin_Sync() {
	st := memstore.New()
	defer st.Close()
	admin, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer checker.Close()

	ctx := ban.WithActor(context.Background(), "nightly")
	sync := func(text string) {
		lines := blocklist.Parse(strings.NewReader(text), blocklist.ParseOptions{Kind: ban.KindDomain})
		r, err := admin.Sync(ctx, "disposable", lines, blocklist.SyncOptions{Source: "disposable.txt"})
		for _, reject := range r.Rejects {
			fmt.Printf("line %d: %v\n", reject.Line, reject.Err)
		}
		if stop, ok := errors.AsType[*blocklist.StopError](err); ok {
			fmt.Println("stopped:", stop)
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("added", r.Added, "removed", r.Removed, "unchanged", r.Unchanged, "rejected", r.Rejected)
	}
	check := func(email string) {
		d, err := checker.Check(ctx, ban.Subject{Email: email})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(email, d.Verdict)
	}

	sync("throwaway.example # since May\ntenminutes.example\nco.uk\nspam.example\n")
	check("eve@mx.throwaway.example")
	sync("tenminutes.example\nspam.example\nburner.example\n")
	check("eve@mx.throwaway.example")
	sync("# moved to another place\n")

	list, err := admin.Undo(ctx, "disposable")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("undone: version %d has %d entries again\n", list.Version, list.Entries)
	check("eve@mx.throwaway.example")
	// Output:
	// line 3: "co.uk" is guarded (public_suffix): anyone may register names under co.uk; ban a name below it, or only the host itself with "=co.uk"
	// added 3 removed 0 unchanged 0 rejected 1
	// eve@mx.throwaway.example denied
	// added 1 removed 1 unchanged 2 rejected 0
	// eve@mx.throwaway.example allowed
	// stopped: list "disposable" is left as it is: the input has no entries
	// undone: version 3 has 3 entries again
	// eve@mx.throwaway.example denied
}

// A block is for addresses at a domain, not for the domain itself. What it
// catches is counted by day.
func ExampleAdmin_Create() {
	st := memstore.New()
	defer st.Close()
	noon := func() time.Time { return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC) }
	admin, err := blocklist.NewAdmin(st, blocklist.AdminOptions{Now: noon})
	if err != nil {
		log.Fatal(err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{Now: noon})
	if err != nil {
		log.Fatal(err)
	}

	ctx := ban.WithActor(context.Background(), "alice")
	block, err := admin.Create(ctx, blocklist.CreateOptions{Domain: "Spam.example", Reason: "three waves since May"})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range []ban.Subject{
		{Email: "eve@spam.example", IP: "203.0.113.7"},
		{Email: "eva@mail.spam.example", IP: "203.0.113.7"},
		{Email: "evi@spam.example", IP: "203.0.113.8"},
		{Domain: "spam.example", IP: "203.0.113.8"},
	} {
		d, err := checker.Check(ctx, s)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(d.Verdict)
	}
	// Counts are written every second, and for good when the checker is closed.
	if err := checker.Close(); err != nil {
		log.Fatal(err)
	}

	days, err := admin.History(ctx, block.ID)
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range days[:2] {
		fmt.Println(d.Day.Format(time.DateOnly), d.Uses, "uses by", d.Clients, "clients")
	}
	// Output:
	// denied
	// denied
	// denied
	// allowed
	// 2026-01-02 3 uses by 2 clients
	// 2026-01-01 0 uses by 0 clients
}

func ExampleAdmin_Export() {
	st := memstore.New()
	defer st.Close()
	admin, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := ban.WithActor(context.Background(), "alice")
	filters := blocklist.Parse(strings.NewReader("||spam.example^\n@@||good.spam.example^\n||203.0.113.7^\n"), blocklist.ParseOptions{})
	if _, err := admin.Sync(ctx, "filters", filters, blocklist.SyncOptions{AllowExceptions: true}); err != nil {
		log.Fatal(err)
	}
	if err := admin.Export(ctx, "filters", os.Stdout, blocklist.FormatCSV); err != nil {
		log.Fatal(err)
	}
	// A plain list has no way to say an exception.
	if err := admin.Export(ctx, "filters", os.Stdout, blocklist.FormatPlain); err != nil {
		fmt.Println(err)
	}
	// Output:
	// kind,value,effect,scope,shadow
	// domain,good.spam.example,allow,all,false
	// domain,spam.example,deny,all,false
	// ip,203.0.113.7,deny,all,false
	// export list "filters": entry 1, domain "good.spam.example", cannot be written as plain: it has values to deny, and no comments in them
}
