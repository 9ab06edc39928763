package pgstore

import (
	"fmt"
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

// small scans the integer of an enumeration or of a set of flags.
type small uint8

func (s *small) ScanInt64(v pgtype.Int8) error {
	if !v.Valid || v.Int64 < 0 || v.Int64 > 255 {
		return fmt.Errorf("%w: a small number is %v", ErrCorrupt, v)
	}
	*s = small(v.Int64)
	return nil
}
