package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

const (
	writers   = 3
	values    = 10 // of each writer
	pollEvery = 500 * time.Millisecond
)

func mixedValue(writer, i int) string { return fmt.Sprintf("w%dv%d.example", writer, i) }

// wrote is what a writer says of a write that ended.
type wrote struct {
	Value      string
	Banned     bool // what it was to be
	Began, End time.Time
	Err        string // empty: it was made
	Kind       string // of the error
}

// answered is what a checker says of a check.
type answered struct {
	Value       string
	Denied      bool
	Stale       bool
	Asked, Told time.Time
	Err         string
}

// untilEOF returns a context that ends with standard input.
func untilEOF() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return ctx
}

// writer bans and revokes its values in turn, and says how each write ended.
func writer(args []string) error {
	ctx := untilEOF()
	number, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	st, err := sqlitestore.Open(ctx, args[0], sqlitestore.Options{BusyTimeout: 500 * time.Millisecond})
	if err != nil {
		return err
	}
	defer st.Close()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "writer " + args[1]})
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(uint64(number), uint64(time.Now().UnixNano())))
	for ctx.Err() == nil {
		if err := say(writeOne(admin, mixedValue(number, rng.IntN(values)), rng.IntN(2) == 0)); err != nil {
			return err
		}
		time.Sleep(time.Duration(rng.IntN(40)) * time.Millisecond)
	}
	return nil
}

func writeOne(admin *ban.Admin, value string, banned bool) wrote {
	w := wrote{Value: value, Banned: banned, Began: time.Now()}
	err := put(admin, value, banned)
	w.End = time.Now()
	if err != nil {
		w.Err, w.Kind = err.Error(), "other"
		for kind, is := range map[string]error{"busy": store.ErrBusy, "disk full": sqlitestore.ErrDiskFull, "conflict": store.ErrConflict, "gone": store.ErrNotFound} {
			if errors.Is(err, is) {
				w.Kind = kind
			}
		}
	}
	return w
}

// put makes a value banned or not. Bans end in 10 hours, which a clock that jumps
// gets beyond.
func put(admin *ban.Admin, value string, banned bool) error {
	if banned {
		_, _, err := admin.Put(context.Background(), ban.CreateOptions{Kind: ban.KindDomain, Value: value, ExpiresAt: time.Now().Add(10 * time.Hour)})
		return err
	}
	found, err := admin.List(context.Background(), ban.Filter{Kind: ban.KindDomain, Contains: value, Active: new(true)}, ban.Page{})
	for _, b := range found {
		if err == nil && b.Value == value {
			_, err = admin.Revoke(context.Background(), b.ID, "")
		}
	}
	return err
}

// checker asks about the values of all writers, and says what was answered. Its
// clock jumps now and then; what is answered meanwhile is not said.
func checker(args []string) error {
	ctx := untilEOF()
	st, err := sqlitestore.Open(ctx, args[0], sqlitestore.Options{})
	if err != nil {
		return err
	}
	defer st.Close()
	var off atomic.Int64
	c, err := ban.NewChecker(st, ban.CheckerOptions{
		Mirror: args[1] == "mirror", PollInterval: pollEvery, StaleFor: time.Minute,
		Now: func() time.Time { return time.Now().Add(time.Duration(off.Load())) },
	})
	if err != nil {
		return err
	}
	defer c.Close()
	rng := rand.New(rand.NewPCG(uint64(os.Getpid()), uint64(time.Now().UnixNano())))
	for n := 0; ctx.Err() == nil; n++ {
		if args[2] == "jumps" && n%400 == 399 {
			off.Store(int64(time.Duration(rng.IntN(80)-40) * time.Hour))
			for range 50 {
				_, _ = ask(ctx, c, rng)
				time.Sleep(time.Millisecond)
			}
			off.Store(0)
		}
		a, err := ask(ctx, c, rng)
		if err != nil && ctx.Err() == nil {
			a.Err = err.Error()
		}
		if err := say(a); err != nil {
			return err
		}
		time.Sleep(3 * time.Millisecond)
	}
	return nil
}

func ask(ctx context.Context, c *ban.Checker, rng *rand.Rand) (answered, error) {
	a := answered{Value: mixedValue(rng.IntN(writers), rng.IntN(values)), Asked: time.Now()}
	d, err := c.Check(ctx, ban.Subject{Domain: a.Value})
	a.Told, a.Denied, a.Stale = time.Now(), d.Verdict == ban.Denied, d.Stale
	return a, err
}
