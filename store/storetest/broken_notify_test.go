package storetest

import (
	"context"
	"sync"

	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// notifying is a store that tells all handles of bans that are created through any.
type notifying struct {
	store.Store
	notify func(fn func()) (cancel func())
}

func (n *notifying) Notify(fn func()) (cancel func()) { return n.notify(fn) }

// openNotifying returns what opens handles on one memstore. With told false nobody is
// told; with cancels false nobody's cancelling has an effect, nor has Close.
func openNotifying(told, cancels bool) func() store.Store {
	shared := memstore.New()
	var mu sync.Mutex
	fns := map[*func()]bool{}
	return func() store.Store {
		var mine []*func()
		h := newHandle(shared).(*handle)
		end := func(ended ...*func()) {
			mu.Lock()
			defer mu.Unlock()
			for _, fn := range ended {
				if cancels {
					delete(fns, fn)
				}
			}
		}
		create, shut := h.createBan, h.close
		h.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			b, err := create(ctx, b, c)
			mu.Lock()
			defer mu.Unlock()
			for fn := range fns {
				if told && err == nil {
					(*fn)()
				}
			}
			return b, err
		}
		h.close = func() error {
			end(mine...)
			return shut()
		}
		return &notifying{h, func(fn func()) func() {
			mu.Lock()
			defer mu.Unlock()
			fns[&fn] = true
			mine = append(mine, &fn)
			return func() { end(&fn) }
		}}
	}
}

var notifyFlaws = []persistentFlaw{
	{"never tells anybody",
		func() func() store.Store { return openNotifying(false, true) },
		[]string{"A Notifier tells of changes that another store made"}},
	{"goes on telling those who have cancelled",
		func() func() store.Store { return openNotifying(true, false) },
		[]string{"A Notifier tells nobody who has cancelled"}},
}
