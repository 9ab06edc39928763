package match

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// Ring makes the keys of hashed rules. It never changes, and is safe for concurrent
// use. A nil Ring has no secrets.
type Ring struct {
	secrets map[string]*secret
	all     *Hashing // by every secret, of both kinds
}

// NewRing returns a Ring of the secrets by their IDs. It keeps none of the slices.
func NewRing(secrets map[string][]byte) *Ring {
	r := &Ring{secrets: make(map[string]*secret, len(secrets))}
	for id, key := range secrets {
		key := slices.Clone(key)
		r.secrets[id] = &secret{id: id, macs: sync.Pool{New: func() any {
			return &mac{Hash: hmac.New(sha256.New, key)}
		}}}
	}
	var inUse []store.HashKey
	for _, id := range r.IDs() {
		inUse = append(inUse, store.HashKey{Kind: store.KindEmail, ID: id}, store.HashKey{Kind: store.KindName, ID: id})
	}
	r.all = r.Using(inUse)
	return r
}

// All returns the whole ring, whatever is in use.
func (r *Ring) All() *Hashing {
	if r == nil {
		return nil
	}
	return r.all
}

// IDs returns those of the secrets, sorted.
func (r *Ring) IDs() []string {
	if r == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(r.secrets))
}

// Has reports whether there is a secret of that ID.
func (r *Ring) Has(id string) bool {
	if r == nil {
		return false
	}
	_, ok := r.secrets[id]
	return ok
}

// Hash returns the value that stands for v under the secret of that ID, which there
// must be; see [value.Value.HashedBy].
func (r *Ring) Hash(id string, v value.Value) (value.Value, error) {
	s := r.secrets[id]
	return v.HashedBy(id, func(what string) []byte {
		sum := s.sum(v.Kind(), what)
		return sum[:]
	})
}

// Rehash returns a value that is hashed under one secret as it is under another, whose
// ID is given and which there must be, if a field has the key of it.
func (r *Ring) Rehash(f *Fields, v value.Value, id string) (value.Value, bool) {
	what, ok := f.hashedText(v.Key())
	if !ok {
		return value.Value{}, false
	}
	sum := r.secrets[id].sum(v.Kind(), what)
	text := string(store.AppendHashText(nil, id, sum[:]))
	return value.Stored(store.Key{Kind: v.Kind(), Text: text}, text), true
}

// hashedText returns what was hashed to make a key: the mailbox, or a skeleton.
func (f *Fields) hashedText(k store.Key) (string, bool) {
	switch {
	case !f.Has(k.Kind):
		return "", false
	case k.Kind == store.KindEmail:
		_, ok := f.email.hashed.find(k.Text)
		return f.email.Mailbox(), ok
	case k.Kind == store.KindName:
		i, ok := f.name.hashed.find(k.Text)
		if ok && i >= 0 {
			return f.name.readings[i].Skeleton(), true
		}
		return f.name.Skeleton(), ok
	}
	return "", false
}

// Using returns the part of the ring that has to be asked where these secrets are in
// use.
func (r *Ring) Using(inUse []store.HashKey) *Hashing {
	if len(inUse) == 0 {
		return nil
	}
	h := new(Hashing)
	for _, k := range inUse {
		switch {
		case k.Kind != store.KindEmail && k.Kind != store.KindName:
		case r.Has(k.ID):
			if s := r.secrets[k.ID]; !slices.Contains(h.secrets[k.Kind], s) {
				h.secrets[k.Kind] = append(h.secrets[k.Kind], s)
			}
		case !slices.Contains(h.missing[k.Kind], k.ID):
			h.missing[k.Kind] = append(h.missing[k.Kind], k.ID)
			h.incomplete = true
		}
	}
	return h
}

// Hashing are the secrets by which the fields of a subject are hashed: those in use.
// It never changes. A nil Hashing has none.
type Hashing struct {
	secrets [store.KindName + 1][]*secret
	missing [store.KindName + 1][]string // IDs in use of which there is no secret

	incomplete bool // there is such an ID
}

// Missing returns the IDs of secrets that would be needed to find the hashed rules for
// the fields, and that there are not.
func (h *Hashing) Missing(f *Fields) []string {
	if h == nil {
		return nil
	}
	var ids []string
	for _, k := range [...]store.Kind{store.KindEmail, store.KindName} {
		if f.Has(k) {
			ids = append(ids, h.missing[k]...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Check returns a [*MissingSecretError] if secrets are missing: what is found for the
// fields is not to be trusted then.
func (h *Hashing) Check(f *Fields) error {
	if h == nil || !h.incomplete {
		return nil
	}
	if missing := h.Missing(f); len(missing) > 0 {
		return &MissingSecretError{missing}
	}
	return nil
}

// MissingSecretError says that rules may be hashed under secrets that there are not.
type MissingSecretError struct{ IDs []string }

func (e *MissingSecretError) Error() string {
	return "no secret for the hashed rules of " + strings.Join(e.IDs, ", ")
}

// Hashable reports whether there is a field that hashed rules may be about.
func (f *Fields) Hashable() bool { return f.Has(store.KindEmail) || f.Has(store.KindName) }

// secret is one that values are hashed under.
type secret struct {
	id   string
	macs sync.Pool // of *mac
}

func (s *secret) take() *mac { return s.macs.Get().(*mac) }

// sum returns the hash of a mailbox or skeleton.
func (s *secret) sum(kind store.Kind, text string) (sum [store.HashSize]byte) {
	m := s.take()
	defer s.macs.Put(m)
	m.put(&sum, kind, text)
	return sum
}

// mac is an HMAC, with room for what goes in.
type mac struct {
	hash.Hash
	in []byte
}

// before is what is hashed before the text, by the kind.
var before = [store.KindName + 1]string{
	store.KindEmail: store.KindEmail.String() + "\x00",
	store.KindName:  store.KindName.String() + "\x00",
}

// put writes the hash of a mailbox or skeleton: HMAC-SHA-256 (RFC 2104, FIPS 180-4) of
// the name of the kind, a zero byte and the text.
func (m *mac) put(sum *[store.HashSize]byte, kind store.Kind, text string) {
	m.in = append(append(m.in[:0], before[kind]...), text...)
	m.Reset()
	_, _ = m.Write(m.in)
	m.Sum(sum[:0])
}

// hashed are the keys of hashed rules for one field. The zero hashed has none.
type hashed struct {
	keys []hashedKey
	of   *secret // that the mac is of: the next subject is hashed by the same, as a rule
	mac  *mac
}

// hashedKey is a key of hashed rules for a field.
type hashedKey struct {
	sum     [store.HashSize]byte
	id      string // of the secret
	reading int    // which reading of a name it is of: its number, -1 for the name itself
}

// is reports whether the key has that text.
func (k *hashedKey) is(text string) bool {
	var room [store.MaxHashText]byte
	return string(store.AppendHashText(room[:0], k.id, k.sum[:])) == text
}

func (h *hashed) reset() { h.keys = h.keys[:0] }

// add adds the keys of a reading by all secrets.
func (h *hashed) add(secrets []*secret, kind store.Kind, text string, reading int) {
	for _, s := range secrets {
		if h.of != s {
			if h.of != nil {
				h.of.macs.Put(h.mac)
			}
			h.of, h.mac = s, s.take()
		}
		h.keys = append(h.keys, hashedKey{id: s.id, reading: reading})
		h.mac.put(&h.keys[len(h.keys)-1].sum, kind, text)
	}
}

func (h *hashed) tell(to Keys, kind store.Kind) {
	for i := range h.keys {
		to.Hashed(uint8(kind), kind, h.keys[i].id, &h.keys[i].sum)
	}
}

// find returns the reading that has the key.
func (h *hashed) find(text string) (reading int, ok bool) {
	for i := range h.keys {
		if k := &h.keys[i]; k.is(text) {
			return k.reading, true
		}
	}
	return 0, false
}

// Hashes yields the keys of hashed rules for the field of that kind.
func (f *Fields) Hashes(k store.Kind) iter.Seq[store.Key] {
	return func(yield func(store.Key) bool) {
		h := &f.name.hashed
		if k == store.KindEmail {
			h = &f.email.hashed
		}
		for i := range h.keys {
			text := string(store.AppendHashText(nil, h.keys[i].id, h.keys[i].sum[:]))
			if f.Has(k) && (k == store.KindEmail || k == store.KindName) && !yield(store.Key{Kind: k, Text: text}) {
				return
			}
		}
	}
}

// Hash makes the keys of hashed rules for the fields, which [Fields.Keys] tells then,
// as long as no others are parsed.
func (f *Fields) Hash(by *Hashing) {
	if by == nil {
		return
	}
	if s := by.secrets[store.KindEmail]; len(s) > 0 && f.Has(store.KindEmail) {
		f.email.hashed.add(s, store.KindEmail, f.email.Mailbox(), 0)
	}
	if s := by.secrets[store.KindName]; len(s) > 0 && f.Has(store.KindName) {
		f.name.hash(s)
	}
}
