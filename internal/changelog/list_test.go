package changelog

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

func block() *store.Block {
	return &store.Block{ID: uuid.UUID{7}, Seq: 2, Domain: "=a.example", KeyText: "a.example", CreatedAt: at, CreatedBy: "alice"}
}

func TestBlock(t *testing.T) {
	for _, tt := range []struct {
		name          string
		before, after *store.Block
	}{
		{"a creation has no Before", nil, block()},
		{"a deletion has no After", block(), nil},
		{"a key that stays is named once", block(), block()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Block(stray, tt.before, tt.after)
			if err != nil {
				t.Fatal(err)
			}
			want := store.Change{
				At: at, Actor: "alice", Action: "some.action",
				Target: block().ID, Keys: []store.Key{block().Key()}, Before: asJSON(tt.before), After: asJSON(tt.after),
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("Block = %+v, want %+v", got, want)
			}
		})
	}
	late := block()
	late.CreatedAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := Block(stray, nil, late); err == nil {
		t.Error("a block without a JSON form is no error")
	}
}

// stray is a change with everything set that only a store gives.
var stray = store.Change{
	At: at, Actor: "alice", Action: "some.action",
	Seq: 9, Target: uuid.UUID{9}, Bulk: true, Keys: keys(1), Counts: map[string]int64{"stray": 1},
	Before: json.RawMessage("{}"), After: json.RawMessage("{}"),
}

func asJSON[R any](r *R) json.RawMessage {
	if r == nil {
		return nil
	}
	data, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return data
}

func list() *store.List {
	return &store.List{
		ID: uuid.UUID{8}, Seq: 1, Name: "disposable", Source: "s", Reason: "r", PublicReason: "p",
		Version: 3, Entries: 2, Undoable: true, CreatedAt: at, SyncedAt: at, SyncedBy: "alice",
	}
}

// keys returns n different keys.
func keys(n int) []store.Key {
	out := make([]store.Key, n)
	for i := range out {
		out[i] = store.Key{Kind: store.KindDomain, Text: fmt.Sprintf("d%d.example", i)}
	}
	return out
}

func TestList(t *testing.T) {
	empty, next := list(), list()
	empty.Entries = 0
	next.Version++
	changed := func(change func(*store.List)) *store.List {
		l := list()
		change(l)
		return l
	}
	source := changed(func(l *store.List) { l.Source = "other" })
	reason := changed(func(l *store.List) { l.Reason = "other" })
	public := changed(func(l *store.List) { l.PublicReason = "other" })
	for _, tt := range []struct {
		name          string
		before, after *store.List
		given, want   []store.Key // want: nil if it is to be Bulk
	}{
		{"a new list has no Before", nil, list(), keys(2), keys(2)},
		{"a list that is dropped has no After", list(), nil, keys(2), keys(2)},
		{"a key that comes twice is named once", list(), next, append(keys(2), keys(3)...), keys(3)},
		{"as many keys as a change may name are named", list(), next, keys(store.MaxChangeKeys), keys(store.MaxChangeKeys)},
		{"a repeated key does not make them too many", list(), next, append(keys(store.MaxChangeKeys), keys(9)...), keys(store.MaxChangeKeys)},
		{"more keys are bulk", list(), next, keys(store.MaxChangeKeys + 1), nil},
		{"another source is in every rule", list(), source, keys(1), nil},
		{"another reason is in every rule", list(), reason, keys(1), nil},
		{"another public reason is in every rule", list(), public, keys(1), nil},
		{"of an empty list no rule had the old reason", empty, reason, keys(1), keys(1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			counts := map[string]int64{"added": 1}
			got, err := List(stray, tt.before, tt.after, tt.given, counts)
			if err != nil {
				t.Fatal(err)
			}
			if known := Known(&got); got.Bulk && !reflect.DeepEqual(known, tt.given) || !got.Bulk && known != nil {
				t.Errorf("%d keys are known, want %d if it is Bulk", len(known), len(tt.given))
			}
			want := store.Change{
				At: at, Actor: "alice", Action: "some.action",
				Target: list().ID, Keys: tt.want, Bulk: tt.want == nil, Counts: counts,
				Before: asJSON(tt.before), After: asJSON(tt.after),
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("List = %+v, want %+v", got, want)
			}
		})
	}
}

func TestListKeepsNoKeysItWasGiven(t *testing.T) {
	given := keys(2)
	got, err := List(stray, nil, list(), given, nil)
	if err != nil {
		t.Fatal(err)
	}
	clear(given)
	if !reflect.DeepEqual(got.Keys, keys(2)) {
		t.Errorf("Keys = %v, want those given at the time", got.Keys)
	}
}

func TestListWithoutKeys(t *testing.T) {
	got, err := List(stray, list(), list(), nil, nil)
	if err != nil || got.Bulk || len(got.Keys) != 0 {
		t.Errorf("List = %+v, %v; want neither keys nor Bulk", got, err)
	}
}
