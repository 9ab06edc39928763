package main

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/ban/banhttp"
)

// signUp answers the form.
func (h *host) signUp(w http.ResponseWriter, r *http.Request) {
	f, problem := readForm(w, r)
	if problem != nil {
		problem.page.write(w, problem.status)
		return
	}
	if faults := f.faults(); len(faults) > 0 {
		h.askAgain(w, f, faults...)
		return
	}
	client, known := banhttp.ClientFrom(r.Context())
	if wait := h.limit.take(client); wait > 0 {
		retryAfter(w, wait)
		h.refuse(w, f, http.StatusTooManyRequests, "Too many sign-ups came from your network. Please try again later.")
		return
	}
	subject := ban.Subject{Email: f.Email, Name: f.Handle}
	if known {
		subject.IP = client.String()
	} else if h.onError == ban.FailClosed {
		h.log.ErrorContext(r.Context(), "the client has no address", "peer", r.RemoteAddr)
		h.tryLater(w, f)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), workTime)
	defer cancel()
	h.judge(ctx, w, f, subject)
}

// judge lets the subject of a form in, or not. This is what a host copies.
func (h *host) judge(ctx context.Context, w http.ResponseWriter, f form, subject ban.Subject) {
	d, err := h.checker.Check(ctx, subject)
	if invalid, ok := errors.AsType[*ban.ValueError](err); ok {
		h.askAgain(w, f, faultOf(invalid))
		return
	}
	if err != nil {
		h.log.ErrorContext(ctx, "ban check failed", "err", err, "verdict", d.Verdict)
		if d.Verdict != ban.Allowed { // ban.CheckerOptions.OnError decides
			h.tryLater(w, f)
			return
		}
	}
	switch d.Verdict {
	case ban.Allowed:
		h.create(ctx, w, f, false)
	case ban.NeedsReview:
		h.log.InfoContext(ctx, "sign-up held for review", "handle", f.Handle, "rule", d.Match.String(), "id", d.Match.ID)
		h.create(ctx, w, f, true)
	default:
		h.refuse(w, f, http.StatusForbidden, upper(d.Err().Error())) // safe to show; d.Match.Reason is not
	}
}

// create makes the account, of somebody who has to be approved suspended.
func (h *host) create(ctx context.Context, w http.ResponseWriter, f form, pending bool) {
	_, err := h.accounts.Create(ctx, account.CreateOptions{
		Handle: f.Handle, Email: f.Email, Password: f.Password, Suspended: pending,
	})
	location, message := pathWelcome, mailWelcome
	if pending {
		location, message = pathPending, mailPending
	}
	exists, taken := errors.AsType[*account.ExistsError](err)
	invalid, isInvalid := errors.AsType[*ban.ValueError](err)
	switch {
	case taken && exists.Field == fieldEmail:
		message = mailTaken // the page is the same: a stranger learns nothing
	case taken:
		h.askAgain(w, f, fault{fieldHandle, "This user name is taken, or looks like one that is. Choose another one."})
		return
	case isInvalid:
		h.askAgain(w, f, faultOf(invalid))
		return
	case err != nil:
		h.log.ErrorContext(ctx, "no account was made", "err", err)
		h.tryLater(w, f)
		return
	}
	if err := h.mail(ctx, f.Email, message); err != nil {
		h.log.ErrorContext(ctx, "no mail was sent", "err", err)
	}
	// Whoever loads the page again does not sign up again.
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusSeeOther)
}

// askAgain shows the form as it was filled in, with what is wrong with it.
func (h *host) askAgain(w http.ResponseWriter, f form, faults ...fault) {
	p := h.formPage(f)
	p.Title = "Error: " + p.Title
	p.Alert = "Please look at this again:"
	p.Faults = faults
	p.write(w, http.StatusUnprocessableEntity)
}

// refuse shows the form as it was filled in, with why it was refused.
func (h *host) refuse(w http.ResponseWriter, f form, status int, why string) {
	p := h.formPage(f)
	p.Title = "Not signed up: " + p.Title
	p.Alert = why
	p.write(w, status)
}

// tryLater says that there is trouble, but not which.
func (h *host) tryLater(w http.ResponseWriter, f form) {
	retryAfter(w, time.Minute)
	h.refuse(w, f, http.StatusServiceUnavailable, "Signing up is not possible at the moment. Please try again later.")
}

func retryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
}
