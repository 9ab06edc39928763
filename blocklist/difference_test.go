package blocklist_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func TestWhatMakesADifference(t *testing.T) {
	const header = "kind,value,effect,scope,shadow\n"
	tests := []struct {
		name, line, other string
		counts            string
	}{
		{"nothing", "domain,a.example,deny,all,false", "domain,a.example,deny,all,false", "+0 ~0 -0 =1 !0"},
		{"the effect", "domain,a.example,deny,all,false", "domain,a.example,review,all,false", "+0 ~1 -0 =0 !0"},
		{"the scope", "domain,a.example,deny,all,false", "domain,a.example,deny,mail,false", "+0 ~1 -0 =0 !0"},
		{"the shadow mark", "domain,a.example,deny,all,false", "domain,a.example,deny,all,true", "+0 ~1 -0 =0 !0"},
		{"the form of a domain", "domain,a.example,deny,all,false", "domain,=a.example,deny,all,false", "+1 ~0 -1 =0 !0"},
		{"another spelling of a mailbox", "email,jdoe@gmail.com,deny,all,false", "email,j.doe@gmail.com,deny,all,false", "+1 ~0 -1 =0 !0"},
		{"the kind of the same text", "name,a.example,deny,all,false", "domain,a.example,deny,all,false", "+1 ~0 -1 =0 !0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, st store.Store) {
				a := newAdmin(t, st)
				sync(t, a, "l", header+test.line+"\n", blocklist.SyncOptions{})
				if r := sync(t, a, "l", header+test.other+"\n", blocklist.SyncOptions{Force: true}); counts(r) != test.counts {
					t.Errorf("%s, want %s", counts(r), test.counts)
				}
			})
		})
	}
	t.Run("the same text as name and as domain is two entries", func(t *testing.T) {
		r := sync(t, newAdmin(t, memstore.New()), "l", header+"name,a.example,deny,all,false\ndomain,a.example,deny,all,false\n", blocklist.SyncOptions{})
		if counts(r) != "+2 ~0 -0 =0 !0" {
			t.Error(counts(r))
		}
	})
}

func TestTheTextsOfAListAreWrittenByThemselves(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a, c := newAdmin(t, st), newChecker(t, st)
		for _, o := range []blocklist.SyncOptions{
			{Source: "1.txt"}, {Source: "2.txt"}, {Source: "2.txt", Reason: "r"}, {Source: "2.txt", Reason: "r", PublicReason: "p"},
		} {
			if r := sync(t, a, "l", "a.example\n", o); r.Added+r.Unchanged != 1 || r.Changed+r.Removed != 0 {
				t.Errorf("%+v: %s", o, counts(r))
			}
			d := check(t, c, ban.Subject{Domain: "a.example"})
			if d.Match.Source != o.Source || d.Match.Reason != o.Reason || d.Match.PublicReason != o.PublicReason {
				t.Errorf("%+v: the match says %+v", o, d.Match)
			}
		}
	})
}

func TestLinesAreThoseOfTheSource(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a, c := newAdmin(t, st), newChecker(t, st)
		sync(t, a, "l", "a.example\nb.example\n", blocklist.SyncOptions{Source: "old.txt"})
		r := sync(t, a, "l", "b.example\n#\na.example\n", blocklist.SyncOptions{Source: "new.txt"})
		if counts(r) != "+0 ~0 -0 =2 !0" {
			t.Error(counts(r))
		}
		if d := check(t, c, ban.Subject{Domain: "a.example"}); d.Match.Source != "new.txt" || d.Match.Line != 3 {
			t.Errorf("%s line %d, want line 3 of new.txt", d.Match.Source, d.Match.Line)
		}
	})
}

func TestAListMakesExceptionsOnlyIfAsked(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a, c := newAdmin(t, st), newChecker(t, st)
		if _, err := a.Create(as("alice"), blocklist.CreateOptions{Domain: "evil.example"}); err != nil {
			t.Fatal(err)
		}
		const text = "||spam.example^\n||spam2.example^\n@@||evil.example^\n"
		r := sync(t, a, "remote", text, blocklist.SyncOptions{})
		if counts(r) != "+2 ~0 -0 =0 !1" || codeOf(r.Rejects[0].Err) != ban.CodeException || r.Rejects[0].Line != 3 {
			t.Errorf("%s, %+v", counts(r), r.Rejects)
		}
		if d := check(t, c, ban.Subject{Email: "x@evil.example"}); d.Verdict != ban.Denied {
			t.Errorf("%v: a deny list lifted the block", d.Verdict)
		}
		sync(t, a, "remote", text, blocklist.SyncOptions{AllowExceptions: true})
		if d := check(t, c, ban.Subject{Email: "x@evil.example"}); d.Verdict != ban.Allowed {
			t.Errorf("%v, want the exception that was asked for", d.Verdict)
		}
	})
}

func TestASyncThatWeakensMostOfAListStops(t *testing.T) {
	text := func(rest string) string {
		var b strings.Builder
		b.WriteString("value,effect,scope,shadow\n")
		for i := range 12 {
			fmt.Fprintf(&b, "d%d.example,%s\n", i, rest)
		}
		return b.String()
	}
	for _, weaker := range []string{"deny,all,true", "review,all,false", "allow,all,false", "deny,mail,false"} {
		a := newAdmin(t, memstore.New())
		o := blocklist.SyncOptions{AllowExceptions: true}
		sync(t, a, "l", text("deny,all,false"), o)
		r, err := trySync(a, "l", text(weaker), o)
		if stop, ok := errors.AsType[*blocklist.StopError](err); !ok || stop.Code != blocklist.StopMostlyRemoved || stop.Weakened != 12 {
			t.Errorf("%s: %s, %v, want a StopError", weaker, counts(r), err)
		}
		o.Force = true
		sync(t, a, "l", text(weaker), o)
		o.Force = false
		sync(t, a, "l", text("deny,all,false"), o) // to strengthen needs no force
	}
}

func TestLinesThatContradictAreNoRepetitions(t *testing.T) {
	r := sync(t, newAdmin(t, memstore.New()), "l", "value,effect\na.example,deny\nA.example,review\na.example,deny\nb.example,deny\n", blocklist.SyncOptions{})
	if counts(r) != "+2 ~0 -0 =0 !2" || r.Duplicates != 1 || codeOf(r.Rejects[0].Err) != ban.CodeConflict || codeOf(r.Rejects[1].Err) != ban.CodeDuplicate {
		t.Errorf("%s, %d duplicates: %v", counts(r), r.Duplicates, r.Rejects)
	}
}

func TestOfLinesThatContradictTheSameOneCountsInAnyOrder(t *testing.T) {
	lines := []string{"a.example,deny,all,true", "a.example,review,all,", "a.example,deny,\"sign_up,mail\",", "a.example,deny,mail,", "a.example,deny,sign_in,", "b.example,review,mail,", "b.example,review,sign_in,"}
	for seed := range uint64(50) {
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		a := newAdmin(t, memstore.New())
		r, err := trySync(a, "l", "domain,effect,scope,shadow\n"+strings.Join(lines, "\n"), blocklist.SyncOptions{Force: true})
		if err != nil || counts(r) != "+2 ~0 -0 =0 !5" || r.Duplicates != 0 {
			t.Fatalf("%s, %v", counts(r), err)
		}
		for e, err := range a.Entries(t.Context(), "l") {
			want := map[string]ban.Scope{"a.example": mustScope(ban.SignUp, ban.Mail), "b.example": mustScope(ban.SignIn)}[e.Value]
			if err != nil || e.Scope != want || e.Shadow {
				t.Fatalf("%q gives %+v, %v", lines, e, err)
			}
		}
		for _, reject := range r.Rejects {
			if codeOf(reject.Err) != ban.CodeConflict || reject.Line < 2 {
				t.Errorf("%+v", reject)
			}
		}
	}
}

func TestWhatIsProtectedIsNeverTakenForBeingWide(t *testing.T) {
	a, err := blocklist.NewAdmin(memstore.New(), blocklist.AdminOptions{Protected: []string{"198.51.100.9", "corp.example"}})
	if err != nil {
		t.Fatal(err)
	}
	text := "1.12.0.0/14\n0.0.0.0/0\n::/0\n10.0.0.0/8\n198.51.0.0/15\n198.51.100.0/24\n"
	r := sync(t, a, "l", text, blocklist.SyncOptions{AllowWide: true, Force: true})
	if got := values(t, a, "l"); got != "1.12.0.0/14" || r.Rejected != 5 {
		t.Errorf("%s: the list holds %s", counts(r), got)
	}
}

func TestAContextThatEndsWithTheInputChangesNothing(t *testing.T) {
	a := newAdmin(t, memstore.New())
	ctx, cancel := context.WithCancel(as("alice"))
	lines := func(yield func(blocklist.Line, error) bool) {
		v, _ := ban.ParseDomain("a.example")
		yield(blocklist.Line{Number: 1, Text: "a.example", Value: v}, nil)
		cancel()
	}
	if _, err := a.Plan(ctx, "l", lines, blocklist.SyncOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that the context has ended", err)
	}
}

func TestAnEmptyListIsReadUnderEachFormat(t *testing.T) {
	for _, f := range []blocklist.Format{blocklist.FormatAuto, blocklist.FormatPlain, blocklist.FormatHosts, blocklist.FormatAdblock, blocklist.FormatNetset} {
		for _, text := range []string{"", "\n", "\ufeff \r\n"} {
			for l, err := range blocklist.Parse(strings.NewReader(text), blocklist.ParseOptions{Format: f}) {
				t.Errorf("%v, %q: %+v, %v", f, text, l, err)
			}
		}
	}
}

func TestAllowWithApprovalIsReview(t *testing.T) {
	for _, text := range []string{
		"#domain,#allow_with_approval\na.example,true\nb.example,false\n",
		`[{"domain": "a.example", "allow_with_approval": true}, {"domain": "b.example", "allow_with_approval": false}]`,
	} {
		a := newAdmin(t, memstore.New())
		sync(t, a, "l", text, blocklist.SyncOptions{})
		if got := values(t, a, "l"); got != "b.example review:a.example" {
			t.Errorf("%s gives %s", text, got)
		}
	}
}

func TestWordsAreNoNames(t *testing.T) {
	a := newAdmin(t, memstore.New())
	r, err := trySync(a, "l", "404: Not Found\n// comment\n-- comment\nerror: rate limited\n", blocklist.SyncOptions{})
	if stop, ok := errors.AsType[*blocklist.StopError](err); !ok || stop.Accepted != 0 {
		t.Errorf("%s, %v, want everything rejected", counts(r), err)
	}
	if r := sync(t, a, "l", "name:not found\nname:mallory\n", blocklist.SyncOptions{}); r.Added != 2 {
		t.Errorf("%s, want names", counts(r))
	}
}
