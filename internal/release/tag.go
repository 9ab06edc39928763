package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// isHead reports an error unless the files are those of HEAD.
func (p *project) isHead(ctx context.Context) error {
	changed, err := command(ctx, p.root, nil, "git", "status", "--porcelain")
	if err != nil {
		return err
	}
	if changed != "" {
		return errors.New("the tree has changes that are not committed:\n" + changed)
	}
	return nil
}

// tag makes the tags: that of the root at HEAD, those of the others at a commit whose
// parent is HEAD.
func (p *project) tag(ctx context.Context, version string) error {
	dir, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	index := []string{"GIT_INDEX_FILE=" + filepath.Join(dir, "index")}
	git := func(args ...string) (string, error) {
		out, err := command(ctx, p.root, index, "git", args...)
		return strings.TrimSpace(out), err
	}
	if _, err := git("read-tree", "HEAD"); err != nil {
		return err
	}
	for _, m := range p.modules {
		for _, name := range []string{"go.mod", "go.sum"} {
			text, has := p.files[m.file(name)]
			if !has {
				continue
			}
			file := filepath.Join(dir, "blob")
			if err := os.WriteFile(file, text, 0o600); err != nil {
				return err
			}
			blob, err := git("hash-object", "-w", "--no-filters", file)
			if err != nil {
				return err
			}
			if _, err := git("update-index", "--add", "--cacheinfo", "100644,"+blob+","+m.file(name)); err != nil {
				return err
			}
		}
	}
	tree, err := git("write-tree")
	if err != nil {
		return err
	}
	beside, err := git("commit-tree", "-p", "HEAD", "-m", "Modules require each other in "+version, tree)
	if err != nil {
		return err
	}
	for _, m := range p.modules {
		name, at := version, "HEAD"
		if m.dir != "" {
			name, at = m.dir+"/"+version, beside
		}
		if _, err := git("tag", "-a", "-m", m.path+" "+version, name, at); err != nil {
			return err
		}
		fmt.Println("tagged", name)
	}
	return nil
}
