package blocklist_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func TestSyncMakesAListHoldWhatTheLinesSay(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a, c := newAdmin(t, st), newChecker(t, st)
		steps := []struct {
			what, text, counts, values string
			version                    int64
		}{
			{"a new list", "a.example\nb.example\nc.example\n", "+3 ~0 -0 =0 !0", "a.example b.example c.example", 1},
			{"the same again changes nothing", "a.example\nb.example\nc.example\n", "+0 ~0 -0 =3 !0", "a.example b.example c.example", 1},
			{"lines that move change nothing", "# new\nc.example\nb.example\nA.example.\n", "+0 ~0 -0 =3 !0", "a.example b.example c.example", 1},
			{"one out, two in", "b.example\nc.example\n203.0.113.0/24\nname:mallory\n", "+2 ~0 -1 =2 !0", "203.0.113.0/24 b.example c.example mallory", 2},
			{"an effect changes", "value,kind,effect\nb.example,domain,allow\nc.example,domain,deny\n203.0.113.0/24,ip,review\nmallory,name,deny\n", "+0 ~2 -0 =2 !0",
				"allow:b.example c.example mallory review:203.0.113.0/24", 3},
		}
		for _, s := range steps {
			r := sync(t, a, "test", s.text, blocklist.SyncOptions{Source: "test.txt", AllowExceptions: true})
			if counts(r) != s.counts || r.List.Version != s.version {
				t.Errorf("%s: %s at version %d, want %s at %d", s.what, counts(r), r.List.Version, s.counts, s.version)
			}
			if got := values(t, a, "test"); got != s.values {
				t.Errorf("%s: the list holds %s, want %s", s.what, got, s.values)
			}
		}
		d := check(t, c, ban.Subject{Email: "x@b.example", IP: "203.0.113.9"})
		if d.Verdict != ban.NeedsReview || d.Match.Origin != store.OriginList("test") || d.Match.Source != "test.txt" || d.Match.Line != 4 {
			t.Errorf("%+v, want review by line 4 of test.txt", d)
		}
	})
}

func TestASyncIsSeenByCheckersBeforeItReturns(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a, c := newAdmin(t, st), newChecker(t, st)
		s := ban.Subject{Email: "x@mx.a.example", Name: "somebody"}
		expect := func(what string, want ban.Verdict) {
			t.Helper()
			if d := check(t, c, s); d.Verdict != want {
				t.Errorf("%s: %v, want %v", what, d.Verdict, want)
			}
		}
		for _, extra := range []string{"", domains(2 * store.MaxChangeKeys)} {
			expect("before", ban.Allowed)
			sync(t, a, "l", "a.example\n"+extra, blocklist.SyncOptions{Force: true})
			expect("synced", ban.Denied)
			sync(t, a, "l", "b.example\n", blocklist.SyncOptions{Force: true})
			expect("synced without it", ban.Allowed)
			if _, err := a.Undo(as("alice"), "l"); err != nil {
				t.Fatal(err)
			}
			expect("undone", ban.Denied)
			if _, err := a.Drop(as("alice"), "l"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestRejectsNameLineValueAndReason(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a := newAdmin(t, st)
		text := "a.example\nBÜCHER.example\nxn--bcher-kva.example\nco.uk\ngmail.com\nnot a domain!.example\nb.example\nA.EXAMPLE\nc.example\nd.example\n"
		r := sync(t, a, "l", text, blocklist.SyncOptions{})
		if counts(r) != "+5 ~0 -0 =0 !5" {
			t.Fatalf("%s: %+v", counts(r), r.Rejects)
		}
		want := []struct {
			line int
			code string
		}{{3, ban.CodeDuplicate}, {4, ban.GuardPublicSuffix}, {5, ban.GuardProtected}, {6, ""}, {8, ban.CodeDuplicate}}
		for i, w := range want {
			got := r.Rejects[i]
			if got.Line != w.line || got.Value == "" || w.code != "" && codeOf(got.Err) != w.code {
				t.Errorf("reject %d: %+v (%v), want line %d, code %s", i, got, got.Err, w.line, w.code)
			}
		}
		if r.Duplicates != 2 {
			t.Errorf("%d duplicates, want 2", r.Duplicates)
		}
		if r := sync(t, a, "l", text, blocklist.SyncOptions{AllowWide: true}); r.Rejected != 5 || codeOf(r.Rejects[1].Err) != ban.GuardProtected {
			t.Errorf("co.uk is wide, but covers protected values, too: %s, %v", counts(r), r.Rejects)
		}
	})
}

func TestRepetitionsMakeRoomForOtherRejects(t *testing.T) {
	const text = "a.example\nA.example\nb..example\na.example.\nc..example\nb.example\nB.example\nd.example\n" // 3 repetitions, 2 others
	for _, test := range []struct {
		max  int
		want string // the lines kept
	}{
		{0, "2 3 4 5 7"}, {5, "2 3 4 5 7"}, {4, "2 3 4 5"}, {3, "2 3 5"}, {2, "3 5"}, {1, "3"}, {-1, ""},
	} {
		r := sync(t, newAdmin(t, memstore.New()), "l", text, blocklist.SyncOptions{MaxRejects: test.max})
		var lines []string
		for _, reject := range r.Rejects {
			lines = append(lines, strconv.Itoa(reject.Line))
		}
		if got := strings.Join(lines, " "); got != test.want || r.Rejected != 5 || r.Duplicates != 3 {
			t.Errorf("MaxRejects %d: keeps lines %q of %d, %d duplicates, want %q of 5, 3", test.max, got, r.Rejected, r.Duplicates, test.want)
		}
	}
}

func codeOf(err error) string {
	if v, ok := errors.AsType[*ban.ValueError](err); ok {
		return v.Code
	}
	if g, ok := errors.AsType[*ban.GuardError](err); ok {
		return g.Code
	}
	return ""
}

func TestASyncThatLooksLikeAMistakeStops(t *testing.T) {
	ten := domains(10)
	tests := []struct {
		name, before, after, code string
	}{
		{"an empty file", "a.example\n", "# nothing\n", blocklist.StopEmpty},
		{"an empty file for a new list", "", "# nothing\n", blocklist.StopEmpty},
		{"most lines are rejected", "", "a.example\nb..example\nc..example\n", blocklist.StopMostlyRejected},
		{"more than half would go", ten, domains(4), blocklist.StopMostlyRemoved},
		{"half may go", ten, domains(5), ""},
		{"of fewer than ten, all but one may go", domains(9), domains(1), ""},
		{"all would go for others", domains(9), "z.example\n", blocklist.StopAllRemoved},
		{"the only one would go for another", "a.example\n", "z.example\n", blocklist.StopAllRemoved},
		{"but not for none", domains(9), "# nothing\n", blocklist.StopEmpty},
		{"repetitions are no mistake", "", "a.example\nA.example\na.example.\nb.example\n", ""},
		{"half may be rejected", "", "a.example\nb..example\n", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, st store.Store) {
				a := newAdmin(t, st)
				if test.before != "" {
					sync(t, a, "l", test.before, blocklist.SyncOptions{})
				}
				before, _ := a.Lists(context.Background())
				r, err := trySync(a, "l", test.after, blocklist.SyncOptions{})
				stop, stopped := errors.AsType[*blocklist.StopError](err)
				if test.code == "" {
					if err != nil {
						t.Errorf("stopped: %v", err)
					}
					return
				}
				if !stopped || stop.Code != test.code || stop.List != "l" || strings.Contains(err.Error(), "SyncOptions") {
					t.Fatalf("error %v, want a StopError %s", err, test.code)
				}
				after, _ := a.Lists(context.Background())
				if fmt.Sprint(before) != fmt.Sprint(after) {
					t.Errorf("the list changed: %v, was %v", after, before)
				}
				if test.code == blocklist.StopMostlyRemoved && r.Removed != 6 {
					t.Errorf("%s, want to be told of the 6 removals", counts(r))
				}
				if _, err := trySync(a, "l", test.after, blocklist.SyncOptions{Force: true}); err != nil {
					t.Errorf("forced: %v", err)
				}
			})
		})
	}
}

func TestUndoGoesBackOnce(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a := newAdmin(t, st)
		sync(t, a, "l", "value,effect\na.example,deny\nb.example,deny\n", blocklist.SyncOptions{})
		was := values(t, a, "l")
		sync(t, a, "l", "value,effect\na.example,allow\nc.example,review\n", blocklist.SyncOptions{AllowExceptions: true})
		if _, err := a.Undo(as("alice"), "l"); err != nil {
			t.Fatal(err)
		}
		if got := values(t, a, "l"); got != was {
			t.Errorf("undone: %s, want %s", got, was)
		}
		if _, err := a.Undo(as("alice"), "l"); !errors.Is(err, blocklist.ErrNothingToUndo) || !errors.Is(err, blocklist.ErrConflict) {
			t.Errorf("a second Undo: %v, want ErrNothingToUndo", err)
		}
		if _, err := a.Undo(as("alice"), "none"); !errors.Is(err, blocklist.ErrNotFound) || errors.Is(err, blocklist.ErrNothingToUndo) {
			t.Errorf("of no list: %v, want ErrNotFound", err)
		}
		if r := sync(t, a, "l", "value,effect\na.example,deny\nb.example,deny\nd.example,deny\n", blocklist.SyncOptions{}); counts(r) != "+1 ~0 -0 =2 !0" {
			t.Errorf("a Sync after it: %s", counts(r))
		}
	})
}

func TestAnotherReasonAloneIsANewVersion(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a := newAdmin(t, st)
		sync(t, a, "l", "a.example\n", blocklist.SyncOptions{})
		r := sync(t, a, "l", "a.example\n", blocklist.SyncOptions{Reason: "spam"})
		if counts(r) != "+0 ~0 -0 =1 !0" || r.List.Version != 2 {
			t.Fatalf("%s at version %d, want nothing changed at 2", counts(r), r.List.Version)
		}
		l, err := a.Undo(as("alice"), "l")
		if err != nil || l.Reason != "" || values(t, a, "l") != "a.example" {
			t.Errorf("undone: %+v (%v), want the same entries, without the reason", l, err)
		}
	})
}

func TestTheLogOfAList(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a := newAdmin(t, st)
		l := sync(t, a, "l", "a.example\n", blocklist.SyncOptions{}).List
		sync(t, a, "other", "a.example\n", blocklist.SyncOptions{})
		if _, err := a.Drop(as("bob"), "l"); err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			of   string
			id   uuid.UUID
			want string
		}{
			{"one list", l.ID, "bob list.drop, alice list.sync"},
			{"everything", uuid.Nil, "bob list.drop, alice list.sync, alice list.sync"},
			{"what does not exist", uuid.New(), ""},
		} {
			changes, err := a.Log(context.Background(), test.id, blocklist.Page{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range changes {
				got = append(got, fmt.Sprint(c.Actor, " ", c.Action))
			}
			if text := strings.Join(got, ", "); text != test.want {
				t.Errorf("of %s: %s, want %s", test.of, text, test.want)
			}
		}
	})
}

func TestPlanSaysWhatSyncDoesAndChangesNothing(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a := newAdmin(t, st)
		sync(t, a, "l", "a.example\nb.example\nc.example\n", blocklist.SyncOptions{})
		last, err := st.LastChange(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		const text = "b.example\nc.example\nd.example\ne..example\n"
		planned, err := a.Plan(context.Background(), "l", blocklist.Parse(strings.NewReader(text), blocklist.ParseOptions{}), blocklist.SyncOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if now, err := st.LastChange(context.Background()); err != nil || now != last || values(t, a, "l") != "a.example b.example c.example" {
			t.Error("Plan changed something")
		}
		if done := sync(t, a, "l", text, blocklist.SyncOptions{}); counts(planned) != counts(done) || counts(done) != "+1 ~0 -1 =2 !1" {
			t.Errorf("planned %s, done %s", counts(planned), counts(done))
		}
		if _, err := a.Plan(context.Background(), "new", blocklist.Parse(strings.NewReader(text), blocklist.ParseOptions{}), blocklist.SyncOptions{}); err != nil {
			t.Error(err)
		}
		if _, err := a.GetList(context.Background(), "new"); !errors.Is(err, blocklist.ErrNotFound) {
			t.Errorf("Plan made a list: %v", err)
		}
	})
}

func TestListsBlocksAndBansAreIndependent(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a, c := newAdmin(t, st), newChecker(t, st)
		bans, err := ban.NewAdmin(st, ban.AdminOptions{})
		if err != nil {
			t.Fatal(err)
		}
		const text = "a.example\nb.example\n"
		sync(t, a, "one", text, blocklist.SyncOptions{})
		sync(t, a, "two", text, blocklist.SyncOptions{})
		if _, err := a.Create(as("alice"), blocklist.CreateOptions{Domain: "a.example"}); err != nil {
			t.Fatal(err)
		}
		if _, err := bans.Create(as("alice"), ban.CreateOptions{Kind: ban.KindDomain, Value: "a.example"}); err != nil {
			t.Fatal(err)
		}
		trace, err := c.Explain(context.Background(), ban.Subject{Email: "x@a.example"})
		if err != nil || len(trace.Considered) != 4 || trace.Decision.Match.Origin != store.OriginBan {
			t.Errorf("%v (%v), want four rules, and the ban to decide", trace, err)
		}
		sync(t, a, "one", "b.example\n", blocklist.SyncOptions{})
		if _, err := a.Drop(as("alice"), "two"); err != nil {
			t.Fatal(err)
		}
		trace, err = c.Explain(context.Background(), ban.Subject{Email: "x@a.example"})
		if err != nil || len(trace.Considered) != 2 {
			t.Errorf("%v (%v), want the ban and the block", trace, err)
		}
	})
}

func TestAnAllowListMakesExceptions(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a, c := newAdmin(t, st), newChecker(t, st)
		sync(t, a, "deny", "example.com\nexample.org\nbad.example.net\n", blocklist.SyncOptions{})
		sync(t, a, "allow", "value,effect\ngood.example.com,allow\nexample.org,allow\nexample.net,allow\n", blocklist.SyncOptions{AllowExceptions: true})
		sync(t, a, "shadow", "value,shadow\nexample.edu,true\n", blocklist.SyncOptions{})
		for email, want := range map[string]ban.Verdict{
			"x@example.com": ban.Denied, "x@good.example.com": ban.Allowed, "x@a.good.example.com": ban.Allowed,
			"x@example.org": ban.Allowed, "x@bad.example.net": ban.Denied, "x@ok.example.net": ban.Allowed, "x@example.edu": ban.Allowed,
		} {
			if d := check(t, c, ban.Subject{Email: email}); d.Verdict != want {
				t.Errorf("%s: %v, want %v", email, d.Verdict, want)
			}
		}
		if d := check(t, c, ban.Subject{Email: "x@example.edu"}); len(d.Shadows) != 1 {
			t.Errorf("%+v, want the shadow reported", d)
		}
	})
}

func TestExportReadsBackAsTheSameList(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a := newAdmin(t, st)
		const text = "value,kind,effect,shadow\nb.example,domain,deny,false\n=a.example,domain,allow,false\n203.0.113.0/24,ip,review,false\nadmin*,name,deny,true\nj.doe@gmail.com,email,deny,false\n"
		sync(t, a, "l", text, blocklist.SyncOptions{AllowExceptions: true})
		for _, f := range []blocklist.Format{blocklist.FormatAuto, blocklist.FormatCSV, blocklist.FormatJSON} {
			var out, again bytes.Buffer
			if err := a.Export(context.Background(), "l", &out, f); err != nil {
				t.Fatal(err)
			}
			if err := a.Export(context.Background(), "l", &again, f); err != nil || out.String() != again.String() {
				t.Errorf("%v: a second export differs (%v)", f, err)
			}
			if r := sync(t, a, "l", out.String(), blocklist.SyncOptions{AllowExceptions: true}); counts(r) != "+0 ~0 -0 =5 !0" {
				t.Errorf("%v reads back as %s:\n%s", f, counts(r), out.String())
			}
		}
		if err := a.Export(context.Background(), "none", &bytes.Buffer{}, blocklist.FormatCSV); !errors.Is(err, blocklist.ErrNotFound) {
			t.Errorf("of no list: %v", err)
		}
	})
}

func TestInputThatBreaksOffChangesNothing(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a := newAdmin(t, st)
		sync(t, a, "l", "a.example\n", blocklist.SyncOptions{})
		broken := errors.New("connection reset")
		lines := func(yield func(blocklist.Line, error) bool) {
			v, _ := ban.ParseDomain("b.example")
			_ = yield(blocklist.Line{Number: 1, Text: "b.example", Value: v}, nil) && yield(blocklist.Line{}, broken)
		}
		if _, err := a.Sync(as("alice"), "l", lines, blocklist.SyncOptions{Force: true}); !errors.Is(err, broken) {
			t.Errorf("error %v, want that of the input", err)
		}
		ctx, cancel := context.WithCancel(as("alice"))
		cancel()
		if _, err := a.Sync(ctx, "l", blocklist.Parse(strings.NewReader("b.example\n"), blocklist.ParseOptions{}), blocklist.SyncOptions{Force: true}); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		for _, junk := range []string{"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "\x1f\x8b\x08\x00\x00", "\x00\x01\x02\x03", ""} {
			if _, err := trySync(a, "l", junk, blocklist.SyncOptions{}); err == nil {
				t.Errorf("%q was taken for a list", junk)
			}
		}
		if got := values(t, a, "l"); got != "a.example" {
			t.Errorf("the list holds %s", got)
		}
	})
}

func TestNamesAndOptionsThatDoNotFit(t *testing.T) {
	a := newAdmin(t, memstore.New())
	long := strings.Repeat("ü", 256)
	tests := []struct {
		what, list, field string
		ctx               context.Context
		o                 blocklist.SyncOptions
	}{
		{"no actor", "l", "actor", context.Background(), blocklist.SyncOptions{}},
		{"no name", "", "list", as("alice"), blocklist.SyncOptions{}},
		{"a name in capitals", "List", "list", as("alice"), blocklist.SyncOptions{}},
		{"a name with a slash", "a/b", "list", as("alice"), blocklist.SyncOptions{}},
		{"a name that begins with a dot", ".l", "list", as("alice"), blocklist.SyncOptions{}},
		{"a name of 65", strings.Repeat("l", 65), "list", as("alice"), blocklist.SyncOptions{}},
		{"a name of 10 MB", strings.Repeat("l", 10<<20), "list", as("alice"), blocklist.SyncOptions{}},
		{"a long source", "l", "source", as("alice"), blocklist.SyncOptions{Source: long}},
		{"a long reason", "l", "reason", as("alice"), blocklist.SyncOptions{Reason: long}},
		{"a long public reason", "l", "public_reason", as("alice"), blocklist.SyncOptions{PublicReason: long}},
	}
	for _, test := range tests {
		_, err := a.Sync(test.ctx, test.list, blocklist.Parse(strings.NewReader("a.example\n"), blocklist.ParseOptions{}), test.o)
		if v, ok := errors.AsType[*ban.ValueError](err); !ok || v.Field != test.field || len(v.Error()) > 1000 {
			t.Errorf("%s: %v, want a ValueError about %s", test.what, err, test.field)
		}
	}
	if lists, err := a.Lists(context.Background()); err != nil || len(lists) != 0 {
		t.Errorf("lists %v, %v", lists, err)
	}
}

func TestProgressIsReported(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		last := map[blocklist.Phase]blocklist.Progress{}
		r := sync(t, newAdmin(t, st), "l", domains(25_000), blocklist.SyncOptions{Progress: func(p blocklist.Progress) {
			if p.Done < last[p.Phase].Done {
				t.Errorf("%+v after %+v", p, last[p.Phase])
			}
			last[p.Phase] = p
		}})
		if read, written := last[blocklist.PhaseRead], last[blocklist.PhaseWrite]; read.Done != 25_000 || written.Done != 25_000 || written.Total != 25_000 {
			t.Errorf("read %+v, written %+v", read, written)
		}
		if r.Added != 25_000 || r.List.Entries != 25_000 || time.Since(r.List.SyncedAt) > time.Hour || r.List.SyncedBy != "alice" {
			t.Errorf("%s: %+v", counts(r), r.List)
		}
	})
}
