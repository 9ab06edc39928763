package value_test

import (
	"errors"
	"fmt"

	"example.com/ostraka/ban/value"
)

func ExampleMailbox() {
	mailbox, err := value.Mailbox("J.Doe+news@GoogleMail.com")
	fmt.Println(mailbox, err)
	// Output: jdoe@gmail.com <nil>
}

func ExampleParseAny() {
	for _, s := range []string{"J.Doe@Example.org", "bücher.example", "203.0.113.77/24", "*admin*", "name:john.doe"} {
		v, err := value.ParseAny(s)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(v.Kind(), v)
	}
	// Output:
	// email j.doe@example.org
	// domain xn--bcher-kva.example
	// ip 203.0.113.0/24
	// name *admin*
	// name john.doe
}

func ExampleValueError() {
	_, err := value.ParsePrefix("1.2.3.4/33")
	var ve *value.ValueError
	if errors.As(err, &ve) {
		fmt.Println(ve.Field, ve.Code)
		fmt.Println(err)
	}
	// Output:
	// ip out_of_range
	// ip "1.2.3.4/33" is out of range: the prefix of an IPv4 address is 0 to 32 bits long
}
