package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// project is the tree that is released.
type project struct {
	root    string
	files   map[string][]byte // by path from the root, with slashes
	modules []*module         // each after those that it requires
}

// module is one of the project's modules.
type module struct {
	path     string // "example.com/ostraka/examples"
	dir      string // from the root; empty: the root
	requires []string
	replaces []replacement
}

// replacement is a replace directive of a go.mod.
type replacement struct {
	Old, New struct{ Path, Version string }
}

// local reports whether it leads to a folder.
func (r replacement) local() bool {
	return strings.HasPrefix(r.New.Path, "./") || strings.HasPrefix(r.New.Path, "../")
}

// file returns the path of a file of the module from the root.
func (m *module) file(name string) string { return path.Join(m.dir, name) }

// readProject reads the files that git has or would add.
func readProject(ctx context.Context, root string) (*project, error) {
	listed, err := command(ctx, root, nil, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	p := &project{root: root, files: make(map[string][]byte)}
	for name := range strings.SplitSeq(strings.TrimRight(listed, "\x00"), "\x00") {
		file := filepath.Join(root, filepath.FromSlash(name))
		info, err := os.Lstat(file)
		if errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue // removed, or what no module zip may have
		}
		if err != nil {
			return nil, err
		}
		if p.files[name], err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	return p, p.findModules(ctx)
}

// findModules reads each go.mod, and orders the modules.
func (p *project) findModules(ctx context.Context) error {
	var found []*module
	for name := range p.files {
		if path.Base(name) != "go.mod" || slices.Contains(strings.Split(name, "/"), "testdata") {
			continue
		}
		text, err := command(ctx, p.root, nil, "go", "mod", "edit", "-json", filepath.FromSlash(name))
		if err != nil {
			return err
		}
		var mod struct {
			Module  struct{ Path string }
			Require []struct{ Path string }
			Replace []replacement
		}
		if err := json.Unmarshal([]byte(text), &mod); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		m := &module{path: mod.Module.Path, dir: strings.TrimSuffix(path.Dir(name), "."), replaces: mod.Replace}
		for _, r := range mod.Require {
			m.requires = append(m.requires, r.Path)
		}
		found = append(found, m)
	}
	slices.SortFunc(found, func(a, b *module) int { return strings.Compare(a.path, b.path) })
	for len(found) > 0 {
		next := slices.IndexFunc(found, func(m *module) bool {
			return !slices.ContainsFunc(found, func(o *module) bool { return slices.Contains(m.requires, o.path) })
		})
		if next < 0 {
			return errors.New("modules of the project require each other")
		}
		p.modules = append(p.modules, found[next])
		found = slices.Delete(found, next, next+1)
	}
	return nil
}

// own reports whether a module is one of the project.
func (p *project) own(modulePath string) bool {
	return slices.ContainsFunc(p.modules, func(m *module) bool { return m.path == modulePath })
}

// of returns the files of a module's zip by their paths from its go.mod.
func (p *project) of(m *module) map[string][]byte {
	files := make(map[string][]byte)
	prefix := m.dir
	if prefix != "" {
		prefix += "/"
	}
	for name, text := range p.files {
		rest, below := strings.CutPrefix(name, prefix)
		if below && p.folderOfModule(name) == m.dir && !strings.HasPrefix(rest, "vendor/") && !strings.Contains(rest, "/vendor/") {
			files[rest] = text
		}
	}
	if files["LICENSE"] == nil && p.files["LICENSE"] != nil {
		files["LICENSE"] = p.files["LICENSE"]
	}
	return files
}

// folderOfModule returns the folder of the nearest go.mod above a file.
func (p *project) folderOfModule(name string) string {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if p.files[dir+"/go.mod"] != nil {
			return dir
		}
	}
	return ""
}

// command runs a program and returns what it prints; what it complains of is in the
// error.
func command(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, stdout.Bytes(), stderr.Bytes())
	}
	return stdout.String(), nil
}
