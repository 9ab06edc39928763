package storetest

import (
	"time"

	"example.com/ostraka/store"
)

// notifyClauses are of backends that are a [store.Notifier]; others pass.
var notifyClauses = []persistentClause{
	{"A Notifier tells of changes that another store made",
		"Notify calls fn soon after a change became visible to reads, whether it was made through this store or another one on the same data.",
		notifierTells},
	{"A Notifier tells nobody who has cancelled",
		"Once cancel has returned no call begins; it may be called again, and after Close, which ends them too.",
		notifierIsCancelled},
}

// patience is long for a notification, on any machine.
const patience = 10 * time.Second

func notifierTells(t reporter, open func() store.Store) {
	writing, listening := open(), open()
	news, cancel := notified(listening)
	if news == nil {
		return
	}
	defer cancel()
	for _, name := range []string{"a.example", "b.example"} {
		b := create(t, writing, domainBan(name))
		for told := false; !told; {
			select {
			case <-news: // there may be calls without a change
				told = len(lookup(t, listening, b.Key())) == 1
			case <-time.After(patience):
				t.Fatalf("nobody was told of the ban of %s", name)
			}
		}
	}
}

func notifierIsCancelled(t reporter, open func() store.Store) {
	writing, listening := open(), open()
	news, cancel := notified(listening)
	if news == nil {
		return
	}
	others, cancelOthers := notified(listening)
	cancel()
	cancel()
	forget(news)
	forget(others)
	create(t, writing, domainBan("a.example"))
	select {
	case <-others:
	case <-time.After(patience):
		t.Errorf("one who has not cancelled was not told")
	}
	shut(t, listening)
	forget(others)
	create(t, writing, domainBan("b.example"))
	time.Sleep(settling)
	if len(news) > 0 {
		t.Errorf("one who has cancelled was told")
	}
	if len(others) > 0 {
		t.Errorf("a store that was closed told somebody")
	}
	cancelOthers()
}

// notified returns where calls of a Notifier arrive; nil if the store is none.
func notified(s store.Store) (news chan struct{}, cancel func()) {
	n, ok := s.(store.Notifier)
	if !ok {
		return nil, nil
	}
	news = make(chan struct{}, 1)
	return news, n.Notify(func() {
		select {
		case news <- struct{}{}:
		default:
		}
	})
}

// settling is how long calls that are under way are given to end.
const settling = 50 * time.Millisecond

// forget takes what has arrived, and what is under way.
func forget(news chan struct{}) {
	time.Sleep(settling)
	for len(news) > 0 {
		<-news
	}
}
