package value_test

import (
	"strings"
	"testing"
	"unicode"

	"example.com/ostraka/ban/value"
)

var name64 = strings.Repeat("k", 64)

func TestNames(t *testing.T) {
	accepted{
		"a name":                                {"kate", "kate", "kate"},
		"capitals become small":                 {"KATE", "kate", "kate"},
		"the key is the skeleton":               {"admin", "admin", "adrnin"},
		"a look-alike has the key of its like":  {"аdmin", "аdmin", "adrnin"},
		"full-width letters are letters":        {"ｋａｔｅ", "kate", "kate"},
		"letters are composed":                  {"kate\u0301", "katé", "kate\u0301"},
		"white space around goes":               {" kate\n", "kate", "kate"},
		"parts with a space":                    {"kate doe", "kate doe", "kate doe"},
		"several spaces are one":                {"kate   doe", "kate doe", "kate doe"},
		"punctuation":                           {"kate.doe@x/y", "kate.doe@x/y", "kate.doe@x/y"},
		"64 characters":                         {name64, name64, name64},
		"64 characters of more bytes":           {strings.Repeat("é", 64), strings.Repeat("é", 64), strings.Repeat("e\u0301", 64)},
		"64 characters once composed":           {strings.Repeat("e\u0301", 64), strings.Repeat("é", 64), strings.Repeat("e\u0301", 64)},
		"a right-to-left name":                  {"דב", "דב", "דב"},
		"an accent needs no Bidi Rule":          {"2é!", "2é!", "2e\u0301!"},
		"a joiner where its script needs it":    {"\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937", "\u0915\u094d\u0937"},
		"a middle dot in Catalan":               {"col·lega", "col·lega", "col·lega"},
		"a pattern with its star at the end":    {"Admin*", "admin*", ""},
		"a pattern with its star at the start":  {"*admin", "*admin", ""},
		"a pattern with stars at both":          {"*admin*", "*admin*", ""},
		"a pattern of one character":            {"*x*", "*x*", ""},
		"a pattern with a space by the star":    {"the  *", "the *", ""},
		"a pattern with a space after the star": {"*  doe", "* doe", ""},
		"a literal star":                        {`\*`, `\*`, "*"},
		"a literal star inside":                 {`a\*b`, `a\*b`, "a*b"},
		"a literal star, then a wildcard":       {`a\**`, `a\**`, ""},
		"a literal backslash":                   {`a\\b`, `a\\b`, `a\b`},
		"a literal backslash, then a wildcard":  {`a\\*`, `a\\*`, ""},
		"a full-width star is a literal one":    {"a＊", `a\*`, "a*"},
		"a full-width backslash, too":           {"a＼b", `a\\b`, `a\b`},
		"a pattern needs no Bidi Rule":          {"1\u05d3*", "1\u05d3*", ""},
		"a no-break space":                      {"kate\u00a0doe", "kate doe", "kate doe"},
		"an ideographic space":                  {"kate\u3000\u2003doe", "kate doe", "kate doe"},
		"a symbol":                              {"Kate♥", "kate♥", "kate♥"},
		"a ligature":                            {"ﬁona", "fiona", "fiona"},
		"mathematical letters":                  {"𝐚𝐝𝐦𝐢𝐧", "admin", "adrnin"},
		"circled capitals":                      {"ⓀⒶTE", "kate", "kate"},
		"letters of both directions":            {"1\u05d3 דbד", "1\u05d3 דbד", "l\u05d3 דbד"},
		"an Armenian ligature":                  {"Գևորգյան", "գեւորգյան", "qեinրqȷwն"},
		"Thai with its vowel":                   {"จำนาญ", "จํานาญ", "จ\u030aานาญ"},
		"a typographic apostrophe":              {"O’Brien", "o’brien", "o'brien"},
		"one name":                              {" =  Ema ", "=ema", "erna"},
		"one name with an equals sign":          {"==x", `=\=x`, "=x"},
		"one name that is a literal star":       {`=\*`, `=\*`, "*"},
		"a literal equals sign":                 {`\=Ema`, `\=ema`, "=erna"},
		"a full-width equals sign":              {"＝ema", `\=ema`, "=erna"},
		"an equals sign inside":                 {"a=b", "a=b", "a=b"},
		"a pattern with an equals sign":         {`\=ema*`, `\=ema*`, ""},
		"a pattern that ends with one":          {`*=`, `*=`, ""},
		"a pattern, then an equals sign":        {`*\=e`, `*=e`, ""},
	}.run(t, value.KindName)
}

func TestNamesThatAreRefused(t *testing.T) {
	refused{
		"65 characters":                    {name64 + "k", value.CodeTooLong},
		"65 characters in a pattern":       {name64 + "k*", value.CodeTooLong},
		"a private-use character":          {"kate\ue000", value.CodeCharacter},
		"an unassigned character":          {"kate\u0378", value.CodeCharacter},
		"a line separator":                 {"kate\u2028doe", value.CodeCharacter},
		"a part of a syllable":             {"\u1112", value.CodeCharacter},
		"an equals sign alone":             {"=", value.CodeEmpty},
		"one name with a wildcard":         {"=ad*", value.CodeWildcard},
		"one name that is a star":          {"=*", value.CodeWildcard},
		"an escape of another equals sign": {`a\=b`, value.CodeWildcard},
		"a middle dot out of place":        {"a·b", value.CodeCharacter},
		"a Hangul filler":                  {"a\u3164", value.CodeInvisible},
		"a joiner out of place":            {"kate\u200c", value.CodeInvisible},
		"a star alone":                     {"*", value.CodeWildcard},
		"stars alone":                      {"***", value.CodeWildcard},
		"a star and a space":               {"* *", value.CodeWildcard},
		"stars beside another space":       {"*\u00a0*", value.CodeInvisible},
		"a star in the middle":             {"ad*min", value.CodeWildcard},
		"two stars at the end":             {"admin**", value.CodeWildcard},
		"a backslash at the end":           {`admin\`, value.CodeWildcard},
		"a backslash before a letter":      {`ad\min`, value.CodeWildcard},
		"a pattern cut beside middle dots": {"col·*", value.CodeCharacter},
	}.run(t, value.KindName)
}

// A name that looked like nothing would look like every other one that does. Skeletons
// are made character by character: it is enough that no character alone does so.
func TestNoUserNameLooksLikeNothing(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		for _, parse := range []func(string) (value.Username, error){value.ParseUsername, value.ParseNickname} {
			if u, err := parse(string(r)); err == nil && strings.TrimSpace(u.Skeleton()) == "" {
				t.Errorf("%U looks like nothing", r)
			}
		}
	}
}

func TestNamesThatLookAlikeHaveOneKey(t *testing.T) {
	for _, pair := range [][2]string{{"admin", "аdmin"}, {"admin", "adrnin"}, {"bob", "B0B"}, {"1ook", "look"}, {"root", "r\u03bf\u03bft"}} {
		a, errA := value.ParseName(pair[0])
		b, errB := value.ParseName(pair[1])
		if errA != nil || errB != nil || a.Key() != b.Key() || a == b {
			t.Errorf("%q (%v) has key %v, %q (%v) has %v", pair[0], errA, a.Key(), pair[1], errB, b.Key())
		}
	}
}
