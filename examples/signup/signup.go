package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/ban/banhttp"
	"example.com/ostraka/ban/ratelimit"
)

// signUp answers the form. What a client may do is bounded before any of it is
// read: a form with mistakes counts as a sign-up.
func (h *host) signUp(w http.ResponseWriter, r *http.Request) {
	client, known := banhttp.ClientFrom(r.Context())
	if wait := h.limit.Take(ratelimit.Client(client)); wait > 0 {
		retryAfter(w, wait)
		h.answered(r.Context(), "too many")
		h.refuse(w, form{}, http.StatusTooManyRequests, "Too many sign-ups came from your network. Please try again later.")
		return
	}
	f, problem := readForm(w, r)
	if problem != nil {
		h.answered(r.Context(), "unreadable")
		problem.page.write(w, problem.status)
		return
	}
	if faults := f.faults(); len(faults) > 0 {
		h.askAgain(r.Context(), w, f, faults...)
		return
	}
	o := account.SignUpOptions{Account: account.CreateOptions{Handle: f.Handle, Email: f.Email, Password: f.Password}}
	if known {
		o.IP = client.String()
	} else if h.onError == ban.FailClosed {
		h.log.ErrorContext(r.Context(), "the client has no address", "peer", r.RemoteAddr)
		h.tryLater(r.Context(), w, f)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), workTime)
	defer cancel()
	h.judge(ctx, w, f, o)
}

// judge lets somebody in, or not. This is what a host copies.
func (h *host) judge(ctx context.Context, w http.ResponseWriter, f form, o account.SignUpOptions) {
	done, err := h.accounts.SignUp(ctx, h.checker, o)
	if done.CheckErr != nil { // ban.CheckerOptions.OnError let them in
		h.log.ErrorContext(ctx, "ban check failed", "err", done.CheckErr, "verdict", done.Decision.Verdict)
	}
	exists, taken := errors.AsType[*account.ExistsError](err)
	switch {
	case err == nil && done.Pending:
		h.log.InfoContext(ctx, "sign-up held for review", "handle", f.Handle, "rule", done.Decision.Match.String(), "id", done.Decision.Match.ID)
		h.accepted(ctx, w, f, pathPending, mailPending)
	case err == nil:
		h.accepted(ctx, w, f, pathWelcome, mailWelcome)
	case taken && exists.Field == fieldEmail: // the page is the same: a stranger learns nothing
		location := pathWelcome
		if done.Decision.Verdict == ban.NeedsReview {
			location = pathPending
		}
		h.accepted(ctx, w, f, location, mailTaken)
	case taken:
		h.askAgain(ctx, w, f, fault{fieldHandle, "This user name is taken, or looks like one that is. Choose another one."})
	default:
		h.refused(ctx, w, f, done, err)
	}
}

// refused answers to a sign-up that made no account.
func (h *host) refused(ctx context.Context, w http.ResponseWriter, f form, done account.SignedUp, err error) {
	if denied, ok := errors.AsType[*ban.DeniedError](err); ok {
		if done.Account.ID != uuid.Nil { // it could not be removed again
			h.log.ErrorContext(ctx, "an account is there that must not be", "id", done.Account.ID, "err", err)
		}
		h.answered(ctx, "denied", "rule", done.Decision.Match.String(), "id", done.Decision.Match.ID)
		h.refuse(w, f, http.StatusForbidden, upper(denied.Error())) // safe to show; d.Match.Reason is not
		return
	}
	if invalid, ok := errors.AsType[*ban.ValueError](err); ok {
		h.askAgain(ctx, w, f, faultOf(invalid))
		return
	}
	h.log.ErrorContext(ctx, "no account was made", "err", err)
	h.tryLater(ctx, w, f)
}

// accepted sends a letter and says to look for it, whether or not an account was
// made. That an address is taken its owner is told once a day.
func (h *host) accepted(ctx context.Context, w http.ResponseWriter, f form, location, message string) {
	switch {
	case message == mailTaken && !h.tellNow(f.Email):
		h.answered(ctx, "address taken, no mail")
	default:
		h.answered(ctx, letters[message])
		if err := h.mail(ctx, f.Email, message); err != nil {
			h.log.ErrorContext(ctx, "no mail was sent", "err", err)
		}
	}
	// Whoever loads the page again does not sign up again.
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusSeeOther)
}

// letters has the words for the log of what a letter says.
var letters = map[string]string{mailWelcome: "allowed", mailPending: "review", mailTaken: "address taken"}

// answered notes what a sign-up was answered, without naming anybody.
func (h *host) answered(ctx context.Context, answer string, more ...any) {
	client, _ := banhttp.ClientFrom(ctx)
	h.log.InfoContext(ctx, "sign-up", append([]any{"answer", answer, "client", client}, more...)...)
}

// askAgain shows the form as it was filled in, with what is wrong with it.
func (h *host) askAgain(ctx context.Context, w http.ResponseWriter, f form, faults ...fault) {
	h.answered(ctx, "asked again", "field", faults[0].Field)
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
func (h *host) tryLater(ctx context.Context, w http.ResponseWriter, f form) {
	h.answered(ctx, "try later")
	retryAfter(w, time.Minute)
	h.refuse(w, f, http.StatusServiceUnavailable, "Signing up is not possible at the moment. Please try again later.")
}

func retryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", ratelimit.RetryAfter(wait))
}
