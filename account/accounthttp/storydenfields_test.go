package accounthttp_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/store"
)

// rule says what a field of an answer is.
type rule struct {
	required bool
	check    func(value any) (complaint string)
}

// fields are the rules for an object. It has no others.
type fields map[string]rule

func (f fields) check(value any) string {
	object, ok := value.(map[string]any)
	if !ok {
		return fmt.Sprintf("%v is no object", value)
	}
	var wrong []string
	for name, rule := range f {
		v, there := object[name]
		switch {
		case !there && rule.required:
			wrong = append(wrong, name+" is missing")
		case there && v == nil:
			wrong = append(wrong, name+" is null")
		case there:
			if complaint := rule.check(v); complaint != "" {
				wrong = append(wrong, name+": "+complaint)
			}
		}
	}
	for name := range object {
		if _, known := f[name]; !known {
			wrong = append(wrong, name+" is in no document")
		}
	}
	slices.Sort(wrong)
	return strings.Join(wrong, "; ")
}

func each(check func(any) string) func(any) string {
	return func(value any) string {
		list, ok := value.([]any)
		if !ok {
			return fmt.Sprintf("%v is no array", value)
		}
		for i, v := range list {
			if complaint := check(v); complaint != "" {
				return fmt.Sprintf("[%d]: %s", i, complaint)
			}
		}
		return ""
	}
}

func isA[T any](value any) string {
	if _, ok := value.(T); !ok {
		return fmt.Sprintf("%v is a %T", value, value)
	}
	return ""
}

func isFilled(value any) string {
	if text, ok := value.(string); !ok || text == "" {
		return fmt.Sprintf("%v says nothing", value)
	}
	return ""
}

func isTime(value any) string {
	text, _ := value.(string)
	if _, err := time.Parse("2006-01-02T15:04:05.000Z", text); err != nil {
		return fmt.Sprintf("%v is no time in UTC with milliseconds", value)
	}
	return ""
}

func isOneOf(words ...string) func(any) string {
	return func(value any) string {
		if text, ok := value.(string); !ok || !slices.Contains(words, text) {
			return fmt.Sprintf("%v is none of %v", value, words)
		}
		return ""
	}
}

// The fields of Storyden's account. Those that its document has and a store has
// nothing like, misc and notifications, may be left out, as all that is not required.
var (
	storydenRole = fields{
		"id": {true, isFilled}, "createdAt": {true, isTime}, "updatedAt": {true, isTime}, "deletedAt": {false, isTime}, "misc": {false, isA[map[string]any]},
		"name": {true, isFilled}, "colour": {true, isA[string]}, "permissions": {true, each(isFilled)}, "badge": {true, isA[bool]}, "default": {true, isA[bool]},
	}
	storydenAccount = fields{
		"id": {true, isFilled}, "createdAt": {true, isTime}, "updatedAt": {true, isTime}, "deletedAt": {false, isTime}, "misc": {false, isA[map[string]any]},
		"joined": {true, isTime}, "suspended": {false, isTime}, "handle": {true, isFilled}, "name": {true, isFilled},
		"roles": {true, each(storydenRole.check)}, "bio": {true, isA[string]},
		"links": {true, each(fields{"text": {true, isA[string]}, "url": {true, isFilled}}.check)}, "meta": {true, isA[map[string]any]},
		"verified_status": {true, isOneOf("none", "verified_email")},
		"email_addresses": {true, each(fields{"id": {true, isFilled}, "email_address": {true, isFilled}, "verified": {true, isA[bool]}}.check)},
		"notifications":   {false, isA[float64]}, "admin": {true, isA[bool]},
		"invited_by": {false, fields{
			"id": {true, isFilled}, "joined": {true, isTime}, "suspended": {false, isTime}, "handle": {true, isFilled}, "name": {true, isFilled},
			"roles": {true, each(storydenRole.check)}, // which today's clients want
		}.check},
		// What is not in the document.
		"kind": {true, isOneOf("human", "bot")}, "auth_services": {true, each(isFilled)},
		"bans_lifted": {false, each(isFilled)}, "bans_left": {false, each(isFilled)},
	}
)

func TestStorydensAccountFieldByField(t *testing.T) {
	overEachStore(t, func(t *testing.T, open func() store.Store) {
		s := newSite(t, siteOptions{store: open(), authorize: letIn})
		s.createAdmin(t, "alice")
		full := southclaws()
		full.Meta = json.RawMessage(`{"pronouns":"they","nested":{"n":[1,2]}}`)
		full.Roles = append(full.Roles, account.Role{ID: "2", Name: "Member", CreatedAt: noon, UpdatedAt: noon.Add(time.Hour)})
		host := s.create(t, full)
		invited := full
		invited.Handle, invited.Email, invited.InvitedBy = "invited", "invited@example.org", host.ID
		s.create(t, invited)
		for _, o := range []account.CreateOptions{
			{Handle: "empty"}, {Handle: "Größe", Name: "\"quoted\" <b>"}, {Handle: "member", InvitedBy: host.ID, Links: []account.Link{{URL: "https://example.org"}}},
		} {
			s.create(t, o)
		}
		for _, handle := range []string{"Southclaws", "invited", "empty", "Gr%C3%B6%C3%9Fe", "member"} {
			for _, method := range []string{"POST", "POST", "DELETE", "DELETE"} { // the second time nothing changes
				w := s.do(request{target: method + " " + storydenBans + handle})
				var got map[string]any
				if err := json.Unmarshal(w.Body.Bytes(), &got); w.Code != 200 || err != nil {
					t.Fatalf("%s %s: %d %s", method, handle, w.Code, w.Body)
				}
				if complaint := storydenAccount.check(got); complaint != "" {
					t.Errorf("%s %s: %s", method, handle, complaint)
				}
				_, suspended := got["suspended"]
				if _, deleted := got["deletedAt"]; suspended != (method == "POST") || deleted != suspended {
					t.Errorf("%s %s: suspended %v, deletedAt %v", method, handle, got["suspended"], got["deletedAt"])
				}
			}
		}
	})
}

// TestWhoInvitedComesWithTheirRoles as today's clients want.
func TestWhoInvitedComesWithTheirRoles(t *testing.T) {
	s := newSite(t, siteOptions{authorize: letIn})
	s.createAdmin(t, "alice")
	host := s.create(t, southclaws())
	s.create(t, account.CreateOptions{Handle: "bob", InvitedBy: host.ID})
	var got struct {
		InvitedBy struct {
			Handle string
			Roles  []struct {
				ID, Name, Colour string
				Permissions      []string
				Badge, Default   bool
				CreatedAt        time.Time
			}
		} `json:"invited_by"`
	}
	w := s.do(request{target: "POST " + storydenBans + "bob"})
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	by := got.InvitedBy
	if by.Handle != "Southclaws" || len(by.Roles) != 1 || by.Roles[0].Name != "string" || !slices.Equal(by.Roles[0].Permissions, []string{"CREATE_POST"}) || !by.Roles[0].Badge || by.Roles[0].CreatedAt.IsZero() {
		t.Errorf("%s", w.Body)
	}
}

// TestStorydensErrorsInBothForms: whoever asks for problem details gets them, with all
// that the documented form says.
func TestStorydensErrorsInBothForms(t *testing.T) {
	problem := fields{
		"type": {true, isOneOf("about:blank")}, "title": {true, isFilled}, "status": {true, isA[float64]}, "detail": {true, isFilled},
		"error": {true, isFilled}, "message": {true, isFilled}, "suggested": {true, isFilled}, "metadata": {true, isA[map[string]any]},
	}
	tests := []struct {
		name   string
		refuse error
		target string
		status int
	}{
		{"no session", accounthttp.ErrUnauthenticated, "POST bob", 401},
		{"no right", accounthttp.ErrForbidden, "POST bob", 403},
		{"too many tries", &accounthttp.RateLimitError{RetryAfter: time.Second}, "POST bob", 429},
		{"trouble", errDriver, "POST bob", 500},
		{"a busy store", store.ErrBusy, "DELETE bob", 503},
		{"nobody", nil, "POST nobody", 404},
		{"no route", nil, "POST ", 404},
		{"no such method", nil, "PATCH bob", 405},
		{"a query that does not fit", nil, "POST bob?force=perhaps", 400},
		{"the last admin", nil, "POST alice", 409},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			authorize := letIn
			if tt.refuse != nil {
				authorize = refuse(tt.refuse)
			}
			s := newSite(t, siteOptions{authorize: authorize})
			s.createAdmin(t, "alice")
			s.create(t, account.CreateOptions{Handle: "bob"})
			method, mark, _ := strings.Cut(tt.target, " ")
			target := method + " " + storydenBans + mark
			documented := s.do(request{target: target, header: map[string]string{"Accept": "application/json"}})
			asked := s.do(request{target: target, header: map[string]string{"Accept": "application/json, application/problem+json"}})
			if documented.Code != tt.status || asked.Code != tt.status {
				t.Fatalf("%d and %d, want %d", documented.Code, asked.Code, tt.status)
			}
			if got := documented.Header().Get("Content-Type"); got != "application/json; charset=utf-8" {
				t.Errorf("the documented form is of type %q", got)
			}
			if got := asked.Header().Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("the problem is of type %q", got)
			}
			for name, values := range documented.Header() {
				if name != "Content-Type" && name != "Content-Length" && !slices.Equal(asked.Header()[name], values) {
					t.Errorf("%s is %q in one form and %q in the other", name, values, asked.Header()[name])
				}
			}
			if asked.Header().Get("Vary") != "Accept" {
				t.Errorf("Vary is %q", asked.Header().Get("Vary"))
			}
			var plain, detailed map[string]any
			if err := json.Unmarshal(documented.Body.Bytes(), &plain); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(asked.Body.Bytes(), &detailed); err != nil {
				t.Fatal(err)
			}
			if complaint := problem.check(detailed); complaint != "" {
				t.Errorf("the problem: %s", complaint)
			}
			if detailed["status"] != float64(tt.status) || detailed["detail"] != plain["message"] {
				t.Errorf("%v", detailed)
			}
			for name, value := range plain {
				if fmt.Sprint(detailed[name]) != fmt.Sprint(value) {
					t.Errorf("%s is %v in one form and %v in the other", name, value, detailed[name])
				}
			}
		})
	}
}
