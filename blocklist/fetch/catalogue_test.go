package fetch_test

import (
	"testing"

	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/fetch"
	"example.com/ostraka/memstore"
)

func TestWhatIsInTheCatalogueCanBeSubscribedTo(t *testing.T) {
	admin, err := blocklist.NewAdmin(memstore.New(), blocklist.AdminOptions{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	all := fetch.Catalogue()
	for _, k := range all {
		if k.Licence == "" || k.Homepage == "" || k.About == "" || k.Kind == 0 || k.Format == blocklist.FormatAuto {
			t.Errorf("%s does not say all: %+v", k.Name, k)
		}
		if _, created, err := admin.Subscribe(t.Context(), k.Subscription()); err != nil || !created {
			t.Errorf("%s: created %t, error %v", k.Name, created, err)
		}
	}
	if lists, err := admin.Lists(t.Context()); err != nil || len(lists) != len(all) || len(all) == 0 {
		t.Errorf("%d lists of %d, error %v", len(lists), len(all), err)
	}
}
