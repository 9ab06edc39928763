package console_test

import (
	"bytes"
	"fmt"
	"html"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/ostraka/blocklist"
)

// sendFile sends a form with a file as somebody.
func (w *world) sendFile(who, path, file string, fields ...string) reply {
	w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	add := func(name, value string) {
		if err := form.WriteField(name, value); err != nil {
			w.t.Fatal(err)
		}
	}
	add("csrf", people[who].CSRFToken)
	for i := 0; i+1 < len(fields); i += 2 {
		add(fields[i], fields[i+1])
	}
	if file != "" {
		part, err := form.CreateFormFile("file", "mine.txt")
		if err != nil {
			w.t.Fatal(err)
		}
		fmt.Fprint(part, file)
	}
	form.Close()
	r := httptest.NewRequest("POST", w.prefix+path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set(personHeader, who)
	return w.do(r)
}

// hiddenFields returns the hidden fields of the form of a page.
func hiddenFields(body string) (fields []string) {
	for _, piece := range strings.Split(body, `<input type="hidden" name="`)[1:] {
		name, rest, _ := strings.Cut(piece, `"`)
		_, rest, _ = strings.Cut(rest, `value="`)
		value, _, _ := strings.Cut(rest, `"`)
		if name != "csrf" {
			fields = append(fields, name, html.UnescapeString(value))
		}
	}
	return fields
}

func TestAFileIsPlannedBeforeItIsApplied(t *testing.T) {
	w := newWorld(t)
	w.get("reader", "/lists").want(200, "There is no list yet", "!Show what it would do")
	form := []string{"list", "mine", "format", "auto", "effect", "deny", "reason", "<b>throw-away</b>"}
	before := w.changes()
	plan := w.sendFile("moderator", "/lists/plan", "a.example\nb.example\na.example\n<script>\n", form...).want(200, "Added</dt><dd>2", "&lt;script&gt;", "!<script>\n")
	if after := w.changes(); after != before {
		t.Errorf("the plan made %d changes", after-before)
	}
	rejects := w.sendFile("moderator", "/lists/rejects", "", hiddenFields(plan.body)...)
	if rejects.status != 200 || !strings.HasPrefix(rejects.body, "line,value,reason\n") || !strings.Contains(rejects.header.Get("Content-Disposition"), "rejects.csv") {
		t.Errorf("the rejects are %d, %q", rejects.status, rejects.body)
	}
	w.sendFile("reader", "/lists/apply", "", hiddenFields(plan.body)...).want(403)
	applied := w.sendFile("moderator", "/lists/apply", "", hiddenFields(plan.body)...)
	if applied.status != 303 || applied.header.Get("Location") != "../lists/mine?done=list-synced" {
		t.Fatalf("%d to %s: %s", applied.status, applied.header.Get("Location"), applied.body)
	}
	w.get("reader", "/lists").want(200, "mine", "1 list")
	w.get("reader", "/lists/mine").want(200, "mine.txt", "&lt;b&gt;throw-away", "list synced", "!Drop the list")
	file := w.get("reader", "/lists/mine/export?format=plain")
	if file.status != 200 || !strings.Contains(file.body, "a.example\nb.example\n") {
		t.Errorf("the file is %d, %q", file.status, file.body)
	}

	// A page says that a format has no way to say this: a file that ends early does not.
	w.get("reader", "/lists/mine/export?format=netset").want(409, "was not saved", "cannot be written as netset", "CSV and JSON can say all")

	// What looks like a mistake takes a second step.
	plan = w.sendFile("moderator", "/lists/plan", "z.example\n", form...).want(200, "looks like a mistake", "Do it anyway")
	w.sendFile("moderator", "/lists/apply", "", hiddenFields(plan.body)...).want(409, "looks like a mistake")
	if a := w.sendFile("moderator", "/lists/apply", "", append(hiddenFields(plan.body), "step", "force")...); a.status != 303 {
		t.Fatal(a.status, a.main())
	}
	w.post("moderator", "/lists/mine/undo").want(400)
	w.post("moderator", "/lists/mine/undo", "version", "1").want(409, "Somebody else was quicker")
	w.get("moderator", "/lists/mine").want(200, `name="version" value="2"`)
	if a := w.post("moderator", "/lists/mine/undo", "version", "2"); a.status != 303 {
		t.Fatal(a.status, a.main())
	}
	w.post("moderator", "/lists/mine/undo", "version", "2").want(409)
	w.post("moderator", "/lists/mine/undo", "version", "3").want(409)
	w.post("moderator", "/lists/mine/drop").want(200, "was not dropped yet")
	if a := w.post("moderator", "/lists/mine/drop", "step", "force"); a.status != 303 {
		t.Fatal(a.status, a.main())
	}
	w.get("reader", "/lists/mine").want(404)
}

// Of two moderators who plan a file for the same list, the second looks once more.
func TestAPlanIsForTheListThatWasSeen(t *testing.T) {
	w := newWorld(t)
	form := []string{"list", "mine", "format", "auto", "effect", "deny"}
	plan := func(file string) []string {
		return hiddenFields(w.sendFile("moderator", "/lists/plan", file, form...).want(200).body)
	}
	apply := func(fields []string) reply { return w.sendFile("moderator", "/lists/apply", "", fields...) }
	mine, theirs := plan("a.example\n"), plan("b.example\nc.example\n")
	if a := apply(theirs); a.status != 303 {
		t.Fatal(a.status, a.main())
	}
	again := apply(append(mine, "step", "force")).want(409, "Somebody else was quicker", "was made meanwhile", "Removed</dt><dd>2")
	w.get("reader", "/lists/mine/entries").want(200, "b.example")
	mine = hiddenFields(again.body)
	if a := apply(append(mine, "step", "force")); a.status != 303 {
		t.Fatal(a.status, a.main())
	}
	apply(append(mine, "step", "force")).want(409, "changed meanwhile") // sent twice
}

func TestFilesThatAreNone(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name, file string
		fields     []string
		want       string
	}{
		{"no file", "", []string{"list", "l", "effect", "deny", "format", "auto"}, "Choose a file"},
		{"a page", "<!DOCTYPE html><html></html>", []string{"list", "l", "effect", "deny", "format", "auto"}, "id=\"file-fault\""},
		{"a name that is none", "a.example\n", []string{"list", "A B", "effect", "deny", "format", "auto"}, "id=\"list-fault\""},
		{"no name", "a.example\n", []string{"effect", "deny", "format", "auto"}, "id=\"list-fault\""},
		{"a format that is none", "a.example\n", []string{"list", "l", "effect", "deny", "format", "doc"}, "id=\"format-fault\""},
		{"a kind that is none", "a.example\n", []string{"list", "l", "effect", "deny", "format", "auto", "kind", "x"}, "id=\"kind-fault\""},
		{"an effect that is none", "a.example\n", []string{"list", "l", "effect", "x", "format", "auto"}, "id=\"effect-fault\""},
		{"a reason that is too long", "a.example\n", []string{"list", "l", "effect", "deny", "format", "auto", "reason", strings.Repeat("x", 256)}, "id=\"reason-fault\""},
		{"a packed file that is none", "", []string{"list", "l", "effect", "deny", "format", "auto", "packed", "x"}, "did not come back whole"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range []string{"/lists/plan", "/lists/apply", "/lists/rejects"} {
				w.sendFile("moderator", path, tt.file, tt.fields...).want(422, tt.want)
			}
		})
	}
	if n := w.changes(); n != 0 {
		t.Errorf("%d changes were made", n)
	}
}

func TestListsSayWhatIsTheMatterWithTheirSubscription(t *testing.T) {
	w := newWorld(t)
	s, _, err := w.parts.Blocks.Subscribe(actor(t), blocklist.SubscribeOptions{List: "far", URL: "https://lists.example/x"})
	if err != nil {
		t.Fatal(err)
	}
	state := s.State
	state.Problem = "the server answers 500"
	if err := w.store.SetSubscriptionState(t.Context(), "far", "", s.Version, state); err != nil {
		t.Fatal(err)
	}
	w.get("reader", "/lists").want(200, "far", "the server answers 500")
	w.get("reader", "/lists/far").want(200, "https://lists.example/x", "The server answers 500</bdi>.", "!Fetch it no more")
	if a := w.post("moderator", "/lists/far/unsubscribe"); a.status != 303 {
		t.Fatal(a.status, a.main())
	}
	w.get("reader", "/lists").want(200, "There is no list yet")
}
