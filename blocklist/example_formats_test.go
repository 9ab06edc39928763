package blocklist_test

import (
	"fmt"
	"os"
	"strings"

	"example.com/ostraka/blocklist"
)

func ExampleParse() {
	const filters = `! Title: places we do not want to hear from
||Spam.example^
@@||good.spam.example^
||ads.example^$third-party
||203.0.113.7^
`
	for line, err := range blocklist.Parse(strings.NewReader(filters), blocklist.ParseOptions{}) {
		if err != nil {
			fmt.Println(err) // this is no list
			return
		}
		if line.Err != nil {
			fmt.Printf("line %d: %v\n", line.Number, line.Err)
			continue
		}
		fmt.Println(line.Effect, line.Value.Kind(), line.Value)
	}
	// Output:
	// deny domain spam.example
	// allow domain good.spam.example
	// line 4: line "||ads.example^$third-party" is not well-formed: of options only important, all, document and badfilter are supported: without "third-party", the filter would mean more or other than it says
	// deny ip 203.0.113.7
}

func ExampleWrite() {
	lines := blocklist.Parse(strings.NewReader("||spam.example^\n@@||good.spam.example^\n"), blocklist.ParseOptions{})
	if err := blocklist.Write(os.Stdout, blocklist.FormatCSV, lines); err != nil {
		fmt.Println(err)
	}
	// Output:
	// kind,value,effect,scope,shadow
	// domain,spam.example,deny,all,false
	// domain,good.spam.example,allow,all,false
}
