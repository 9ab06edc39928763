package vectors

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
)

// RunLists runs the files about the lines of lists.
func RunLists(t *testing.T, files []File) {
	for _, f := range files {
		if f.About != "list" {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			for i := range f.Cases {
				if err := checkList(t, &f.Cases[i]); err != nil {
					t.Errorf("case %d: %v", i+1, err)
				}
			}
		})
	}
}

// checkList takes a list over into an empty store, and compares what is there.
func checkList(t *testing.T, c *Case) error {
	var o blocklist.ParseOptions
	var err error
	if c.Format != "" {
		if o.Format, err = blocklist.ParseFormat(c.Format); err != nil {
			return err
		}
	}
	if c.Of != "" {
		if o.Kind, err = kindOf(c.Of); err != nil {
			return err
		}
	}
	admin, err := blocklist.NewAdmin(memstore.New(), blocklist.AdminOptions{Actor: "vectors"})
	if err != nil {
		return err
	}
	result, err := admin.Sync(t.Context(), "list", blocklist.Parse(strings.NewReader(c.Lines), o),
		blocklist.SyncOptions{Force: true, AllowWide: true, AllowExceptions: true})
	if c.Code != "" {
		if bad, ok := errors.AsType[*blocklist.FormatError](err); !ok || bad.Code != c.Code {
			return fmt.Errorf("%q: the error is %v, want one of code %s", c.Lines, err, c.Code)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("%q: %w", c.Lines, err)
	}
	var entries, rejects []string
	for e, err := range admin.Entries(t.Context(), "list") {
		if err != nil {
			return err
		}
		entries = append(entries, fmt.Sprintf("%s %s %s", e.Effect, e.Key.Kind, e.Value))
	}
	for _, r := range result.Rejects {
		code := "?"
		if bad, ok := errors.AsType[*ban.ValueError](r.Err); ok {
			code = bad.Code
		}
		rejects = append(rejects, fmt.Sprintf("%d %s", r.Line, code))
	}
	want := slices.Sorted(slices.Values(c.Entries))
	slices.Sort(entries)
	if !slices.Equal(entries, want) || !slices.Equal(rejects, c.Rejects) {
		return fmt.Errorf("%q gives %q and rejects %q, want %q and %q", c.Lines, entries, rejects, want, c.Rejects)
	}
	return nil
}
