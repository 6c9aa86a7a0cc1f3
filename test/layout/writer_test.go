// SPDX-License-Identifier: Apache-2.0

package layout

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

// writers are files that may write without internal/durable, with the reason.
var writers = map[string]string{
	"cmd/kresd-component/start.go": "an empty mark in a directory that ends with the unit",
	"cmd/kresd-generator/child.go": "a file of the kernel",

	"fleet/agent/prepare.go": "what was fetched, and is looked at by its digest whenever it is used",

	"fleet/store/etcdtest/etcdtest.go": "files of a test, which end with it",

	"internal/editor/editor.go": "a directory of its own for a text that is edited",

	"internal/manager/inmemory/machine.go": "files of a test, which end with it",
}

// TestOneWriter finds what writes a file past internal/durable: not flushed, not
// whole, or with another owner than before.
func TestOneWriter(t *testing.T) {
	calls := []string{"os.WriteFile", "os.Create", "os.CreateTemp", "os.MkdirTemp", "os.Rename", "os.Symlink", "os.Link",
		"unix.Rename", "unix.Renameat", "unix.Renameat2", "unix.Symlink", "unix.Symlinkat", "unix.Link", "unix.Linkat",
		"syscall.Rename", "syscall.Symlink", "syscall.Link", "ioutil.WriteFile"}
	found := map[string]bool{}
	files := 0
	for _, top := range []string{"api", "cmd", "dbusctl", "fleet", "generator", "internal", "packaging", "units"} {
		err := filepath.WalkDir("../../"+top, func(path string, d fs.DirEntry, err error) error {
			name := strings.TrimPrefix(path, "../../")
			if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "internal/durable/") {
				return err
			}
			files++
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := s.X.(*ast.Ident)
				if ok && slices.Contains(calls, x.Name+"."+s.Sel.Name) {
					found[name] = true
					if writers[name] == "" {
						t.Errorf("%s uses %s.%s: internal/durable writes all files", name, x.Name, s.Sel.Name)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range writers {
		if !found[name] {
			t.Errorf("%s writes nothing any more", name)
		}
	}
	if files < 100 {
		t.Errorf("only %d files were looked at", files)
	}
}
