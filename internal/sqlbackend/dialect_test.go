package sqlbackend_test

import (
	"sync"
	"testing"

	"example.com/ostraka/internal/sqlbackend"
)

func TestAQueryIsWrittenAsTheDatabaseHasIt(t *testing.T) {
	words := map[string]string{"true": "1", "for_update": ""}
	plain := &sqlbackend.Dialect{Tables: "ostraka_", Words: words}
	numbered := &sqlbackend.Dialect{Tables: `"s".`, Words: words, Numbered: true}
	for query, want := range map[string]struct{ plain, numbered string }{
		`SELECT 1 FROM @bans`:                  {`SELECT 1 FROM ostraka_bans`, `SELECT 1 FROM "s".bans`},
		`FROM @hit_totals h`:                   {`FROM ostraka_hit_totals h`, `FROM "s".hit_totals h`},
		`ruled = @true AND a = ?`:              {`ruled = 1 AND a = ?`, `ruled = 1 AND a = $1`},
		`a = ? AND b IN (?, ?)`:                {`a = ? AND b IN (?, ?)`, `a = $1 AND b IN ($2, $3)`},
		`a = ?2 AND b = ?1 AND c = ?12`:        {`a = ?2 AND b = ?1 AND c = ?12`, `a = $2 AND b = $1 AND c = $12`},
		`local || '@' || domain = ?`:           {`local || '@' || domain = ?`, `local || '@' || domain = $1`},
		`SELECT seq WHERE seq = ? @for_update`: {`SELECT seq WHERE seq = ? `, `SELECT seq WHERE seq = $1 `},
		``:                                     {``, ``},
	} {
		for range 2 { // made, and kept
			if got := plain.Query(query); got != want.plain {
				t.Errorf("%q becomes %q, want %q", query, got, want.plain)
			}
			if got := numbered.Query(query); got != want.numbered {
				t.Errorf("%q becomes %q, with numbers, want %q", query, got, want.numbered)
			}
		}
	}
}

func TestMoreQueriesThanAreKeptAreRightAllTheSame(t *testing.T) {
	d := &sqlbackend.Dialect{Tables: "t_"}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for n := range 10_000 {
				var c []byte
				for ; n > 0; n /= 10 {
					c = append(c, '0'+byte(n%10))
				}
				if got, want := d.Query(`SELECT @x OFFSET `+string(c)), `SELECT t_x OFFSET `+string(c); got != want {
					t.Errorf("%q, want %q", got, want)
				}
			}
		})
	}
	all.Wait()
}
