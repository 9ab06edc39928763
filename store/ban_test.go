package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

var now = time.Date(2026, 1, 1, 12, 0, 0, 123456000, time.UTC)

func TestBanFilter(t *testing.T) {
	ban := Ban{
		Kind: KindDomain, Value: "Bad.example", Effect: Review,
		Scope: ScopeOf(SignIn, Mail), Shadow: true, ExpiresAt: now.Add(time.Hour),
	}
	everyAction := ban
	everyAction.Scope = 0
	for _, tt := range []struct {
		name   string
		ban    Ban
		filter BanFilter
		want   bool
	}{
		{"the zero filter selects every ban", ban, BanFilter{}, true},
		{"the zero filter selects the zero ban", Ban{}, BanFilter{}, true},
		{"the kind must be equal", ban, BanFilter{Kind: KindDomain}, true},
		{"another kind is not selected", ban, BanFilter{Kind: KindName}, false},
		{"a substring of the value is enough", ban, BanFilter{Contains: "d.ex"}, true},
		{"case matters in a substring", ban, BanFilter{Contains: "bad"}, false},
		{"a wildcard in a substring is none", ban, BanFilter{Contains: "%"}, false},
		{"an active ban is selected as active", ban, BanFilter{Active: new(true), At: now}, true},
		{"an active ban is not selected as inactive", ban, BanFilter{Active: new(false), At: now}, false},
		{"At decides what is active", ban, BanFilter{Active: new(false), At: now.Add(time.Hour)}, true},
		{"At alone selects nothing out", ban, BanFilter{At: now.Add(2 * time.Hour)}, true},
		{"the effect must be equal", ban, BanFilter{Effect: new(Review)}, true},
		{"Deny is an effect like others", ban, BanFilter{Effect: new(Deny)}, false},
		{"one action in common is enough", ban, BanFilter{Scope: ScopeOf(Mail, Content)}, true},
		{"no action in common is not", ban, BanFilter{Scope: ScopeOf(Content)}, false},
		{"a ban about all actions is about each", everyAction, BanFilter{Scope: ScopeOf(Content)}, true},
		{"shadows can be selected", ban, BanFilter{Shadow: new(true)}, true},
		{"shadows can be left out", ban, BanFilter{Shadow: new(false)}, false},
		{"all fields must hold", ban, BanFilter{Kind: KindDomain, Contains: "example", Effect: new(Review), Shadow: new(false)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.filter.Match(&tt.ban); got != tt.want {
				t.Errorf("Match = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestPage(t *testing.T) {
	for limit, want := range map[int]int{
		math.MinInt: DefaultPageLimit, -1: DefaultPageLimit, 0: DefaultPageLimit,
		1: 1, MaxPageLimit: MaxPageLimit, MaxPageLimit + 1: MaxPageLimit, math.MaxInt: MaxPageLimit,
	} {
		if got := (Page{Limit: limit}).Size(); got != want {
			t.Errorf("Size with Limit %d = %d, want %d", limit, got, want)
		}
	}
	for _, tt := range []struct {
		page Page
		want string
	}{
		{Page{}, "12345"},
		{Page{After: -1, Before: -1}, "12345"},
		{Page{After: 2}, "345"},
		{Page{Before: 4}, "123"},
		{Page{After: 2, Before: 4}, "3"},
		{Page{After: 3, Before: 4}, ""},
		{Page{After: 4, Before: 2}, ""},
		{Page{After: math.MaxInt64}, ""},
	} {
		var got strings.Builder
		for seq := int64(1); seq <= 5; seq++ {
			if tt.page.Includes(seq) {
				fmt.Fprint(&got, seq)
			}
		}
		if got.String() != tt.want {
			t.Errorf("%+v includes %q of 12345, want %q", tt.page, got.String(), tt.want)
		}
	}
}

func TestExistsError(t *testing.T) {
	err := fmt.Errorf("wrapped: %w", &ExistsError{Ban{Kind: KindDomain, Value: "a.example"}})
	if !errors.Is(err, ErrExists) || errors.Is(err, ErrConflict) {
		t.Error("it matches ErrExists and no other sentinel")
	}
	var exists *ExistsError
	if !errors.As(err, &exists) || exists.Existing.Value != "a.example" {
		t.Errorf("errors.As gives %+v", exists)
	}
	if want := `wrapped: an active domain ban of "a.example" already exists`; err.Error() != want {
		t.Errorf("Error() = %q, want %q", err, want)
	}
}

func TestBanRule(t *testing.T) {
	b := Ban{
		ID: uuid.UUID{1}, Kind: KindDomain, Value: "=a.example", KeyText: "a.example",
		Effect: Allow, Scope: ScopeOf(Mail), Shadow: true, ExpiresAt: now,
		Reason: "r", PublicReason: "p", CreatedBy: "alice", Label: "l", Hits: 3,
	}
	want := Rule{
		Key: Key{KindDomain, "a.example"}, Value: "=a.example", Effect: Allow, Scope: ScopeOf(Mail), Shadow: true,
		ExpiresAt: now, Origin: OriginBan, ID: uuid.UUID{1}, Reason: "r", PublicReason: "p", Label: "l",
	}
	if got := b.Rule(); got != want {
		t.Errorf("Rule = %+v, want %+v", got, want)
	}
}

func TestBanJSON(t *testing.T) {
	full := Ban{
		ID: uuid.UUID{1}, Seq: 2, Version: 3, Kind: KindEmail, Value: "v", KeyText: "k", Label: "l",
		Effect: Review, Scope: ScopeOf(Mail), Shadow: true, Reason: "<r>", PublicReason: "p",
		CreatedAt: now, CreatedBy: "c", UpdatedAt: now, ExpiresAt: now,
		RevokedAt: now, RevokedBy: "rb", RevokedReason: "rr", AliasesDisabled: 5, Hits: 4, LastHitAt: now,
	}
	fields := reflect.ValueOf(full)
	for i := range fields.NumField() {
		kept := fields.Type().Field(i).Tag.Get("json") != "-"
		if kept && fields.Field(i).IsZero() {
			t.Fatalf("the test leaves %s unset", fields.Type().Field(i).Name)
		}
	}
	for name, b := range map[string]Ban{
		"with every field set": full,
		"with few":             {ID: uuid.UUID{1}, Kind: KindName, Value: "v", KeyText: "k", CreatedAt: now, UpdatedAt: now},
	} {
		data, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		var back Ban
		if err := json.Unmarshal(data, &back); err != nil || back != b {
			t.Errorf("a ban %s comes back as %+v, %v; want %+v", name, back, err, b)
		}
		if strings.Contains(string(data), "0001-01-01") {
			t.Errorf("a ban %s says when what never was: %s", name, data)
		}
	}
}
