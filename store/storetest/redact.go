package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var redactClauses = []clause{
	{"RedactBan replaces the value and the key of a ban",
		"RedactBan writes the ban as UpdateBan does: its rule is found by the new key and by no other, and what it caught stays with it.",
		redactBan},
	{"RedactBan leaves no text of before",
		"The value and the key that a ban had, also before earlier updates, are neither in bans nor in the log, its keys and those that ChangedKeys yields, nor in holds that name the ban.",
		redactTexts},
	{"RedactBan redacts the other bans of the value or the key",
		"Bans of the same kind with that value or that key, in any state, get the new ones and a Version one higher, and are counted; a reader of before cannot write them back.",
		redactOthers},
	{"RedactBan is refused beside an active ban",
		"If another ban of the kind with the old or the new value, or with the old key, is active, the error is an *ExistsError with it, and nothing is written; so it is for another Version or a missing ban.",
		redactRefused},
	{"RedactBan logs a change whose keys are not known",
		"The change is Bulk, ChangedKeys does not know it, and its Before and After have the new value.",
		redactLogged},
	{"RedactBan leaves alone what is not of the ban",
		"Bans of other kinds and keys, accounts and what the log has of them stay as they were.",
		redactApart},
	{"RemoveAccount with Redact leaves no text of the account",
		"Its names, addresses, aliases and what else its content was are neither in records nor in the log; the entries, their times and reasons stay.",
		redactAccount},
	{"RemoveAccount with Redact puts the ID for the name of who did something",
		"Where a handle or an address of the account, in any case of letters, names who did something, in records and in the log, its ID takes their place.",
		redactActor},
	{"RemoveAccount with Redact keeps the addresses of aliases if told to",
		"With KeepAliases the aliases are turned off and have no owner and no destination, and nobody gets their addresses; without, they are gone.",
		redactAliases},
	{"RemoveAccount with Redact leaves one active ban of a hash",
		"Of several active bans that get one key, the one that decides stays, and the others are revoked and logged; a ban to make is passed over for it.",
		redactBans},
	{"A removal with Redact that fails has changed nothing",
		"An error of RemoveAccount means that no record and no entry of the log changed.",
		redactNothing},
}

const hashed = "h:key-1:AAAA"

// hashedAs returns the ban as its hash.
func hashedAs(b store.Ban, text string) store.Ban {
	b.Value, b.KeyText = text, text
	return b
}

func redact(t reporter, s store.Store, b store.Ban) store.Ban {
	t.Helper()
	got, err := s.RedactBan(t.Context(), b, changeAt(store.BanHash, noon.Add(time.Minute)))
	if err != nil {
		t.Fatalf("RedactBan: %v", err)
	}
	return got
}

// wantNowhere wants none of the texts, in any case of letters, in what the store holds.
func wantNowhere(t reporter, s store.Store, texts ...string) {
	t.Helper()
	for line := range strings.Lines(everything(t, s)) {
		for _, text := range texts {
			if text != "" && strings.Contains(strings.ToLower(line), strings.ToLower(text)) {
				t.Errorf("%q is still in the store:\n%s", text, line)
			}
		}
	}
	for seq := int64(1); seq <= lastChange(t, s); seq++ {
		for k, err := range s.ChangedKeys(t.Context(), seq) {
			if err != nil {
				break // they are not known
			}
			if slices.Contains(texts, k.Text) {
				t.Errorf("ChangedKeys of change %d yields %v", seq, k)
			}
		}
	}
}

func redactBan(t reporter, s store.Store) {
	b := create(t, s, withKey(lasting(mailBan("bob+x@mail.example")), "bob@mail.example"))
	addHits(t, s, hit(b, 2, noon, clients(1)))
	b = read(t, s, b.ID)
	want := hashedAs(b, hashed)
	want.Reason = "another"
	got := redact(t, s, want)
	want.Version++
	wantSame(t, "the ban that RedactBan returned", got, want)
	wantSame(t, "the ban", read(t, s, b.ID), want)
	wantRules(t, "Lookup of the old key", lookup(t, s, b.Key()))
	wantRules(t, "Lookup of the new key", lookup(t, s, want.Key()), want)
	wantHistory(t, s, want, store.DayHits{Day: today, Uses: 2, Clients: 1})
}

func redactTexts(t reporter, s store.Store) {
	b := withKey(lasting(mailBan("first@mail.example")), "first mailbox")
	b.Reason, b.PublicReason = "a reason", ""
	first := create(t, s, b)
	b = first
	b.Value, b.KeyText = `Second"<&@mail.example`, "second mailbox"
	b = update(t, s, b)
	others := make([]store.Ban, many) // so that the keys are kept beside the log
	for i := range others {
		others[i] = expired(mailBan(fmt.Sprint("other", i, "@mail.example")))
	}
	others[7] = expired(withKey(mailBan("was@mail.example"), "second mailbox"))
	others[7].Reason, others[7].PublicReason = "", ""
	createMany(t, s, others)
	gone := create(t, s, withKey(revoked(mailBan("gone@mail.example")), "second mailbox"))
	remove(t, s, gone)
	a := newAccount("waits")
	a.Hold = heldBy(b.ID, "", "", "")
	a.Hold.Kind, a.Hold.Matched = store.KindEmail, `Second"<&@mail.example`
	a = createAccount(t, s, a)

	redact(t, s, hashedAs(b, hashed))
	for _, text := range []string{"first", "Second", "was@"} {
		wantNowhereButReasons(t, s, text)
	}
	after := readAccount(t, s, a.ID)
	if after.Hold.Matched != hashed || after.Version != a.Version+1 {
		t.Errorf("the hold names %q at version %d, want the hash at version %d", after.Hold.Matched, after.Version, a.Version+1)
	}
	entries, err := s.ListChanges(t.Context(), gone.ID, store.Page{})
	if err != nil || len(entries) != 2 || strings.Contains(string(entries[0].Before), "second mailbox") {
		t.Errorf("the log of a ban that was deleted before = %+v, %v; want two entries without the key", entries, err)
	}
}

// wantNowhereButReasons is wantNowhere but for the reasons of fixtures, which have the
// values of their bans.
func wantNowhereButReasons(t reporter, s store.Store, text string) {
	t.Helper()
	for line := range strings.Lines(everything(t, s)) {
		rest := strings.ReplaceAll(line, "reason for "+text, "")
		rest = strings.ReplaceAll(rest, "reason for gone@", "")
		if at := strings.Index(rest, text); at >= 0 {
			t.Errorf("%q is still in the store: ...%s...", text, rest[max(0, at-100):min(len(rest), at+100)])
		}
	}
	for seq := int64(1); seq <= lastChange(t, s); seq++ {
		for k := range s.ChangedKeys(t.Context(), seq) {
			if strings.Contains(k.Text, text) {
				t.Errorf("ChangedKeys of change %d yields %v", seq, k)
			}
		}
	}
}

func redactOthers(t reporter, s store.Store) {
	over := create(t, s, withKey(expired(mailBan("Bob@mail.example")), "bob@mail.example"))
	lifted := create(t, s, withKey(revoked(mailBan("b.ob@mail.example")), "bob@mail.example"))
	moved := create(t, s, withKey(expired(mailBan("bob@mail.example")), "key by other tables"))
	kept := create(t, s, withKey(lasting(mailBan("rob@mail.example")), "rob@mail.example"))
	b := create(t, s, withKey(lasting(mailBan("bob@mail.example")), "bob@mail.example"))
	last := lastChange(t, s)
	redact(t, s, hashedAs(b, hashed))
	for _, other := range []store.Ban{over, lifted, moved} {
		want := hashedAs(other, hashed)
		want.Version++
		wantSame(t, "another ban of the key or the value", read(t, s, other.ID), want)
		_, err := s.UpdateBan(t.Context(), other, change(store.BanUpdate))
		wantError(t, "UpdateBan by who read it before", err, store.ErrConflict)
	}
	wantSame(t, "a ban of another key", read(t, s, kept.ID), kept)
	log := changes(t, s, last)
	if len(log) != 1 || log[0].Counts["bans_redacted"] != 3 {
		t.Errorf("RedactBan logged %+v, want one change that counts 3", log)
	}
	if got := lookup(t, s, over.Key(), store.Key{Kind: store.KindEmail, Text: "key by other tables"}); len(got) != 0 {
		t.Errorf("the old keys still find %+v", got)
	}
}

func redactRefused(t reporter, s store.Store) {
	b := create(t, s, withKey(lasting(mailBan("bob+1@mail.example")), "bob@mail.example"))
	same := create(t, s, withKey(lasting(mailBan("bob+2@mail.example")), "bob@mail.example"))
	redacting := func(b store.Ban) error {
		_, err := s.RedactBan(t.Context(), b, change(store.BanHash))
		return err
	}
	before := everything(t, s)
	wantExists(t, "RedactBan beside an active ban of its key", redacting(hashedAs(b, hashed)), same)
	missing := b
	missing.ID = newID()
	wantError(t, "RedactBan of no ban", redacting(hashedAs(missing, hashed)), store.ErrNotFound)
	other := hashedAs(b, hashed)
	other.Version++
	wantError(t, "RedactBan of another version", redacting(other), store.ErrConflict)
	if now := everything(t, s); now != before {
		t.Errorf("a refused RedactBan changed the store:\n%s\nIt was\n%s", now, before)
	}
	remove(t, s, same)
	there := create(t, s, hashedAs(lasting(mailBan("x")), hashed))
	before = everything(t, s)
	wantExists(t, "RedactBan beside an active ban of its hash", redacting(hashedAs(b, hashed)), there)
	if now := everything(t, s); now != before {
		t.Errorf("a refused RedactBan changed the store:\n%s\nIt was\n%s", now, before)
	}
}

func redactLogged(t reporter, s store.Store) {
	b := create(t, s, withKey(lasting(mailBan("bob@mail.example")), "bob mailbox"))
	var told []store.Change
	defer s.Subscribe(func(c store.Change) { told = append(told, c) })()
	given := store.Change{At: after(day), Actor: "ἀριστείδης", Action: store.BanHash, Reason: "they left", Target: uuid.Max}
	last := lastChange(t, s)
	got, err := s.RedactBan(t.Context(), hashedAs(b, hashed), given)
	if err != nil {
		t.Fatalf("RedactBan: %v", err)
	}
	log := changes(t, s, last)
	if len(log) != 1 || len(told) != 1 {
		t.Fatalf("RedactBan logged %d changes and told of %d, want one", len(log), len(told))
	}
	was := hashedAs(b, hashed)
	want := given
	want.Target, want.Bulk = b.ID, true
	wantEntry(t, log[0], last, want, &was, &got)
	wantEntry(t, told[0], last, want, &was, &got)
	for k, err := range s.ChangedKeys(t.Context(), last+1) {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("ChangedKeys of RedactBan yields %v, %v; want ErrNotFound", k, err)
		}
	}
}

func redactApart(t reporter, s store.Store) {
	name := create(t, s, withKey(lasting(nameBan("bob")), "bob"))
	rob := create(t, s, withKey(lasting(mailBan("rob@mail.example")), "rob"))
	a := createAccount(t, s, newAccount("bob"))
	before := changes(t, s, 0)
	b := create(t, s, withKey(lasting(mailBan("bob")), "bob"))
	redact(t, s, hashedAs(b, hashed))
	wantSame(t, "a ban of another kind", read(t, s, name.ID), name)
	wantSame(t, "a ban of another key", read(t, s, rob.ID), rob)
	wantSame(t, "an account of that name", readAccount(t, s, a.ID), a)
	wantRules(t, "Lookup of the same text of another kind", lookup(t, s, name.Key()), name)
	if now := changes(t, s, 0)[:len(before)]; !equalSlices(now, before) {
		t.Errorf("entries of others changed:\n%+v\nThey were\n%+v", now, before)
	}
}

// person creates an account with all that there may be of one: a past, aliases, a token
// and bans. All texts of it have "zoe" in them.
func person(t reporter, s store.Store) (a store.Account, ban store.Ban) {
	t.Helper()
	a = newAccount("Zoe")
	a.HandleFold, a.Meta = "zoe", json.RawMessage(`{"plan":"zoe"}`)
	for i := range a.Emails {
		a.Emails[i].Address, a.Emails[i].Mailbox = fmt.Sprint("zoe", i, "@mail.example"), fmt.Sprint("zoe", i)
	}
	a.Hold = heldBy(newID(), "zoe0@mail.example", "zoe.example", "198.51.100.0/24")
	a.Hold.Matched, a.Hold.By = "zoe.example", "zoe"
	a = createAccount(t, s, a)
	a.Hold = store.Hold{}
	a.Handle, a.Emails = "Zoe", append(slices.Clone(a.Emails), newEmail("former-zoe@mail.example"))
	a = updateAccount(t, s, a)
	a.Emails = a.Emails[:2]
	a = updateAccount(t, s, a)
	createAlias(t, s, newAlias("zoes", a))
	loose := newAlias("loose-zoe", a)
	loose.Owner = uuid.Nil
	createAlias(t, s, loose)
	gone := createAlias(t, s, newAlias("gone-zoe", a))
	if _, err := s.DeleteAlias(t.Context(), gone.ID, change(store.AliasDelete)); err != nil {
		t.Fatalf("DeleteAlias: %v", err)
	}
	token := newToken(a)
	token.Name = "zoe's laptop"
	createToken(t, s, token, a.Version)
	ban = withKey(lasting(mailBan("zoe+1@mail.example")), "zoe0")
	ban.Reason, ban.PublicReason = "spam", ""
	ban = create(t, s, ban)
	return readAccount(t, s, a.ID), ban
}

func zoeRemoval(a store.Account) store.AccountRemoval {
	return store.AccountRemoval{ID: a.ID, Redact: &store.AccountRedaction{
		Hashes: map[store.Key]string{{Kind: store.KindEmail, Text: "zoe0"}: hashed},
	}}
}

func redactAccount(t reporter, s store.Store) {
	a, ban := person(t, s)
	before := changes(t, s, 0)
	given := changeAt(store.AccountDelete, after(day))
	given.Reason = "they asked for it"
	w, err := s.RemoveAccount(t.Context(), zoeRemoval(a), given)
	if err != nil {
		t.Fatalf("RemoveAccount: %v", err)
	}
	wantSame(t, "the account that RemoveAccount returned", w.Account, a)
	wantNowhere(t, s, "zoe", "hash of the password")
	log := changes(t, s, 0)
	if len(log) != len(before)+1 {
		t.Fatalf("the log has %d entries, want %d", len(log), len(before)+1)
	}
	for i, was := range before {
		now := log[i]
		if now.Seq != was.Seq || !now.At.Equal(was.At) || now.Action != was.Action || now.Target != was.Target || now.Reason != was.Reason {
			t.Errorf("the entry %+v became %+v", was, now)
		}
	}
	last := log[len(log)-1]
	if last.Target != a.ID || last.Reason != given.Reason || !last.Bulk || last.Counts["bans_redacted"] != 1 {
		t.Errorf("RemoveAccount logged %+v, want a Bulk change of the account that counts one ban", last)
	}
	var was store.Account
	if err := json.Unmarshal(last.Before, &was); err != nil || was.ID != a.ID || was.Seq != a.Seq || !was.JoinedAt.Equal(a.JoinedAt) {
		t.Errorf("Before = %s, %v; want the number and the times of the account", last.Before, err)
	}
	want := hashedAs(ban, hashed)
	want.Version++
	wantSame(t, "the ban", read(t, s, ban.ID), want)
	if left := allCredentials(t, s); len(left) != 0 {
		t.Errorf("%d credentials are left, want none", len(left))
	}
}

func redactActor(t reporter, s store.Store) {
	a, _ := person(t, s)
	for i, name := range []string{"Zoe", "ZOE", "zoe", "zoe1@mail.example", "Former-Zoe@mail.example"} {
		c := change(store.BanCreate)
		c.Actor = name
		b := domainBan(fmt.Sprint("d", i, ".example"))
		b.CreatedBy = name
		if _, err := s.CreateBan(t.Context(), b, c); err != nil {
			t.Fatalf("CreateBan: %v", err)
		}
	}
	block := newBlock("blocked.example")
	block.CreatedBy = "zoe"
	createBlock(t, s, block)
	other := suspended(newAccount("other"))
	other.CreatedBy, other.SuspendedBy = "zoe", "Zoe"
	createAccount(t, s, other)
	sub := newSubscription(subscribedList)
	sub.UpdatedBy = "zoe"
	putSubscription(t, s, sub)
	named := newList("l")
	c := change(store.ListSync)
	c.Actor = "zoe"
	if _, err := s.ApplyList(t.Context(), store.ListDelta{List: named, Add: domainEntries(2)}, c); err != nil {
		t.Fatalf("ApplyList: %v", err)
	}
	apply(t, s, readList(t, s, "l"), domainEntries(3)[2:], nil)
	apart := create(t, s, domainBan("zoeless.example")) // whose value has the name in it
	waiting, waitingApart := newAccount("waits"), newAccount("waits-apart")
	waiting.Hold, waitingApart.Hold = heldBy(newID(), "", "", ""), heldBy(newID(), "", "", "")
	waiting.Hold.By = "Zoe"
	waiting, waitingApart = createAccount(t, s, waiting), createAccount(t, s, waitingApart)
	removal := changeAt(store.AccountDelete, after(day))
	removal.Actor = "zoe" // who removes herself
	if _, err := s.RemoveAccount(t.Context(), zoeRemoval(a), removal); err != nil {
		t.Fatalf("RemoveAccount: %v", err)
	}
	wantSame(t, "a ban by somebody else", read(t, s, apart.ID), apart)
	remove(t, s, apart)
	waiting.Hold.By = a.ID.String()
	waiting.Version++
	wantSame(t, "an account that is held by her", readAccount(t, s, waiting.ID), waiting)
	wantSame(t, "an account that is held by somebody else", readAccount(t, s, waitingApart.ID), waitingApart)
	everything := strings.ReplaceAll(everything(t, s), "zoeless", "")
	if at := strings.Index(strings.ToLower(everything), "zoe"); at >= 0 {
		t.Errorf("the name is still there: ...%s...", everything[max(0, at-200):at+20])
	}
	for _, b := range list(t, s, store.BanFilter{}, store.Page{}) {
		if b.Kind == store.KindDomain && b.CreatedBy != a.ID.String() {
			t.Errorf("the ban of %s was made by %q, want the ID", b.Value, b.CreatedBy)
		}
	}
	if l := undo(t, s, "l"); l.SyncedBy != a.ID.String() {
		t.Errorf("the list was synced by %q, want the ID", l.SyncedBy)
	}
	redactOneName(t, s)
}

// redactOneName redacts an account that has no name but its handle.
func redactOneName(t reporter, s store.Store) {
	t.Helper()
	a := newAccount("yan")
	a.HandleFold, a.Emails = a.Handle, nil
	a = createAccount(t, s, a)
	c := change(store.BanCreate)
	c.Actor = "yan"
	b, err := s.CreateBan(t.Context(), domainBan("yan-made.example"), c)
	if err != nil {
		t.Fatalf("CreateBan: %v", err)
	}
	last := lastChange(t, s)
	removal := store.AccountRemoval{ID: a.ID, Redact: &store.AccountRedaction{}}
	if _, err := s.RemoveAccount(t.Context(), removal, changeAt(store.AccountDelete, after(day))); err != nil {
		t.Fatalf("RemoveAccount: %v", err)
	}
	if log := changes(t, s, last-1); log[0].Target != b.ID || log[0].Actor != a.ID.String() {
		t.Errorf("the ban was made by %q, says the log, want the ID", log[0].Actor)
	}
}

func redactAliases(t reporter, s store.Store) {
	a, _ := person(t, s)
	removal := zoeRemoval(a)
	removal.Redact.KeepAliases = true
	if _, err := s.RemoveAccount(t.Context(), removal, changeAt(store.AccountDelete, after(time.Hour))); err != nil {
		t.Fatalf("RemoveAccount: %v", err)
	}
	left := allAliases(t, s)
	if len(left) != 2 {
		t.Fatalf("%d aliases are left, want two", len(left))
	}
	for _, m := range left {
		if m.Active || m.Owner != uuid.Nil || m.Destination != "" || m.Mailbox != "" {
			t.Errorf("the alias %+v is left, want its address only", m)
		}
	}
	wantNowhere(t, s, "zoe0", "zoe1", "former-zoe")
	taker := createAccount(t, s, newAccount("taker"))
	_, err := s.CreateAlias(t.Context(), newAlias("zoes", taker), change(store.AliasCreate))
	wantError(t, "CreateAlias of a kept address", err, store.ErrExists)

	b := createAccount(t, s, newAccount("b"))
	bs := createAlias(t, s, newAlias("bs", b))
	removal = store.AccountRemoval{ID: b.ID, Redact: &store.AccountRedaction{}}
	if _, err := s.RemoveAccount(t.Context(), removal, changeAt(store.AccountDelete, after(time.Hour))); err != nil {
		t.Fatalf("RemoveAccount: %v", err)
	}
	_, err = s.Alias(t.Context(), bs.ID)
	wantError(t, "the alias of an account that was removed with Redact", err, store.ErrNotFound)
	createAlias(t, s, newAlias("bs", taker))
}

func redactBans(t reporter, s store.Store) {
	a, deny := person(t, s)
	as := func(value string, change func(*store.Ban)) store.Ban {
		b := withKey(lasting(mailBan(value)), "zoe0")
		b.Shadow = false
		change(&b)
		return create(t, s, b)
	}
	review := as("zoe+2@mail.example", func(b *store.Ban) { b.Effect = store.Review })
	strong := as("zoe+3@mail.example", func(b *store.Ban) { b.Effect = store.Deny })
	brief := as("zoe+4@mail.example", func(b *store.Ban) { b.Effect, b.ExpiresAt = store.Deny, after(2*day) })
	over := as("zoe+5@mail.example", func(b *store.Ban) { b.Effect, b.ExpiresAt = store.Allow, after(time.Minute) })
	removal := zoeRemoval(a)
	removal.CreateBans = bansOf(hashedAs(lasting(mailBan("x")), hashed))
	last := lastChange(t, s)
	w, err := s.RemoveAccount(t.Context(), removal, changeAt(store.AccountDelete, after(time.Hour)))
	if err != nil {
		t.Fatalf("RemoveAccount: %v", err)
	}
	wantStrong := hashedAs(strong, hashed)
	wantStrong.Version++
	wantSame(t, "the ban that decides", read(t, s, strong.ID), wantStrong)
	wantSameList(t, "the bans that others were passed over for", w.BansExisting, []store.Ban{wantStrong})
	if len(w.BansCreated) != 0 || len(w.BansRevoked) != 3 {
		t.Errorf("RemoveAccount made %d bans and revoked %d, want none and three", len(w.BansCreated), len(w.BansRevoked))
	}
	for _, b := range []store.Ban{deny, review, brief} {
		now := read(t, s, b.ID)
		if now.RevokedAt.IsZero() || now.RevokedBy != "actor" || now.Value != hashed {
			t.Errorf("the ban of %q is %+v, want it revoked by the actor", b.Value, now)
		}
	}
	if now := read(t, s, over.ID); !now.RevokedAt.IsZero() || now.Value != hashed {
		t.Errorf("the ban that was over is %+v, want its value replaced only", now)
	}
	log := changes(t, s, last)
	if len(log) != 4 || log[0].Counts["bans_revoked"] != 3 || log[0].Counts["bans_redacted"] != 5 {
		t.Errorf("RemoveAccount logged %+v, want the account, with 3 bans revoked and 5 redacted, and the bans", log)
	}
	wantRules(t, "Lookup of the hash", slices.DeleteFunc(lookup(t, s, wantStrong.Key()), func(r store.Rule) bool { return r.ID == over.ID }), wantStrong)
}

func redactNothing(t reporter, s store.Store) {
	a, ban := person(t, s)
	c := change(store.BanUpdate)
	c.Actor = "zoe"
	if _, err := s.UpdateBan(t.Context(), ban, c); err != nil {
		t.Fatalf("UpdateBan: %v", err)
	}
	taken := lasting(domainBan("taken.example"))
	taken.ID = ban.ID
	for _, keep := range []bool{false, true} {
		before := everything(t, s)
		removal := zoeRemoval(a)
		removal.Redact.KeepAliases, removal.CreateBans = keep, bansOf(taken)
		_, err := s.RemoveAccount(t.Context(), removal, change(store.AccountDelete))
		wantError(t, "RemoveAccount with a ban whose ID is taken", err, store.ErrExists)
		if now := everything(t, s); now != before {
			t.Errorf("a failed RemoveAccount changed the store:\n%s\nIt was\n%s", now, before)
		}
	}
	removal := zoeRemoval(a)
	removal.Version = a.Version + 1
	_, err := s.RemoveAccount(t.Context(), removal, change(store.AccountDelete))
	wantError(t, "RemoveAccount of another version", err, store.ErrConflict)
}
