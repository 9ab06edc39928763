package sqlitestore

import (
	"fmt"
	"path/filepath"
)

// spareRoom is how many bytes of the disk a list that fills whole steps finds free before
// each of them, or it stops. What it has committed needs room in the database before the log
// can be used again: a list that took the last of the disk would keep everybody from
// writing, itself from being removed again too.
const spareRoom = 16 << 20

// leavesRoom gives [ErrDiskFull] if less than the spare room is left. Of a file system
// that does not tell, it is not known.
func (s *Store) leavesRoom() error {
	if s.file.info == nil {
		return nil
	}
	if free, ok := s.free(filepath.Dir(s.file.path)); ok && free < spareRoom {
		return fmt.Errorf("%w: %d MiB are left, which other writes may need", ErrDiskFull, free>>20)
	}
	return nil
}
