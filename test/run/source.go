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
}

// packages returns all packages of the module below dir that have tests, by name.
func packages(ctx context.Context, dir string) ([]pack, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-json=ImportPath,Dir,GoFiles,TestGoFiles,XTestGoFiles,Deps,TestImports,XTestImports", "./...")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("cannot list the packages: %w", err)
	}
	var all []pack
	direct := map[string][]string{} // what tests import, by package
	etcd := map[string]bool{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var listed struct {
			ImportPath, Dir                    string
			GoFiles, TestGoFiles, XTestGoFiles []string
			Deps, TestImports, XTestImports    []string
		}
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("cannot read the list of packages: %w", err)
		}
		name := strings.TrimPrefix(listed.ImportPath, module)
		etcd[name] = slices.ContainsFunc(listed.Deps, func(path string) bool { return strings.HasPrefix(path, etcdPath) })
		direct[name] = slices.Concat(listed.TestImports, listed.XTestImports)
		tests := slices.Concat(listed.TestGoFiles, listed.XTestGoFiles)
		if len(tests) == 0 {
			continue
		}
		p := pack{name: name, dir: listed.Dir}
		if p.tests, err = testsIn(listed.ImportPath, listed.Dir, listed.GoFiles, tests); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	for i := range all {
		p := &all[i]
		p.etcd = etcd[p.name] || slices.ContainsFunc(direct[p.name], func(path string) bool {
			return strings.HasPrefix(path, etcdPath) || etcd[strings.TrimPrefix(path, module)]
		})
	}
	return all, nil
}

// testsIn returns the tests of a package whose files have these names.
func testsIn(path, dir string, files, tests []string) ([]test, error) {
	var all, ofTests []*ast.File
	set := token.NewFileSet()
	for _, name := range slices.Concat(files, tests) {
		file, err := parser.ParseFile(set, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("cannot read a test: %w", err)
		}
		all = append(all, file)
		if slices.Contains(tests, name) {
			ofTests = append(ofTests, file)
		}
	}
	alone := reaching(all, path, function{machinePath, "Alone"})
	loads := reaching(ofTests, path, function{loadPath, "Run"}, function{loadPath, "RunKept"})
	var found []test
	for _, file := range ofTests {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && isTest(f.Name.Name) {
				name := f.Name.Name
				found = append(found, test{name: name, alone: alone[name], loads: loads[name]})
			}
		}
	}
	return found, nil
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
