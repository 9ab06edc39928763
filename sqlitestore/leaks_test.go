package sqlitestore

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/store"
)

// expiring is a context that ends when it has been looked at so many times.
type expiring struct {
	context.Context
	done chan struct{}

	mu   sync.Mutex
	left int
}

func expiresAfter(looks int) *expiring {
	return &expiring{Context: context.Background(), done: make(chan struct{}), left: looks}
}

// ended looks at the context.
func (c *expiring) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left == 0 {
		close(c.done)
	}
	return c.left <= 0
}

func (c *expiring) Done() <-chan struct{} {
	c.ended()
	return c.done
}

func (c *expiring) Err() error {
	if c.ended() {
		return context.Canceled
	}
	return nil
}

// isEnded reports whether the context has ended, and is no look.
func (c *expiring) isEnded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left <= 0
}

// openFiles returns the files in a folder that this process has open.
func openFiles(t *testing.T, dir string) (open []string) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("the system does not say which files are open")
	}
	for _, fd := range fds {
		if path, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(path, dir+"/") {
			open = append(open, path)
		}
	}
	return open
}

// pools returns how many handles of database/sql are open in this process.
func pools() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return bytes.Count(stacks, []byte("created by database/sql.OpenDB"))
}

// soon reports whether something comes true, which database/sql does in the background
// where a context ended.
func soon(is func() bool) bool {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if is() {
			return true
		}
	}
	return false
}

// A caller may give up at any moment. What was opened until then is closed, what was half
// written is removed, and whoever is told of no error has what they asked for.
func TestWhoeverGivesUpLeavesNothingOpen(t *testing.T) {
	// on runs what is given with a store on the file.
	on := func(do func(ctx context.Context, s *Store) error) func(*testing.T, context.Context, string) error {
		return func(t *testing.T, ctx context.Context, path string) error {
			s, err := Open(context.Background(), path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			return errors.Join(do(ctx, s), s.Close())
		}
	}
	session := store.SecretHash{1}
	for name, do := range map[string]func(t *testing.T, ctx context.Context, path string) error{
		"Open": func(_ *testing.T, ctx context.Context, path string) error {
			s, err := Open(ctx, path, Options{})
			if err != nil {
				return err
			}
			return s.Close()
		},
		"Open of a new file": func(_ *testing.T, ctx context.Context, path string) error {
			s, err := Open(ctx, path+".new", Options{})
			if err != nil {
				return err
			}
			return errors.Join(s.Check(context.Background()), s.Close())
		},
		"SchemaVersion": func(t *testing.T, ctx context.Context, path string) error {
			v, err := SchemaVersion(ctx, path)
			if err == nil && v != len(migrations) {
				t.Errorf("the version is %d, want %d", v, len(migrations))
			}
			return err
		},
		"Check": on(func(ctx context.Context, s *Store) error { return s.Check(ctx) }),
		"Vacuum": on(func(ctx context.Context, s *Store) error {
			err := s.Vacuum(ctx)
			if info, statErr := os.Stat(s.path + logSuffix); err == nil && (statErr != nil || info.Size() != 0) {
				return errors.New("the rebuilt file is still in the log")
			}
			return err
		}),
		"Backup": on(func(ctx context.Context, s *Store) error { return s.Backup(ctx, s.path+".copy") }),
		"CredentialByHash": on(func(ctx context.Context, s *Store) error {
			c, _, err := s.CredentialByHash(ctx, session)
			again, _, againErr := s.CredentialByHash(context.Background(), session)
			if err == nil && c.Hash != session || againErr != nil || again.Hash != session {
				return errors.New("another credential, or none")
			}
			return err
		}),
		"Restore": func(_ *testing.T, ctx context.Context, path string) error {
			return Restore(ctx, path, path+".backup", by(store.StoreRestore), Options{})
		},
		"Restore of a file that is gone": func(_ *testing.T, ctx context.Context, path string) error {
			return Restore(ctx, path+".gone", path+".backup", by(store.StoreRestore), Options{})
		},
		"OpenDraft": func(_ *testing.T, ctx context.Context, path string) error {
			d, err := OpenDraft(ctx, path+".other", "origin", Options{})
			if err != nil {
				return err
			}
			return d.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := pools()
			defer func() {
				if !soon(func() bool { return pools() <= before }) {
					t.Errorf("%d handles are open, and %d were before", pools(), before)
				}
			}()
			for n := 1; n < 1000 && !t.Failed(); n += 1 + n/16 {
				dir := t.TempDir()
				path := place(t, filepath.Join(dir, "x.db"), sessionFile)
				place(t, path+".backup", sessionFile)
				ctx := expiresAfter(n)
				err := do(t, ctx, path)
				ended := ctx.isEnded()
				if err != nil && (!ended || !errors.Is(err, context.Canceled)) {
					t.Errorf("given up after %d looks (%t): %v", n, ended, err)
				}
				if !soon(func() bool { return len(openFiles(t, dir)) == 0 }) {
					t.Errorf("given up after %d looks (%t), it left open %q", n, ended, openFiles(t, dir))
				}
				if left, _ := filepath.Glob(filepath.Join(dir, draftPrefix+"*")); len(left) != 0 {
					t.Errorf("given up after %d looks (%t), it left behind %q", n, ended, left)
				}
				if !ended {
					return
				}
			}
		})
	}
}

// sessionFile is a database that has a session.
var sessionFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "sqlitestore")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx, path := context.Background(), filepath.Join(dir, "x.db")
	s, err := Open(ctx, path, Options{})
	if err != nil {
		return nil, err
	}
	a, err := s.CreateAccount(ctx, newAccount("ann"), by(store.AccountCreate))
	if err == nil {
		_, err = s.CreateSession(ctx, newSession(a, 1), a.Version)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// A path that is relative to a folder that is gone names no file.
func TestARelativePathInAFolderThatIsGone(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(gone, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(gone)
	if err := os.Remove(gone); err != nil {
		t.Skip(err)
	}
	if _, err := os.Getwd(); err == nil {
		t.Skip("the system does not mind")
	}
	ctx := context.Background()
	_, openErr := Open(ctx, "x.db", Options{})
	_, draftErr := OpenDraft(ctx, "x.db", "origin", Options{})
	_, versionErr := SchemaVersion(ctx, "x.db")
	for what, err := range map[string]error{
		"Open": openErr, "OpenDraft": draftErr, "SchemaVersion": versionErr,
		"Restore": Restore(ctx, "x.db", "y.db", by(store.StoreRestore), Options{}),
	} {
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v, want fs.ErrNotExist", what, err)
		}
	}
}
