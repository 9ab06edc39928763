// Package vectors reads the test vectors of docs/rules.md and runs them.
//
//	files, err := vectors.Read("testdata/vectors")
//	vectors.RunValues(t, files)
//	vectors.RunDecisions(t, files, func(t *testing.T) store.Store { return memstore.New() })
package vectors

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"example.com/ostraka/ban"
)

// File is a file of test vectors: one rule of the page.
type File struct {
	Name  string `json:"-"`
	Rule  string `json:"rule"`  // the number on the page
	Why   string `json:"why"`   // why the rule is there
	About string `json:"about"` // value, subject, mailbox, skeleton, decision, guard or list
	Cases []Case `json:"cases"`
}

// Case is one input with its answer. Which members it has depends on what the
// file is about; the page says so.
type Case struct {
	// value, subject, guard
	Kind  string `json:"kind,omitempty"`
	Field string `json:"field,omitempty"`
	In    string `json:"in,omitempty"`
	InHex string `json:"in_hex,omitempty"` // instead of In, for bytes that are no text
	Text  string `json:"text,omitempty"`
	Key   string `json:"key,omitempty"`
	Code  string `json:"code,omitempty"`

	// mailbox
	Address string `json:"address,omitempty"`
	Mailbox string `json:"mailbox,omitempty"`
	Rows    []Row  `json:"rows,omitempty"`

	// skeleton
	Name      string   `json:"name,omitempty"`
	Skeletons []string `json:"skeletons,omitempty"`

	// guard
	Value     string   `json:"value,omitempty"`
	Effect    string   `json:"effect,omitempty"`
	Protected []string `json:"protected,omitempty"`
	Guard     string   `json:"guard,omitempty"`

	// decision
	Rules     []Rule                `json:"rules,omitempty"`
	Keys      map[string]string     `json:"keys,omitempty"`  // the secrets of hashed rules, in hexadecimal, by ID
	Lacks     []string              `json:"lacks,omitempty"` // those of them that who is asked has not
	Subject   Subject               `json:"subject,omitzero"`
	Leet      bool                  `json:"leet,omitempty"` // skeleton too
	Traits    map[string]ban.Policy `json:"traits,omitempty"`
	MailHosts map[string][]string   `json:"mail_hosts,omitempty"`
	Addresses map[string][]string   `json:"addresses,omitempty"`
	Verdict   string                `json:"verdict,omitempty"`
	Decides   string                `json:"decides,omitempty"`
	Via       string                `json:"via,omitempty"`
	Shadows   []string              `json:"shadows,omitempty"`

	// list
	Format  string   `json:"format,omitempty"`
	Of      string   `json:"of,omitempty"` // the kind that the options say
	Lines   string   `json:"lines,omitempty"`
	Entries []string `json:"entries,omitempty"`
	Rejects []string `json:"rejects,omitempty"`
}

// Row is a row of a host for the table of mail providers.
type Row struct {
	Domains         []string `json:"domains"`
	CanonicalDomain string   `json:"canonical_domain"`
	Drop            string   `json:"drop"`
	Cut             string   `json:"cut"`
	Subdomains      bool     `json:"subdomains"`
}

// Rule is a rule of a decision.
type Rule struct {
	ID        string   `json:"id"`
	Origin    string   `json:"origin"` // ban, the default, block or entry
	Kind      string   `json:"kind"`
	Value     string   `json:"value"`
	Hashed    string   `json:"hashed"` // the ID of the key under which the value is to be hashed
	Hash      string   `json:"hash"`   // the text that takes its place then
	Effect    string   `json:"effect"` // deny, the default, review or allow
	Scope     []string `json:"scope"`
	Shadow    bool     `json:"shadow"`
	ExpiresIn string   `json:"expires_in"` // from now, may be in the past
	Revoked   bool     `json:"revoked"`
}

// Subject is that of a decision.
type Subject struct {
	Email  string `json:"email"`
	Domain string `json:"domain"`
	IP     string `json:"ip"`
	Name   string `json:"name"`
	Action string `json:"action"`
}

// Read reads all files of a folder. A member that no case has is an error.
func Read(dir string) ([]File, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	files := make([]File, len(names))
	for i, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		if err := d.Decode(&files[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files[i].Name = strings.TrimSuffix(filepath.Base(name), ".json")
	}
	return files, nil
}

// input returns the text that a case is about.
func (c *Case) input() (string, error) {
	if c.InHex == "" {
		return c.In, nil
	}
	raw, err := hex.DecodeString(c.InHex)
	return string(raw), err
}
