package main

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
)

// release writes all modules to a file proxy, with the go.mod and go.sum that they
// are released with. Those are in the project's files afterwards.
func (p *project) release(ctx context.Context, version, proxy string) error {
	proxy, err := filepath.Abs(proxy)
	if err != nil {
		return err
	}
	// A module cache of its own: the version may have been tried before, with other
	// content.
	cache, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(cache)
	for _, m := range p.modules {
		if err := p.pin(ctx, m, version, proxy, cache); err != nil {
			return fmt.Errorf("%s: %w", m.path, err)
		}
		if err := p.publish(m, version, proxy); err != nil {
			return fmt.Errorf("%s: %w", m.path, err)
		}
	}
	return nil
}

// pin has a module require the others in the version, in place of the folders that
// they are in.
func (p *project) pin(ctx context.Context, m *module, version, proxy, modcache string) error {
	args := []string{"mod", "edit"}
	for _, r := range m.replaces {
		if !r.local() || !p.own(r.Old.Path) {
			return fmt.Errorf("the replacement of %s stays, and a module with one cannot be installed", r.Old.Path)
		}
		args = append(args, "-dropreplace="+r.Old.Path)
	}
	for _, required := range m.requires {
		if p.own(required) {
			args = append(args, "-require="+required+"@"+version)
		}
	}
	if len(args) == 2 {
		return nil // it needs no other
	}
	dir, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := writeFiles(dir, p.of(m)); err != nil {
		return err
	}
	configured, err := command(ctx, dir, nil, "go", "env", "GOPROXY", "GOMODCACHE", "GONOSUMDB")
	if err != nil {
		return err
	}
	goproxy, rest, _ := strings.Cut(configured, "\n")
	cache, nosum, _ := strings.Cut(rest, "\n")
	env := []string{
		"GOWORK=off", "GOFLAGS=-mod=mod -modcacherw", "GOMODCACHE=" + modcache,
		"GOPROXY=" + fileURL(proxy) + "," + fileURL(filepath.Join(cache, "cache", "download")) + "," + goproxy,
		"GONOSUMDB=" + strings.Trim(strings.TrimSpace(nosum)+","+p.rootPath(), ","), "GOENV=off", "GONOPROXY=", "GOPRIVATE=", // all has been asked for above
	}
	if _, err := command(ctx, dir, env, "go", args...); err != nil {
		return err
	}
	if _, err := command(ctx, dir, env, "go", "mod", "tidy"); err != nil {
		return err
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if p.files[m.file(name)], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// rootPath returns the path that those of all modules begin with.
func (p *project) rootPath() string {
	for _, m := range p.modules {
		if m.dir == "" {
			return m.path
		}
	}
	return ""
}

func fileURL(dir string) string { return "file://" + filepath.ToSlash(dir) }

func writeFiles(dir string, files map[string][]byte) error {
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// publish writes a version of a module to a file proxy, as "go help goproxy" has it.
func (p *project) publish(m *module, version, proxy string) error {
	dir := filepath.Join(proxy, filepath.FromSlash(escaped(m.path)), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	info, err := json.Marshal(map[string]string{"Version": version, "Time": time.Now().UTC().Format(time.RFC3339)})
	if err != nil {
		return err
	}
	files := p.of(m)
	for name, text := range map[string][]byte{"list": []byte(version + "\n"), version + ".info": info, version + ".mod": files["go.mod"]} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return writeZip(filepath.Join(dir, version+".zip"), m.path+"@"+version, files)
}

func writeZip(file, prefix string, files map[string][]byte) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	z := zip.NewWriter(f)
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		w, err := z.Create(path.Join(prefix, name))
		if err != nil {
			return err
		}
		if _, err := w.Write(files[name]); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return f.Close()
}

// escaped writes capitals as proxies have them: "!" and the small letter.
func escaped(modulePath string) string {
	var b strings.Builder
	for _, r := range modulePath {
		if unicode.IsUpper(r) {
			b.WriteByte('!')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}
