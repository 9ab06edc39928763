package changelog

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 1000, time.UTC)

func ban(text string) *store.Ban {
	return &store.Ban{
		ID: uuid.MustParse("01950000-0000-7000-8000-000000000001"), Seq: 3, Version: 2,
		Kind: store.KindDomain, Value: "=" + text, KeyText: text,
		CreatedAt: at, UpdatedAt: at,
	}
}

func TestBan(t *testing.T) {
	key := func(text string) store.Key { return store.Key{Kind: store.KindDomain, Text: text} }
	tests := []struct {
		name          string
		before, after *store.Ban
		keys          []store.Key
	}{
		{"a creation has no Before", nil, ban("a.example"), []store.Key{key("a.example")}},
		{"a deletion has no After", ban("a.example"), nil, []store.Key{key("a.example")}},
		{"an update names a key that stays once", ban("a.example"), ban("a.example"), []store.Key{key("a.example")}},
		{"an update names both keys of a value that moves", ban("a.example"), ban("b.example"), []store.Key{key("a.example"), key("b.example")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := store.Change{
				At: at, Actor: "alice", Action: store.BanUpdate,
				Seq: 99, Bulk: true, Counts: map[string]int64{"x": 1}, Keys: []store.Key{key("stray.example")},
			}
			got, err := Ban(in, tt.before, tt.after)
			if err != nil {
				t.Fatal(err)
			}
			if got.At != in.At || got.Actor != in.Actor || got.Action != in.Action {
				t.Errorf("At, Actor, Action = %v, %q, %q: not the caller's", got.At, got.Actor, got.Action)
			}
			if got.Seq != 0 || got.Bulk || got.Counts != nil {
				t.Errorf("the caller's other fields leaked: %+v", got)
			}
			if got.Target != ban("").ID {
				t.Errorf("Target = %v", got.Target)
			}
			if !reflect.DeepEqual(got.Keys, tt.keys) {
				t.Errorf("Keys = %v, want %v", got.Keys, tt.keys)
			}
			checkJSON(t, "Before", got.Before, tt.before)
			checkJSON(t, "After", got.After, tt.after)
		})
	}
}

func checkJSON(t *testing.T, field string, got json.RawMessage, want *store.Ban) {
	t.Helper()
	if want == nil {
		if got != nil {
			t.Errorf("%s = %s, want none", field, got)
		}
		return
	}
	var b store.Ban
	if err := json.Unmarshal(got, &b); err != nil {
		t.Errorf("%s: %v", field, err)
	} else if b != *want {
		t.Errorf("%s = %+v, want %+v", field, b, *want)
	}
}

func TestBanWithoutJSONForm(t *testing.T) {
	late := ban("a.example")
	late.ExpiresAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, b := range map[string]*store.Ban{
		"a ban of no kind is an error":          {},
		"a time past the year 9999 is an error": late,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Ban(store.Change{}, nil, b); err == nil {
				t.Error("no error for After")
			}
			if _, err := Ban(store.Change{}, b, nil); err == nil {
				t.Error("no error for Before")
			}
		})
	}
}

func TestMany(t *testing.T) {
	counts := map[string]int64{"created": 2}
	change := store.Change{At: at, Actor: "alice", Action: store.BanCreateMany, Seq: 9, Bulk: true, Target: ban("").ID}
	few := []store.Key{{Kind: store.KindDomain, Text: "a.example"}}
	want := store.Change{At: at, Actor: "alice", Action: store.BanCreateMany, Keys: few, Counts: counts}
	if got := Many(change, counts, few); !reflect.DeepEqual(got, want) {
		t.Errorf("Many = %+v, want %+v", got, want)
	}
	want.Keys, want.Bulk = nil, true
	for n, known := range map[int]int{store.MaxChangeKeys + 1: store.MaxChangeKeys + 1, store.MaxKnownKeys: store.MaxKnownKeys, store.MaxKnownKeys + 1: 0} {
		got := Many(change, counts, keys(n))
		if kept := Known(&got); len(kept) != known || !reflect.DeepEqual(got, want) {
			t.Errorf("Many of %d keys, %d of them to be kept, = %+v, want %d and %+v", n, len(kept), got, known, want)
		}
	}
}
