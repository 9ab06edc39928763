package main

import (
	"errors"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

func TestProgramRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	for range 2 { // the second time the ban is there already
		if err := run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMayJoin(t *testing.T) {
	st := memstore.New()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Create(t.Context(), ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example", Reason: "ticket 4711", PublicReason: "we had spam"}); err != nil {
		t.Fatal(err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{StaleFor: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer checker.Close()
	if err := mayJoin(t.Context(), checker, "ann@example.org", "ann", "192.0.2.1"); err != nil {
		t.Error(err)
	}
	err = mayJoin(t.Context(), checker, "bob@spam.example", "bob", "192.0.2.1")
	if _, denied := errors.AsType[*ban.DeniedError](err); !denied || err.Error() != "signing up is not allowed: we had spam" {
		t.Errorf("%v, want a *ban.DeniedError without the reason for moderators", err)
	}
	if _, invalid := errors.AsType[*ban.ValueError](mayJoin(t.Context(), checker, "bob@", "bob", "192.0.2.1")); !invalid {
		t.Error("what is no address is not refused")
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if err := mayJoin(t.Context(), checker, "new@example.org", "new", "192.0.2.1"); err == nil || strings.Contains(err.Error(), "closed") {
		t.Errorf("in an outage: %v", err)
	}
}
