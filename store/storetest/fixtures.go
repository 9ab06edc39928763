package storetest

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
	"example.com/ostraka/store/sketch"
)

// noon is when the tests begin: a time of whole microseconds, not of whole
// milliseconds.
var noon = time.Date(2026, 1, 15, 12, 0, 0, 123456000, time.UTC)

func after(d time.Duration) time.Time { return noon.Add(d) }

// newBan returns a ban with every field set that its creator sets, active, and
// found by a key that is not its value.
func newBan(kind store.Kind, value string) store.Ban {
	return store.Ban{
		ID:   uuid.Must(uuid.NewV7()),
		Kind: kind, Value: value, KeyText: "key of " + value,
		Effect: store.Review, Scope: store.ScopeOf(store.SignIn, store.Mail), Shadow: true,
		Reason: "reason for " + value, PublicReason: "public reason for " + value,
		CreatedAt: noon, CreatedBy: "creator", UpdatedAt: noon.Add(time.Microsecond),
		ExpiresAt: after(time.Hour),
	}
}

func domainBan(value string) store.Ban { return newBan(store.KindDomain, value) }

// domainBans returns n bans of different values.
func domainBans(n int) []store.Ban {
	bans := make([]store.Ban, n)
	for i := range bans {
		bans[i] = domainBan(fmt.Sprintf("d%d.example", i))
	}
	return bans
}

// withKey returns the ban, found by that key text.
func withKey(b store.Ban, text string) store.Ban {
	b.KeyText = text
	return b
}

// revoked returns the ban as revoked.
func revoked(b store.Ban) store.Ban {
	b.RevokedAt, b.RevokedBy, b.RevokedReason = after(time.Minute), "revoker", "a mistake"
	return b
}

// reinstated returns the ban as not revoked.
func reinstated(b store.Ban) store.Ban {
	b.RevokedAt, b.RevokedBy, b.RevokedReason = time.Time{}, "", ""
	return b
}

// expired returns the ban as expired at noon.
func expired(b store.Ban) store.Ban {
	b.ExpiresAt = noon
	return b
}

func changeAt(action store.ChangeAction, at time.Time) store.Change {
	return store.Change{At: at, Actor: "actor", Action: action}
}

func change(action store.ChangeAction) store.Change { return changeAt(action, noon) }

// clients returns a sketch of the addresses of those numbers.
func clients(numbers ...int) []byte {
	var s sketch.Sketch
	for _, n := range numbers {
		s.Add(netip.AddrFrom4([4]byte{203, 0, byte(n >> 8), byte(n)}))
	}
	return s.Bytes()
}

// The methods, for checks that are about something else: they fail at once.

func create(t reporter, s store.Store, b store.Ban) store.Ban {
	t.Helper()
	got, err := s.CreateBan(t.Context(), b, change(store.BanCreate))
	if err != nil {
		t.Fatalf("CreateBan(%q): %v", b.Value, err)
	}
	return got
}

func createMany(t reporter, s store.Store, bans []store.Ban) {
	t.Helper()
	skipped, err := s.CreateBans(t.Context(), bans, change(store.BanCreateMany))
	if err != nil || len(skipped) > 0 {
		t.Fatalf("CreateBans: skipped %v, error %v; want all created", skipped, err)
	}
}

func update(t reporter, s store.Store, b store.Ban) store.Ban {
	t.Helper()
	got, err := s.UpdateBan(t.Context(), b, change(store.BanUpdate))
	if err != nil {
		t.Fatalf("UpdateBan(%q): %v", b.Value, err)
	}
	return got
}

func remove(t reporter, s store.Store, b store.Ban) store.Ban {
	t.Helper()
	got, err := s.DeleteBan(t.Context(), b.ID, change(store.BanDelete))
	if err != nil {
		t.Fatalf("DeleteBan(%q): %v", b.Value, err)
	}
	return got
}

func read(t reporter, s store.Store, id uuid.UUID) store.Ban {
	t.Helper()
	got, err := s.Ban(t.Context(), id)
	if err != nil {
		t.Fatalf("Ban(%s): %v", id, err)
	}
	return got
}

func list(t reporter, s store.Store, filter store.BanFilter, page store.Page) []store.Ban {
	t.Helper()
	got, err := s.ListBans(t.Context(), filter, page)
	if err != nil {
		t.Fatalf("ListBans(%+v, %+v): %v", filter, page, err)
	}
	return got
}

func lookup(t reporter, s store.Store, keys ...store.Key) []store.Rule {
	t.Helper()
	got, err := s.Lookup(t.Context(), keys)
	if err != nil {
		t.Fatalf("Lookup(%v): %v", keys, err)
	}
	return got
}

func addHits(t reporter, s store.Store, hits ...store.Hit) {
	t.Helper()
	if err := s.AddHits(t.Context(), hits); err != nil {
		t.Fatalf("AddHits: %v", err)
	}
}

func history(t reporter, s store.Store, rule uuid.UUID, from, to time.Time) []store.DayHits {
	t.Helper()
	got, err := s.HitHistory(t.Context(), rule, from, to)
	if err != nil {
		t.Fatalf("HitHistory: %v", err)
	}
	return got
}

// changes returns those above that Seq.
func changes(t reporter, s store.Store, after int64) []store.Change {
	t.Helper()
	got, err := s.Changes(t.Context(), after, store.MaxPageLimit)
	if err != nil {
		t.Fatalf("Changes after %d: %v", after, err)
	}
	return got
}

func lastChange(t reporter, s store.Store) int64 {
	t.Helper()
	got, err := s.LastChange(t.Context())
	if err != nil {
		t.Fatalf("LastChange: %v", err)
	}
	return got
}

// unchanged returns a function that reports whatever the records and the log have
// gained, lost or changed since.
func unchanged(t reporter, s store.Store) (verify func(doing string)) {
	t.Helper()
	bans, blocks, named, last := allBans(t, s), allBlocks(t, s), allLists(t, s), lastChange(t, s)
	accounts, aliases, credentials := allAccounts(t, s), allAliases(t, s), allCredentials(t, s)
	return func(doing string) {
		t.Helper()
		if now := allBans(t, s); !equalSlices(now, bans) {
			t.Errorf("%s wrote bans: there are %d, there were %d:\n%+v\n%+v", doing, len(now), len(bans), now, bans)
		}
		if now := allBlocks(t, s); !equalSlices(now, blocks) {
			t.Errorf("%s wrote blocks: they are\n%+v\nand were\n%+v", doing, now, blocks)
		}
		if now := allLists(t, s); !equalSlices(now, named) {
			t.Errorf("%s wrote lists: they are\n%+v\nand were\n%+v", doing, now, named)
		}
		wantSameList(t, doing+": the accounts", allAccounts(t, s), accounts)
		wantSameList(t, doing+": the aliases", allAliases(t, s), aliases)
		wantSameList(t, doing+": the credentials", allCredentials(t, s), credentials)
		if now := lastChange(t, s); now != last {
			t.Errorf("%s logged a change: LastChange = %d, was %d", doing, now, last)
		}
	}
}

func wantError(t reporter, doing string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error = %v, want one that matches %q", doing, err, want)
	}
}

// wantExists wants an *ExistsError with that ban.
func wantExists(t reporter, doing string, err error, existing store.Ban) {
	t.Helper()
	wantError(t, doing, err, store.ErrExists)
	var exists *store.ExistsError
	if !errors.As(err, &exists) {
		t.Errorf("%s: error = %v, want an *ExistsError", doing, err)
	} else {
		wantSame(t, doing+": the existing ban", exists.Existing, existing)
	}
}

// record is what a store keeps or tells.
type record interface {
	store.Ban | store.Block | store.List | store.Entry | store.Rule |
		store.Account | store.MailAlias | store.Credential | store.Affected | store.Subscription
}

// wantSame compares two records, times by instant and location.
func wantSame[R record](t reporter, what string, got, want R) {
	t.Helper()
	if d := diff(got, want); d != "" {
		t.Errorf("%s differs:\n%s", what, d)
	}
}

// wantSameList compares two lists of records, as wantSame does.
func wantSameList[R record](t reporter, what string, got, want []R) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s are %d, want %d:\n%+v\n%+v", what, len(got), len(want), got, want)
		return
	}
	for i := range got {
		if d := diff(got[i], want[i]); d != "" {
			t.Errorf("%s: the one at %d differs:\n%s", what, i, d)
		}
	}
}

// diff lists the fields of two values of the same struct type that differ. A
// slice may be nil or empty.
func diff[R any](got, want R) string {
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	var b strings.Builder
	for i := range g.NumField() {
		if g.Field(i).Kind() == reflect.Slice && g.Field(i).Len()+w.Field(i).Len() == 0 {
			continue
		}
		if gf, wf := g.Field(i).Interface(), w.Field(i).Interface(); !reflect.DeepEqual(gf, wf) {
			fmt.Fprintf(&b, "  %s: got %#v, want %#v\n", g.Type().Field(i).Name, gf, wf)
		}
	}
	return b.String()
}

// equalSlices treats nil and empty alike.
func equalSlices[R any](a, b []R) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

// wantRules wants the rules of these bans, in any order.
func wantRules(t reporter, doing string, got []store.Rule, want ...store.Ban) {
	t.Helper()
	rules := make([]store.Rule, len(want))
	for i := range want {
		rules[i] = want[i].Rule()
	}
	wantJustRules(t, doing, got, rules...)
}

// wantJustRules compares rules in any order.
func wantJustRules(t reporter, doing string, got []store.Rule, want ...store.Rule) {
	t.Helper()
	byID := make(map[uuid.UUID]store.Rule, len(got))
	for _, r := range got {
		if _, dup := byID[r.ID]; dup {
			t.Errorf("%s: the rule of %q came twice", doing, r.Value)
		}
		byID[r.ID] = r
	}
	for _, w := range want {
		r, ok := byID[w.ID]
		if !ok {
			t.Errorf("%s: the rule of %q is missing", doing, w.Value)
			continue
		}
		wantSame(t, fmt.Sprintf("%s: the rule of %q", doing, w.Value), r, w)
		delete(byID, w.ID)
	}
	for _, r := range byID {
		t.Errorf("%s: got the rule of %q, which it should not give", doing, r.Value)
	}
}
