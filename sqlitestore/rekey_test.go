package sqlitestore

import (
	"context"
	"strings"
	"testing"

	"example.com/ostraka/store"
)

// upperKeys makes the keys of names of their capitals.
type upperKeys struct{}

func (upperKeys) RuleKey(_ store.Kind, value string) (string, bool) {
	return strings.ToUpper(value), true
}
func (upperKeys) Mailbox(address string) (string, bool)     { return address, true }
func (upperKeys) HandleKeys(handle string) ([]string, bool) { return []string{handle}, true }
func (upperKeys) HandleSpare(fold string) string            { return fold }
func (upperKeys) LocalKey(local string) (string, bool)      { return local, true }

// A list that is written for the first time is none yet, and does not become one where
// the keys of what is written of it are made anew.
func TestRekeyMakesNoListOfOneThatIsBeingWritten(t *testing.T) {
	ctx := context.Background()
	s := openTemp(t)
	s.stepRows = 2
	var names []store.Entry
	for _, name := range []string{"ann", "bob", "cid", "dan", "eve"} {
		e := domainEntry(name)
		e.Key.Kind = store.KindName
		names = append(names, e)
	}
	cutOff(t, s, newList("list", names...))
	seen := int64(0)
	for page := (store.RekeyPage{}); ; {
		done, err := s.Rekey(ctx, page, upperKeys{}, by(store.KeysRewrite))
		if err != nil {
			t.Fatalf("Rekey: %v", err)
		}
		seen += done.Seen
		if page.After = done.Next; page.After == "" {
			break
		}
	}
	if seen == 0 {
		t.Error("Rekey saw nothing of what is written of the list")
	}
	if lists, err := s.Lists(ctx); err != nil || len(lists) != 0 {
		t.Errorf("there are the lists %+v, %v; want none", lists, err)
	}
	mustApply(t, s, newList("list", names...))
	wantValues(t, s, "list", names)
	mustCheck(t, s)
}
