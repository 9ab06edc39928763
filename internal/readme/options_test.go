package readme

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ofOneCall are the options of single calls, which docs/options.md leaves to the
// documentation of the call.
var ofOneCall = []string{
	"ban.CreateOptions", "blocklist.CreateOptions", "blocklist.ParseOptions",
	"account.CreateOptions", "account.SignUpOptions", "account.SuspendOptions", "account.ReinstateOptions",
	"account.DeleteOptions", "account.TokenOptions", "account.AliasOptions",
	"account.HoldOptions", "account.ApproveOptions", "account.RejectOptions",
	"account.SweepOptions", "account.ActOptions",
}

// TestEveryOptionIsOnItsPage looks for each exported field of each options struct
// in the section of docs/options.md that has the struct in its heading.
func TestEveryOptionIsOnItsPage(t *testing.T) {
	sections := strings.Split(readFile(t, "docs/options.md"), "\n## ")[1:]
	found := 0
	for name, fields := range optionStructs(t) {
		if slices.Contains(ofOneCall, name) {
			continue
		}
		found++
		_, alone, _ := strings.Cut(name, ".")
		i := slices.IndexFunc(sections, func(s string) bool {
			heading, _, _ := strings.Cut(s, "\n")
			first, _, _ := strings.Cut(heading, ".")
			return strings.Contains(heading, "`"+name+"`") ||
				strings.Contains(heading, "`"+alone+"`") && strings.TrimPrefix(first, "`") == strings.TrimSuffix(name, "."+alone)
		})
		if i < 0 {
			t.Errorf("docs/options.md has no heading with %s", name)
			continue
		}
		for _, field := range fields {
			if !strings.Contains(sections[i], "`"+field+"`") {
				t.Errorf("docs/options.md says nothing of %s.%s", name, field)
			}
		}
	}
	if found < 15 {
		t.Errorf("found only %d options structs", found)
	}
}

// optionStructs returns the exported fields of the options structs of the library.
func optionStructs(t *testing.T) map[string][]string {
	t.Helper()
	structs := make(map[string][]string)
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (slices.Contains([]string{"internal", "examples", "testdata"}, d.Name()) || strings.HasPrefix(d.Name(), ".") && name != root) {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || !spec.Name.IsExported() || !strings.HasSuffix(spec.Name.Name, "Options") {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				structs[file.Name.Name+"."+spec.Name.Name] = exportedFields(s)
			}
			return false
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return structs
}

func exportedFields(s *ast.StructType) (names []string) {
	for _, field := range s.Fields.List {
		for _, name := range field.Names {
			if name.IsExported() {
				names = append(names, name.Name)
			}
		}
	}
	return names
}
