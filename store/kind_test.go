package store

import (
	"encoding/json"
	"strings"
	"testing"
)

// text is an enumeration or set with a text form.
type text interface {
	String() string
	MarshalText() ([]byte, error)
}

func TestTextsRoundTrip(t *testing.T) {
	var all []text
	for _, k := range Kinds() {
		all = append(all, k)
	}
	for _, e := range []Effect{Deny, Review, Allow} {
		all = append(all, e)
	}
	for _, a := range Actions() {
		all = append(all, a)
	}
	for s := Scope(0); s.Valid(); s++ {
		all = append(all, s)
	}
	for _, v := range all {
		marshalled, err := v.MarshalText()
		if err != nil || string(marshalled) != v.String() {
			t.Errorf("%#v.MarshalText() = %q, %v; want what String gives, %q", v, marshalled, err, v)
		}
		if back, err := parseLike(v, v.String()); err != nil || back != v {
			t.Errorf("%q parses as %#v, %v; want %#v", v, back, err, v)
		}
	}
}

// parseLike parses a text as the type of v, in both ways there are.
func parseLike(v text, s string) (text, error) {
	quoted, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	switch v.(type) {
	case Kind:
		return both(ParseKind, s, quoted)
	case Effect:
		return both(ParseEffect, s, quoted)
	case Action:
		return both(ParseAction, s, quoted)
	default:
		return both(ParseScope, s, quoted)
	}
}

func both[V text](parse func(string) (V, error), s string, quoted []byte) (text, error) {
	v, err := parse(s)
	if err != nil {
		return nil, err
	}
	var unmarshalled V
	if err := json.Unmarshal(quoted, &unmarshalled); err != nil {
		return nil, err
	}
	if any(unmarshalled) != any(v) {
		return unmarshalled, nil
	}
	return v, nil
}

func TestTextsThatAreNone(t *testing.T) {
	long := strings.Repeat("ä", 1000)
	for _, s := range []string{"", "Email", "email ", "deny,", "kind(1)", "sign_up,,mail", "sign_up,all", long} {
		for _, v := range []text{KindEmail, Deny, SignUp, Scope(0)} {
			back, err := parseLike(v, s)
			if err == nil {
				t.Errorf("%q parses as %#v, want an error", s, back)
			} else if len(err.Error()) > 120 {
				t.Errorf("the error for %d bytes of input has %d", len(s), len(err.Error()))
			}
		}
	}
	k := KindName
	if err := k.UnmarshalText([]byte("nothing")); err == nil || k != KindName {
		t.Errorf("a failed UnmarshalText gives %v, %v; want an error and no change", k, err)
	}
}

func TestValuesOutsideTheirEnumeration(t *testing.T) {
	for v, want := range map[text]string{
		Kind(0): "kind(0)", Kind(9): "kind(9)", Effect(3): "effect(3)", Action(5): "action(5)",
	} {
		if got := v.String(); got != want {
			t.Errorf("String() = %q, want %q", got, want)
		}
		if _, err := v.MarshalText(); err == nil {
			t.Errorf("%s marshals, want an error", want)
		}
	}
	if _, err := Scope(1 << 5).MarshalText(); err == nil {
		t.Error("a scope with an unknown action marshals, want an error")
	}
}

func TestKey(t *testing.T) {
	for k, want := range map[Key]string{
		{KindDomain, "a.example"}: "domain:a.example",
		WildcardKey(KindName):     "name:",
		{}:                        "kind(0):",
	} {
		if got := k.String(); got != want {
			t.Errorf("String() = %q, want %q", got, want)
		}
		if k.Wildcard() != (k.Text == "") {
			t.Errorf("%v.Wildcard() = %v", k, k.Wildcard())
		}
	}
}

func TestKeyPrefixLen(t *testing.T) {
	for _, tt := range []struct {
		key  Key
		want PrefixLen
		ok   bool
	}{
		{Key{KindIP, "192.0.2.1"}, PrefixLen{Bits: 32}, true},
		{Key{KindIP, "192.0.2.0/24"}, PrefixLen{Bits: 24}, true},
		{Key{KindIP, "0.0.0.0/0"}, PrefixLen{}, true},
		{Key{KindIP, "2001:db8::1"}, PrefixLen{IPv6: true, Bits: 128}, true},
		{Key{KindIP, "2001:db8::/32"}, PrefixLen{IPv6: true, Bits: 32}, true},
		{Key{KindIP, "::/0"}, PrefixLen{IPv6: true}, true},
		{Key{KindIP, ""}, PrefixLen{}, false},
		{Key{KindIP, "192.0.2.0/33"}, PrefixLen{}, false},
		{Key{KindIP, "192.0.2"}, PrefixLen{}, false},
		{Key{KindIP, "/24"}, PrefixLen{}, false},
		{Key{KindDomain, "192.0.2.1"}, PrefixLen{}, false},
		{Key{KindName, "192.0.2.0/24"}, PrefixLen{}, false},
	} {
		if got, ok := tt.key.PrefixLen(); got != tt.want || ok != tt.ok {
			t.Errorf("%q.PrefixLen() = %+v, %v; want %+v, %v", tt.key, got, ok, tt.want, tt.ok)
		}
	}
}
