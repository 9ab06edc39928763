package readme

import (
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// misuse holds tests of blocks, in a folder for each page and package.
const misuse = "testdata/misuse"

// inGo reports whether a reader would take the block for Go.
func (b block) inGo() bool { return b.language == "go" || strings.HasPrefix(b.text, "package ") }

// goFiles returns the Go blocks of all documents by the file that each names, in a
// folder for each page.
func goFiles(t *testing.T) map[string]block {
	t.Helper()
	files := make(map[string]block)
	for _, d := range documents(t) {
		for _, b := range readBlocks(t, d) {
			if !b.inGo() {
				continue
			}
			name := path.Join(pageOf(d), b.file)
			other, taken := files[name]
			switch {
			case b.language != "go":
				t.Errorf("%s: Go code in a block that does not say so", b)
			case !filepath.IsLocal(b.file) || path.Dir(b.file) == "." || path.Ext(b.file) != ".go":
				t.Errorf("%s: want a line <!-- file: folder/name.go --> before the block", b)
			case taken:
				t.Errorf("%s: %s is the block at %s already", b, b.file, other)
			default:
				files[name] = b
			}
			if formatted, err := format.Source([]byte(b.text)); err == nil && string(formatted) != b.text {
				t.Errorf("%s: not as gofmt writes it", b)
			}
		}
	}
	if len(files) == 0 {
		t.Error("no Go blocks found")
	}
	return files
}

// addMisuse adds the tests of blocks. A folder without blocks is an error: what it
// tested has moved.
func addMisuse(t *testing.T, files map[string]block) {
	t.Helper()
	tests, err := filepath.Glob(misuse + "/*/*/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	folders := make(map[string]bool)
	for name := range files {
		folders[path.Dir(name)] = true
	}
	for _, test := range tests {
		name, err := filepath.Rel(misuse, test)
		if err != nil {
			t.Fatal(err)
		}
		name = filepath.ToSlash(name)
		if !folders[path.Dir(name)] {
			t.Errorf("%s: no page has blocks of that folder", test)
			continue
		}
		text, err := os.ReadFile(test)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = block{document: "internal/readme/" + filepath.ToSlash(test), line: 1, text: string(text)}
	}
}

func TestGoBlocksBuildAndTheirTestsPass(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	files := goFiles(t)
	addMisuse(t, files)
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
	write("go.sum", readFile(t, "go.sum"))
	for name, b := range files {
		// The compiler names the line of the document.
		write(name, fmt.Sprintf("//line %s:%d\n%s", filepath.Join(project, b.document), b.line, b.text))
	}
	cmd := exec.CommandContext(t.Context(), "go", append(args, "./...")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -mod=mod"), "GOPROXY=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// readerModule returns a go.mod that requires the project, in the versions of the
// project's own.
func readerModule(t *testing.T, project string) string {
	t.Helper()
	module, mod := modulePath(t)
	mod = strings.Replace(mod, "module "+module, "module reader", 1)
	return fmt.Sprintf("%s\nrequire %s v0.0.0\n\nreplace %[2]s => %s\n", mod, module, strconv.Quote(project))
}
