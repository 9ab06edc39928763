package sqlitestore

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
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

// normalTimes makes times what they are when they are read back, in time zone and
// precision.
func normalTimes(times ...*time.Time) {
	for _, t := range times {
		if !t.IsZero() {
			*t = time.UnixMicro(t.UnixMicro()).UTC()
		}
	}
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

// idArg is the argument for a column that [id] scans, if it may be NULL.
func idArg(u uuid.UUID) any {
	if u == uuid.Nil {
		return nil
	}
	return u[:]
}

// hash scans the 32 bytes of a hash.
type hash store.SecretHash

func (h *hash) Scan(src any) error {
	if v, ok := src.([]byte); ok && len(v) == len(h) {
		copy(h[:], v)
		return nil
	}
	return fmt.Errorf("a hash is kept as %T, or not in 32 bytes", src)
}

// span scans a number of microseconds.
type span time.Duration

func (s *span) Scan(src any) error {
	v, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a duration is kept as %T", src)
	}
	*s = span(time.Duration(v) * time.Microsecond)
	return nil
}

// fromJSON scans JSON that [jsonArg] made into what it points to, NULL being the
// zero value.
type fromJSON[T any] struct{ to *T }

func (j fromJSON[T]) Scan(src any) error {
	var data []byte
	switch v := src.(type) {
	case nil:
		*j.to = *new(T)
		return nil
	case string:
		data = []byte(v)
	case []byte:
		data = v
	}
	if err := json.Unmarshal(data, j.to); err != nil {
		return fmt.Errorf("%w: JSON of %T: %w", ErrCorrupt, *j.to, err)
	}
	return nil
}

// hostKey is what columns keep of a host, or of an address's: its labels in
// reverse, with a dot behind each. A domain and all below it begin with the key
// of the domain.
func hostKey(addressOrHost string) string {
	labels := strings.Split(addressOrHost[strings.LastIndexByte(addressOrHost, '@')+1:], ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".") + "."
}

// hostsBelow returns the bounds of the keys of a domain and all below it: the
// first, and what follows the last.
func hostsBelow(domain string) (from, below string) {
	from = hostKey(domain)
	return from, from[:len(from)-1] + "/" // which follows the dot
}

// sharedLabels returns the most labels, from the top, that the host of a key has
// in common with one of those before it.
func sharedLabels(key string, before []string) (most int) {
	for _, other := range before {
		labels := 0
		for i := 0; i < min(len(key), len(other)) && key[i] == other[i]; i++ {
			if key[i] == '.' {
				labels++
			}
		}
		most = max(most, labels)
	}
	return most
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
