package pgstore

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"example.com/ostraka/store"
)

// How Go values are kept in columns. The pointer types scan what the functions
// beside them make.

// micros scans microseconds since 1970, NULL being the zero time.
type micros time.Time

func (m *micros) ScanInt64(v pgtype.Int8) error {
	*m = micros{}
	if v.Valid {
		*m = micros(time.UnixMicro(v.Int64).UTC())
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

// id scans a UUID, NULL being the zero UUID.
type id uuid.UUID

func (i *id) ScanUUID(v pgtype.UUID) error {
	*i = id(v.Bytes) // zero where it is not valid
	return nil
}

// idArg is the argument for a column that [id] scans, if it may be NULL.
func idArg(u uuid.UUID) any {
	if u == uuid.Nil {
		return nil
	}
	return uid(u)
}

// uid is the argument for a column of UUIDs, the zero UUID being one like others.
func uid(u uuid.UUID) pgtype.UUID { return pgtype.UUID{Bytes: u, Valid: true} }

// uids are the arguments for an array of them.
func uids(all []uuid.UUID) []pgtype.UUID {
	out := make([]pgtype.UUID, len(all))
	for i, u := range all {
		out[i] = uid(u)
	}
	return out
}

// hash scans the 32 bytes of a hash.
type hash store.SecretHash

func (h *hash) ScanBytes(v []byte) error {
	if len(v) != len(h) {
		return fmt.Errorf("%w: a hash of %d bytes", ErrCorrupt, len(v))
	}
	copy(h[:], v)
	return nil
}

// span scans a number of microseconds.
type span time.Duration

func (s *span) ScanInt64(v pgtype.Int8) error {
	*s = span(time.Duration(v.Int64) * time.Microsecond)
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

func (s *small) ScanInt64(v pgtype.Int8) error {
	if !v.Valid || v.Int64 < 0 || v.Int64 > 255 {
		return fmt.Errorf("%w: a small number is %v", ErrCorrupt, v)
	}
	*s = small(v.Int64)
	return nil
}

// day scans days since 1970.
type day time.Time

const daySeconds = 24 * 60 * 60

func (d *day) ScanInt64(v pgtype.Int8) error {
	*d = day(time.Unix(v.Int64*daySeconds, 0).UTC())
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

// ruleKey is what rules.key keeps of a key.
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

// origins are the numbers that rules.origin keeps, but for that of
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
