package ban_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"example.com/ostraka/internal/sqlitetest"
	"example.com/ostraka/internal/vectors"
	"example.com/ostraka/memstore"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

func readVectors(t *testing.T) []vectors.File {
	t.Helper()
	files, err := vectors.Read("testdata/vectors")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestTheVectorsOfValues(t *testing.T) { vectors.RunValues(t, readVectors(t)) }

func TestTheVectorsOfDecisions(t *testing.T) {
	files := readVectors(t)
	t.Run("memstore", func(t *testing.T) {
		vectors.RunDecisions(t, files, func(*testing.T) store.Store { return memstore.New() })
	})
	t.Run("sqlitestore", func(t *testing.T) {
		vectors.RunDecisions(t, files, func(t *testing.T) store.Store {
			st, err := sqlitestore.Open(t.Context(), sqlitetest.File(t), sqlitestore.Options{Synchronous: sqlitestore.SyncNormal})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { st.Close() })
			return st
		})
	})
}

func TestTheVectorsOfLists(t *testing.T) { vectors.RunLists(t, readVectors(t)) }

// Every rule of the page has vectors, and all vectors have a rule.
func TestEveryRuleOfThePageHasVectors(t *testing.T) {
	page, err := os.ReadFile("../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]vectors.File)
	cases := 0
	for _, f := range readVectors(t) {
		if _, ok := files[f.Rule]; ok {
			t.Errorf("%s is of a rule that another file is of", f.Name)
		}
		if !strings.HasPrefix(f.Name, f.Rule+"-") || f.Why == "" || len(f.Cases) < 1 {
			t.Errorf("%s: want a name after its rule %s, a reason and cases", f.Name, f.Rule)
		}
		files[f.Rule] = f
		cases += len(f.Cases)
	}
	rules := 0
	for _, m := range regexp.MustCompile(`(?m)^\*\*([A-Z]\d+)\.\*\* `).FindAllSubmatch(page, -1) {
		rules++
		if _, ok := files[string(m[1])]; !ok {
			t.Errorf("rule %s has no vectors", m[1])
		}
		delete(files, string(m[1]))
	}
	for rule := range files {
		t.Errorf("there are vectors of %s, which the page does not have", rule)
	}
	if rules < 80 || cases < 500 {
		t.Errorf("%d rules and %d cases are fewer than there were", rules, cases)
	}
}
