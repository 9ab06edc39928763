package main

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

// maxBody bounds the body of a form, in bytes. One filled in to its limits takes
// some 3 KiB.
const maxBody = 16 << 10

// The fields of the form.
const (
	fieldHandle   = "handle"
	fieldEmail    = "email"
	fieldPassword = "password"
)

// form is what somebody filled in.
type form struct{ Handle, Email, Password string }

// fault is what is wrong with a field. Its text is for whoever filled it in.
type fault struct{ Field, Text string }

// problem is why there is no form in a request.
type problem struct {
	status int
	page   page
}

// readForm reads the form of a request.
func readForm(w http.ResponseWriter, r *http.Request) (form, *problem) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return form{}, &problem{http.StatusUnsupportedMediaType, unreadablePage}
	}
	if r.ContentLength > maxBody { // not even waited for
		return form{}, &problem{http.StatusRequestEntityTooLarge, unreadablePage}
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	err := r.ParseForm()
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return form{}, &problem{http.StatusRequestEntityTooLarge, unreadablePage}
	}
	if err != nil {
		return form{}, &problem{http.StatusBadRequest, unreadablePage}
	}
	return form{
		Handle:   r.PostForm.Get(fieldHandle),
		Email:    r.PostForm.Get(fieldEmail),
		Password: r.PostForm.Get(fieldPassword),
	}, nil
}

// faults returns what is wrong with the form, in the order of its fields. An empty
// field is among it: ban.Checker.Check would pass over it.
func (f form) faults() []fault {
	var all []fault
	if _, err := ban.ParseUsername(f.Handle); err != nil {
		all = append(all, fault{fieldHandle, hintOf(err, "Choose a user name.")})
	}
	if _, err := ban.ParseAddress(f.Email); err != nil {
		all = append(all, fault{fieldEmail, hintOf(err, "Enter your e-mail address.")})
	}
	if n := utf8.RuneCountInString(f.Password); n < account.MinPassword || n > account.MaxPassword {
		all = append(all, fault{fieldPassword, fmt.Sprintf("Choose a password of %d to %d characters.", account.MinPassword, account.MaxPassword)})
	}
	return all
}

// hintOf returns what the error of a value says for people to read, or ifEmpty if
// the value is empty.
func hintOf(err error, ifEmpty string) string {
	invalid, ok := errors.AsType[*ban.ValueError](err)
	switch {
	case !ok:
		return "This cannot be used."
	case invalid.Code == ban.CodeEmpty:
		return ifEmpty
	}
	return sentence(invalid.Hint)
}

// faultOf returns the fault of the field that an error is about, which package ban
// calls a name and package account a handle.
func faultOf(err *ban.ValueError) fault {
	field := err.Field
	if field != fieldEmail && field != fieldPassword {
		field = fieldHandle
	}
	return fault{field, sentence(err.Hint)}
}

// sentence makes a phrase one: "an address has only one @".
func sentence(phrase string) string { return upper(phrase) + "." }

// upper makes the first letter a capital.
func upper(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:size]) + s[size:]
}
