package blocklist_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func TestSubscriptionsThatAreRefused(t *testing.T) {
	admin, err := blocklist.NewAdmin(memstore.New(), blocklist.AdminOptions{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	const url = "https://lists.example/x.txt"
	type options = blocklist.SubscribeOptions
	for name, tt := range map[string]struct {
		o           options
		field, code string
	}{
		"no list":                     {options{URL: url}, "list", ban.CodeEmpty},
		"a list of another name":      {options{List: "A", URL: url}, "list", ban.CodeCharacter},
		"no URL":                      {options{List: "l"}, "url", ban.CodeEmpty},
		"a path":                      {options{List: "l", URL: "/etc/passwd"}, "url", ban.CodeSyntax},
		"a file":                      {options{List: "l", URL: "file:///etc/passwd"}, "url", ban.CodeSyntax},
		"another scheme":              {options{List: "l", URL: "ftp://lists.example/x"}, "url", ban.CodeSyntax},
		"http":                        {options{List: "l", URL: "http://lists.example/x"}, "url", ban.CodeSyntax},
		"a password":                  {options{List: "l", URL: "https://u:secret@lists.example/x"}, "url", ban.CodeSyntax},
		"a fragment":                  {options{List: "l", URL: url + "#x"}, "url", ban.CodeSyntax},
		"a URL that is too long":      {options{List: "l", URL: url + strings.Repeat("x", 300)}, "url", ban.CodeTooLong},
		"localhost":                   {options{List: "l", URL: "https://localhost/x"}, "url", ban.CodeSyntax},
		"a name below localhost":      {options{List: "l", URL: "https://a.LocalHost./x"}, "url", ban.CodeSyntax},
		"the loopback address":        {options{List: "l", URL: "https://127.0.0.1/x"}, "url", ban.CodeSyntax},
		"it in IPv6":                  {options{List: "l", URL: "https://[::1]/x"}, "url", ban.CodeSyntax},
		"it mapped":                   {options{List: "l", URL: "https://[::ffff:127.0.0.1]/x"}, "url", ban.CodeSyntax},
		"a private address":           {options{List: "l", URL: "https://10.0.0.1/x"}, "url", ban.CodeSyntax},
		"one of the cloud's metadata": {options{List: "l", URL: "https://169.254.169.254/latest"}, "url", ban.CodeSyntax},
		"an interval below a second":  {options{List: "l", URL: url, Interval: time.Millisecond}, "interval", ban.CodeRange},
		"an interval of a year":       {options{List: "l", URL: url, Interval: 365 * 24 * time.Hour}, "interval", ban.CodeRange},
		"few bytes":                   {options{List: "l", URL: url, MaxBytes: 10}, "max_bytes", ban.CodeRange},
		"many bytes":                  {options{List: "l", URL: url, MaxBytes: 1 << 40}, "max_bytes", ban.CodeRange},
		"a format that is none":       {options{List: "l", URL: url, Format: 99}, "format", ban.CodeUnknown},
		"a reason that is too long":   {options{List: "l", URL: url, Reason: strings.Repeat("x", 256)}, "reason", ban.CodeTooLong},
		"a key that is none":          {options{List: "l", URL: url, PublicKey: "RWx"}, "public_key", ban.CodeSyntax},
		"a signature without a key":   {options{List: "l", URL: url, SignatureURL: url}, "public_key", ban.CodeEmpty},
		"a checksum by http":          {options{List: "l", URL: url, ChecksumURL: "http://lists.example/x"}, "checksum_url", ban.CodeSyntax},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := admin.Subscribe(t.Context(), tt.o)
			e, ok := errors.AsType[*ban.ValueError](err)
			if !ok || e.Field != tt.field || e.Code != tt.code || e.Hint == "" {
				t.Fatalf("error %v, want one of %s, %s", err, tt.field, tt.code)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error repeats the password: %v", err)
			}
		})
	}
	if all, err := admin.Subscriptions(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("there are %v, error %v", all, err)
	}
}

// TestSubscribingToTheSameAgainChangesNothing: a form that is sent twice, or a script that
// is run again, has nothing fetched anew, and leaves a fetch under way alone.
func TestSubscribingToTheSameAgainChangesNothing(t *testing.T) {
	st := memstore.New()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	admin, err := blocklist.NewAdmin(st, blocklist.AdminOptions{Actor: "test", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	same := blocklist.SubscribeOptions{List: "l", URL: "https://lists.example/l", Reason: "spam"}
	subscribe := func(o blocklist.SubscribeOptions) blocklist.Subscription {
		t.Helper()
		s, _, err := admin.Subscribe(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
		return s
	}
	subscribe(same)
	held, err := st.TakeSubscription(t.Context(), "l", "a fetch", now, now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if again := subscribe(same); again != held {
		t.Errorf("it was %+v, and is %+v", held, again)
	}
	if log, err := st.ListChanges(t.Context(), uuid.Nil, store.Page{Limit: 10}); err != nil || len(log) != 1 {
		t.Errorf("%d changes are logged, want 1; error %v", len(log), err)
	}
	for name, edit := range map[string]func(*blocklist.SubscribeOptions){
		"the URL":      func(o *blocklist.SubscribeOptions) { o.URL += "2" },
		"the interval": func(o *blocklist.SubscribeOptions) { o.Interval = time.Hour },
		"the reason":   func(o *blocklist.SubscribeOptions) { o.Reason = "more spam" },
		"the scope":    func(o *blocklist.SubscribeOptions) { o.Scope = ban.ScopeOf(ban.Mail) },
	} {
		before := subscribe(same)
		other := same
		edit(&other)
		if after := subscribe(other); after.Version != before.Version+1 || after.State.Holder != "" {
			t.Errorf("%s is another, and it is not subscribed anew: %+v", name, after)
		}
	}
}

func TestListsSayWhereTheyComeFrom(t *testing.T) {
	admin, err := blocklist.NewAdmin(memstore.New(), blocklist.AdminOptions{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	lines := func() blocklist.ParseOptions { return blocklist.ParseOptions{} }
	if _, err := admin.Sync(t.Context(), "by-hand", blocklist.Parse(strings.NewReader("a.example\n"), lines()), blocklist.SyncOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{"aaa", "zzz"} {
		s, created, err := admin.Subscribe(t.Context(), blocklist.SubscribeOptions{List: list, URL: "https://lists.example/" + list})
		if err != nil || !created || s.Interval != blocklist.DefaultInterval || s.MaxBytes != blocklist.DefaultMaxBytes {
			t.Fatalf("%+v, created %t, error %v", s, created, err)
		}
	}
	if _, created, err := admin.Subscribe(t.Context(), blocklist.SubscribeOptions{List: "aaa", URL: "https://lists.example/other"}); err != nil || created {
		t.Fatalf("created %t, error %v; want the subscription replaced", created, err)
	}
	lists, err := admin.Lists(t.Context())
	if err != nil || len(lists) != 3 {
		t.Fatalf("%+v, error %v", lists, err)
	}
	for i, want := range []struct{ name, url string }{{"aaa", "https://lists.example/other"}, {"by-hand", ""}, {"zzz", "https://lists.example/zzz"}} {
		url := ""
		if s := lists[i].Subscription; s != nil {
			url = s.URL
		}
		if lists[i].Name != want.name || url != want.url {
			t.Errorf("number %d is %q from %q, want %+v", i, lists[i].Name, url, want)
		}
	}
	if _, err := admin.Unsubscribe(t.Context(), "zzz"); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Unsubscribe(t.Context(), "zzz"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Unsubscribe of none: %v", err)
	}
	// A list that is dropped is not fetched again.
	if _, _, err := admin.Subscribe(t.Context(), blocklist.SubscribeOptions{List: "by-hand", URL: "https://lists.example/x"}); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Drop(t.Context(), "by-hand"); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Subscription(t.Context(), "by-hand"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the dropped list: %v", err)
	}
}

func TestPublicAddresses(t *testing.T) {
	for addr, want := range map[string]bool{
		"1.1.1.1": true, "8.8.8.8": true, "2606:4700::1111": true, "64:ff9b::1.1.1.1": true, "2002:101:101::1": true,
		"0.0.0.0": false, "10.1.2.3": false, "100.64.0.1": false, "127.0.0.1": false, "127.255.0.1": false, "169.254.169.254": false,
		"172.16.0.1": false, "172.32.0.1": true, "192.168.1.1": false, "192.0.2.1": false, "198.18.0.1": false, "224.0.0.1": false,
		"255.255.255.255": false, "::": false, "::1": false, "fe80::1": false, "fc00::1": false, "fec0::1": false, "ff02::1": false,
		"::ffff:10.0.0.1": false, "::ffff:1.1.1.1": true, "::127.0.0.1": false, "64:ff9b::10.0.0.1": false, "64:ff9b:1::1": false,
		"2002:a00:1::1": false, "2001:db8::1": false, "100::1": false, "fe80::1%eth0": false,
	} {
		if got := blocklist.PublicAddr(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is public: %t, want %t", addr, got, want)
		}
	}
	if blocklist.PublicAddr(netip.Addr{}) {
		t.Error("the zero Addr is public")
	}
}
