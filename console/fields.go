package console

import (
	"fmt"
	"strings"
)

// field is an input of a form with its label, its hint and what is wrong with it. The
// shared template "field" shows it.
type field struct {
	ID, Name, Label, Value, Hint, Fault string

	Type         string // text, search, number, password, date, file, textarea
	Autocomplete string
	Max          int // characters; 0: not said
	Required     bool
	Focus        bool
	Mono         bool // values that are compared letter by letter
	Describes    string
}

// newField returns a field for the template. Options are words: "required", "focus",
// "mono", and "type=…", "id=…", "max=…", "autocomplete=…".
func newField(name, label, value, hint, fault string, options ...string) (field, error) {
	f := field{ID: name, Name: name, Label: label, Value: value, Hint: hint, Fault: fault, Type: "text"}
	for _, o := range options {
		key, text, _ := strings.Cut(o, "=")
		switch key {
		case "required":
			f.Required = true
		case "focus":
			f.Focus = true
		case "mono":
			f.Mono = true
		case "type":
			f.Type = text
		case "id":
			f.ID = text
		case "autocomplete":
			f.Autocomplete = text
		case "max":
			if _, err := fmt.Sscan(text, &f.Max); err != nil {
				return f, err
			}
		default:
			return f, fmt.Errorf("field %s: no such option: %s", name, o)
		}
	}
	f.Describes = describedBy(f.ID, hint, fault)
	return f, nil
}

func describedBy(id, hint, fault string) string {
	var ids []string
	if fault != "" {
		ids = append(ids, id+"-fault")
	}
	if hint != "" {
		ids = append(ids, id+"-hint")
	}
	return strings.Join(ids, " ")
}

// option is one of those of a choice.
type option struct {
	Value, Text string
	Chosen      bool
}

// choice is a select, shown by the shared template "choice".
type choice struct {
	ID, Name, Label, Hint, Fault string
	Options                      []option
	Describes                    string
}

// newChoice returns a choice for the template.
func newChoice(name, label string, options []option, hint, fault string) choice {
	return choice{ID: name, Name: name, Label: label, Hint: hint, Fault: fault, Options: options, Describes: describedBy(name, hint, fault)}
}

// newChoiceOf is newChoice where another form of the page has a field of that name.
func newChoiceOf(id, name, label string, options []option, fault string) choice {
	c := newChoice(name, label, options, "", fault)
	c.ID, c.Describes = id, describedBy(id, "", fault)
	return c
}

// choose returns options, the one of that value being chosen. Pairs are values and
// their texts.
func choose(chosen string, pairs ...string) []option {
	var all []option
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, option{pairs[i], pairs[i+1], pairs[i] == chosen})
	}
	return all
}

// hashing is the choice to keep only a hash, with the label of what is hashed.
type hashing struct {
	Text   string // what is chosen
	Hashed bool
	Label  field
	Fault  string
}

func newHashing(text string, hashed bool, label string, wrong faults) (hashing, error) {
	f, err := newLabelField(label, wrong)
	return hashing{text, hashed, f, wrong["hashed"]}, err
}

func newLabelField(label string, wrong faults) (field, error) {
	return newField("label", "Label, to be read in the place of what is hashed", label, "A case number, for example. Not who it is.", wrong["label"], "max=255", "autocomplete=off")
}
