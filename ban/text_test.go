package ban_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

func TestReasonsAreKeptWithLineFeeds(t *testing.T) {
	long := strings.Repeat("a\r\n", ban.MaxReason/2) // as many characters as may be, but for one, once they are kept
	for name, c := range map[string]struct{ in, kept, code string }{
		"CR LF, as browsers send it":  {"one\r\ntwo\r\n\r\nthree", "one\ntwo\n\nthree", ""},
		"CR alone":                    {"one\rtwo", "one\ntwo", ""},
		"LF and tab":                  {"one\n\ttwo", "one\n\ttwo", ""},
		"LF CR is two ends":           {"one\n\rtwo", "one\n\ntwo", ""},
		"an end of a line counts one": {long, strings.Repeat("a\n", ban.MaxReason/2), ""},
		"one too long all the same":   {long + "ab", "", ban.CodeTooLong},
		"far too long":                {strings.Repeat("\r\n", 1<<20), "", ban.CodeTooLong},
		"another control character":   {"a\x00b", "", ban.CodeControl},
		"NEL":                         {"a\u0085b", "", ban.CodeControl},
		"broken":                      {"a\xffb", "", ban.CodeInvalidUTF8},
	} {
		t.Run(name, func(t *testing.T) {
			a := must(ban.NewAdmin(memstore.New(), ban.AdminOptions{Actor: "test"}))(t)
			other := must(a.Create(t.Context(), ban.CreateOptions{Kind: ban.KindDomain, Value: "other.example"}))(t)
			o := ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example", Reason: c.in, PublicReason: c.in}
			put, _, err := a.Put(t.Context(), o)
			patched, patchErr := a.Update(t.Context(), other.ID, ban.Patch{Reason: &c.in, PublicReason: &c.in})
			revoked, revokeErr := a.Revoke(t.Context(), other.ID, c.in)
			if c.code != "" {
				for _, err := range []error{err, patchErr, revokeErr} {
					if e, ok := errors.AsType[*ban.ValueError](err); !ok || e.Code != c.code {
						t.Errorf("the error is %v, want %s", err, c.code)
					}
				}
				return
			}
			if err := errors.Join(err, patchErr, revokeErr); err != nil {
				t.Fatal(err)
			}
			for what, got := range map[string]string{
				"reason": put.Reason, "public": put.PublicReason, "patched": patched.Reason, "patched public": patched.PublicReason, "revoked": revoked.RevokedReason,
			} {
				if got != c.kept {
					t.Errorf("%s: kept as %q, want %q", what, got, c.kept)
				}
			}
			if again, created, err := a.Put(t.Context(), o); err != nil || created || again.Version != put.Version {
				t.Errorf("the same again is version %d, was %d: %v", again.Version, put.Version, err)
			}
		})
	}
}

func TestAPublicReasonHasNothingInvisible(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"a right-to-left override":      {"see \u202emoc.elpmaxe", false},
		"an isolate":                    {"a\u2066b", false},
		"an Arabic letter mark":         {"a\u061cb", false},
		"a left-to-right mark":          {"a\u200eb", false},
		"a zero-width space":            {"a\u200bb", false},
		"a byte order mark":             {"\ufeffa", false},
		"a soft hyphen":                 {"a\u00adb", false},
		"a tag":                         {"a\U000e0041", false},
		"a filler":                      {"a\u3164b", false},
		"an annotation":                 {"a\ufff9b", false},
		"a joiner, which Persian has":   {"نمی\u200cخواهم", true},
		"an emoji with a selector":      {"\u26a0\ufe0f spam", true},
		"a family, of joined emoji":     {"\U0001f468\u200d\U0001f469", true},
		"right-to-left letters alone":   {"דואר זבל", true},
		"accents that are put on":       {"e\u0301", true},
		"lines and tabs and a no-break": {"a\r\n\tb\u00a0c", true},
	} {
		t.Run(name, func(t *testing.T) {
			a := must(ban.NewAdmin(memstore.New(), ban.AdminOptions{Actor: "test"}))(t)
			_, err := a.Create(t.Context(), ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example", PublicReason: c.text})
			if e, refused := errors.AsType[*ban.ValueError](err); refused == c.ok || refused && (e.Field != "public_reason" || e.Code != ban.CodeInvisible) || !refused && err != nil {
				t.Errorf("the error is %v", err)
			}
			if _, err := a.Create(t.Context(), ban.CreateOptions{Kind: ban.KindDomain, Value: "other.example", Reason: c.text}); err != nil {
				t.Errorf("for moderators: %v", err) // who see it escaped or not at all, and may have to quote it
			}
		})
	}
}
