package ban

import "testing"

func BenchmarkParseAddress(b *testing.B) {
	for _, s := range []string{"jdoe@example.org", "jdoe@gmail.com", "j.doe+x@gmail.com", "J.Doe@Example.org"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := parseAddress(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseHost(b *testing.B) {
	for _, s := range []string{"mail.example.com", "xn--bcher-kva.example", "Mail.Example.com"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := parseHost(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseAddr(b *testing.B) {
	for _, s := range []string{"203.0.113.7", "2001:db8::1", "::ffff:203.0.113.7"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := parseAddr(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseUsername(b *testing.B) {
	for _, s := range []string{"katherine", "admin", "Katherine", "аdmin"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := parseUsername(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkLocalPattern(b *testing.B) {
	p := compileLocal("spam*@gmail.com")
	a := mustAddress(b, "n.o.spam@gmail.com")
	b.ReportAllocs()
	for b.Loop() {
		p.match(a)
	}
}

func BenchmarkNamePattern(b *testing.B) {
	p := compileName("*admin*")
	n := mustUsername(b, "xadrninx")
	b.ReportAllocs()
	for b.Loop() {
		p.match(n)
	}
}

// The hot path of a check allocates nothing for canonical ASCII input.
func TestCanonicalInputIsReadWithoutAllocation(t *testing.T) {
	for what, parse := range map[string]func(){
		"an address":                   func() { parseAddress("jdoe@example.org") },
		"an address of a provider":     func() { parseAddress("jdoe@gmail.com") },
		"a host":                       func() { parseHost("mail.example.com") },
		"an IP address":                func() { parseAddr("2001:db8::1") },
		"a name that is its skeleton":  func() { parseUsername("katherine") },
		"a local pattern that matches": func() { compiledLocal.match(gmailAddress) },
		"a name pattern that matches":  func() { compiledName.match(plainName) },
	} {
		if n := testing.AllocsPerRun(100, parse); n != 0 {
			t.Errorf("%s: %v allocations", what, n)
		}
	}
}

var (
	compiledLocal   = compileLocal("jd*@gmail.com")
	gmailAddress, _ = parseAddress("j.doe@gmail.com")
	compiledName    = compileName("*ther*")
	plainName, _    = parseUsername("katherine")
)
