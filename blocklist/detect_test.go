package blocklist

import (
	"errors"
	"strings"
	"testing"
)

func TestFormatIsDetected(t *testing.T) {
	comments := strings.Repeat("# Licensed to whom it may concern.\n", 30)
	for name, test := range map[string]struct {
		list string
		want Format
	}{
		"domains":                              {"a.example\nb.example\n", FormatPlain},
		"values of all kinds":                  {"a.example\n1.2.3.4\n@x\nbob", FormatPlain},
		"comments alone":                       {comments, FormatPlain},
		"addresses, with comments":             {comments + "1.2.3.4\n2001:db8::/32 ; x\n10.0.0.0/8 # y\n", FormatNetset},
		"one address":                          {"1.2.3.4", FormatNetset},
		"a domain among addresses":             {"1.2.3.4\nexample.com", FormatPlain},
		"a hosts file":                         {comments + "127.0.0.1 localhost\n::1 localhost\n0.0.0.0 a.example # x\n0.0.0.0\tb.example\nodd\n", FormatHosts},
		"an address range is no host":          {"1.2.3.4 - 1.2.3.9\n", FormatPlain},
		"an Adblock header":                    {"\n[Adblock Plus 2.0]\na.example##.ad", FormatAdblock},
		"an Adblock comment first":             {"! Title: x\n", FormatAdblock},
		"filters":                              {comments + "||a.example^\n@@||b.example^\nc.example##.ad\nother", FormatAdblock},
		"a section head is no filter":          {"### one ###\na.example\n### two ###\n", FormatPlain},
		"Mastodon's blocked domains":           {"#domain,#severity,#reject_media\na.example,suspend,false", FormatCSV},
		"Mastodon's allowed domains":           {"#domain\na.example", FormatCSV},
		"a header of columns":                  {"Kind,Value\r\nip,1.2.3.4", FormatCSV},
		"a comment with commas is no header":   {"#domain, one a line, as text\na.example", FormatPlain},
		"a word alone is no header":            {"domain\na.example", FormatPlain},
		"columns without values are no header": {"kind,effect\n", FormatPlain},
		"an array":                             {"\n [\n\"a.example\"]", FormatJSON},
	} {
		t.Run(name, func(t *testing.T) {
			p := &parser{in: newInput(strings.NewReader(test.list))}
			if err := p.begin(); err != nil || p.Format != test.want {
				t.Errorf("%q is %v, %v; want %v", test.list, p.Format, err, test.want)
			}
		})
	}
}

func TestOnlyTheHeadIsLookedAt(t *testing.T) {
	list := strings.Repeat("1.2.3.4\n", headSize/8+1) + "a.example\n"
	n := 0
	var last Line
	for l, err := range Parse(strings.NewReader(list), ParseOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		last = l
	}
	if n != headSize/8+2 || last.Err == nil {
		t.Errorf("%d lines, the last one is %+v", n, last)
	}
}

// The line that the head ends in is cut: "12.example" is no "1".
func TestTheLineThatTheHeadEndsInDoesNotCount(t *testing.T) {
	list := strings.Repeat("\n", headSize-8-7) + "1.2.3.4\n5.6.7.8.example"
	for l, err := range Parse(strings.NewReader(list), ParseOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if l.Number > headSize-8-7+1 && l.Err == nil {
			t.Errorf("the list is taken for %+v", l)
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
	wantNoList(t, `{"error":"not found"}`, FormatAuto, "array")
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
