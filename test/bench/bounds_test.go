// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestEveryRowWithABudgetHasAReason finds the rows with a budget in the source: each must have a
// sentence that says what bounds it while the budget is missed.
func TestEveryRowWithABudgetHasAReason(t *testing.T) {
	// Names that no literal begins.
	named := map[string][]string{
		"nameOf(name, n)":        {nameOf("count", 16)},
		"c.what":                 {"validate a file of 20 lines"},
		"t.name+what":            {"TCP, connections that are kept: cut per 1,000 queries", "DoT, connections with keepalive: cut per 1,000 queries"},
		"strings.Replace":        {"DoT, connections that are kept: refused or reset"},
		`t.name+", a connection`: {"DoH, a connection for each query: refused, reset or lost"},
	}
	for _, name := range kindNames() {
		named["nameOf(name, n)"] = append(named["nameOf(name, n)"], nameOf(name, 4))
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || method.Sel.Name != "add" && method.Sel.Name != "addTo" {
				return true
			}
			args := call.Args
			if method.Sel.Name == "addTo" {
				args = args[1:]
			}
			if len(args) < 3 || file == "row.go" { // no budget
				return true
			}
			rows++
			whats := []string{literal(args[0])}
			if whats[0] == "" {
				at := fset.Position(args[0].Pos())
				source := lineOf(t, file, at.Line)
				for part, names := range named {
					if strings.Contains(source, part) {
						whats = names
					}
				}
			}
			for _, what := range whats {
				found := boundOf(what) != ""
				for _, b := range bounds { // a name that ends where a number begins
					found = found || what != "" && strings.HasPrefix(b.what, what)
				}
				if !found {
					t.Errorf("%v: nothing says what bounds %q when it is over budget", fset.Position(call.Pos()), what)
				}
			}
			return true
		})
	}
	if rows < 30 {
		t.Errorf("only %d rows with a budget were found", rows)
	}
}

// literal is the text that an expression begins with, up to the first verb of a format.
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value)
		text, _, _ = strings.Cut(text, "%")
		return text
	case *ast.BinaryExpr:
		return literal(e.X)
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" {
			return literal(e.Args[0])
		}
	}
	return ""
}

func lineOf(t *testing.T, file string, n int) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "\n")[n-1]
}

// A row that misses its budget for a reason that no one knows fails the run for that, too.
func TestARowOverBudgetWithoutAReasonIsSaid(t *testing.T) {
	d := measured()
	err := d.judge()
	if err == nil || !strings.Contains(err.Error(), "nothing says what bounds \"a start\"") || strings.Contains(err.Error(), "bounds \"GET") {
		t.Errorf("%v", err)
	}
}

// Where a peer is better than ours, the page names it and the reason, in every row.
func TestEveryRowOfPeersHasAReason(t *testing.T) {
	whats := []string{peerMemory}
	for _, e := range peerEvents {
		whats = append(whats, e.rows()...)
	}
	for _, what := range whats {
		r := result{Section: peers, What: what, Samples: map[string]sample{"here": {2}, "bind": {1}, "dnsmasq": {3}, "stock": {1, 1, 9}}}
		got := r.behind()
		if why, ok := strings.CutPrefix(got, "better than here: stock; bind. The reason: "); !ok || why == "" {
			t.Errorf("%s: %q", what, got)
		}
		r.Samples["here"] = sample{0}
		if got := r.behind(); got != "" {
			t.Errorf("%s, where no one is better: %q", what, got)
		}
	}
	if text := measured().pages()["benchmarks.md"]; !strings.Contains(text, "\n- until a new local name is answered, better than here: bind. The reason: they change the tables") {
		t.Errorf("it is missing in\n%s", text)
	}
}
