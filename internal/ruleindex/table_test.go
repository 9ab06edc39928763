package ruleindex

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// numbersOf returns the numbers that a table has under a hash, and those that it
// has beside them, since few of the hash's bits tell.
func numbersOf(t *Table, hash uint64) (numbers []uint32) {
	for c := t.Find(hash); ; {
		n, _, ok := c.Next()
		if !ok {
			slices.Sort(numbers)
			return numbers
		}
		numbers = append(numbers, n)
	}
}

// TestTableAgainstAMap adds and removes under hashes that meet in their groups,
// in their tags, or in all.
func TestTableAgainstAMap(t *testing.T) {
	const room = 300
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 1))
		hashes := make([]uint64, 120)
		for i := range hashes {
			switch hashes[i] = rng.Uint64(); seed % 4 {
			case 1:
				hashes[i] &^= 0xffff // one tag
			case 2:
				hashes[i] &^= 0xffff_ffff << 12 // one group
			case 3:
				hashes[i] &= 0xf_0003 // tags 0 to 3, one group: each overflow bit is soon set
			}
		}
		table, model := NewTable(room), map[uint64][]uint32{}
		where := map[uint32]int{}
		used := 0
		first := uint32(seed/4) * (1<<16 - 1500) // numbers of more than 16 bits come late, from the beginning, or not at all
		for number := first; number < first+3000; number++ {
			hash := hashes[rng.IntN(len(hashes))]
			if have := model[hash]; used == room || len(have) > 0 && rng.IntN(2) == 0 {
				if len(have) == 0 {
					continue
				}
				gone := have[0]
				for c := table.Find(hash); ; {
					n, place, ok := c.Next()
					if !ok {
						t.Fatalf("seed %d: %d is not found under %#x", seed, gone, hash)
					}
					if n == gone {
						table.remove(place)
						break
					}
				}
				model[hash] = have[1:]
				delete(where, gone)
				used--
			} else if table.Full() {
				t.Fatalf("seed %d: full with %d of %d", seed, used, room)
			} else {
				table.Add(hash, number)
				model[hash] = append(have, number)
				where[number] = 1
				used++
			}
			for _, h := range hashes[:10] {
				got := numbersOf(&table, h)
				for _, n := range model[h] {
					if !slices.Contains(got, n) {
						t.Fatalf("seed %d: %d is not found under %#x, only %v", seed, n, h, got)
					}
				}
				for _, n := range got {
					if where[n] == 0 {
						t.Fatalf("seed %d: %d was removed, and is found under %#x", seed, n, h)
					}
				}
				if len(got) > 0 && absent(table.groups, h) {
					t.Fatalf("seed %d: %v are found under %#x, which is said to be absent", seed, got, h)
				}
			}
		}
		all := 0
		for n := range table.all {
			if where[n] == 0 {
				t.Fatalf("seed %d: %d was removed, and is among all", seed, n)
			}
			all++
		}
		if all != used {
			t.Fatalf("seed %d: %d numbers, want %d", seed, all, used)
		}
	}
}

// A search goes past the first group for about one hash in a hundred only, even
// if the table is as full as can be.
func TestSearchesInVainEndAtTheFirstGroup(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	table := NewTable(50_000)
	for n := uint32(0); !table.Full(); n++ {
		table.Add(rng.Uint64(), n)
	}
	const tries = 100_000
	further := 0
	for range tries {
		if !absent(table.groups, rng.Uint64()) {
			further++
		}
	}
	if further > tries/50 {
		t.Errorf("%d of %d searches go on", further, tries)
	}
}

func TestATableWithoutPlacesIsEmptyAndFull(t *testing.T) {
	var table Table
	if !table.Full() || len(numbersOf(&table, 7)) != 0 {
		t.Error("the zero table is not empty and full")
	}
}
