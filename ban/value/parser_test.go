package value

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

// checkParser compares what a Parser makes of a text with what the functions make
// of it that allocate.
func checkParser(t *testing.T, s string) {
	t.Helper()
	addr, ok := plainIPv4(s)
	if want, err := netip.ParseAddr(s); ok != (err == nil && want.Is4()) || ok && addr != want {
		t.Errorf("address %q is %v, %v, want %v, %v", s, addr, ok, want, err)
	}
	var f Parser
	got, err := f.Address(s)
	if want, wantErr := ParseAddress(s); got != want || !reflect.DeepEqual(err, wantErr) {
		t.Errorf("address %q is %+v, %v, want %+v, %v", s, got, err, want, wantErr)
	}
	host, err := f.Host(s)
	if want, wantErr := ParseHost(s); host != want || !reflect.DeepEqual(err, wantErr) {
		t.Errorf("host %q is %q, %v, want %q, %v", s, host, err, want, wantErr)
	}
	var name Username
	err = f.Nickname(&name, s)
	want, wantErr := ParseNickname(s)
	if name != want || !reflect.DeepEqual(err, wantErr) {
		t.Errorf("name %q is %+v, %v, want %+v, %v", s, name, err, want, wantErr)
	}
	leet, ok := f.Leet(name.Look())
	if want, wantOK := want.Look().Leet(); ok != wantOK || ok && leet != want {
		t.Errorf("name %q without digits is %+v, %v, want %+v, %v", s, leet, ok, want, wantOK)
	}
}

func TestAParserAgreesWithTheFunctions(t *testing.T) {
	texts := []string{
		"J.Doe+x@GoogleMail.com", "j.doe@gmail.com", "...@gmail.com", "+x@gmail.com", ".a@gmail.com", "a..b@gmail.com",
		"A_B-C.d+e@ProtonMail.ch", "-@yahoo.com", "A-b@Yahoo.com", "x@User.FastMail.FM", "x@a.b.fastmail.com", "x@xn--a.fastmail.com",
		"X@outlook.com", "x+y@me.com", "x@ya.ru", "X@EXAMPLE.com", "x@example.com.", "x@@example.com", " x@example.com",
		strings.Repeat("A", 64) + "@example.com", strings.Repeat("A", 65) + "@example.com", "A@" + strings.Repeat("b.", 126) + "c", "A@" + strings.Repeat("b.", 127) + "c",
		"0.0.0.0", "255.255.255.255", "1.2.3.256", "1.2.3", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4.5", "01.2.3.4", "00.2.3.4", "1.2.3.04", "1.2.3.4 ", "999.1.1.1",
		"Example.COM", "example.com.", "example.com..", ".", "..", "a..b", "-a.b", "A.1", "XN--A.example", strings.Repeat("A.", 126) + "b.", strings.Repeat("A.", 127) + "b",
		"Admin", "PaypaI", "PAYPAI", "I", "iI", "aI ", "MiKe", "mike", "4DM1N", "0123456789", "6", "a  B", " A", "A B", "a\tB", `A\*`, "rn", "M",
		strings.Repeat("M", 64), strings.Repeat("M", 65), strings.Repeat("I", 63) + "a",
	}
	for _, p := range providers {
		for _, d := range p.Domains {
			texts = append(texts, "A.b_c-d+e@"+strings.ToUpper(d), "x@"+d, "x@sub."+d)
		}
	}
	for _, s := range append(texts, fuzzSeeds...) {
		checkParser(t, s)
	}
}

// What one field leaves in the buffer is not written over by the next, however
// often the buffer has to grow.
func TestAParserKeepsWhatItWrote(t *testing.T) {
	var f Parser
	var hosts, want []string
	for i := range 100 {
		s := strings.Repeat("A", i%60+1) + ".Example"
		host, err := f.Host(s)
		if err != nil {
			t.Fatal(err)
		}
		hosts, want = append(hosts, host), append(want, strings.ToLower(s))
	}
	if !reflect.DeepEqual(hosts, want) {
		t.Errorf("%q", hosts)
	}
}

// Every address of one, two and three digits a number, and what is nearly one.
func TestPlainIPv4IsWhatNetipReads(t *testing.T) {
	check := func(s string) {
		t.Helper()
		addr, ok := plainIPv4(s)
		if want, err := netip.ParseAddr(s); ok != (err == nil && want.Is4()) || ok && addr != want {
			t.Errorf("%q is %v, %v, want %v, %v", s, addr, ok, want, err)
		}
	}
	numbers := []string{"0", "1", "9", "10", "42", "99", "100", "199", "200", "249", "250", "255", "", "00", "01", "000", "001", "010", "256", "260", "300", "999", "0000", "1000"}
	for _, a := range numbers {
		for _, b := range numbers {
			for _, c := range numbers {
				for _, d := range []string{"0", "7", "80", "255", "", "01", "256", "1234"} {
					check(a + "." + b + "." + c + "." + d)
				}
			}
		}
	}
	for _, s := range []string{"1.2.3.4", "12.34.56.78", "198.51.100.254"} {
		for i := range len(s) {
			for c := range 256 {
				check(s[:i] + string([]byte{byte(c)}) + s[i+1:])
			}
			check(s[:i] + s[i+1:])
			check(s[:i] + "." + s[i:])
			check(s[:i] + "5" + s[i:])
		}
	}
}

func FuzzParser(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) { checkParser(t, s) })
}
