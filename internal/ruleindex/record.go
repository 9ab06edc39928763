package ruleindex

import (
	"math"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// record is a rule without its texts and all that many rules share, or few have. It never
// changes once it is in a shard. Its 28 bytes are nearly half of what a rule takes.
type record struct {
	id       uuid.UUID
	place    uint32 // where its key and value are: in shard.text or, marked, the number in shard.loose or shard.odd
	aux      uint32 // the line; or the number in shard.ends
	common   uint16 // the number in shard.commons
	keyLen   uint8
	valueLen uint8 // 0: the value is the text of the key; else it follows that
}

// Marks of a place.
const (
	markLoose = 1 << 31 // the texts are in shard.loose
	markOdd   = 1 << 30 // the whole rule is in shard.odd
	maxText   = markOdd // a text has fewer bytes
)

func (r *record) loose() (number uint32, ok bool) {
	return r.place &^ markLoose, r.place&markLoose != 0
}
func (r *record) odd() (number uint32, ok bool) {
	return r.place &^ markOdd, r.place&(markLoose|markOdd) == markOdd
}

// common is what many rules share.
type common struct {
	kind                         store.Kind
	effect                       store.Effect
	scope                        store.Scope
	shadow, expires              bool
	origin                       store.Origin
	reason, publicReason, source string
	label                        string
}

func commonOf(r *store.Rule) common {
	return common{
		r.Key.Kind, r.Effect, r.Scope, r.Shadow, !r.ExpiresAt.IsZero(),
		r.Origin, r.Reason, r.PublicReason, r.Source, r.Label,
	}
}

// ordinary reports whether a record can hold the rule. Only list entries have
// lines, and they do not expire.
func ordinary(r *store.Rule) bool {
	return len(r.Key.Text) <= math.MaxUint8 && 0 < len(r.Value) && len(r.Value) <= math.MaxUint8 &&
		(r.ExpiresAt.IsZero() || r.Line == 0 && r.ExpiresAt == time.UnixMicro(r.ExpiresAt.UnixMicro()).UTC()) &&
		0 <= r.Line && int64(r.Line) <= math.MaxUint32
}

// pack appends the record of a rule, with its texts and what else it needs, and
// returns its number.
func (s *shard) pack(r *store.Rule) uint32 {
	number, ok := uint16(0), ordinary(r)
	if ok {
		number, ok = s.number(commonOf(r), nil)
	}
	if !ok {
		return s.append(s.packOdd(r))
	}
	rec := s.record(r, number)
	text := r.Key.Text
	if rec.valueLen > 0 {
		text += r.Value
	}
	s.addLoose(&rec, text)
	return s.append(rec)
}

// packOdd returns the record of a rule that no other record can hold.
func (s *shard) packOdd(r *store.Rule) record {
	s.odd = append(s.odd, *r)
	return record{id: r.ID, place: markOdd | uint32(len(s.odd)-1)}
}

// addLoose adds the texts of a record by themselves.
func (s *shard) addLoose(r *record, texts string) {
	r.place = markLoose | uint32(len(s.loose))
	s.loose = append(s.loose, texts)
}

// record returns the record of an ordinary rule, but for where its texts are. number is
// that of what it shares.
func (s *shard) record(r *store.Rule, number uint16) record {
	rec := record{id: r.ID, common: number, keyLen: uint8(len(r.Key.Text)), aux: uint32(r.Line)}
	if !r.ExpiresAt.IsZero() {
		rec.aux = uint32(len(s.ends))
		s.ends = append(s.ends, r.ExpiresAt.UnixMicro())
	}
	if r.Value != r.Key.Text {
		rec.valueLen = uint8(len(r.Value))
	}
	return rec
}

func (s *shard) append(rec record) uint32 {
	s.records = append(s.records, rec)
	return uint32(len(s.records) - 1)
}

// fewCommons are so few that one is sooner found among them than in a map.
const fewCommons = 4

// number returns the number of what a rule shares with others. The newest
// are the likeliest. ok is false if there are more than records can tell apart.
// numbers, which may be nil, are those of all: with them the time does not grow
// with how many there are.
func (s *shard) number(c common, numbers map[common]uint16) (number uint16, ok bool) {
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

// texts returns the text of the key, with the value behind it if it has its own. The
// record is not odd.
func (s *shard) texts(r *record) string {
	if number, ok := r.loose(); ok {
		return s.loose[number]
	}
	return s.text[r.place : r.place+uint32(r.keyLen)+uint32(r.valueLen)]
}

// keyText returns the text of the record's key.
func (s *shard) keyText(r *record) string {
	if number, ok := r.odd(); ok {
		return s.odd[number].Key.Text
	}
	return s.texts(r)[:r.keyLen]
}

// kind returns the kind of the record's key.
func (s *shard) kind(r *record) store.Kind {
	if number, ok := r.odd(); ok {
		return s.odd[number].Key.Kind
	}
	return s.commons[r.common].kind
}

// has reports whether a record has that key.
func (s *shard) has(r *record, key store.Key) bool {
	return s.keyText(r) == key.Text && s.kind(r) == key.Kind
}

// unpack sets dst to the rule of a record. It allocates nothing: the texts are
// those of the shard.
func (s *shard) unpack(r *record, dst *store.Rule) {
	if number, ok := r.odd(); ok {
		*dst = s.odd[number]
		return
	}
	texts, c := s.texts(r), &s.commons[r.common]
	*dst = store.Rule{
		Key: store.Key{Kind: c.kind, Text: texts[:r.keyLen]}, Value: texts,
		Effect: c.effect, Scope: c.scope, Shadow: c.shadow,
		Origin: c.origin, ID: r.id, Reason: c.reason, PublicReason: c.publicReason, Source: c.source, Label: c.label,
	}
	if r.valueLen > 0 {
		dst.Value = texts[r.keyLen:]
	}
	if c.expires {
		dst.ExpiresAt = time.UnixMicro(s.ends[r.aux]).UTC()
	} else {
		dst.Line = int(r.aux)
	}
}
