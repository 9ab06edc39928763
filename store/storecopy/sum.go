package storecopy

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
)

// Sums reads all rows of a store, and says what each table has.
func Sums(ctx context.Context, of Source, progress func(table string, rows int64)) ([]Sum, error) {
	tables, err := of.CopyTables(ctx)
	if err != nil {
		return nil, err
	}
	sums := make([]Sum, len(tables))
	for i, t := range tables {
		if sums[i], err = sum(ctx, of, t, progress); err != nil {
			return nil, fmt.Errorf("compare %s: %w", t.Name, err)
		}
	}
	return sums, nil
}

func sum(ctx context.Context, of Source, t Table, progress func(string, int64)) (Sum, error) {
	s := Sum{Table: t.Name}
	h := newHash()
	for after := Row(nil); ; {
		rows, err := of.CopyRows(ctx, t, after, pageRows)
		if err != nil {
			return Sum{}, err
		}
		if len(rows) == 0 {
			s.Hash = hex.EncodeToString(h.Sum(nil))
			return s, nil
		}
		for _, r := range rows {
			h.add(r)
		}
		s.Rows += int64(len(rows))
		if progress != nil {
			progress(t.Name, s.Rows)
		}
		after = rows[len(rows)-1]
	}
}

// rowHash takes rows so that no two sequences of rows are taken as the same bytes.
type rowHash struct {
	hash.Hash
	buf []byte
}

func newHash() *rowHash { return &rowHash{Hash: sha256.New()} }

func (h *rowHash) add(r Row) {
	b := binary.AppendUvarint(h.buf[:0], uint64(len(r)))
	for _, v := range r {
		switch v := v.(type) {
		case nil:
			b = append(b, 0)
		case int64:
			b = binary.AppendVarint(append(b, 1), v)
		case string:
			b = append(binary.AppendUvarint(append(b, 2), uint64(len(v))), v...)
		case []byte:
			b = append(binary.AppendUvarint(append(b, 3), uint64(len(v))), v...)
		default:
			panic(fmt.Sprintf("storecopy: a row has a %T", v)) // against the contract of Source
		}
	}
	h.buf = b
	_, _ = h.Write(b) // never fails
}
