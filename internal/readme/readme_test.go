package readme

import (
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// documents are the Markdown files that are tested.
var documents = []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md"}

// block is a fenced code block.
type block struct {
	document string
	line     int    // of its first line
	language string // after the fence
	file     string // that the line before it names; empty: none
	text     string
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.document, b.line) }

// inGo reports whether a reader would take the block for Go.
func (b block) inGo() bool { return b.language == "go" || strings.HasPrefix(b.text, "package ") }

var fileComment = regexp.MustCompile(`^<!-- file: (\S+) -->$`)

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

func readBlocks(t *testing.T) []block {
	t.Helper()
	var all []block
	for _, d := range documents {
		blocks, err := blocksOf(d, readDocument(t, d))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, blocks...)
	}
	return all
}

func readDocument(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// goFiles returns the Go blocks by the file that each names.
func goFiles(t *testing.T, blocks []block) map[string]block {
	t.Helper()
	files := make(map[string]block)
	for _, b := range blocks {
		if !b.inGo() {
			continue
		}
		other, taken := files[b.file]
		switch {
		case b.language != "go":
			t.Errorf("%s: Go code in a block that does not say so", b)
		case !filepath.IsLocal(b.file) || path.Dir(b.file) == "." || path.Ext(b.file) != ".go":
			t.Errorf("%s: want a line <!-- file: folder/name.go --> before the block", b)
		case taken:
			t.Errorf("%s: %s is the block at %s already", b, b.file, other)
		default:
			files[b.file] = b
		}
		if formatted, err := format.Source([]byte(b.text)); err == nil && string(formatted) != b.text {
			t.Errorf("%s: not as gofmt writes it", b)
		}
	}
	if len(files) == 0 {
		t.Error("no Go blocks found")
	}
	return files
}

func TestGoBlocksBuildAndTheirTestsPass(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	files := goFiles(t, readBlocks(t))
	for _, args := range [][]string{{"vet"}, {"test"}} {
		if out, err := runOn(t, files, args...); err != nil {
			t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

func TestBlockThatDoesNotBuildIsFound(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	for name, text := range map[string]string{
		"syntax":        "package broken\n\nfunc f() {\n",
		"type":          "package broken\n\nimport \"example.com/ostraka/ban\"\n\nvar v string = ban.Denied\n",
		"unused import": "package broken\n\nimport \"example.com/ostraka/ban\"\n",
	} {
		b := block{document: "README.md", line: 1000, text: text}
		out, err := runOn(t, map[string]block{"broken/broken.go": b}, "vet")
		if err == nil || !strings.Contains(out, "README.md:100") {
			t.Errorf("%s: go vet = %v, want it to fail and name the line:\n%s", name, err, out)
		}
	}
}

// runOn runs a go command on the packages that the blocks make, in a module of
// their own that requires this one: they get no more than a reader gets.
func runOn(t *testing.T, files map[string]block, args ...string) (output string, err error) {
	t.Helper()
	project, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", readerModule(t, project))
	write("go.sum", readDocument(t, "go.sum"))
	for name, b := range files {
		// The compiler names the line of the document.
		write(name, fmt.Sprintf("//line %s:%d\n%s", filepath.Join(project, b.document), b.line, b.text))
	}
	cmd := exec.CommandContext(t.Context(), "go", append(args, "./...")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

var moduleLine = regexp.MustCompile(`(?m)^module (\S+)$`)

// readerModule returns a go.mod that requires the project, in the versions of the
// project's own.
func readerModule(t *testing.T, project string) string {
	t.Helper()
	mod := readDocument(t, "go.mod")
	m := moduleLine.FindStringSubmatch(mod)
	if m == nil {
		t.Fatal("go.mod has no module line")
	}
	mod = strings.Replace(mod, m[0], "module reader", 1)
	return fmt.Sprintf("%s\nrequire %s v0.0.0\n\nreplace %[2]s => %s\n", mod, m[1], strconv.Quote(project))
}
