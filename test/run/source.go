// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

const (
	module      = "kresd-manager/"
	machinePath = module + "test/machine"
	loadPath    = module + "test/load"
)

// pack is a package with tests.
type pack struct {
	name  string // without the module, as in "test/e2e"
	dir   string
	tests []test // in the order of the source
	etcd  bool   // it or its tests link the client of etcd
	// concurrent is that its code, or code that it or its tests use, starts goroutines.
	concurrent bool
}

// etcdPath is the beginning of the packages of etcd.
const etcdPath = "go.etcd.io/"

// system reports whether the package is one of those that need a real systemd.
func (p pack) system() bool { return strings.HasPrefix(p.name, "test/") }

// test is a function of a package that go test runs.
type test struct {
	name string
	// alone is that it calls machine.Alone; loads, that it puts load on a server, which
	// has to be alone.
	alone, loads bool
	// starts is that it starts goroutines itself, or by functions of the tests.
	starts bool
}

// packages returns all packages of the module below dir that have tests, by name.
func packages(ctx context.Context, dir string) ([]pack, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-json=ImportPath,Dir,GoFiles,TestGoFiles,XTestGoFiles,Imports,Deps,TestImports,XTestImports", "./...")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("cannot list the packages: %w", err)
	}
	var all []pack
	direct := map[string][]string{} // what tests import, by package
	etcd := map[string]bool{}
	known := map[string]code{}
	imports := map[string][]string{} // of packages with tests, and of these
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var listed struct {
			ImportPath, Dir                    string
			GoFiles, TestGoFiles, XTestGoFiles []string
			Imports, TestImports, XTestImports []string
			Deps                               []string
		}
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("cannot read the list of packages: %w", err)
		}
		own, err := parsed(listed.Dir, listed.GoFiles)
		if err != nil {
			return nil, err
		}
		name := strings.TrimPrefix(listed.ImportPath, module)
		etcd[name] = slices.ContainsFunc(listed.Deps, func(path string) bool { return strings.HasPrefix(path, etcdPath) })
		direct[name] = slices.Concat(listed.TestImports, listed.XTestImports)
		known[listed.ImportPath] = code{slices.ContainsFunc(own, func(f *ast.File) bool { return starts(f) }), listed.Imports}
		tests, err := parsed(listed.Dir, slices.Concat(listed.TestGoFiles, listed.XTestGoFiles))
		if err != nil {
			return nil, err
		}
		if len(tests) == 0 {
			continue
		}
		p := pack{name: name, dir: listed.Dir, tests: testsIn(listed.ImportPath, own, tests)}
		imports[p.name] = slices.Concat([]string{listed.ImportPath}, listed.Imports, listed.TestImports, listed.XTestImports)
		all = append(all, p)
	}
	for i := range all {
		p := &all[i]
		p.concurrent = usesStarter(imports[p.name]) || concurrent(known, imports[p.name])
		p.etcd = etcd[p.name] || slices.ContainsFunc(direct[p.name], func(path string) bool {
			return strings.HasPrefix(path, etcdPath) || etcd[strings.TrimPrefix(path, module)]
		})
	}
	return all, nil
}

// parsed returns the files of these names in a folder.
func parsed(dir string, names []string) ([]*ast.File, error) {
	var all []*ast.File
	set := token.NewFileSet()
	for _, name := range names {
		file, err := parser.ParseFile(set, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("cannot read a test: %w", err)
		}
		all = append(all, file)
	}
	return all, nil
}

// testsIn returns the tests of a package.
func testsIn(path string, own, tests []*ast.File) []test {
	alone := reaching(slices.Concat(own, tests), path, function{machinePath, "Alone"})
	loads := reaching(tests, path, function{loadPath, "Run"}, function{loadPath, "RunKept"})
	var starting []function
	for _, file := range tests {
		for name, body := range declarations(file) {
			if starts(body) {
				starting = append(starting, function{path, name})
			}
		}
	}
	starters := reaching(tests, path, starting...)
	for _, f := range starting {
		starters[f.name] = true
	}
	var found []test
	for _, file := range tests {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && isTest(f.Name.Name) {
				name := f.Name.Name
				found = append(found, test{name: name, alone: alone[name], loads: loads[name], starts: starters[name]})
			}
		}
	}
	return found
}

// isTest reports whether go test runs a function of this name (go help testfunc). Examples
// are not looked for: a test holds that there are none in test/.
func isTest(name string) bool {
	for _, kind := range []string{"Test", "Fuzz"} {
		if rest, ok := strings.CutPrefix(name, kind); ok && name != "TestMain" {
			return rest == "" || !unicode.IsLower([]rune(rest)[0])
		}
	}
	return false
}
