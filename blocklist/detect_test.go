package blocklist

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"example.com/ostraka/ban"
)

// The formats in which the lines of a list are read, in the order of lines.
func TestFormatIsDetected(t *testing.T) {
	comments := strings.Repeat("# Licensed to whom it may concern, without restriction.\n", 3000)
	for name, test := range map[string]struct{ list, want string }{
		"domains":                               {"a.example\nb.example\n", "plain plain"},
		"values of all kinds":                   {"a.example\n1.2.3.4\nu@x.example\nname:bob", "plain netset plain plain"},
		"comments alone":                        {comments, ""},
		"addresses, with comments":              {comments + "1.2.3.4\n2001:db8::/32 ; x\n10.0.0.0/8 # y\n", "netset netset netset"},
		"a hosts file":                          {comments + "127.0.0.1 localhost\n::1 localhost\n0.0.0.0 a.example # x\n0.0.0.0\tb.example\n0 c.example", "hosts hosts hosts"},
		"an address range is no host":           {"1.2.3.0 - 1.2.3.255\n", "netset"},
		"an Adblock header":                     {"\n[Adblock Plus 2.0]\n! Title: x\n||a.example^", "adblock"},
		"filters among other lines":             {comments + "||a.example^\nb.example\n@@||c.example^\n0.0.0.0 d.example\n1.2.3.4", "adblock plain adblock hosts netset"},
		"a section head is no filter":           {"### one ###\na.example\n### two ###\n", "plain"},
		"comments of Adblock are no filters":    {"! Title: x\na.example", "plain"},
		"Mastodon's blocked domains":            {"#domain,#severity,#reject_media\na.example,suspend,false", "csv"},
		"Mastodon's allowed domains":            {"#domain\na.example", "csv"},
		"a header of columns":                   {"Kind,Value\r\nip,1.2.3.4", "csv"},
		"a header after comments":               {comments + "domain,reason\na.example,x\n# more\nb.example,y", "csv csv"},
		"a header of one column":                {"domain\na.example", "csv"},
		"a comment with commas is no header":    {"#domain, one a line, as text\na.example", "plain"},
		"a heading above lines without columns": {"domain, one a line\na.example\nb.example", "plain plain plain"},
		"an array":                              {"\n [\n\"a.example\"]", "json"},
		"an array after comments":               {"// list\n[\"a.example\"]", "json"},
		"an object a line":                      {"{\"cidr\":\"1.2.3.0/24\"}\n{\"cidr\":\"1.2.4.0/24\"}", "json json"},
	} {
		t.Run(name, func(t *testing.T) {
			var formats []string
			for l, err := range Parse(strings.NewReader(test.list), ParseOptions{}) {
				if err != nil {
					t.Fatal(err)
				}
				formats = append(formats, l.Format.String())
			}
			if got := strings.Join(formats, " "); got != test.want {
				t.Errorf("the lines are read as %q, want %q", got, test.want)
			}
		})
	}
}

// What comes after the first 32 KiB is read as what comes before.
func TestAllOfAListIsLookedAt(t *testing.T) {
	for name, many := range map[string]string{
		"addresses": "1.2.3.4\n", "domains": "b.example\n", "hosts": "0.0.0.0 c.example\n", "filters": "||d.example^\n", "comments": "# x\n",
	} {
		list := strings.Repeat(many, headSize/len(many)+1) + "1.2.3.5\nz.example\n0 y.example\n||x.example^\n1.2.3.6-1.2.3.7\n"
		var last []string
		for l, err := range Parse(strings.NewReader(list), ParseOptions{}) {
			if err != nil || l.Err != nil {
				t.Fatal(err, l.Err)
			}
			last = append(last, l.Value.String())
		}
		if got := strings.Join(last[len(last)-5:], " "); got != "1.2.3.5 z.example y.example x.example 1.2.3.6/31" {
			t.Errorf("after many %s: %s", name, got)
		}
	}
}

func TestWhatIsNoList(t *testing.T) {
	for name, test := range map[string]struct{ input, hint string }{
		"an HTML page":        {"\r\n<!DOCTYPE html>\n<title>404</title>", "HTML"},
		"HTML without a type": {"<HTML><body>Bad gateway", "HTML"},
		"XML":                 {"<?xml version=\"1.0\"?><Error/>", "HTML"},
		"HTML after a BOM":    {"\ufeff<html>", "HTML"},
		"gzip":                {"\x1f\x8b\x08\x00", "gzip"},
		"ZIP":                 {"PK\x03\x04\x14", "ZIP"},
		"xz":                  {"\xfd7zXZ\x00", "xz"},
		"zstd":                {"\x28\xb5\x2f\xfd", "zstd"},
		"bzip2":               {"BZh91AY&SY", "bzip2"},
		"PDF":                 {"%PDF-1.7\n", "PDF"},
		"UTF-16":              {"\xff\xfea\x00.\x00", "UTF-16"},
		"UTF-32":              {"\xff\xfe\x00\x00a\x00\x00\x00", "UTF-32"},
		"UTF-32, big end":     {"\x00\x00\xfe\xff\x00\x00\x00a", "UTF-32"},
		"UTF-16, big end":     {"\xfe\xff\x00a\x00.", "UTF-16"},
		"UTF-16 without mark": {"a\x00.\x00e\x00x\x00\n\x00", "binary"},
		"NULs":                {strings.Repeat("\x00", 100), "binary"},
		"a program":           {"\x7fELF\x02\x01\x01\x00\x00\x00\x00", "binary"},
	} {
		for f := FormatAuto; f.valid(); f++ {
			t.Run(name+" as "+f.String(), func(t *testing.T) {
				wantNoList(t, test.input, f, test.hint)
			})
		}
	}
	for _, input := range []string{
		`{"error":"not found"}`, `{"message":"Not Found","status":"404"}`, `{"name":"HttpError","message":"gone","status":410}`, `{}`, `{"data":["a.example"]}`,
		`{"domains":["a.example"]}`, `{"colour":"red"}`, "{\n  \"errors\": [ {\"code\": 7} ]\n}\n",
	} {
		wantError(t, input, ParseOptions{}, FormatNoList)
	}
}

func wantNoList(t *testing.T, input string, f Format, hint string) {
	t.Helper()
	n := 0
	for l, err := range Parse(strings.NewReader(input), ParseOptions{Format: f}) {
		var notList *FormatError
		if n++; !errors.As(err, &notList) || notList.Format != f || !strings.Contains(err.Error(), hint) || l != (Line{}) {
			t.Errorf("%q gives %+v, %v", input, l, err)
		}
	}
	if n != 1 {
		t.Errorf("%q yields %d times", input, n)
	}
}

func TestFormatsHaveNames(t *testing.T) {
	for f := FormatAuto; f.valid(); f++ {
		text, err := f.MarshalText()
		var again Format
		if err != nil || again.UnmarshalText(text) != nil || again != f || string(text) != f.String() {
			t.Errorf("%d is %q, which is %v; %v", f, text, again, err)
		}
	}
	if f, err := ParseFormat("CSV"); err == nil {
		t.Errorf("CSV in capitals is %v", f)
	}
	if text, err := Format(99).MarshalText(); err == nil {
		t.Errorf("format 99 is %q", text)
	}
}

func wantError(t *testing.T, input string, o ParseOptions, code string) {
	t.Helper()
	for l, err := range Parse(strings.NewReader(input), o) {
		var notList *FormatError
		if !errors.As(err, &notList) || notList.Code != code || l != (Line{}) {
			t.Errorf("%q gives %+v, %v, want the code %s", input, l, err, code)
		}
		return
	}
	t.Errorf("%q gives nothing, want the code %s", input, code)
}

func TestWhatAServerSaysIsNoList(t *testing.T) {
	for _, input := range []string{
		"Forbidden", "forbidden\n", "404", "404\n", "404: Not Found", "404 Not Found\r\n", "HTTP/1.1 403 Forbidden", "Error 503: Service Unavailable",
		"null", "{}", "true", `""`, `"Not Found"`, "Too Many Requests", "Access denied.", "error code: 1020", "Error", "OK", "\ufeffForbidden", "  Bad Gateway  ", "undefined",
	} {
		wantError(t, input, ParseOptions{}, FormatNoList)
		wantError(t, input, ParseOptions{Kind: ban.KindName}, FormatNoList)
		wantError(t, input, ParseOptions{Kind: ban.KindDomain, Format: FormatPlain}, FormatNoList)
	}
	for _, input := range []string{"Blocked", "sorry", "maintenance\n", "x", "domain"} {
		wantError(t, input, ParseOptions{}, FormatNoList)
		wantError(t, input, ParseOptions{Kind: ban.KindDomain}, FormatNoList)
	}
	for input, o := range map[string]ParseOptions{
		"admin": {Kind: ban.KindName}, "name:Forbidden": {}, "domain:localhost": {}, "a.example": {}, "::1": {}, "1.2.3.4": {}, "404.example": {}, "Forbidden\nadmin": {Kind: ban.KindName},
	} {
		for _, err := range Parse(strings.NewReader(input), o) {
			if err != nil {
				t.Errorf("%q is no list: %v", input, err)
			}
		}
	}
}

func TestAHeaderThatNobodyKnowsIsNamed(t *testing.T) {
	for input, header := range map[string]string{
		"colour,size\nred,4\n": "colour,size", "kind,effect\n": "kind,effect", "# licence\n\ncolour;size\nred;4\n": "colour;size",
		"Colour\tSize\nred\t4\n": "Colour\tSize", `"shoe size","colour"` + "\n44,red": `"shoe size","colour"`, "reason,note\nspam,a.example": "reason,note",
	} {
		for _, err := range Parse(strings.NewReader(input), ParseOptions{}) {
			var unknown *FormatError
			if !errors.As(err, &unknown) || unknown.Code != FormatUnknownHeader || unknown.Header != header || unknown.Line < 1 || !strings.Contains(unknown.Error(), strconv.Quote(header)) {
				t.Errorf("%q: %v", input, err)
			}
			break
		}
	}
}
