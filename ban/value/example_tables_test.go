package value_test

import (
	"fmt"

	"example.com/ostraka/ban/value"
)

// A host knows how its own mail server delivers.
func ExampleNewTables() {
	tables, err := value.NewTables(value.TablesOptions{Providers: []value.Provider{
		{Domains: []string{"own.example"}, CutAt: '+'},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Give the same tables to every Checker and Admin, and to ban.Rekey.
	mailbox, _ := tables.Mailbox("Victim+tag@own.example")
	fmt.Println(mailbox)
	// Output: victim@own.example
}
