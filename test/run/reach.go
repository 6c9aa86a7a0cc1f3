// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/ast"
	"strconv"
	"strings"
)

// function is a function of another package: the package's import path, and its name.
type function struct{ path, name string }

// reaching returns what in a package leads to one of the wanted functions: the names of
// functions and variables, and those of methods behind a dot. It goes by names alone, so
// it may find too many and finds every one that is called by its name.
func reaching(files []*ast.File, own string, wanted ...function) map[string]bool {
	is := map[function]bool{}
	for _, f := range wanted {
		is[f] = true
	}
	users := map[string][]string{} // who uses a name
	found := map[string]bool{}
	var todo []string
	for _, file := range files {
		imports := importsOf(file)
		for name, body := range declarations(file) {
			uses(body, imports, func(path, used string) {
				if path == "" {
					path = own
					users[used] = append(users[used], name)
				}
				if is[function{path, used}] && !found[name] {
					found[name] = true
					todo = append(todo, name)
				}
			})
		}
	}
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		for _, user := range users[name] {
			if !found[user] {
				found[user] = true
				todo = append(todo, user)
			}
		}
	}
	return found
}

// importsOf returns import paths by the names that a file has for them.
func importsOf(file *ast.File) map[string]string {
	imports := map[string]string{}
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the compiler says so, too
		}
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imports[name] = path
	}
	return imports
}

// declarations returns what a file declares at its top, by name.
func declarations(file *ast.File) map[string]ast.Node {
	all := map[string]ast.Node{}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil {
				all["."+d.Name.Name] = d
			} else {
				all[d.Name.Name] = d
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if values, ok := spec.(*ast.ValueSpec); ok {
					for _, name := range values.Names {
						all[name.Name] = values
					}
				}
			}
		}
	}
	return all
}

// uses calls f for every name that is used in a node: with the path of the package that it
// is of, or without one if it is of the node's own.
func uses(node ast.Node, imports map[string]string, f func(path, name string)) {
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && imports[x.Name] != "" {
				f(imports[x.Name], n.Sel.Name)
			} else {
				f("", "."+n.Sel.Name)
				uses(n.X, imports, f)
			}
			return false
		case *ast.KeyValueExpr:
			uses(n.Value, imports, f) // a key may be a field
			return false
		case *ast.Ident:
			f("", n.Name)
		}
		return true
	})
}
