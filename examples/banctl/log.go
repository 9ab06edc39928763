package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// logDoc is a page of the audit log.
type logDoc struct {
	Changes []ban.Change `json:"changes"`
	Before  int64        `json:"before,omitzero"` // what --before takes to show the next page
}

func (d logDoc) text(t *text) {
	if len(d.Changes) > 0 {
		t.head("NUMBER", "TIME", "ACTOR", "ACTION", "WHAT")
	}
	for _, c := range d.Changes {
		t.row(digits(c.Seq), moment(c.At), c.Actor, string(c.Action), changed(c))
	}
	if len(d.Changes) == 0 {
		t.line("nothing is logged")
	}
	if d.Before > 0 {
		t.line("older ones with --before %d", d.Before)
	}
}

// changed says what a change is about: its record, for an update the fields that
// are others now, and the counts of a change of many.
func changed(c ban.Change) string {
	before, after := fields(c.Before), fields(c.After)
	record := after
	if record == nil {
		record = before
	}
	what := texts(record, "kind", "value")
	what = cmp.Or(what, texts(record, "domain"), texts(record, "name"))
	if before != nil && after != nil {
		what += suffix(strings.Join(different(before, after), ", "))
	}
	var counts []string
	for _, verb := range slices.Sorted(maps.Keys(c.Counts)) {
		counts = append(counts, fmt.Sprintf("%d %s", c.Counts[verb], verb))
	}
	return strings.Join(slices.DeleteFunc([]string{what, strings.Join(counts, ", ")}, func(s string) bool { return s == "" }), "; ")
}

// fields returns the members of a record, nil if there is none.
func fields(record json.RawMessage) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	_ = json.Unmarshal(record, &m) // what cannot be read is shown with --json
	return m
}

// texts returns the texts of some members, if the record has all of them.
func texts(record map[string]json.RawMessage, names ...string) string {
	var all []string
	for _, name := range names {
		var s string
		if json.Unmarshal(record[name], &s) != nil {
			return ""
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}

// bookkeeping are members that differ with every change.
var bookkeeping = []string{"version", "updated_at", "hits", "last_hit_at", "synced_at", "undoable"}

// different returns the names of the members that are not the same in both.
func different(before, after map[string]json.RawMessage) []string {
	all := maps.Clone(before)
	maps.Copy(all, after)
	var names []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !bytes.Equal(before[name], after[name]) && !slices.Contains(bookkeeping, name) {
			names = append(names, name)
		}
	}
	return names
}

func logCommand(a *app) *cobra.Command {
	var flags pageFlags
	cmd := a.command(groupAsk, "log [REFERENCE]", "show who changed what, newest first, of everything or one record", func(cmd *cobra.Command, args []string) error {
		p, err := flags.page()
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), reads, func(ctx context.Context, s *session) error {
			target, err := s.target(ctx, args)
			if err != nil {
				return err
			}
			changes, err := s.bans.Log(ctx, target, p)
			if err != nil {
				return err
			}
			doc := logDoc{}
			doc.Changes, doc.Before = cut(changes, p, func(c ban.Change) int64 { return c.Seq })
			if doc.Changes == nil {
				doc.Changes = []ban.Change{}
			}
			return a.output().print(doc)
		})
	})
	flags.add(cmd)
	return cmd
}

// target returns the id of the record that the argument names, or the zero one for
// no argument. It need not be there any more: the log outlives it.
func (s *session) target(ctx context.Context, args []string) (uuid.UUID, error) {
	if len(args) == 0 {
		return uuid.Nil, nil
	}
	if id, ok := parseID(args[0]); ok {
		return id, nil
	}
	r, err := s.find(ctx, args[0])
	if errors.Is(err, ban.ErrNotFound) {
		return s.removed(ctx, args[0], err)
	}
	if err != nil {
		return uuid.Nil, err
	}
	return r.id(), nil
}

// removed returns the id of the record that a reference named, of those that were
// removed the last one, which the log has. If it has none, the error is missing.
func (s *session) removed(ctx context.Context, ref string, missing error) (uuid.UUID, error) {
	named := removalOf(ref)
	page := ban.Page{Limit: store.MaxPageLimit}
	for {
		changes, err := s.bans.Log(ctx, uuid.Nil, page)
		if err != nil {
			return uuid.Nil, err
		}
		for i := range changes {
			if named(&changes[i]) {
				return changes[i].Target, nil
			}
		}
		if len(changes) < page.Limit {
			return uuid.Nil, missing
		}
		page.Before = changes[len(changes)-1].Seq
	}
}

// removalOf returns what tells whether a change removed the record that a reference
// names: a ban, a block or a list.
func removalOf(ref string) func(*ban.Change) bool {
	action := store.BanDelete
	rest, ok := strings.CutPrefix(ref, blockPrefix)
	if ok {
		action = store.BlockDelete
	} else if rest, ok = strings.CutPrefix(ref, listPrefix); ok {
		action = store.ListDrop
	}
	number, _ := parseNumber(rest)
	var kind ban.Kind
	text := rest
	switch action {
	case store.BanDelete:
		if v, err := ban.ParseAny(rest); err == nil {
			kind, text = v.Kind(), v.String()
		}
	case store.BlockDelete:
		if v, err := ban.ParseDomain(rest); err == nil {
			text = v.String()
		}
	}
	return func(c *ban.Change) bool {
		var was struct {
			Seq    int64    `json:"seq"`
			Kind   ban.Kind `json:"kind"`   // of a ban
			Value  string   `json:"value"`  // of a ban
			Domain string   `json:"domain"` // of a block
			Name   string   `json:"name"`   // of a list
		}
		if c.Action != action || json.Unmarshal(c.Before, &was) != nil {
			return false
		}
		if number > 0 && action != store.ListDrop {
			return was.Seq == number
		}
		return was.Kind == kind && text != "" && text == was.Value+was.Domain+was.Name
	}
}
