package value_test

import (
	"strings"
	"testing"

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
	}.run(t, value.KindName)
}

func TestNamesThatAreRefused(t *testing.T) {
	refused{
		"65 characters":                    {name64 + "k", value.CodeTooLong},
		"65 characters in a pattern":       {name64 + "k*", value.CodeTooLong},
		"a no-break space inside":          {"kate\u00a0doe", value.CodeCharacter},
		"an ideographic space inside":      {"kate\u3000doe", value.CodeCharacter},
		"a symbol":                         {"kate♥", value.CodeCharacter},
		"a ligature":                       {"ﬁona", value.CodeCharacter},
		"a mathematical letter":            {"\U0001d41ate", value.CodeCharacter},
		"a private-use character":          {"kate\ue000", value.CodeCharacter},
		"an unassigned character":          {"kate\u0378", value.CodeCharacter},
		"mixed directions":                 {"1\u05d3", value.CodeCharacter},
		"a middle dot out of place":        {"a·b", value.CodeCharacter},
		"a Hangul filler":                  {"a\u3164", value.CodeInvisible},
		"a joiner out of place":            {"kate\u200c", value.CodeInvisible},
		"a star alone":                     {"*", value.CodeWildcard},
		"stars alone":                      {"***", value.CodeWildcard},
		"a star and a space":               {"* *", value.CodeWildcard},
		"a star in the middle":             {"ad*min", value.CodeWildcard},
		"two stars at the end":             {"admin**", value.CodeWildcard},
		"a backslash at the end":           {`admin\`, value.CodeWildcard},
		"a backslash before a letter":      {`ad\min`, value.CodeWildcard},
		"a pattern cut beside middle dots": {"col·*", value.CodeCharacter},
	}.run(t, value.KindName)
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
