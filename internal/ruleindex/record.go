package ruleindex

import (
	"math"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// record is a rule without its texts and all that few rules have. It never
// changes once it is in a shard.
type record struct {
	id       uuid.UUID
	text     uint32 // where its key and value are: in shard.text, or the number in shard.loose
	aux      uint32 // the line; or the number in shard.ends or shard.odd
	common   uint16 // the number in shard.commons
	keyLen   uint8
	valueLen uint8
	kind     store.Kind
	effect   store.Effect
	scope    store.Scope
	flags    uint8
}

const (
	flagShadow  = 1 << iota
	flagOwnText // the value differs from the text of the key, which it follows
	flagLoose   // the texts are in shard.loose
	flagExpires // aux is the number of the expiry in shard.ends
	flagOdd     // aux is the number of the whole rule in shard.odd
)

// common is what many rules share.
type common struct {
	origin                       store.Origin
	reason, publicReason, source string
	label                        string
}

// ordinary reports whether a record can hold the rule. Only list entries have
// lines, and they do not expire.
func ordinary(r *store.Rule) bool {
	return len(r.Key.Text) <= math.MaxUint8 && len(r.Value) <= math.MaxUint8 &&
		(r.ExpiresAt.IsZero() || r.Line == 0 && r.ExpiresAt == time.UnixMicro(r.ExpiresAt.UnixMicro()).UTC()) &&
		0 <= r.Line && int64(r.Line) <= math.MaxUint32
}

// pack appends the record of a rule, with its texts and what else it needs, and
// returns its number.
func (s *shard) pack(r *store.Rule) uint32 {
	rec := s.record(r, nil)
	if rec.flags&flagOdd == 0 {
		text := r.Key.Text
		if rec.flags&flagOwnText != 0 {
			text += r.Value
		}
		rec.flags |= flagLoose
		rec.text = uint32(len(s.loose))
		s.loose = append(s.loose, text)
	}
	return s.append(rec)
}

// record returns the record of a rule, but for where its texts are, which one that
// is odd does not need. What else it needs it adds to the shard. numbers are as for
// commonOf.
func (s *shard) record(r *store.Rule, numbers map[common]uint16) record {
	rec := record{id: r.ID, kind: r.Key.Kind, effect: r.Effect, scope: r.Scope}
	plain := ordinary(r)
	if plain {
		rec.common, plain = s.commonOf(common{r.Origin, r.Reason, r.PublicReason, r.Source, r.Label}, numbers)
	}
	switch {
	case !plain:
		rec.flags |= flagOdd
		rec.aux = uint32(len(s.odd))
		s.odd = append(s.odd, *r)
		return rec
	case !r.ExpiresAt.IsZero():
		rec.flags |= flagExpires
		rec.aux = uint32(len(s.ends))
		s.ends = append(s.ends, r.ExpiresAt.UnixMicro())
	default:
		rec.aux = uint32(r.Line)
	}
	if r.Shadow {
		rec.flags |= flagShadow
	}

	rec.keyLen, rec.valueLen = uint8(len(r.Key.Text)), uint8(len(r.Value))
	if r.Value != r.Key.Text {
		rec.flags |= flagOwnText
	}
	return rec
}

func (s *shard) append(rec record) uint32 {
	s.records = append(s.records, rec)
	return uint32(len(s.records) - 1)
}

// fewCommons are so few that one is sooner found among them than in a map.
const fewCommons = 4

// commonOf returns the number of what a rule shares with others. The newest
// are the likeliest. ok is false if there are more than records can tell apart.
// numbers, which may be nil, are those of all: with them the time does not grow
// with how many there are.
func (s *shard) commonOf(c common, numbers map[common]uint16) (number uint16, ok bool) {
	first := 0
	if numbers != nil {
		first = max(0, len(s.commons)-fewCommons)
	}
	for i := len(s.commons) - 1; i >= first; i-- {
		if s.commons[i] == c {
			return uint16(i), true
		}
	}
	if number, ok = numbers[c]; ok {
		return number, true
	}
	if len(s.commons) > math.MaxUint16 {
		return 0, false
	}
	number = uint16(len(s.commons))
	s.commons = append(s.commons, c)
	if numbers != nil {
		numbers[c] = number
	}
	return number, true
}

// texts returns the text of the key, with the value behind it if it has its own.
func (s *shard) texts(r *record) string {
	if r.flags&flagLoose != 0 {
		return s.loose[r.text]
	}
	end := r.text + uint32(r.keyLen)
	if r.flags&flagOwnText != 0 {
		end += uint32(r.valueLen)
	}
	return s.text[r.text:end]
}

// keyText returns the text of the record's key.
func (s *shard) keyText(r *record) string {
	if r.flags&flagOdd != 0 {
		return s.odd[r.aux].Key.Text
	}
	return s.texts(r)[:r.keyLen]
}

// unpack sets dst to the rule of a record. It allocates nothing: the texts are
// those of the shard.
func (s *shard) unpack(r *record, dst *store.Rule) {
	if r.flags&flagOdd != 0 {
		*dst = s.odd[r.aux]
		return
	}
	texts, c := s.texts(r), &s.commons[r.common]
	*dst = store.Rule{
		Key: store.Key{Kind: r.kind, Text: texts[:r.keyLen]}, Value: texts[len(texts)-int(r.valueLen):],
		Effect: r.effect, Scope: r.scope, Shadow: r.flags&flagShadow != 0,
		Origin: c.origin, ID: r.id, Reason: c.reason, PublicReason: c.publicReason, Source: c.source, Label: c.label,
	}
	if r.flags&flagExpires != 0 {
		dst.ExpiresAt = time.UnixMicro(s.ends[r.aux]).UTC()
	} else {
		dst.Line = int(r.aux)
	}
}
