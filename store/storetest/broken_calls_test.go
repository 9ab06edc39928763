package storetest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var callFlaws = []flaw{
	{"ignores the context of a write", func(o *override) {
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			return o.Store.CreateBan(context.WithoutCancel(ctx), b, c)
		}
	}, []string{"A context that was cancelled before is an error", "A context whose deadline has passed is an error"}},

	{"ignores the context of a read", func(o *override) {
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			return o.Store.Lookup(context.WithoutCancel(ctx), keys)
		}
	}, []string{"A context that was cancelled before is an error", "A context whose deadline has passed is an error"}},

	{"ignores the context of a write to an account", func(o *override) {
		o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
			return o.Store.UpdateAccount(context.WithoutCancel(ctx), w, c)
		}
	}, []string{"A context that was cancelled before is an error", "A context whose deadline has passed is an error"}},

	{"holds on to the context of a read", func(o *override) {
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			context.AfterFunc(ctx, func() {})
			return o.Store.Lookup(ctx, keys)
		}
	}, []string{"A method that has returned has let go of its context"}},

	{"leaves a time limit running", func(o *override) {
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			ctx, cancel := context.WithTimeout(ctx, time.Minute)
			context.AfterFunc(ctx, cancel)
			return o.Store.CreateBan(ctx, b, c)
		}
	}, []string{"A method that has returned has let go of its context"}},

	{"finds credentials when it is closed", func(o *override) {
		o.credentialByHash = func(context.Context, store.SecretHash) (store.Credential, store.Account, error) {
			return store.Credential{}, store.Account{}, nil
		}
	}, []string{"Every method of a closed store is ErrClosed", "A context that was cancelled before is an error"}},

	{"has written when it says that the context ended", func(o *override) {
		o.createBans = func(ctx context.Context, bans []store.Ban, c store.Change) ([]int, error) {
			skipped, err := o.Store.CreateBans(context.WithoutCancel(ctx), bans, c)
			return skipped, errors.Join(err, ctx.Err())
		}
	}, []string{"A context that ends during a write leaves all or nothing", "A context that was cancelled before is an error"}},

	{"works on when it is closed", func(o *override) {
		o.close = func() error { return nil }
	}, []string{"Every method of a closed store is ErrClosed"}},

	{"fails when it is closed again", func(o *override) {
		closed := false
		o.close = func() error {
			if closed {
				return store.ErrClosed
			}
			closed = true
			return o.Store.Close()
		}
	}, []string{"Close may be called again"}},

	{"closes under operations", func(o *override) {
		closing, met := make(chan struct{}), make(chan struct{})
		var once sync.Once
		o.close = func() error {
			close(closing)
			<-met
			return o.Store.Close()
		}
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			select {
			case <-closing:
				once.Do(func() { close(met) })
				return nil, errors.New("connection reset")
			default:
				return o.Store.Lookup(ctx, keys)
			}
		}
	}, []string{"Close waits for operations under way"}},

	{"hands out slices that it keeps", func(o *override) {
		kept := map[store.Key][]store.Rule{}
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			if kept[keys[0]] == nil {
				kept[keys[0]], _ = o.Store.Lookup(ctx, keys)
			}
			return kept[keys[0]], nil
		}
	}, []string{"What was returned may be changed"}},

	{"keeps slices that it was given", func(o *override) {
		var given []store.Ban
		o.createBans = func(ctx context.Context, bans []store.Ban, c store.Change) ([]int, error) {
			given = bans
			return o.Store.CreateBans(ctx, bans, c)
		}
		o.listBans = func(ctx context.Context, f store.BanFilter, p store.Page) ([]store.Ban, error) {
			bans, err := o.Store.ListBans(ctx, f, p)
			copy(bans, given)
			return bans, err
		}
	}, []string{"What was passed may be changed afterwards"}},

	{"keeps the slices of accounts that it was given", func(o *override) {
		kept := map[uuid.UUID]store.Account{}
		o.createAccount = func(ctx context.Context, a store.Account, c store.Change) (store.Account, error) {
			kept[a.ID] = a
			return o.Store.CreateAccount(ctx, a, c)
		}
		o.account = func(ctx context.Context, id uuid.UUID) (store.Account, error) {
			a, err := o.Store.Account(ctx, id)
			a.Roles = kept[id].Roles
			return a, err
		}
	}, []string{"What an account was made of may be changed afterwards"}},

	{"hands out the slices of accounts that it keeps", func(o *override) {
		kept := map[string]store.Account{}
		o.accountByEmail = func(ctx context.Context, address string) (store.Account, error) {
			if a, ok := kept[address]; ok {
				return a, nil
			}
			a, err := o.Store.AccountByEmail(ctx, address)
			kept[address] = a
			return a, err
		}
	}, []string{"What is returned of an account may be changed"}},

	{"sorts the keys it was given", func(o *override) {
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			slices.SortFunc(keys, func(a, b store.Key) int { return int(a.Kind) - int(b.Kind) })
			return o.Store.Lookup(ctx, keys)
		}
	}, []string{"What was passed is not written to"}},

	{"breaks a scan off when it is closed", func(o *override) {
		closed := make(chan struct{})
		o.close = func() error {
			close(closed)
			return o.Store.Close()
		}
		o.scan = func(context.Context, store.Kind) iter.Seq2[store.Rule, error] {
			return func(yield func(store.Rule, error) bool) {
				if yield(store.Rule{}, nil) {
					<-closed
					yield(store.Rule{}, errors.New("connection reset"))
				}
			}
		}
	}, []string{"A Scan under way ends when the store is closed"}},
}
