package blocklist_test

import (
	"strings"
	"testing"

	"example.com/ostraka/blocklist"
)

func TestCSV(t *testing.T) {
	long := strings.Repeat("x", 20<<10)
	parses{
		"Mastodon's blocked domains": {
			"#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n" +
				"a.example,suspend,false,false,,false\n" +
				"b.example,silence,true,false,\"two\nlines, \"\"quoted\"\"\",false\n" +
				"c.example,noop,true,true,,false\n" +
				"d.example,,false,false,,false\n" +
				"e.example,gone,false,false,,false\n" +
				"f**.example,suspend,false,false,,true\n",
			"2 domain:a.example; 3 domain:b.example review; 6 domain:d.example; 7 severity unknown; 8 domain bad_wildcard",
		},
		"Mastodon's allowed domains":       {"#domain\na.example\n", "2 domain:a.example"},
		"every column":                     {"value,kind,effect,scope,shadow\njohn.doe,name,allow,\"sign_up,mail\",true\na.example,,REVIEW,all,0", "2 name:john.doe allow sign_up,mail shadow; 3 domain:a.example review"},
		"a column for each kind":           {"domain,ip,email,name\na.example,,,\n,1.2.3.4,,\n,,a@b.example,\n,,,bob", "2 domain:a.example; 3 ip:1.2.3.4; 4 email:a@b.example; 5 name:bob"},
		"an effect may be shadow":          {"domain,effect\na.example,shadow", "2 domain:a.example shadow"},
		"a value may say its kind":         {"value\nname:john.doe", "2 name:john.doe"},
		"columns in capitals, with spaces": {" Domain , Note \na.example,x", "2 domain:a.example"},
		"blank lines say nothing":          {"\n\ndomain\n\na.example\n  \n", "5 domain:a.example"},
		"CR LF, CR and LF end records":     {"domain,x\r\na.example,\"1\r\n2\"\r\nb.example,\rc.example,\n", "2 domain:a.example; 4 domain:b.example; 5 domain:c.example"},
		"a quoted value":                   {"domain,x\n\"a.example\",\"\"\n", "2 domain:a.example"},
		"too few and too many cells":       {"domain,x\na.example\nb.example,1,2\nc.example,1", "2 line bad_syntax; 3 line bad_syntax; 4 domain:c.example"},
		"no value, and two":                {"domain,ip\n,\na.example,1.2.3.4\nb.example,", "2 line empty; 3 line bad_syntax; 4 domain:b.example"},
		"cells that mean nothing":          {"value,kind,effect,scope,shadow\na,x,,,\na,,x,,\na,,,x,\na,,,,x\n", "2 kind unknown; 3 effect unknown; 4 scope unknown; 5 shadow unknown"},
		"a kind that is not its column's":  {"domain,kind\na.example,ip", "2 kind wrong_kind"},
		"a quote that is not closed":       {"domain,x\na.example,\"1\nb.example,2\nc.example,3\n", "2 line bad_syntax; 3 domain:b.example; 4 domain:c.example"},
		"a quote that is not doubled":      {"domain,x\na.example,\"1\"2\"\nb.example,2\n", "2 line bad_syntax; 3 domain:b.example"},
		"a quote in a cell without":        {"domain,x\na.example,1\"\nb.example,2\n", "2 line bad_syntax; 3 domain:b.example"},
		"a record that is too long":        {"domain,x\na.example," + long + "\nb.example,2", "2 line too_long; 3 domain:b.example"},
		"and one in quotes":                {"domain,x\na.example,\"" + long + "\"\nb.example,2", "2 line too_long; 3 domain:b.example"},
		"a header without values":          {"severity,comment\nsuspend,x", "not csv, line 1"},
		"a header with other separators":   {"domain;severity\na.example;suspend", "2 domain:a.example"},
		"a header that says a thing twice": {"domain,#domain\na.example,b.example", "not csv, line 1"},
		"a header with a broken quote":     {"\ndomain,\"x\na.example,b", "not csv, line 2"},
		"no header":                        {"\n\n", "not csv, line 0"},
	}.run(t, blocklist.ParseOptions{Format: blocklist.FormatCSV})
}

func TestJSON(t *testing.T) {
	long := strings.Repeat("x", 20<<10)
	parses{
		"strings":                       {`["a.example", "b\u002eexample", "bücher.example", "name:john.doe"]`, "1 domain:a.example; 1 domain:b.example; 1 domain:xn--bcher-kva.example; 1 name:john.doe"},
		"objects":                       {"[\n{\"value\":\"john.doe\",\"kind\":\"name\",\"effect\":\"allow\",\"scope\":\"sign_up\",\"shadow\":true},\n{\"ip\":\"1.2.3.4\",\"shadow\":false},\n{\"domain\":\"a.example\",\"severity\":\"silence\",\"digest\":null}\n]\n", "2 name:john.doe allow sign_up shadow; 3 ip:1.2.3.4; 4 domain:a.example review"},
		"an element over several lines": {"[{\n\"domain\":\n\"a.example\"},\n\"b.example\"]", "1 domain:a.example; 4 domain:b.example"},
		"brackets in strings":           {`["a]b", "{", {"name":"\"}]"}]`, `1 value not_supported; 1 value ambiguous; 1 name:"}]`},
		"an empty array":                {" [ ] ", ""},
		"elements that are no entries":  {`[1, null, ["a"], {"x":1}, {"domain":1}, {"shadow":"x","domain":"a"}, "a.example"]`, "1 line bad_syntax; 1 line bad_syntax; 1 line bad_syntax; 1 line empty; 1 domain bad_syntax; 1 shadow bad_syntax; 1 domain:a.example"},
		"invalid UTF-8":                 {"[\"a\xff.example\", \"b.example\"]", "1 line invalid_utf8; 1 domain:b.example"},
		"an element that is too long":   {"[\"" + long + "\",\n{\"a\":\"" + long + "\"},\"b.example\"]", "1 line too_long; 2 line too_long; 2 domain:b.example"},
		"no array":                      {`{"domains":["a.example"]}`, "not json, line 1"},
		"no end":                        {"[\"a.example\",\n\"b.example\"", "1 domain:a.example; not json, line 2"},
		"an element without end":        {"[\"a.example\",\n\"b.example]\n\n", "1 domain:a.example; not json, line 2"},
		"no comma":                      {`["a.example" "b.example"]`, "not json, line 1"},
		"a comma too many":              {"[\"a.example\",\n]", "1 domain:a.example; not json, line 2"},
		"only a comma":                  {`[,]`, "not json, line 1"},
		"a wrong bracket":               {`["a.example"}`, "not json, line 1"},
		"words":                         {`[a.example]`, "not json, line 1"},
		"something after the array":     {"[\"a.example\"]\n[]", "1 domain:a.example; not json, line 2"},
		"nothing":                       {"", "not json, line 1"},
	}.run(t, blocklist.ParseOptions{Format: blocklist.FormatJSON})
}
