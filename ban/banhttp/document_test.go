package banhttp_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/banhttp"
	"example.com/ostraka/memstore"
)

// The answers that the documents show.
const (
	documentCreated = `{"ok": true, "created": true, "updated": true, "deleted": true, "disabled_aliases": 42, "message": "example_string",
		"item": {"id": 123, "ban_type": "email", "ban_value": "example_string", "reason": "example_string",
			"created_at": "2024-12-25T10:00:00Z", "expires_at": "2024-12-25T10:00:00Z", "revoked_at": "2024-12-25T10:00:00Z",
			"revoked_reason": "example_string", "active": true}}`
	documentInvalid      = `{"error": "example_string", "field": "example_string", "reason": "example_string", "hint": "example_string", "constraints": {}}`
	documentPlain        = `{"error": "example_string"}`
	documentUnauthorized = `{"error": "Unauthorized", "message": "Authentication required. Please provide a valid API token", "code": 401}`
	documentForbidden    = `{"error": "Forbidden", "message": "You don't have permission to access this resource", "code": 403}`
	documentNotFound     = `{"error": "Not Found", "message": "The requested resource was not found", "code": 404}`
	documentConflict     = `{"error": "Conflict", "message": "The request conflicts with the current state of the resource", "code": 409, "details": "Resource already exists"}`
	documentTrouble      = `{"error": "example_string", "where": "example_string", "reason": "example_string"}`
)

// TestDocuments compares answers with those that the documents show: all their
// fields, in their order and of their types, before any other.
func TestDocuments(t *testing.T) {
	full := `{"ban_type":"name","ban_value":"eve","reason":"x","expires_at":"2024-12-25T10:00:00Z"}`
	refuse := func(err error) banhttp.Authorize {
		return func(*http.Request, banhttp.Need) (string, error) { return "", err }
	}
	tests := []struct {
		name      string
		authorize banhttp.Authorize
		target    string
		body      string
		status    int
		document  string
		literal   bool // its texts and numbers are meant, not only their types
	}{
		{"a ban made", letIn, "POST /bans", full, 200, documentCreated, false},
		{"a value that does not fit", letIn, "POST /bans", `{}`, 400, documentInvalid, false},
		{"a body that is too long", letIn, "POST /bans", string(make([]byte, 33<<10)), 413, documentPlain, false},
		{"no session", refuse(banhttp.ErrUnauthenticated), "POST /bans", full, 401, documentUnauthorized, true},
		{"no right", refuse(banhttp.ErrForbidden), "POST /bans", full, 403, documentForbidden, true},
		{"no CSRF token", refuse(banhttp.ErrCSRFRequired), "POST /bans", full, 403, documentForbidden, true},
		{"no such ban", letIn, "DELETE /bans/7", "", 404, documentNotFound, true},
		{"a value that is taken", letIn, "PATCH /bans/1", `{"ban_value":"mallory"}`, 409, documentConflict, true},
		{"trouble", refuse(errDriver), "POST /bans", full, 500, documentTrouble, false},
		{"a busy store", refuse(ban.ErrBusy), "POST /bans", full, 503, documentTrouble, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, memstore.New(), tt.authorize)
			f.bans(t, ban.CreateOptions{Kind: ban.KindName, Value: "bob"}, ban.CreateOptions{Kind: ban.KindName, Value: "mallory"})
			var method, path string
			fmt.Sscan(tt.target, &method, &path)
			w := f.do(method, path, tt.body)
			if w.Code != tt.status {
				t.Fatalf("%d %s, want %d", w.Code, w.Body, tt.status)
			}
			want, got := fields(t, []byte(tt.document)), fields(t, w.Body.Bytes())
			if len(got) < len(want) {
				t.Fatalf("the answer has the fields %v, want %v", got, want)
			}
			for i, field := range want {
				switch has := got[i]; {
				case has.name != field.name:
					t.Errorf("field %d is %s, want %s", i, has.name, field.name)
				case kindOf(has.value) != kindOf(field.value) && !(has.name == "item.revoked_at" || has.name == "item.revoked_reason"):
					t.Errorf("%s is %v, want a %s like %v", has.name, has.value, kindOf(field.value), field.value)
				case tt.literal && has.value != field.value:
					t.Errorf("%s is %v, want %v", has.name, has.value, field.value)
				}
			}
		})
	}
}

// field is a member of an object that is no object itself, or is empty.
type field struct {
	name  string // with those of the objects around it
	value any
}

func kindOf(v any) string { return fmt.Sprintf("%T", v) }

// fields returns the fields of an object in the order in which they are written.
func fields(t *testing.T, text []byte) []field {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	var read func(prefix string) []field
	read = func(prefix string) (all []field) {
		for d.More() {
			name, err := d.Token()
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			value, err := d.Token()
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			path := fmt.Sprint(prefix, name)
			if value == json.Delim('{') {
				inner := read(path + ".")
				if len(inner) == 0 || path == "constraints" {
					inner = []field{{path, map[string]any{}}}
				}
				all = append(all, inner...)
				continue
			}
			if value == json.Delim('[') {
				for d.More() {
					_, _ = d.Token()
				}
				_, _ = d.Token()
			}
			all = append(all, field{path, value})
		}
		_, _ = d.Token()
		return all
	}
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		t.Fatalf("%s is no object", text)
	}
	return slices.Clip(read(""))
}
