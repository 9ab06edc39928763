package changelog

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// Finder tells, of very many entries of a log, which have anything to be forgotten,
// without reading what is in them. One finder serves one goroutine.
type Finder struct {
	redaction *Redaction
	quoted    [][]byte // whole JSON strings, in lower case
	lower     []byte   // of the text that is looked at
}

// Quoted returns, in order, the JSON strings of which an entry has one, in some case of
// letters, if its keys or records have anything to be forgotten. There may be more such
// entries.
func (r *Redaction) Quoted() []string {
	var quoted []string
	for text := range maps.Keys(r.texts) {
		data, err := json.Marshal(text)
		if err == nil { // as for any string
			quoted = append(quoted, string(data))
		}
	}
	slices.Sort(quoted)
	return quoted
}

// Finder returns a finder of what the redaction concerns.
func (r *Redaction) Finder() *Finder {
	f := &Finder{redaction: r}
	for _, text := range r.Quoted() {
		f.quoted = append(f.quoted, appendLower(nil, []byte(text)))
	}
	return f
}

// Find reports whether an entry by that actor with those texts, keys and records as
// JSON, may have anything to be forgotten.
func (f *Finder) Find(actor string, texts ...[]byte) bool {
	return f.redaction.named(actor) || slices.ContainsFunc(texts, f.contains)
}

func (f *Finder) contains(text []byte) bool {
	f.lower = appendLower(f.lower[:0], text)
	return slices.ContainsFunc(f.quoted, func(q []byte) bool { return bytes.Contains(f.lower, q) })
}

// appendLower appends the text with the letters of ASCII in lower case: JSON has the
// others as they were given, and a name in each spelling that was used.
func appendLower(to, text []byte) []byte {
	for _, c := range text {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		to = append(to, c)
	}
	return to
}
