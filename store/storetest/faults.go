package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// ErrFault is what a [Faults] has statements fail with where it can choose.
var ErrFault = errors.New("injected fault")

// Faults makes statements go wrong below a backend: within its driver, or on the
// connection to its server. A statement is whatever the backend asks for in one go,
// the begin and the end of a transaction among them.
type Faults interface {
	// Arm has the n-th statement from now on, counted from 1, go wrong. If instead is
	// not nil, it is called in place of that, just before the statement.
	Arm(n int, instead func())
	// Disarm has no more statements go wrong, and reports whether one did.
	Disarm() bool
}

const (
	// faultTries bounds how many statements an operation may have.
	faultTries = 300
	// faultsAll is how many of the first statements of an operation go wrong each; of
	// those that follow, which do the same for one record after the other, more and more
	// are passed over.
	faultsAll = 128
)

// RunFaults checks that an operation of which any one statement fails, or during
// which its context ends, is made as a whole or not at all, as its error says, and that
// the store goes on working. A read returns an error or all that there is. open is called
// for every operation that writes, and again whenever one was made, and once for all that
// read: it returns an open, empty store, which RunFaults closes, and what makes its
// statements go wrong.
//
// It is for backends that have statements. They pass [Run] as well.
func RunFaults(t *testing.T, open func(t *testing.T) (store.Store, Faults)) {
	for _, way := range []string{"fails", "is when the context ends"} {
		for _, method := range faultedMethods {
			t.Run("a statement of "+method+" "+way, func(t *testing.T) {
				r := cited{t, "An operation with an error has changed nothing, whichever of its statements failed; one without has been made."}
				faulted(r, method, way != "fails", func() (store.Store, Faults) { return openFor(t, open) })
			})
		}
	}
	faultedReads(t, open)
}

// openFor opens a store that the test closes.
func openFor(t *testing.T, open func(t *testing.T) (store.Store, Faults)) (store.Store, Faults) {
	s, f := open(t)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s, f
}

// faultedMethods are the calls that write.
var faultedMethods = []string{
	"CreateBan", "CreateBan over an expired one", "CreateBans", "CreateBans of prefixes", "UpdateBan", "RedactBan", "DeleteBan", "PurgeBans", "AddHits", "AddHits of an entry", "CreateBlock", "UpdateBlock", "DeleteBlock",
	"ApplyList", "ApplyList that removes", "ApplyList of a new list", "UndoList", "DropList", "CreateAccount", "UpdateAccount", "DeleteAccount",
	"CreateBanDisabling", "UpdateBanDisabling", "CreateSession", "CreateToken", "RevokeCredentials", "TrimSessions",
	"RemoveAccount with Redact", "CreateAlias", "UpdateAlias", "DeleteAlias", "SetKeyTables", "Rekey", "Rekey of an account", "PutSubscription", "TakeSubscription", "SetSubscriptionState", "DeleteSubscription",
}

// unlogged are those that the log says nothing of.
var unlogged = []string{"AddHits", "AddHits of an entry", "CreateSession", "TrimSessions", "TakeSubscription", "SetSubscriptionState"}

// faulted has each statement of an operation go wrong, one after the other.
func faulted(t reporter, method string, end bool, open func() (store.Store, Faults)) {
	var s store.Store
	var f Faults
	var do func(context.Context, store.Store) error
	begin := func() {
		s, f = open()
		r := callRecords(t, s)
		create(t, s, nameBan("admin")) // whose keys can be made anew
		addHits(t, s, hit(r.ban, 2, noon, clients(1)))
		all := slices.Concat(calls(r), faultedCalls(t, s, r))
		i := slices.IndexFunc(all, func(c call) bool { return c.method == method })
		if i < 0 {
			t.Fatalf("there is no call of %s", method)
		}
		do = all[i].do
		if method == "Rekey of an account" {
			do = rekeyOfAccount(t, open, s)
		}
	}
	begin()
	before, last := everything(t, s), lastChange(t, s)
	made := map[string]int{} // by what it was like after one with a statement gone wrong: which
	for n := 1; n <= faultTries; n += 1 + n/faultsAll {
		var told atomic.Int64
		unsubscribe := s.Subscribe(func(store.Change) { told.Add(1) })
		ctx, cancel := context.WithCancel(t.Context())
		if end {
			f.Arm(n, cancel)
		} else {
			f.Arm(n, nil)
		}
		err := do(ctx, s)
		fired := f.Disarm()
		cancel()
		unsubscribe()
		after := everything(t, s)
		switch {
		case err != nil && !fired:
			t.Fatalf("%s, of which no statement went wrong: %v", method, err)
		case err != nil && after != before:
			t.Fatalf("%s, with statement %d gone wrong, says %v and has changed the store. It was\n%s\nand is\n%s", method, n, err, before, after)
		case err != nil && told.Load() > 0:
			t.Errorf("%s, with statement %d gone wrong, says %v and has told of changes", method, n, err)
		case err == nil && after == before:
			t.Fatalf("%s, with statement %d gone wrong: %t, says that it was made and has changed nothing of\n%s", method, n, fired, before)
		case err == nil && lastChange(t, s) == last && !slices.Contains(unlogged, method):
			t.Fatalf("%s, with statement %d gone wrong: %t, says that it was made, and the log does not", method, n, fired)
		case err == nil && !wantLogTrue(t, s, last, method):
			return
		case err == nil && !fired:
			if n == 1 {
				t.Fatalf("%s has no statement that could go wrong", method)
			}
			whole := anonymous(after)
			for text, n := range made {
				if text != whole {
					t.Errorf("%s, with statement %d gone wrong, says that it was made, and has made\n%s\nand not\n%s", method, n, text, whole)
				}
			}
			return // it has no more statements, and works after all the failures
		case err == nil:
			made[anonymous(after)] = n
			begin() // it was made nevertheless: what follows is for one that it is not yet made in
			before, last = everything(t, s), lastChange(t, s)
		}
	}
	t.Errorf("%s has more than %d statements", method, faultTries)
}

var (
	anyID  = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	anySeq = regexp.MustCompile(`"seq":\d+`)
)

// anonymous returns the text of a store without what another store, in which the same
// was done, has otherwise: which IDs there are, and which numbers were passed over.
func anonymous(text string) string {
	ids := map[string]string{}
	text = anyID.ReplaceAllStringFunc(text, func(id string) string {
		if ids[id] == "" {
			ids[id] = fmt.Sprintf("id %d", len(ids)+1)
		}
		return ids[id]
	})
	return anySeq.ReplaceAllString(text, "")
}

// wantLogTrue wants the records that changes after a number are about to be as the log
// says that they are, and reports whether they are: what was logged was written.
func wantLogTrue(t reporter, s store.Store, after int64, method string) bool {
	t.Helper()
	newest := map[uuid.UUID]store.Change{}
	for _, c := range changes(t, s, after) {
		newest[c.Target] = c
	}
	ok := true
	for id, c := range newest {
		record, err := loggedRecord(t, s, c)
		switch {
		case id == uuid.Nil || record == nil && err == nil: // of many, or of none that is read alone
		case c.After == nil:
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: the log says %s, and the record is there: %v", method, c.Action, err)
				ok = false
			}
		case err != nil:
			t.Errorf("%s: the log says %s, and the record cannot be read: %v", method, c.Action, err)
			ok = false
		default:
			if is, want := withoutHits(t, record), withoutHits(t, c.After); is != want {
				t.Errorf("%s: the record is\n%s\nand the log says\n%s", method, is, want)
				ok = false
			}
		}
	}
	return ok
}

// loggedRecord reads the record that a change is about; nil, without an error, if
// there is no way to.
func loggedRecord(t reporter, s store.Store, c store.Change) (record any, err error) {
	kind, _, _ := strings.Cut(string(c.Action), ".")
	switch kind {
	case "ban":
		return recordOf(s.Ban(t.Context(), c.Target))
	case "block":
		return recordOf(s.Block(t.Context(), c.Target))
	case "account":
		return recordOf(s.Account(t.Context(), c.Target))
	case "alias":
		return recordOf(s.Alias(t.Context(), c.Target))
	}
	return nil, nil
}

func recordOf[R any](record R, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return record, nil
}

// withoutHits returns a record as JSON without what hits and logins change, which is
// not logged, in one order.
func withoutHits(t reporter, record any) string {
	text, err := json.Marshal(record)
	var fields map[string]any
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err != nil {
		t.Fatalf("a record has no JSON form: %v", err)
	}
	for _, name := range []string{"hits", "last_hit_at", "last_login_at"} {
		delete(fields, name)
	}
	text, err = json.Marshal(fields)
	if err != nil {
		t.Fatalf("a record has no JSON form: %v", err)
	}
	return string(text)
}

// everything returns all that a store holds, as a text.
func everything(t reporter, s store.Store) string {
	t.Helper()
	var b strings.Builder
	add := func(what string, v any, err error) {
		if err != nil {
			t.Fatalf("after a failure the store does not work: %s: %v", what, err)
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		fmt.Fprintf(&b, "%s: %s\n", what, text)
	}
	lists := allLists(t, s)
	bans := allBans(t, s)
	add("bans", bans, nil)
	add("blocks", allBlocks(t, s), nil)
	add("accounts", allAccounts(t, s), nil)
	add("aliases", allAliases(t, s), nil)
	add("credentials", allCredentials(t, s), nil)
	for _, l := range lists {
		var entries []string
		for e, err := range s.ListEntries(t.Context(), l.Name) {
			if err != nil {
				t.Fatalf("after a failure the store does not work: ListEntries: %v", err)
			}
			total, err := s.HitTotal(t.Context(), e.ID)
			days, err2 := s.HitHistory(t.Context(), e.ID, noon, noon)
			if err := errors.Join(err, err2); err != nil {
				t.Fatalf("after a failure the store does not work: hits of an entry: %v", err)
			}
			entries = append(entries, fmt.Sprintf("%+v %+v %+v", e, total, days)) // which have no pointers
		}
		slices.Sort(entries) // they come in no particular order
		add("list", l, nil)
		add("entries", entries, nil)
	}
	var rules []string
	for rule, err := range s.Scan(t.Context(), 0) {
		if err != nil {
			t.Fatalf("after a failure the store does not work: Scan: %v", err)
		}
		rules = append(rules, fmt.Sprintf("%+v", rule))
	}
	slices.Sort(rules)
	add("rules", rules, nil)
	for _, ban := range bans {
		days, err := s.HitHistory(t.Context(), ban.ID, noon, noon)
		add("hits", days, err)
	}
	lengths, err := s.PrefixLengths(t.Context())
	add("prefix lengths", lengths, err)
	tables, err := s.KeyTables(t.Context())
	add("tables", tables, err)
	subscriptions, err := s.Subscriptions(t.Context())
	add("subscriptions", subscriptions, err)
	for _, sub := range subscriptions {
		add("state", fmt.Sprintf("%+v", sub.State), nil) // which has no JSON form
	}
	log, err := s.Changes(t.Context(), 0, store.MaxPageLimit)
	add("log", log, err)
	return b.String()
}
