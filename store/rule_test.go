package store

import (
	"testing"
	"time"
)

func TestScope(t *testing.T) {
	tests := []struct {
		name  string
		scope Scope
		text  string
		has   []Action
	}{
		{"the zero scope is all actions", ScopeOf(), "all", Actions()},
		{"a scope has just its actions", ScopeOf(Mail, SignIn), "sign_in,mail", []Action{SignIn, Mail}},
		{"an action named twice counts once", ScopeOf(SignUp, SignUp), "sign_up", []Action{SignUp}},
		{"every action by name is not all", ScopeOf(Actions()...), "sign_up,sign_in,alias,mail,content", Actions()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.scope.String() != tt.text || !tt.scope.Valid() {
				t.Errorf("String() = %q, Valid() = %v; want %q, true", tt.scope, tt.scope.Valid(), tt.text)
			}
			has := map[Action]bool{}
			for _, a := range tt.has {
				has[a] = true
			}
			for _, a := range Actions() {
				if tt.scope.Has(a) != has[a] {
					t.Errorf("Has(%v) = %v", a, tt.scope.Has(a))
				}
			}
		})
	}
	if !Scope(0).Has(Action(7)) {
		t.Error("the zero scope leaves out an action of a version to come")
	}
	if Scope(1 << 5).Valid() {
		t.Error("a scope with an unknown action is valid")
	}
	if s, err := ParseScope(" mail , sign_in"); err != nil || s != ScopeOf(SignIn, Mail) {
		t.Errorf("ParseScope with spaces = %v, %v", s, err)
	}
}

func TestExpiry(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name             string
		expires, revoked time.Time
		inForce, active  bool
	}{
		{"without expiry it is in force", time.Time{}, time.Time{}, true, true},
		{"before its expiry it is in force", now.Add(time.Microsecond), time.Time{}, true, true},
		{"at its expiry it is not in force", now, time.Time{}, false, false},
		{"after its expiry it is not in force", now.Add(-time.Microsecond), time.Time{}, false, false},
		{"revoked it is not active, whenever that was", time.Time{}, now.Add(time.Hour), true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := Ban{Kind: KindName, Value: "a", KeyText: "a", ExpiresAt: tt.expires, RevokedAt: tt.revoked}
			if got := b.Active(now); got != tt.active {
				t.Errorf("Active = %v, want %v", got, tt.active)
			}
			r := b.Rule()
			if got := r.InForce(now); got != tt.inForce {
				t.Errorf("InForce = %v, want %v", got, tt.inForce)
			}
		})
	}
}

func TestDay(t *testing.T) {
	utc := time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)
	for _, in := range []time.Time{
		utc, utc.Add(24*time.Hour - 1),
		utc.Add(23 * time.Hour).In(time.FixedZone("", 5*3600)),
		utc.In(time.FixedZone("", -11*3600)),
	} {
		if got := Day(in); got != utc {
			t.Errorf("Day(%v) = %v, want %v", in, got, utc)
		}
	}
}

func TestAScopeOfAnActionThatIsNoneIsNotValid(t *testing.T) {
	for _, a := range []Action{5, 7, 8, 200} {
		if s := ScopeOf(SignUp, a); s.Valid() {
			t.Errorf("ScopeOf(SignUp, %d) = %v, a valid scope", uint8(a), s)
		}
		if ScopeOf(a) == 0 {
			t.Errorf("ScopeOf(%d) means all actions", uint8(a))
		}
	}
}
