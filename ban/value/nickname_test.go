package value_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/ostraka/ban/value"
)

// looks returns what a name reads as, in the order in which it is tried.
func looks(t *testing.T, name string) []string {
	t.Helper()
	u, err := value.ParseNickname(name)
	if err != nil {
		t.Fatalf("%q: %v", name, err)
	}
	texts := []string{u.String()}
	for _, l := range u.AsWritten() {
		if l != (value.Look{}) {
			texts = append(texts, l.String())
		}
	}
	return texts
}

func TestNamesAreReadAsTheyAreWritten(t *testing.T) {
	for rule, c := range map[string]struct {
		name string
		want []string
	}{
		"small letters are as they are":                {"admin", []string{"admin"}},
		"capitals too":                                 {"ADMIN", []string{"admin"}},
		"a Cyrillic M":                                 {"ADМIN", []string{"adмin", "admin"}},
		"a Cyrillic T":                                 {"SUPPORТ", []string{"supporт", "support"}},
		"Cherokee letters":                             {"ᎪᎠMIN", []string{"ꭺꭰmin", "admin"}},
		"Greek capitals":                               {"ΑDΜΙΝ", []string{"αdμιν", "admin"}},
		"Lisu letters, which have no case":             {"ꓮꓓꓟꓲꓠ", []string{"ꓮꓓꓟꓲꓠ", "admin"}},
		"a small letter beside them":                   {"аdМin", []string{"аdмin", "admin"}},
		"Cyrillic letters that look like small ones":   {"аdmіn", []string{"аdmіn"}},
		"a capital I is an l between small letters":    {"PaypaI", []string{"paypai", "paypal"}},
		"a Cyrillic one too":                           {"PaypaІ", []string{"paypaі", "paypal"}},
		"but an I is an I among capitals":              {"PAYPAI", []string{"paypai"}},
		"a small l is an I among capitals":             {"ADMlN", []string{"admln", "admin"}},
		"also if one of them is Cyrillic":              {"ADМlN", []string{"adмln", "admln", "admin"}},
		"but not behind one capital alone":             {"Al", []string{"al"}},
		"and not between small letters":                {"Hallo", []string{"hallo"}},
		"a Russian word is read as what it looks like": {"СОН", []string{"сон", "coh"}},
		"accents stay":                                 {"ÉMILE", []string{"émile"}},
		"spaces are as in the name":                    {" Х\u00a0\u00a0У ", []string{"х у"}},
		"no letter but those is replaced":              {"ЯНА", []string{"яна", "яha"}},
	} {
		t.Run(rule, func(t *testing.T) {
			if got := looks(t, c.name); strings.Join(got, "|") != strings.Join(c.want, "|") {
				t.Errorf("%q reads as %q, want %q", c.name, got, c.want)
			}
		})
	}
}

// A hint says what is to be changed of the name at hand.
func TestHintsOfNames(t *testing.T) {
	nickname := func(s string) error { _, err := value.ParseNickname(s); return err }
	username := func(s string) error { _, err := value.ParseUsername(s); return err }
	for rule, c := range map[string]struct {
		err        error
		code, hint string
	}{
		"private use":                  {nickname("kate\ue000"), value.CodeCharacter, "leave out U+E000, which is for private use"},
		"no character":                 {nickname("kate\u0378"), value.CodeCharacter, "leave out U+0378, which is no character of Unicode"},
		"a line separator":             {nickname("kate\u2028x"), value.CodeCharacter, "leave out U+2028, which breaks the line"},
		"a conjoining vowel":           {nickname("x\u1161"), value.CodeCharacter, "leave out U+1161, a part of a Hangul syllable"},
		"the first conjoining letter":  {nickname("x\u1100"), value.CodeCharacter, "leave out U+1100, a part of a Hangul syllable"},
		"the last of them":             {nickname("x\ud7fb"), value.CodeCharacter, "leave out U+D7FB, a part of a Hangul syllable"},
		"a middle dot":                 {nickname("a·b"), value.CodeCharacter, "U+00B7 may stand only between two small l"},
		"digits of two sorts":          {nickname("\u0661\u06f1"), value.CodeCharacter, "U+0661 may stand only without Extended Arabic-Indic digits"},
		"a katakana dot":               {nickname("a・b"), value.CodeCharacter, "U+30FB may stand only beside Hiragana, Katakana or Han"},
		"a joiner":                     {nickname("a\u200db"), value.CodeInvisible, "remove zero-width"},
		"an override":                  {nickname("\u202enimda"), value.CodeInvisible, "remove zero-width"},
		"a zero-width space":           {nickname("adm\u200bin"), value.CodeInvisible, "remove zero-width"},
		"a line break":                 {nickname("ad\nmin"), value.CodeControl, "remove line breaks"},
		"too long once folded":         {nickname(strings.Repeat("㎯", 12)), value.CodeTooLong, "at most 64"},
		"an account: a ligature":       {username("Գևորգյան"), value.CodeCharacter, `write "եւ" instead of 'և'`},
		"an account: an apostrophe":    {username("O’Brien"), value.CodeCharacter, `leave out '’': user names have letters, digits and ASCII punctuation`},
		"an account: private use":      {username("kate\ue000"), value.CodeCharacter, "leave out U+E000, which is for private use"},
		"an account: two directions":   {username("1\u05d3"), value.CodeCharacter, "do not mix left-to-right and right-to-left letters"},
		"an account: a middle dot":     {username("a·b"), value.CodeCharacter, "U+00B7 may stand only between two small l"},
		"an account: another space":    {username("kate\u00a0doe"), value.CodeCharacter, `write " " instead of`},
		"an account: a joiner":         {username("a\u200db"), value.CodeInvisible, "remove zero-width"},
		"an account: a symbol":         {username("kate♥"), value.CodeCharacter, "leave out '♥'"},
		"an account: a stretched line": {username("a\u0640"), value.CodeCharacter, "leave out U+0640, which names may not have"},
		"an account: bold and symbol":  {username("𝐚♥"), value.CodeCharacter, `write "a" instead of '𝐚'`},
	} {
		t.Run(rule, func(t *testing.T) {
			var ve *value.ValueError
			if !errors.As(c.err, &ve) || ve.Code != c.code || !strings.Contains(ve.Hint, c.hint) {
				t.Errorf("%v, want %q with the code %q", c.err, c.hint, c.code)
			}
		})
	}
}

func TestWhatUserNamesAreNicknamesAreToo(t *testing.T) {
	for _, s := range []string{"Kate", "ｋａｔｅ", "אב", "ADМIN", "1é", "İstanbul", "Straße", "ΑΣ", "kate  doe"} {
		strict, err := value.ParseUsername(s)
		if err != nil {
			t.Fatal(err)
		}
		if loose, err := value.ParseNickname(s); err != nil || loose != strict {
			t.Errorf("%q is %+v as a user name and %+v, %v as a nickname", s, strict, loose, err)
		}
	}
}

func TestSplitName(t *testing.T) {
	for in, want := range map[string]struct {
		name string
		only bool
	}{"ema": {"ema", false}, "=ema": {"ema", true}, `\=ema`: {"=ema", false}, `==ema`: {"=ema", true}, `=a\*`: {"a*", true}} {
		v, err := value.ParseName(in)
		if err != nil {
			t.Fatal(err)
		}
		if name, only := value.SplitName(v.String()); name != want.name || only != want.only {
			t.Errorf("%q is %q, alone: %v, want %q, %v", in, name, only, want.name, want.only)
		}
	}
}
