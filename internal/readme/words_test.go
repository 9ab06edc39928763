package readme

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReadmeSetUp holds the README to its promise: these two commands are all it
// takes from a clone.
func TestReadmeSetUp(t *testing.T) {
	commands := commandsIn(t, "README.md")
	for _, want := range []string{"go run ./examples/quickstart", "go test ./... ./examples/..."} {
		if !slices.Contains(commands, want) {
			t.Errorf("README.md has no line %q in an sh block", want)
		}
	}
}

// TestPathsInCommandsExist checks the words of commands that are paths.
func TestPathsInCommandsExist(t *testing.T) {
	for _, d := range documents(t) {
		for _, command := range commandsIn(t, d) {
			for _, word := range strings.Fields(command) {
				if !strings.HasPrefix(word, "./") && !strings.HasPrefix(word, ".ci/") {
					continue
				}
				file := strings.TrimSuffix(word, "...")
				if _, err := os.Stat(filepath.Join(root, file)); err != nil {
					t.Errorf("%s: %q: %v", d, command, err)
				}
			}
		}
	}
}

// commandsIn returns the lines of the document's sh blocks, without comments.
func commandsIn(t *testing.T, document string) []string {
	t.Helper()
	var commands []string
	for _, b := range readBlocks(t, document) {
		if b.language != "sh" {
			continue
		}
		for line := range strings.Lines(b.text) {
			line, _, _ = strings.Cut(line, " #")
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				commands = append(commands, line)
			}
		}
	}
	return commands
}

// TestEveryPageIsInTheContents holds docs/README.md to naming all pages beside it.
func TestEveryPageIsInTheContents(t *testing.T) {
	contents := readFile(t, "docs/README.md")
	for _, d := range documents(t) {
		if name := path.Base(d); path.Dir(d) == "docs" && name != "README.md" && !strings.Contains(contents, "]("+name+")") {
			t.Errorf("docs/README.md has no link to %s", name)
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
	dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchorsOf returns the anchors that the headings of a document get.
func anchorsOf(t *testing.T, document string) []string {
	t.Helper()
	var anchors []string
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(readFile(t, document), ""), -1) {
		words := dropped.ReplaceAllString(strings.ToLower(m[1]), "")
		anchors = append(anchors, strings.ReplaceAll(words, " ", "-"))
	}
	return anchors
}

// TestLinksLeadSomewhere checks links to files of the project and to headings.
func TestLinksLeadSomewhere(t *testing.T) {
	for _, d := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(fenced.ReplaceAllString(readFile(t, d), ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			if file == "" {
				file = d
			} else {
				file = path.Join(path.Dir(d), file)
			}
			if _, err := os.Stat(filepath.Join(root, file)); err != nil {
				t.Errorf("%s: link to %s: %v", d, m[1], err)
			} else if anchor != "" && !slices.Contains(anchorsOf(t, file), anchor) {
				t.Errorf("%s: link to %s: no such heading", d, m[1])
			}
		}
	}
}
