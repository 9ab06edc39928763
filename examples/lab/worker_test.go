package lab

import (
	"bufio"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// order is what the worker is asked to do. N is new for each order.
type order struct {
	Do   string `json:"do"`
	N    int    `json:"n"`
	File string `json:"file,omitempty"` // of a backup
}

// The orders. Their values are made from N, so that each is about its own.
const (
	doBan     = "ban"     // bans the domain dN.example
	doRevoke  = "revoke"  // revokes the ban of the order N
	doCascade = "cascade" // bans the domain cN.example, with the three aliases at it
	doSuspend = "suspend" // suspends the account of the order N, with bans, tokens and aliases
	doMake    = "make"    // makes the account uN, with a token and two aliases
	doSync    = "sync"    // gives the list "feed" its Nth content
	doUndo    = "undo"    // takes the list back
	doVacuum  = "vacuum"
	doBackup  = "backup"  // to File
	doRestore = "restore" // from File, as the actor restore-N
)

const feedSize = 12_000 // entries: more than a step of writing a list

// worker does what it is told, one order a line, and says so.
func worker(args []string) error {
	w, err := newHands(args[0])
	if err != nil {
		return err
	}
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		var o order
		if err := json.Unmarshal(orders.Bytes(), &o); err != nil {
			return err
		}
		if err := w.do(o); err != nil {
			return fmt.Errorf("%+v: %w", o, err)
		}
		if err := say(o); err != nil {
			return err
		}
	}
	return w.st.Close()
}

// hands are what the worker works with.
type hands struct {
	path     string
	st       *sqlitestore.Store
	bans     *ban.Admin
	lists    *blocklist.Admin
	accounts *account.Admin
	auth     *account.Auth
	aliases  *account.Aliases
	checker  *ban.Checker
}

func newHands(path string) (*hands, error) {
	h := &hands{path: path}
	var err error
	if h.st, err = sqlitestore.Open(as("lab"), path, sqlitestore.Options{}); err != nil {
		return nil, err
	}
	if h.bans, err = ban.NewAdmin(h.st, ban.AdminOptions{Actor: "lab"}); err != nil {
		return nil, err
	}
	if h.lists, err = blocklist.NewAdmin(h.st, blocklist.AdminOptions{Actor: "lab"}); err != nil {
		return nil, err
	}
	if h.accounts, err = account.NewAdmin(h.st, account.AdminOptions{Actor: "lab"}); err != nil {
		return nil, err
	}
	if h.auth, err = account.NewAuth(h.st, account.AuthOptions{}); err != nil {
		return nil, err
	}
	if h.checker, err = ban.NewChecker(h.st, ban.CheckerOptions{PollInterval: -1}); err != nil {
		return nil, err
	}
	h.aliases, err = account.NewAliases(h.st, h.checker, account.AliasesOptions{Actor: "lab"})
	return h, err
}

func domainOf(n int) string  { return fmt.Sprintf("d%d.example", n) }
func cascadeOf(n int) string { return fmt.Sprintf("c%d.example", n) }
func handleOf(n int) string  { return fmt.Sprintf("user%d", n) }
func addressOf(n int) string { return fmt.Sprintf("user%d@home.example", n) }

// entryOf returns an entry of the Nth content. Half of them are in all contents.
func entryOf(n, i int) string {
	if i%2 == 0 {
		n = 0
	}
	return fmt.Sprintf("e%d-%d.example", n, i)
}

func (h *hands) do(o order) error {
	ctx := as("lab")
	switch o.Do {
	case doBan:
		_, err := h.bans.Create(ctx, ban.CreateOptions{Kind: ban.KindDomain, Value: domainOf(o.N)})
		return err
	case doRevoke:
		return h.revoke(domainOf(o.N))
	case doCascade:
		return h.cascade(o.N)
	case doMake:
		return h.makeAccount(o.N)
	case doSuspend:
		acc, err := h.accounts.ByHandle(ctx, handleOf(o.N))
		if err == nil {
			_, err = h.accounts.Suspend(ctx, acc.ID, account.SuspendOptions{BanEmails: true, BanName: true, DisableAliases: true})
		}
		return err
	case doSync:
		_, err := h.lists.Sync(ctx, "feed", content(o.N), blocklist.SyncOptions{Force: true})
		return err
	case doUndo:
		_, err := h.lists.Undo(ctx, "feed")
		return err
	case doVacuum:
		return h.st.Vacuum(ctx)
	case doBackup:
		return h.st.Backup(ctx, o.File)
	case doRestore:
		c := store.Change{At: time.Now(), Actor: restorerOf(o.N)}
		return sqlitestore.Restore(ctx, h.path, o.File, c, sqlitestore.Options{})
	}
	return fmt.Errorf("no such order: %s", o.Do)
}

func restorerOf(n int) string { return fmt.Sprintf("restore-%d", n) }

func (h *hands) revoke(value string) error {
	found, err := h.bans.List(as("lab"), ban.Filter{Kind: ban.KindDomain, Contains: value}, ban.Page{})
	if err != nil {
		return err
	}
	for _, b := range found {
		if b.Value == value {
			_, err = h.bans.Revoke(as("lab"), b.ID, "")
		}
	}
	return err
}

func (h *hands) cascade(n int) error {
	for i := range 3 {
		o := account.AliasOptions{Address: fmt.Sprintf("a%d@%s", i, cascadeOf(n)), Destination: "somebody@home.example"}
		if _, err := h.aliases.Create(as("lab"), o); err != nil {
			return err
		}
	}
	_, err := h.bans.Create(as("lab"), ban.CreateOptions{Kind: ban.KindDomain, Value: cascadeOf(n), DisableMatchingAliases: true})
	return err
}

func (h *hands) makeAccount(n int) error {
	acc, err := h.accounts.Create(as("lab"), account.CreateOptions{Handle: handleOf(n), Email: addressOf(n)})
	if err != nil {
		return err
	}
	if _, err := h.auth.CreateToken(as("lab"), acc.ID, account.TokenOptions{Name: "lab", Scopes: []string{"lab"}}); err != nil {
		return err
	}
	for i := range 2 {
		o := account.AliasOptions{Address: fmt.Sprintf("b%d-%d@alias.example", n, i), Owner: acc.ID}
		if _, err := h.aliases.Create(as("lab"), o); err != nil {
			return err
		}
	}
	return nil
}

// content yields the lines of the Nth content of the list.
func content(n int) iter.Seq2[blocklist.Line, error] {
	var text strings.Builder
	for i := range feedSize {
		text.WriteString(entryOf(n, i) + "\n")
	}
	return blocklist.Parse(strings.NewReader(text.String()), blocklist.ParseOptions{Kind: ban.KindDomain})
}

func backupOf(dir string, n int) string { return filepath.Join(dir, fmt.Sprintf("backup-%d.db", n)) }
