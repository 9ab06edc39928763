package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/fetch"
)

// subscribeForm is the form of a list that comes by itself.
type subscribeForm struct {
	List, URL, Every, Format, Kind, Effect, Reason, PublicReason string

	Faults faults
	Known  []fetch.Known // well-known lists
	Fixed  bool          // the name of the list is given
}

func newSubscribeForm(list string) *subscribeForm {
	return &subscribeForm{
		List: list, Every: blocklist.DefaultInterval.String(), Format: blocklist.FormatAuto.String(), Effect: ban.Deny.String(),
		Faults: faults{}, Known: fetch.Catalogue(), Fixed: list != "",
	}
}

// subscribeFormOf returns the form of a list that is there, with what it is subscribed
// to.
func subscribeFormOf(l *blocklist.List) *subscribeForm {
	f := newSubscribeForm(l.Name)
	f.Reason, f.PublicReason = l.Reason, l.PublicReason
	if s := l.Subscription; s != nil {
		f.URL, f.Every, f.Format, f.Effect = s.URL, s.Interval.String(), s.Format, s.Effect.String()
		f.Reason, f.PublicReason = s.Reason, s.PublicReason
		if s.Kind != 0 {
			f.Kind = s.Kind.String()
		}
	}
	return f
}

// Intervals are those that moderators choose from, and the one that there is.
func (f *subscribeForm) Intervals() []option {
	pairs := []string{time.Hour.String(), "Every hour", (6 * time.Hour).String(), "Every six hours", (24 * time.Hour).String(), "Every day", (7 * 24 * time.Hour).String(), "Every week"}
	if indexOf(pairs, f.Every) < 0 && f.Every != "" {
		if d, err := time.ParseDuration(f.Every); err == nil {
			pairs = append(pairs, f.Every, "Every "+interval(d))
		}
	}
	return choose(f.Every, pairs...)
}

func (f *subscribeForm) Formats() []option { return (listForm{Format: f.Format}).Formats() }

func (f *subscribeForm) Kinds() []option { return (listForm{Kind: f.Kind}).Kinds() }

func (f *subscribeForm) Effects() []option { return (listForm{Effect: f.Effect}).Effects() }

// options returns what is subscribed. What the form has no fields for stays as it is, if
// the address does: what may be fetched from one server says nothing of another.
func (f *subscribeForm) options(old *blocklist.Subscription) blocklist.SubscribeOptions {
	var o blocklist.SubscribeOptions
	if old != nil && old.URL == f.URL {
		o = optionsOf(old)
	}
	o.List, o.URL, o.Reason, o.PublicReason = f.List, f.URL, f.Reason, f.PublicReason
	var err error
	if o.Interval, err = time.ParseDuration(f.Every); err != nil || o.Interval < time.Minute {
		f.Faults["every"] = "Choose one of these."
	}
	if o.Format, err = blocklist.ParseFormat(f.Format); err != nil {
		f.Faults["format"] = "Choose one of these."
	}
	o.Kind = 0
	if f.Kind != "" && o.Kind.UnmarshalText([]byte(f.Kind)) != nil {
		f.Faults["kind"] = "Choose one of these."
	}
	if o.Effect.UnmarshalText([]byte(f.Effect)) != nil {
		f.Faults["effect"] = "Choose one of these."
	}
	return o
}

// optionsOf returns the options of a subscription that is there.
func optionsOf(s *blocklist.Subscription) blocklist.SubscribeOptions {
	return blocklist.SubscribeOptions{
		ChecksumURL: s.ChecksumURL, SignatureURL: s.SignatureURL, PublicKey: s.PublicKey,
		Scope: s.Scope, Shadow: s.Shadow, MaxBytes: s.MaxBytes,
		AllowPrivate: s.AllowPrivate, AllowRedirects: s.AllowRedirects, AllowWide: s.AllowWide, AllowExceptions: s.AllowExceptions,
	}
}

// subscribeList has a list fetched by itself.
func subscribeList(r *request) (answer, error) {
	if r.console.parts.Fetcher == nil {
		return answer{}, ban.ErrNotFound
	}
	f := newSubscribeForm("")
	f.List, f.URL, f.Every, f.Format, f.Kind, f.Effect = r.text("list"), r.text("url"), r.text("every"), r.text("format"), r.text("kind"), r.text("effect")
	f.Reason, f.PublicReason = r.text("reason"), r.text("public_reason")
	blocks := r.console.parts.Blocks
	var old *blocklist.Subscription
	if s, err := blocks.Subscription(r.Context(), f.List); err == nil {
		old = &s
	} else if !errors.Is(err, ban.ErrNotFound) {
		return answer{}, err
	}
	o := f.options(old)
	if len(f.Faults) == 0 {
		_, _, err := blocks.Subscribe(r.Context(), o)
		if err == nil {
			return answer{to: "lists/" + url.PathEscape(f.List) + "?done=subscribed"}, nil
		}
		if !f.Faults.add(err, subscribeFields) {
			return answer{}, err
		}
	}
	return (&listsData{Form: newListForm(""), Subscribe: f}).answer(r, http.StatusUnprocessableEntity)
}

// subscribeFields are the fields of the form that errors are about, where it has other
// names.
var subscribeFields = map[string]string{"name": "list", "interval": "every"}

// fetchWait bounds how long a moderator waits for a list to be fetched.
const fetchWait = 30 * time.Second

// fetchList fetches a list now. What looks like a mistake takes a second step.
func fetchList(r *request) (answer, error) {
	fetcher, name := r.console.parts.Fetcher, r.PathValue("name")
	if fetcher == nil {
		return answer{}, ban.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(r.Context(), fetchWait)
	defer cancel()
	result := fetcher.Fetch(ctx, name, fetch.FetchOptions{Force: r.text("step") == stepForce})
	problem, confirm := "", ""
	switch wrong, ok := errors.AsType[*fetch.Error](result.Err); {
	case result.Err == nil:
		return answer{to: "lists/" + url.PathEscape(name) + "?done=fetched-" + string(result.Outcome)}, nil
	case ok && wrong.Code == fetch.CodeStore: // its text is the driver's
		applied := 0
		if result.Outcome == fetch.Applied { // and when it is due next could not be written
			applied = 1
		}
		return answer{}, partly(applied, wrong.Err)
	case ok:
		problem = upperFirst(wrong.Err.Error()) + "."
		if wrong.Code == fetch.CodeStopped {
			confirm = "fetch"
		}
	case errors.Is(result.Err, ban.ErrConflict):
		problem = "It is being fetched already."
	case errors.Is(result.Err, context.DeadlineExceeded) && r.Context().Err() == nil:
		problem = "It takes too long. It is tried again when it is due."
	default:
		return answer{}, result.Err
	}
	a, err := listAnswer(r, confirm, problem)
	a.status = http.StatusConflict
	return a, err
}
