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
		return fmt.Errorf("%w: a time is kept as %T", ErrCorrupt, src)
	}
	return nil
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
	return fmt.Errorf("%w: an id is kept as %T, or not in 16 bytes", ErrCorrupt, src)
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
	return fmt.Errorf("%w: a hash is kept as %T, or not in 32 bytes", ErrCorrupt, src)
}

// span scans a number of microseconds.
type span time.Duration

func (s *span) Scan(src any) error {
	v, ok := src.(int64)
	if !ok {
		return fmt.Errorf("%w: a duration is kept as %T", ErrCorrupt, src)
	}
	*s = span(time.Duration(v) * time.Microsecond)
	return nil
}

// small scans the integer of an enumeration or of a set of flags.
type small uint8

func (s *small) Scan(src any) error {
	v, ok := src.(int64)
	if !ok || v < 0 || v > 255 {
		return fmt.Errorf("%w: a small number is kept as %T %v", ErrCorrupt, src, src)
	}
	*s = small(v)
	return nil
}
