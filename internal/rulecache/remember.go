package rulecache

import (
	"strings"

	"example.com/ostraka/internal/match"
)

// maxText bounds the text kept as a key. Longer ones are all white space around
// a value.
const maxText = 512

// remember keeps what was found, of the fields that were missing and of the whole
// subject, unless that is one field alone.
func (c *Cache) remember(texts, missing *match.Texts, fields *fieldSet, found *match.Found) {
	one, _ := only(texts)
	if one != 0 && *missing == (match.Texts{}) {
		return
	}
	kept, all := keep(texts)
	for i, k := range match.Kinds {
		if missing[i] != "" && kept[i] != "" {
			key := fieldKey{k, kept[i]}
			fields[i].shortKey = newShortKey(key)
			c.fields.add(key, fields[i])
		}
	}
	if !all || one != 0 {
		return
	}
	r := &subjectRules{found: *found, fields: *fields}
	for _, f := range fields {
		if f != nil {
			r.count++
			r.from = max(r.from, f.from)
			r.any = r.any || len(f.candidates) > 0
		}
	}
	c.subjects.add(kept, r)
}

// keep returns a copy of the texts: they may be pieces of a request that should
// not live as long. It is one text, so that to compare them all is to read one
// place in memory. all reports whether none is left out for its length.
func keep(texts *match.Texts) (kept match.Texts, all bool) {
	var b strings.Builder
	all = true
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	b.Grow(min(size, len(texts)*maxText))
	for i, text := range texts {
		if len(text) > maxText {
			all = false
			continue
		}
		start := b.Len()
		b.WriteString(text)
		kept[i] = b.String()[start:]
	}
	return kept, all
}
