package sqlbackend

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// TimeArg is the argument for a column of microseconds since 1970, NULL for the
// zero time.
func TimeArg(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// idArg is the argument for a column of IDs, NULL for the zero one.
func idArg(id uuid.UUID) any {
	if id == uuid.Nil {
		return nil
	}
	return id
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

const daySeconds = 24 * 60 * 60

// dayNumber returns the number, since 1970, of the UTC day that t lies in.
func dayNumber(t time.Time) int64 {
	return store.Day(t).Unix() / daySeconds // exact, so also right before 1970
}

// dayOf is the inverse of [dayNumber].
func dayOf(number int64) time.Time { return time.Unix(number*daySeconds, 0).UTC() }

// JSONArg returns the JSON of something of that length, NULL if it is empty.
func JSONArg(v any, length int) (any, error) {
	if length == 0 {
		return nil, nil
	}
	data, err := json.Marshal(v)
	return TextArg(data), err
}

// FromJSON scans JSON that [JSONArg] made into what it points to, NULL being the zero
// value.
type FromJSON[T any] struct{ To *T }

// Scan implements [database/sql.Scanner].
func (j FromJSON[T]) Scan(src any) error {
	var data []byte
	switch v := src.(type) {
	case nil:
		*j.To = *new(T)
		return nil
	case string:
		data = []byte(v)
	case []byte:
		data = v
	}
	if err := json.Unmarshal(data, j.To); err != nil {
		return fmt.Errorf("%w: JSON of %T: %w", ErrCorrupt, *j.To, err)
	}
	return nil
}

// TextArg is the argument for a column of texts, NULL for nil.
func TextArg(data []byte) any {
	if data == nil {
		return nil
	}
	return string(data)
}

// HostKey is what columns keep of a host, or of an address's: its labels in
// reverse, with a dot behind each. A domain and all below it begin with the key
// of the domain.
func HostKey(addressOrHost string) string {
	labels := strings.Split(addressOrHost[strings.LastIndexByte(addressOrHost, '@')+1:], ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".") + "."
}

// HostsBelow returns the bounds of the keys of a domain and all below it: the
// first, and what follows the last.
func HostsBelow(domain string) (from, below string) {
	from = HostKey(domain)
	return from, from[:len(from)-1] + "/" // which follows the dot
}

// SharedLabels returns the most labels, from the top, that the host of a key has
// in common with one of those before it.
func SharedLabels(key string, before []string) (most int) {
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
