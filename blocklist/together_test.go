package blocklist_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
)

// networks is a list of n prefixes of /16; a /8 has 256.
func networks(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d.%d.0.0/16\n", 20+i/256, i%256)
	}
	return b.String()
}

// networks6 is a list of n prefixes of /19; a /11 has 256.
func networks6(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%x:%x::/19\n", 0x2400+i/8, i%8<<13)
	}
	return b.String()
}

func TestAListDeniesNoMoreTogetherThanTheGuardLets(t *testing.T) {
	for name, test := range map[string]struct {
		lines string
		parse blocklist.ParseOptions
		sync  blocklist.SyncOptions
		stops bool
	}{
		"a /8":                            {lines: networks(256)},
		"an address more":                 {lines: networks(256) + "21.0.0.1\n", stops: true},
		"what is covered counts once":     {lines: networks(256) + "20.0.7.0/24\n20.0.7.9\n"},
		"a range":                         {lines: "20.0.0.0-20.255.255.255\n21.0.0.1\n", sync: blocklist.SyncOptions{AllowWide: true}},
		"ranges that end in short pieces": {lines: networks(255) + "20.255.0.0-21.0.0.0\n", stops: true},
		"a /11 of IPv6":                   {lines: networks6(256)},
		"an address of IPv6 more":         {lines: networks6(256) + "2a00::1\n", stops: true},
		"both, each as much as may be":    {lines: networks6(256) + networks(256)},
		"shadows":                         {lines: networks(300), parse: blocklist.ParseOptions{Shadow: true}},
		"what is held for review":         {lines: networks(300), parse: blocklist.ParseOptions{Effect: ban.Review}},
		"exceptions":                      {lines: networks(300), parse: blocklist.ParseOptions{Effect: ban.Allow}, sync: blocklist.SyncOptions{AllowExceptions: true}},
		"what may be wide":                {lines: networks(300), sync: blocklist.SyncOptions{AllowWide: true}},
		"what is forced":                  {lines: networks(300), sync: blocklist.SyncOptions{Force: true}},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAdmin(t, memstore.New())
			for _, do := range []func() (blocklist.Result, error){
				func() (blocklist.Result, error) {
					return a.Plan(t.Context(), "l", blocklist.Parse(strings.NewReader(test.lines), test.parse), test.sync)
				},
				func() (blocklist.Result, error) {
					return a.Sync(as("alice"), "l", blocklist.Parse(strings.NewReader(test.lines), test.parse), test.sync)
				},
			} {
				r, err := do()
				if !test.stops {
					if err != nil || r.Added == 0 {
						t.Fatalf("%d added, %v", r.Added, err)
					}
					continue
				}
				stop, _ := errors.AsType[*blocklist.StopError](err)
				guard, _ := errors.AsType[*ban.GuardError](err)
				if stop == nil || stop.Code != blocklist.StopTooManyAddresses || guard == nil || guard.Code != ban.GuardTooManyAddresses || stop.Guard != guard {
					t.Fatalf("the error is %v", err)
				}
				if r.Added == 0 {
					t.Error("the result does not say what would have been added")
				}
				if lists, err := a.Lists(t.Context()); err != nil || len(lists) > 0 {
					t.Errorf("there are lists: %v, %v", lists, err)
				}
			}
		})
	}
}

func TestWhatAListHasCountsWithWhatIsNew(t *testing.T) {
	a := newAdmin(t, memstore.New())
	sync(t, a, "other", networks(200), blocklist.SyncOptions{})
	sync(t, a, "l", networks(200), blocklist.SyncOptions{}) // the other is another
	if _, err := trySync(a, "l", networks(257), blocklist.SyncOptions{}); !errors.As(err, new(*blocklist.StopError)) {
		t.Fatalf("57 more networks: %v", err)
	}
	sync(t, a, "l", networks(257), blocklist.SyncOptions{AllowWide: true})
	sync(t, a, "l", networks(250), blocklist.SyncOptions{})
	if l, err := a.Undo(as("alice"), "l"); err != nil || l.Entries != 257 {
		t.Errorf("undo leaves %d entries, %v", l.Entries, err) // what was taken once may come back
	}
}

func TestTextsOfAListAreCleaned(t *testing.T) {
	a := newAdmin(t, memstore.New())
	o := blocklist.SyncOptions{Reason: "one\r\ntwo", PublicReason: "three\rfour"}
	r := sync(t, a, "l", "a.example\n", o)
	if r.List.Reason != "one\ntwo" || r.List.PublicReason != "three\nfour" {
		t.Errorf("kept as %q and %q", r.List.Reason, r.List.PublicReason)
	}
	if again := sync(t, a, "l", "a.example\n", o); again.List.Version != r.List.Version {
		t.Errorf("the same again makes version %d of %d", again.List.Version, r.List.Version)
	}
	block, err := a.Create(as("alice"), blocklist.CreateOptions{Domain: "b.example", Reason: "one\r\ntwo"})
	if err != nil || block.Reason != "one\ntwo" {
		t.Errorf("a block: %q, %v", block.Reason, err)
	}
	o.PublicReason = "a\u202eb"
	if _, err := trySync(a, "l", "a.example\n", o); codeOf(err) != ban.CodeInvisible {
		t.Errorf("a public reason that turns around: %v", err)
	}
}
