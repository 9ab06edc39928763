package readme

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// documents returns the Markdown files of the project, by their paths from its
// root.
func documents(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".") && name != root
		if d.IsDir() && (hidden || d.Name() == "testdata" || d.Name() == "artefacts") {
			return fs.SkipDir
		}
		if !d.IsDir() && path.Ext(name) == ".md" {
			rel, err := filepath.Rel(root, name)
			found = append(found, filepath.ToSlash(rel))
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// pageOf returns a name for what comes of a document: "docs/mail.md" is "mail", the
// front page "readme", that of a folder "examples-adminserver".
func pageOf(document string) string {
	name := strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(document), ".md"), "docs/")
	return strings.ReplaceAll(strings.TrimSuffix(name, "/readme"), "/", "-")
}

// block is a fenced code block.
type block struct {
	document string
	line     int    // of its first line
	language string // after the fence
	file     string // that the line before it names; empty: none
	notRun   string // why its commands are not run; empty: they are
	text     string
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.document, b.line) }

var (
	fileComment   = regexp.MustCompile(`^<!-- file: (\S+) -->$`)
	notRunComment = regexp.MustCompile(`^<!-- not run: (.+) -->$`)
)

// blocksOf returns the code blocks of a document.
func blocksOf(document, text string) ([]block, error) {
	var blocks []block
	var open *block
	var body []string
	before := ""
	for i, line := range strings.Split(text, "\n") {
		language, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && open == nil:
			open = &block{document: document, line: i + 2, language: language}
			if m := fileComment.FindStringSubmatch(before); m != nil {
				open.file = m[1]
			}
			if m := notRunComment.FindStringSubmatch(before); m != nil {
				open.notRun = m[1]
			}
		case fence:
			open.text = strings.Join(body, "\n") + "\n"
			blocks = append(blocks, *open)
			open, body = nil, nil
		case open != nil:
			body = append(body, line)
		}
		before = line
	}
	if open != nil {
		return nil, fmt.Errorf("%s: the code block is never closed", open)
	}
	return blocks, nil
}

// readBlocks returns the code blocks of a document of the project.
func readBlocks(t *testing.T, document string) []block {
	t.Helper()
	blocks, err := blocksOf(document, readFile(t, document))
	if err != nil {
		t.Fatal(err)
	}
	return blocks
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var moduleLine = regexp.MustCompile(`(?m)^module (\S+)$`)

// modulePath returns the path of the project's module, and its go.mod.
func modulePath(t *testing.T) (name, mod string) {
	t.Helper()
	mod = readFile(t, "go.mod")
	m := moduleLine.FindStringSubmatch(mod)
	if m == nil {
		t.Fatal("go.mod has no module line")
	}
	return m[1], mod
}
