package main

import (
	"context"
	"strings"

	"example.com/ostraka/store"
)

// mailboxesDoc are mailboxes that several accounts have.
type mailboxesDoc struct {
	Mailboxes []mailboxDoc `json:"mailboxes"`
	Total     int64        `json:"total"`
	Resume    string       `json:"resume,omitzero"` // what --resume takes to go on
}

type mailboxDoc struct {
	Mailbox  string             `json:"mailbox"`
	Count    int64              `json:"count"`
	Accounts []store.AccountRef `json:"accounts"` // at most store.MaxSharing
}

func (d mailboxesDoc) text(t *text) {
	if len(d.Mailboxes) > 0 {
		t.head("MAILBOX", "ACCOUNTS", "WHO")
	}
	for _, m := range d.Mailboxes {
		var who []string
		for _, acc := range m.Accounts {
			who = append(who, acc.Handle)
		}
		t.row(m.Mailbox, digits(m.Count), strings.Join(who, " "))
	}
	t.line("%s of several accounts", count(d.Total, "mailbox", "mailboxes"))
	if d.Resume != "" {
		t.line("goes on with --resume %s", d.Resume)
	}
}

// sweepMailboxes shows the first mailboxes that accounts share, and counts the others.
func (a *app) sweepMailboxes(ctx context.Context, f *sweepFlags) error {
	return a.with(ctx, reads, func(ctx context.Context, s *session) error {
		doc := mailboxesDoc{Mailboxes: []mailboxDoc{}}
		for m, err := range s.accounts.SharedMailboxes(ctx, f.resume) {
			if err != nil {
				return err
			}
			doc.Total++
			if len(doc.Mailboxes) < f.limit {
				doc.Mailboxes = append(doc.Mailboxes, mailboxDoc(m))
			} else {
				doc.Resume = doc.Mailboxes[len(doc.Mailboxes)-1].Mailbox
			}
		}
		return a.output().print(doc)
	})
}
