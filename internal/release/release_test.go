package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const version = "v0.1.0"

// installer runs the go command as somebody would who has only the proxy and an
// empty module cache.
type installer struct {
	*testing.T
	dir string
	env []string
}

func newInstaller(t *testing.T, proxy, modcache string) *installer {
	t.Helper()
	configured := func(name string) string {
		out, err := command(t.Context(), ".", nil, "go", "env", name)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(out)
	}
	// What others made comes out of the cache of this machine, or else its proxy.
	others := fileURL(filepath.Join(configured("GOMODCACHE"), "cache", "download")) + "," + configured("GOPROXY")
	i := &installer{T: t, dir: t.TempDir()}
	i.env = []string{
		"GOWORK=off", "GOMODCACHE=" + modcache, "GOBIN=" + i.dir, "CGO_ENABLED=0", "GOTOOLCHAIN=local",
		"GOPROXY=" + fileURL(proxy) + "," + others, "GOENV=off", "GONOPROXY=", "GOPRIVATE=", "GOSUMDB=off",
		"GOFLAGS=-modcacherw -trimpath", // so that what was compiled once is compiled
	}
	return i
}

func (i *installer) run(name string, args ...string) (string, error) {
	return command(i.Context(), i.dir, i.env, name, args...)
}

func (i *installer) ok(name string, args ...string) string {
	i.Helper()
	out, err := i.run(name, args...)
	if err != nil {
		i.Fatal(err)
	}
	return out
}

// released returns a project whose release is in a proxy.
func released(t *testing.T) (p *project, proxy string) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds programs")
	}
	const root = "../.."
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		t.Skipf("a release is made of what git has: %v", err)
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	p, err := readProject(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	proxy = t.TempDir()
	if err := p.release(t.Context(), version, proxy); err != nil {
		t.Fatal(err)
	}
	return p, proxy
}

func TestAReleaseIsInstalledAndImported(t *testing.T) {
	p, proxy := released(t)
	modcache := t.TempDir()

	t.Run("no module replaces another", func(t *testing.T) {
		for _, m := range p.modules {
			if text := string(p.files[m.file("go.mod")]); strings.Contains(text, "replace ") || strings.Contains(text, "ostraka v0.0.0") {
				t.Errorf("go.mod of %s:\n%s", m.path, text)
			}
		}
	})
	t.Run("programs are installed", func(t *testing.T) {
		i := newInstaller(t, proxy, modcache)
		programs := p.programs("examples")
		if len(programs) < 5 {
			t.Errorf("found only %q", programs)
		}
		install := []string{"install"}
		for _, program := range programs {
			install = append(install, p.rootPath()+"/examples/"+program+"@"+version)
		}
		i.ok("go", install...)
		banctl := filepath.Join(i.dir, "banctl")
		i.ok(banctl, "--db", "b.db", "add", "spam.example")
		if out, err := i.run(banctl, "--db", "b.db", "check", "--email", "x@spam.example"); err == nil || !strings.Contains(err.Error(), "exit status 3") {
			t.Errorf("a check of a banned address: %v\n%s", err, out)
		}
		if built := i.ok("go", "version", "-m", banctl); !strings.Contains(built, p.rootPath()+"\t"+version) {
			t.Errorf("banctl is not made of %s:\n%s", version, built)
		}
	})
	t.Run("each module is imported", func(t *testing.T) {
		for _, m := range p.modules {
			i := newInstaller(t, proxy, modcache)
			i.ok("go", "mod", "init", "reader")
			i.ok("go", "get", m.path+"@"+version)
			if got := strings.TrimSpace(i.ok("go", "list", "-m", m.path)); got != m.path+" "+version {
				t.Errorf("got %s", got)
			}
		}
	})
	t.Run("a program of its own is built with it", func(t *testing.T) {
		i := newInstaller(t, proxy, modcache)
		i.ok("go", "mod", "init", "reader")
		text := "package main\n\nimport (\n\t\"fmt\"\n\n\t\"" + p.rootPath() + "/ban\"\n)\n\nfunc main() { fmt.Println(ban.Denied) }\n"
		if err := os.WriteFile(filepath.Join(i.dir, "main.go"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		i.ok("go", "get", p.rootPath()+"/ban@"+version)
		if out := strings.TrimSpace(i.ok("go", "run", ".")); out != "denied" {
			t.Errorf("it prints %q", out)
		}
	})
}

// programs returns the folders below one that have a package main.
func (p *project) programs(below string) (names []string) {
	for name, text := range p.files {
		dir, is := strings.CutSuffix(name, "/main.go")
		if rest, ok := strings.CutPrefix(dir, below+"/"); is && ok && strings.Contains(string(text), "\npackage main\n") {
			names = append(names, rest)
		}
	}
	return names
}

func TestAReplacementThatStaysIsAnError(t *testing.T) {
	for _, test := range []struct{ old, by, version string }{
		{"example.com/other", "example.com/fork", "v1.0.0"},
		{"example.com/other", "../other", ""}, // a folder that is in no release
	} {
		var r replacement
		r.Old.Path, r.New.Path, r.New.Version = test.old, test.by, test.version
		m := &module{path: "example.com/x", replaces: []replacement{r}}
		p := &project{modules: []*module{m}}
		if err := p.pin(t.Context(), m, version, t.TempDir(), t.TempDir()); err == nil {
			t.Errorf("a module that replaces %s by %s is released", test.old, test.by)
		}
	}
}

func TestTags(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":     "module example.com/x\n\ngo 1.26\n",
		"x.go":       "package x\n",
		"LICENSE":    "free\n",
		"sub/go.mod": "module example.com/x/sub\n\ngo 1.26\n\nrequire example.com/x v0.0.0\n\nreplace example.com/x => ../\n",
		"sub/sub.go": "package sub\n\nimport _ \"example.com/x\"\n",
	} {
		if err := writeFiles(root, map[string][]byte{name: []byte(text)}); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(root, ".git", "config"))
	git := func(args ...string) string {
		t.Helper()
		out, err := command(t.Context(), root, nil, "git", args...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	git("init", "-q", "-b", "main")
	git("config", "user.name", "t")
	git("config", "user.email", "t@example.org")
	git("add", "-A")
	t.Chdir(root)
	if err := run(t.Context(), []string{"-version", version, "-tag"}); err == nil {
		t.Error("a tree with changes is tagged")
	}
	git("commit", "-q", "-m", "first")
	head := git("rev-parse", "HEAD")

	if err := run(t.Context(), []string{"-version", version, "-tag"}); err != nil {
		t.Fatal(err)
	}
	if got := git("rev-parse", version+"^{commit}"); got != head {
		t.Errorf("the root is tagged at %s, want %s", got, head)
	}
	mod := git("show", "sub/"+version+":sub/go.mod")
	if strings.Contains(mod, "replace") || !strings.Contains(mod, "require example.com/x "+version) {
		t.Errorf("the module below is tagged with\n%s", mod)
	}
	if sum := git("show", "sub/"+version+":sub/go.sum"); !strings.Contains(sum, "example.com/x "+version+" h1:") {
		t.Errorf("its go.sum is\n%s", sum)
	}
	if git("rev-parse", "main") != head || git("status", "--porcelain") != "" {
		t.Error("the branch or the tree changed")
	}
	if err := run(t.Context(), []string{"-version", version, "-tag"}); err == nil {
		t.Error("a version is tagged twice")
	}
	if err := run(t.Context(), []string{"-version", "0.1", "-tag"}); err == nil {
		t.Error("0.1 is taken for a version")
	}
}
