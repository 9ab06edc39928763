package blocklist_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/ostraka/blocklist"
	"example.com/ostraka/store"
)

// What was decided on by one content of a list is not done to another.
func TestWhatIsMeantForOneContentLeavesAnother(t *testing.T) {
	const was, other = "a.example\nb.example\n", "b.example\nc.example\n"
	for _, tt := range []struct {
		name      string
		was       string // empty: there was no list
		meanwhile func(*testing.T, *blocklist.Admin)
		want      blocklist.ChangedError // zero: it is done
		says      string
	}{
		{"nothing happened", was, func(*testing.T, *blocklist.Admin) {}, blocklist.ChangedError{}, ""},
		{"there was none, and is none", "", func(*testing.T, *blocklist.Admin) {}, blocklist.ChangedError{}, ""},
		{"the same was synced again", was, func(t *testing.T, a *blocklist.Admin) {
			sync(t, a, "l", was, blocklist.SyncOptions{})
		}, blocklist.ChangedError{}, ""},
		{"another content was synced", was, func(t *testing.T, a *blocklist.Admin) {
			sync(t, a, "l", other, blocklist.SyncOptions{})
		}, blocklist.ChangedError{List: "l", Base: 1, Version: 2}, "at version 2, not 1"},
		{"it was synced and undone", was, func(t *testing.T, a *blocklist.Admin) {
			sync(t, a, "l", other, blocklist.SyncOptions{})
			if _, err := a.Undo(as("bob"), "l"); err != nil {
				t.Fatal(err)
			}
		}, blocklist.ChangedError{List: "l", Base: 1, Version: 3}, "at version 3"},
		{"it was dropped", was, func(t *testing.T, a *blocklist.Admin) {
			if _, err := a.Drop(as("bob"), "l"); err != nil {
				t.Fatal(err)
			}
		}, blocklist.ChangedError{List: "l", Base: 1}, "was dropped"},
		{"it was dropped and made anew", was, func(t *testing.T, a *blocklist.Admin) {
			if _, err := a.Drop(as("bob"), "l"); err != nil {
				t.Fatal(err)
			}
			sync(t, a, "l", other, blocklist.SyncOptions{})
		}, blocklist.ChangedError{List: "l", Base: 1, Version: 1}, "made anew"},
		{"there was none, and one was made", "", func(t *testing.T, a *blocklist.Admin) {
			sync(t, a, "l", other, blocklist.SyncOptions{})
		}, blocklist.ChangedError{List: "l", Version: 1}, "was made"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, st store.Store) {
				a := newAdmin(t, st)
				var base blocklist.List
				if tt.was != "" {
					base = sync(t, a, "l", tt.was, blocklist.SyncOptions{}).List
				}
				tt.meanwhile(t, a)
				last, err := st.LastChange(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				lines := func() blocklist.SyncOptions {
					return blocklist.SyncOptions{Base: &base, Force: true, Source: "mine"}
				}
				wants := func(doing string, err error) {
					t.Helper()
					changed, ok := errors.AsType[*blocklist.ChangedError](err)
					switch {
					case tt.want == blocklist.ChangedError{}:
						if err != nil {
							t.Errorf("%s: %v", doing, err)
						}
					case !ok || *changed != tt.want || !errors.Is(err, blocklist.ErrConflict) || !strings.Contains(err.Error(), tt.says):
						t.Errorf("%s: %v, want %+v that says %q", doing, err, tt.want, tt.says)
					}
				}
				_, err = a.Plan(t.Context(), "l", blocklist.Parse(strings.NewReader("mine.example\n"), blocklist.ParseOptions{}), lines())
				wants("Plan", err)
				_, err = a.Sync(as("alice"), "l", blocklist.Parse(strings.NewReader("mine.example\n"), blocklist.ParseOptions{}), lines())
				wants("Sync", err)
				now, err := st.LastChange(t.Context())
				if done := now > last; err != nil || done != (tt.want == blocklist.ChangedError{}) {
					t.Errorf("it wrote %d changes, error %v", now-last, err)
				}
			})
		})
	}
}

// A moderator takes back the version that they see, not the one that came since.
func TestUndoOfAVersionThatIsNotInForceAnyMore(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a := newAdmin(t, st)
		sync(t, a, "l", "a.example\n", blocklist.SyncOptions{})
		seen := sync(t, a, "l", "a.example\nb.example\n", blocklist.SyncOptions{}).List
		now := sync(t, a, "l", "a.example\nb.example\nc.example\n", blocklist.SyncOptions{}).List
		_, err := a.UndoVersion(as("alice"), "l", seen.Version)
		if changed, ok := errors.AsType[*blocklist.ChangedError](err); !ok || changed.Version != now.Version || changed.Base != seen.Version {
			t.Errorf("undone in vain: %v", err)
		}
		back, err := a.UndoVersion(as("alice"), "l", now.Version)
		if err != nil || back.Entries != 2 {
			t.Errorf("undone: %+v, error %v", back, err)
		}
		// A form that is sent twice: the second finds another version.
		if _, err := a.UndoVersion(as("alice"), "l", now.Version); !errors.Is(err, blocklist.ErrConflict) || errors.Is(err, blocklist.ErrNothingToUndo) {
			t.Errorf("undone twice: %v", err)
		}
		if _, err := a.UndoVersion(as("alice"), "l", back.Version); !errors.Is(err, blocklist.ErrNothingToUndo) {
			t.Errorf("undone further: %v", err)
		}
		if _, err := a.UndoVersion(as("alice"), "none", 1); !errors.Is(err, blocklist.ErrNotFound) {
			t.Errorf("undone what is not there: %v", err)
		}
	})
}
