package moderate

import (
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

func TestBanForAMonth(t *testing.T) {
	admin, err := ban.NewAdmin(memstore.New(), ban.AdminOptions{Protected: []string{"our-forum.example"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ moderator, domain, want string }{
		{"alice", "spam.example", "banned spam.example"},
		{"bob", "SPAM.example.", "banned already by alice"},
		{"bob", "co.uk", "not banned"},
		{"bob", "gmail.com", "not banned"},
		{"bob", "our-forum.example", "not banned"},
	} {
		got, err := BanForAMonth(t.Context(), admin, test.moderator, test.domain)
		if err != nil || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, %v, want %q", test.domain, got, err, test.want)
		}
	}
	for _, domain := range []string{"", "a b", "spam.example\r\n"} {
		if got, err := BanForAMonth(t.Context(), admin, "bob", domain); err == nil && !strings.Contains(got, "already") {
			t.Errorf("%q: %q", domain, got)
		}
	}
	if _, err := BanForAMonth(t.Context(), admin, "", "other.example"); err == nil {
		t.Error("a ban is made in nobody's name")
	}
}
