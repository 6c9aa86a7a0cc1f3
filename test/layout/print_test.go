// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// besides says which file may use a stream directly, and why.
var besides = map[string]string{
	"cmd/kresd-component/start.go": "a component has the streams of its unit, as any service",
	"fleet/cmd/kres-fleet/lock.go": "a command that is run has the terminal",
}

// printers are what writes beside the streams that a function was given.
var printers = map[string][]string{
	"fmt":     {"Print", "Printf", "Println"},
	"os":      {"Stdout", "Stderr", "NewFile"},
	"syscall": {"Write"},
	"unix":    {"Write"},
}

// editors is what hands the terminal to an editor, and prints nothing itself.
const editors = "internal/editor/editor.go"

// TestNothingPrintsBesideTheWriters holds all programs to internal/visible: the
// standard streams are wrapped in main and used nowhere else, and only there are
// escape sequences made.
func TestNothingPrintsBesideTheWriters(t *testing.T) {
	const root = "../.."
	wrapped, files := 0, 0
	for _, top := range []string{"api", "cmd", "dbusctl", "fleet", "generator", "internal", "units"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			name, err := filepath.Rel(root, path)
			if err != nil || besides[name] != "" || strings.HasPrefix(name, "internal/visible/") ||
				strings.HasPrefix(name, "internal/durable/") { // it writes files, and to a terminal what its caller made for one

				return err
			}
			files++
			n, err := checkPrinting(t, path, name)
			wrapped += n
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// Six programs, each with both streams.
	if files < 200 || wrapped != 12 {
		t.Errorf("%d files were looked at, and %d streams are wrapped", files, wrapped)
	}
}

// checkPrinting looks at one file and returns how many streams it wraps.
func checkPrinting(t *testing.T, path, name string) (wrapped int, err error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return 0, err
	}
	fail := func(n ast.Node, what string) {
		t.Errorf("%s:%d: %s: what people read goes through internal/visible and internal/present", name, set.Position(n.Pos()).Line, what)
	}
	for _, i := range file.Imports {
		if p := i.Path.Value; p == `"log"` || p == `"text/tabwriter"` {
			fail(i, "imports "+p)
		}
	}
	fine := make(map[ast.Node]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if is(n.Fun, "visible", "NewWriter") && len(n.Args) == 1 && (is(n.Args[0], "os", "Stdout") || is(n.Args[0], "os", "Stderr")) {
				fine[n.Args[0]] = true
				wrapped++
			}
			if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "print" || id.Name == "println") {
				fail(n, id.Name)
			}
		case *ast.SelectorExpr:
			for pkg, names := range printers {
				for _, p := range names {
					if is(n, pkg, p) && !fine[n] {
						fail(n, pkg+"."+p)
					}
				}
			}
		case *ast.BasicLit:
			if n.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(n.Value)
			if err != nil || strings.Contains(text, "\x1b[") || strings.HasPrefix(text, "/dev/std") || strings.HasPrefix(text, "/dev/tty") && name != editors {
				fail(n, n.Value)
			}
		}
		return true
	})
	return wrapped, nil
}

func is(n ast.Node, pkg, name string) bool {
	s, ok := n.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != name {
		return false
	}
	id, ok := s.X.(*ast.Ident)
	return ok && id.Name == pkg
}
