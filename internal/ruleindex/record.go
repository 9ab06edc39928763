package ruleindex

import (
	"encoding/binary"
	"math"
	"time"
	"unsafe"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// record is a rule without all that many rules share, or few have. It never changes once
// it is in a shard. There it is written into one text with all others: a head, and right
// behind it the texts, so that who has waited for the memory of one has the other. The
// heads are nearly half of what a rule takes.
type record struct {
	id     uuid.UUID
	aux    uint32 // the line; or the number in shard.ends or, of an odd rule, in shard.odd
	common uint16 // the number in shard.commons, or odd
	keyLen uint8
	texts  string // the key, and behind it the value if that is another; of an odd rule, none
}

// headLen is how many bytes a record takes beside its texts: those above, and the length of
// the value.
const headLen = 16 + 4 + 2 + 1 + 1

// odd marks a rule that is in shard.odd, because no record can hold it.
const odd = math.MaxUint16

// write appends a record with the text of its key, and a value that differs or is none.
func write(dst []byte, r *record, key, value string) []byte {
	dst = append(dst, r.id[:]...)
	dst = binary.LittleEndian.AppendUint32(dst, r.aux)
	dst = binary.LittleEndian.AppendUint16(dst, r.common)
	dst = append(dst, uint8(len(key)), uint8(len(value)))
	return append(append(dst, key...), value...)
}

// at returns the record that begins there.
func (s *shard) at(begin uint32) (r record) {
	b := s.records[begin:]
	head := b[:headLen]
	r.id = uuid.UUID(head[:16])
	r.aux, r.common = binary.LittleEndian.Uint32(head[16:]), binary.LittleEndian.Uint16(head[20:])
	r.keyLen = head[22]
	texts := b[headLen : headLen+int(head[22])+int(head[23])]
	r.texts = unsafe.String(unsafe.SliceData(texts), len(texts)) // what is written never changes
	return r
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

// pack writes the record of a rule, with its texts and what else it needs, and
// returns where it begins.
func (s *shard) pack(r *store.Rule) uint32 {
	if ordinary(r) {
		if number, ok := s.number(commonOf(r), nil); ok {
			return s.append(s.record(r, number), r.Key.Text, ownValue(r))
		}
	}
	return s.append(s.packOdd(r), "", "")
}

// packOdd returns the record of a rule that no other record can hold.
func (s *shard) packOdd(r *store.Rule) record {
	s.odd = append(s.odd, *r)
	return record{id: r.ID, common: odd, aux: uint32(len(s.odd) - 1)}
}

// record returns the record of an ordinary rule, but for its texts. number is that of what
// it shares.
func (s *shard) record(r *store.Rule, number uint16) record {
	rec := record{id: r.ID, common: number, aux: uint32(r.Line)}
	if !r.ExpiresAt.IsZero() {
		rec.aux = uint32(len(s.ends))
		s.ends = append(s.ends, r.ExpiresAt.UnixMicro())
	}
	return rec
}

// ownValue returns the value of an ordinary rule, or nothing if it is the text of the key.
func ownValue(r *store.Rule) string {
	if r.Value == r.Key.Text {
		return ""
	}
	return r.Value
}

// append writes a record, and returns where it begins. There are no 4 GiB of them: a shard
// with tens of millions of rules would have them all under one key.
func (s *shard) append(r record, key, value string) uint32 {
	begin := uint32(len(s.records))
	s.records = write(s.records, &r, key, value)
	s.written++
	return begin
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
	if len(s.commons) == odd {
		return 0, false
	}
	number = uint16(len(s.commons))
	s.commons = append(s.commons, c)
	if numbers != nil {
		numbers[c] = number
	}
	return number, true
}

// keyText returns the text of the record's key.
func (s *shard) keyText(r *record) string {
	if r.common == odd {
		return s.odd[r.aux].Key.Text
	}
	return r.texts[:r.keyLen]
}

// kind returns the kind of the record's key.
func (s *shard) kind(r *record) store.Kind {
	if r.common == odd {
		return s.odd[r.aux].Key.Kind
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
	if r.common == odd {
		*dst = s.odd[r.aux]
		return
	}
	c := &s.commons[r.common]
	*dst = store.Rule{
		Key: store.Key{Kind: c.kind, Text: r.texts[:r.keyLen]}, Value: r.texts,
		Effect: c.effect, Scope: c.scope, Shadow: c.shadow,
		Origin: c.origin, ID: r.id, Reason: c.reason, PublicReason: c.publicReason, Source: c.source, Label: c.label,
	}
	if len(r.texts) > int(r.keyLen) {
		dst.Value = r.texts[r.keyLen:]
	}
	if c.expires {
		dst.ExpiresAt = time.UnixMicro(s.ends[r.aux]).UTC()
	} else {
		dst.Line = int(r.aux)
	}
}
