package postfix_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"
	"testing/iotest"

	"example.com/ostraka/ban/postfix"
)

const plain = "request=smtpd_access_policy\nprotocol_state=RCPT\nsender=eve@spam.example\nclient_address=203.0.113.7\n\n"

func TestRequestsAreReadOneByOne(t *testing.T) {
	r := postfix.NewReader(strings.NewReader(plain + "sender=\nx=a=b\nsender=late@spam.example\nrequest=smtpd_access_policy\n\n"))
	for i, want := range []postfix.Request{
		{"request": "smtpd_access_policy", "protocol_state": "RCPT", "sender": "eve@spam.example", "client_address": "203.0.113.7"},
		{"request": "smtpd_access_policy", "sender": "", "x": "a=b"},
	} {
		got, err := postfix.ReadRequest(r)
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("request %d is %v, %v, want %v", i, got, err, want)
		}
	}
	if _, err := postfix.ReadRequest(r); err != io.EOF {
		t.Errorf("the end is %v, want EOF", err)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	const first = "request=smtpd_access_policy\n"
	for rule, c := range map[string]struct {
		text string
		line int // 0: the stream ends within
	}{
		"a line without =":          {first + "sender\n\n", 2},
		"an attribute without name": {first + "=x\n\n", 2},
		"a NUL byte":                {first + "sender=a\x00b\n\n", 2},
		"lines that end in CRLF":    {"request=smtpd_access_policy\r\nsender=x\r\n\r\n", 3},
		"no type":                   {"sender=x\n\n", 2},
		"another type":              {"request=junk\n\n", 2},
		"nothing":                   {"\n", 1},
		"a line too long":           {first + "sender=" + strings.Repeat("x", postfix.MaxLine), 2},
		"too many bytes":            {first + strings.Repeat("x="+strings.Repeat("y", 8000)+"\n", 9), 10},
		"too many attributes":       {first + strings.Repeat("x=y\n", postfix.MaxAttributes) + "\n", postfix.MaxAttributes + 2},
		"an end within a line":      {first + "send", 0},
		"an end between lines":      {first, 0},
	} {
		t.Run(rule, func(t *testing.T) {
			got, err := postfix.ReadRequest(postfix.NewReader(strings.NewReader(c.text)))
			if got != nil && err == nil {
				t.Fatalf("it is read as %v", got)
			}
			syntax, ok := errors.AsType[*postfix.SyntaxError](err)
			switch {
			case c.line == 0 && err != io.ErrUnexpectedEOF:
				t.Errorf("the error is %v, want an unexpected end", err)
			case c.line > 0 && (!ok || syntax.Line != c.line || syntax.Problem == ""):
				t.Errorf("the error is %v, want one in line %d", err, c.line)
			}
		})
	}
}

func TestTheBoundsAreAllowed(t *testing.T) {
	name, first := "sender=", "request=smtpd_access_policy\n"
	for rule, text := range map[string]string{
		"the longest line":    first + name + strings.Repeat("x", postfix.MaxLine-len(name)-1) + "\n\n",
		"the most attributes": first + strings.Repeat("x=y\n", postfix.MaxAttributes-1) + "\n",
	} {
		if _, err := postfix.ReadRequest(postfix.NewReader(strings.NewReader(text))); err != nil {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// slowRequests is what ReadRequest finds in a text, found another way: all lines
// first. failed says that something follows that is no request.
func slowRequests(text string) (all []postfix.Request, failed bool) {
	req, lines, size := postfix.Request{}, 0, 0
	for text != "" {
		line, rest, ended := strings.Cut(text, "\n")
		lines, size = lines+1, size+len(line)+1
		name, value, ok := strings.Cut(line, "=")
		switch {
		case !ended, len(line)+1 > postfix.MaxLine, size > postfix.MaxRequest, lines > postfix.MaxAttributes+1:
			return all, true
		case line == "" && req["request"] != "smtpd_access_policy":
			return all, true
		case line == "":
			all = append(all, req)
			req, lines, size = postfix.Request{}, 0, 0
		case !ok || name == "" || strings.Contains(line, "\x00"):
			return all, true
		default:
			if _, have := req[name]; !have {
				req[name] = value
			}
		}
		text = rest
	}
	return all, lines > 0
}

func FuzzReadRequest(f *testing.F) {
	for _, text := range []string{plain, plain + plain, plain + "x", "\n", "request=smtpd_access_policy\na=b=c\na=d\n\n", "=\n\n", "a\x00=\n", plain[:30]} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		want, wantFailed := slowRequests(string(text))
		for _, stream := range []io.Reader{bytes.NewReader(text), iotest.OneByteReader(bytes.NewReader(text))} {
			r := postfix.NewReader(stream)
			var got []postfix.Request
			var err error
			for {
				var req postfix.Request
				if req, err = postfix.ReadRequest(r); err != nil {
					break
				}
				got = append(got, req)
			}
			if failed := err != io.EOF; failed != wantFailed || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%q is read as %v, %v; want %v, failed %t", text, got, err, want, wantFailed)
			}
		}
	})
}

// What is read at once out of the buffer is what is read line by line.
func TestARequestReadsTheSameHoweverItArrives(t *testing.T) {
	const usual = "request=smtpd_access_policy\nsender=a@b.example\nsender=other\nempty=\nclient_address=192.0.2.1\n\n"
	for name, text := range map[string]string{
		"usual": usual, "two": usual + usual, "of another type": "request=x\n\n", "without a name": "request=smtpd_access_policy\n=x\n\n",
		"without a value": "request=smtpd_access_policy\nx\n\n", "with a NUL": "request=smtpd_access_policy\nx=\x00\n\n", "empty": "\n",
		"cut off": usual[:len(usual)-1], "too many attributes": "request=smtpd_access_policy\n" + strings.Repeat("a=b\n", postfix.MaxAttributes) + "\n",
		"as many as can be": "request=smtpd_access_policy\n" + strings.Repeat("a=b\n", postfix.MaxAttributes-1) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			whole := postfix.NewReader(strings.NewReader(text))
			_, _ = whole.Peek(min(len(text), postfix.MaxLine)) // now it is in the buffer
			drop := postfix.NewReader(iotest.OneByteReader(strings.NewReader(text)))
			for range 3 {
				got, err := postfix.ReadRequest(whole)
				want, wantErr := postfix.ReadRequest(drop)
				if !maps.Equal(got, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
					t.Fatalf("at once: %v, %v; byte by byte: %v, %v", got, err, want, wantErr)
				}
				if err != nil {
					return
				}
			}
		})
	}
}
