package sqlitestore

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// How Go values are kept in columns. The pointer types scan what the functions
// beside them make.

// micros scans microseconds since 1970, NULL being the zero time.
type micros time.Time

func (m *micros) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*m = micros{}
	case int64:
		*m = micros(time.UnixMicro(v).UTC())
	default:
		return fmt.Errorf("a time is kept as %T", src)
	}
	return nil
}

// timeArg is the argument for a column that [micros] scans.
func timeArg(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// id scans the 16 bytes of a UUID, NULL being the zero UUID.
type id uuid.UUID

func (i *id) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*i = id{}
		return nil
	case []byte:
		if len(v) == len(i) {
			copy(i[:], v)
			return nil
		}
	}
	return fmt.Errorf("an id is kept as %T, or not in 16 bytes", src)
}

// small scans the integer of an enumeration or of a set of flags.
type small uint8

func (s *small) Scan(src any) error {
	v, ok := src.(int64)
	if !ok || v < 0 || v > 255 {
		return fmt.Errorf("a small number is kept as %T %v", src, src)
	}
	*s = small(v)
	return nil
}

// day scans days since 1970.
type day time.Time

const daySeconds = 24 * 60 * 60

func (d *day) Scan(src any) error {
	v, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a day is kept as %T", src)
	}
	*d = day(time.Unix(v*daySeconds, 0).UTC())
	return nil
}

// dayNumber returns the number of the UTC day that t lies in.
func dayNumber(t time.Time) int64 {
	return store.Day(t).Unix() / daySeconds // exact, so also right before 1970
}

// kindLetters begin the keys of rules. Scan relies on no letter being the
// beginning of another.
var kindLetters = map[store.Kind]string{
	store.KindEmail: "e:", store.KindDomain: "d:", store.KindIP: "i:", store.KindName: "n:",
}

var lettersKind = map[byte]store.Kind{
	'e': store.KindEmail, 'd': store.KindDomain, 'i': store.KindIP, 'n': store.KindName,
}

// ruleKey is what ostraka_rules.key keeps of a key.
func ruleKey(k store.Key) (string, error) {
	letter, ok := kindLetters[k.Kind]
	if !ok {
		return "", fmt.Errorf("no such kind: %d", k.Kind)
	}
	return letter + k.Text, nil
}

// parseRuleKey is the inverse of [ruleKey].
func parseRuleKey(s string) (store.Key, error) {
	if len(s) >= 2 && s[1] == ':' {
		if kind, ok := lettersKind[s[0]]; ok {
			return store.Key{Kind: kind, Text: s[2:]}, nil
		}
	}
	return store.Key{}, fmt.Errorf("%w: rule with the key %.64q", ErrCorrupt, s)
}

// origins are the numbers that ostraka_rules.origin keeps, but for that of
// entries, which have the name of their list in it.
var origins = []store.Origin{0: store.OriginBan, 1: store.OriginBlock}

const originEntry = 2

func originNumber(o store.Origin) (int, error) {
	for i, known := range origins {
		if known == o {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no such origin: %.64q", string(o))
}
