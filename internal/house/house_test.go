package house

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	module = "example.com/ostraka"
	root   = "../.."
)

// room is a row of the table.
type room struct {
	folders []string
	may     []string // folders, modules, and net/http
}

var code = regexp.MustCompile("`([^`]+)`")

// rooms reads the table. The folders of a row are in its first column, what they
// may import in its last, each in backquotes.
func rooms(t *testing.T) []room {
	t.Helper()
	file, err := os.Open(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []room
	in := false
	for lines := bufio.NewScanner(file); lines.Scan(); {
		cells := strings.Split(strings.Trim(lines.Text(), "|"), "|")
		switch {
		case strings.HasPrefix(lines.Text(), "| folder | what it holds | may import |"):
			in = true
		case !in || len(cells) != 3:
			in = false
		default:
			if r := (room{codes(cells[0]), codes(cells[2])}); len(r.folders) > 0 {
				all = append(all, r)
			}
		}
	}
	if len(all) < 10 {
		t.Fatalf("the table of rooms has %d rows", len(all))
	}
	return all
}

func codes(cell string) (out []string) {
	for _, m := range code.FindAllStringSubmatch(cell, -1) {
		out = append(out, m[1])
	}
	return out
}

// pkg is what go list says of a package.
type pkg struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
}

func (p *pkg) folder() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

// list returns the packages that the patterns name, as the library's module has
// them.
func list(t *testing.T, patterns ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Standard,Imports,Deps"}, patterns...)...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestEveryPackageImportsWhatItsRoomMay(t *testing.T) {
	table := rooms(t)
	seen := map[string]bool{}
	for _, p := range list(t, "./...") {
		i := slices.IndexFunc(table, func(r room) bool { return slices.Contains(r.folders, p.folder()) })
		if i < 0 {
			t.Errorf("%s is in no row of the table of rooms", p.folder())
			continue
		}
		seen[p.folder()] = true
		for _, path := range p.Imports {
			if !table[i].allows(path) {
				t.Errorf("%s imports %s, which the table of rooms does not let it", p.folder(), strings.TrimPrefix(path, module+"/"))
			}
		}
		for _, may := range table[i].may {
			if len(table[i].folders) == 1 && !slices.ContainsFunc(p.Imports, func(path string) bool { return matches(path, may) }) {
				t.Errorf("%s may import %s by the table of rooms, but does not", p.folder(), may)
			}
		}
	}
	for _, r := range table {
		for _, f := range r.folders {
			if _, err := os.Stat(filepath.Join(root, f, "go.mod")); err != nil && !seen[f] {
				t.Errorf("the table of rooms has %s, which is no package", f)
			}
		}
	}
}

// allows reports whether a package of the room may import that path. The standard
// library is open to all, but for net/http.
func (r *room) allows(path string) bool {
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") && path != "net/http" && !strings.HasPrefix(path, "net/http/") {
		return true
	}
	return slices.ContainsFunc(r.may, func(may string) bool { return matches(path, may) })
}

// matches reports whether an import path is what the table calls by that name: a
// folder of the library, or a module or one of its packages.
func matches(path, name string) bool {
	if folder, ours := strings.CutPrefix(path, module+"/"); ours {
		return folder == name
	}
	return path == name || strings.HasPrefix(path, name+"/")
}

// What a host imports for one thing brings nothing that belongs to another.
func TestNothingHeavyComesWithADomainPackage(t *testing.T) {
	for _, p := range list(t, "./ban", "./ban/value", "./blocklist", "./account") {
		for _, dep := range p.Deps {
			folder, ours := strings.CutPrefix(dep, module+"/")
			switch {
			case ours && (strings.HasSuffix(folder, "http") || strings.HasSuffix(folder, "store") && folder != "store" || strings.HasPrefix(folder, "internal/web")),
				dep == "database/sql", strings.HasPrefix(dep, "modernc.org/"), strings.HasPrefix(dep, "github.com/prometheus/"), strings.HasPrefix(dep, "github.com/jackc/"):
				t.Errorf("%s brings %s", p.folder(), dep)
			}
		}
	}
}
