// Package keyfile reads the file of the keys under which hashed bans are made and
// asked, which a command line names.
//
//	keys, err := keyfile.Named("-key-file", *keyFlag)
//	…
//	if err := keys.Check(ctx, db.Store); err != nil {
//		return err
//	}
//	checker, err := ban.NewChecker(db.Store, ban.CheckerOptions{Keys: keys.Ring})
//
// Its form is that of [ban.ParseKeyRing].
package keyfile

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/exposure"
)

// Variable is the environment variable that names the file where no flag does.
const Variable = "OSTRAKA_KEY_FILE"

// About says what the flag of servers is for.
const About = "the keys of hashed bans are in `FILE`, as banctl new-key writes it; default: what " + Variable + " says"

// Keys are those of a file. The zero Keys are none.
type Keys struct {
	From   string // what named the file, as a flag is called; or the flag that may
	Path   string // empty: no file is named
	Ring   ban.KeyRing
	Newest string // the ID of the key that new bans are hashed under
}

// Error reports a key file that cannot be used, with what to do about it. It shows no
// secret.
type Error struct {
	From, Path string
	Err        error
	Hint       string
}

func (e *Error) Error() string {
	where := strings.TrimSpace(e.From + " " + e.Path)
	if where != "" {
		where += ": "
	}
	return fmt.Sprintf("%s%v; %s", where, e.Err, e.Hint)
}

func (e *Error) Unwrap() error { return e.Err }

// Find returns the path that the flag of that name has on the command line or, if that
// is empty, the one in [Variable], and what named it; both are empty if nothing does.
func Find(flag, argument string) (from, path string) {
	if argument != "" {
		return flag, argument
	}
	if path = os.Getenv(Variable); path != "" {
		return Variable, path
	}
	return "", ""
}

// Named reads the file that [Find] finds; without one it returns no keys. The
// error is an [*Error].
func Named(flag, argument string) (Keys, error) {
	from, path := Find(flag, argument)
	if path == "" {
		return Keys{From: flag}, nil
	}
	return read(from, path)
}

func read(from, path string) (Keys, error) {
	k := Keys{From: from, Path: path}
	f, err := os.Open(path)
	if err != nil {
		hint := "name a file that this program may read"
		if errors.Is(err, fs.ErrNotExist) {
			err, hint = errors.New("there is no such file"), "make one with: banctl new-key FILE"
		}
		return Keys{}, &Error{from, path, plain(err), hint}
	}
	defer f.Close()
	if k.Ring, k.Newest, err = ban.ParseKeyRing(f); err != nil {
		return Keys{}, &Error{from, path, plain(err), "a line has an ID and a secret, as banctl new-key writes them"}
	}
	return k, nil
}

// Has reports whether a file can be read and has a key of that ID.
func Has(path, id string) bool {
	k, err := read("", path)
	_, has := k.Ring[id]
	return err == nil && has
}

// plain takes the path off an error that has it, and the class of input that it is of.
func plain(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// Check returns an [*Error] if rules in a store are hashed under keys that are not among
// these: nobody could tell whom they keep out.
func (k Keys) Check(ctx context.Context, st ban.HashKeysStore) error {
	missing, err := ban.MissingKeys(ctx, st, k.Ring)
	if err != nil || len(missing) == 0 {
		return err
	}
	e := &Error{k.From, k.Path, &ban.MissingKeyError{IDs: missing}, "add the line of that key to the file, as it was"}
	if k.Path == "" {
		e.From, e.Hint = "", fmt.Sprintf("name the file with that key, by %s or %s", k.From, Variable)
	}
	return e
}

// OpenToAll says that everybody on the machine can read or change the file; empty: not
// so, or there is no file.
func (k Keys) OpenToAll() string {
	if open, mode := exposure.OpenToAll(k.Path); open {
		return fmt.Sprintf("everybody on this machine can read or change %s (%s), which has the keys of hashed bans: take that right away, for example with chmod 600", k.Path, mode)
	}
	return ""
}

// Rehash returns what hashes bans anew that checks meet under older keys, for
// [ban.CheckerOptions]; nil without keys.
func (k Keys) Rehash(st ban.AdminStore) (*ban.Admin, error) {
	if len(k.Ring) == 0 {
		return nil, nil
	}
	return ban.NewAdmin(st, ban.AdminOptions{Keys: k.Ring, HashKey: k.Newest})
}

// Warn logs a warning if everybody on the machine can read or change the file.
func (k Keys) Warn(log *slog.Logger) {
	if open := k.OpenToAll(); open != "" {
		log.Warn(open)
	}
}

// Unusable reports whether an error is an [*Error]: the command line has to change, or
// the file.
func Unusable(err error) bool {
	_, ok := errors.AsType[*Error](err)
	return ok
}

// secretSize is the size of new secrets in bytes, that of the hash (RFC 2104, section 3).
const secretSize = 32

// NewSecret returns a secret for a new key.
func NewSecret() []byte {
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails
	return secret
}

// Add adds a new key at the end of a file, so that new bans are hashed under it, and
// makes the file, for its owner alone, if it is not there. What is in it must be
// readable, and have no key of that ID. Without write it only says whether it could. The error is an [*Error].
func Add(path, id string, secret []byte, write bool) error {
	var before []byte
	ring := ban.KeyRing{}
	data, err := os.ReadFile(path)
	switch {
	case err == nil && len(strings.TrimSpace(string(data))) > 0:
		k, err := read("", path)
		if err != nil {
			return err
		}
		ring = k.Ring
		if before = data; before[len(before)-1] != '\n' {
			before = append(before, '\n')
		}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return &Error{"", path, plain(err), "name a file that this program may read and write"}
	}
	if _, taken := ring[id]; taken {
		return &Error{"", path, fmt.Errorf("it has a key %q already", id), "name the new one otherwise, with --id"}
	}
	ring[id] = secret
	if err := ring.Check(); err != nil {
		return &Error{"", path, err, "name the key otherwise, with --id, or take out a key under which no ban is hashed"}
	}
	if !write {
		return nil
	}
	line := id + " " + base64.StdEncoding.EncodeToString(secret) + "\n"
	if err := replace(path, append(before, line...)); err != nil {
		return &Error{"", path, plain(err), "name a file that this program may write"}
	}
	return nil
}
