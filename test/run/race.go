// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/ast"
	"slices"
	"strings"
)

// The race detector makes tests several times slower, and finds something only where there
// are two goroutines. Packages whose code starts none, and uses none that does, are tested
// without it, but for those of their tests that start some themselves.

// starters are packages, by the beginnings of their paths, that start goroutines for those
// who use them.
var starters = []string{
	"net/http", "net/rpc", "os/exec", "os/signal", "golang.org/x/sync", "github.com/godbus", "github.com/coreos",
	"github.com/fsnotify", "github.com/gorilla", "github.com/rogpeppe/go-internal/testscript", "go.etcd.io", "google.golang.org/grpc",
}

// startNames are functions and methods that run what they are given in a goroutine of its
// own: of sync.WaitGroup and errgroup.Group, of time and context, and of testing.T.
var startNames = []string{"Go", "AfterFunc", "Parallel"}

// starts reports whether code starts a goroutine itself.
func starts(code ast.Node) bool {
	found := false
	ast.Inspect(code, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = true
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && slices.Contains(startNames, f.Sel.Name) {
				found = true
			}
		}
		return !found
	})
	return found
}

// usesStarter reports whether one of the imports starts goroutines.
func usesStarter(imports []string) bool {
	return slices.ContainsFunc(imports, func(path string) bool {
		return slices.ContainsFunc(starters, func(s string) bool { return path == s || strings.HasPrefix(path, s+"/") })
	})
}

// code is what the code of a package, without its tests, does and imports.
type code struct {
	starts  bool
	imports []string
}

// concurrent reports whether one of the packages starts goroutines, or what they import
// does. Those of ours that are not in known, which are of another module, are taken to.
func concurrent(known map[string]code, paths []string) bool {
	seen := map[string]bool{}
	for todo := slices.Clone(paths); len(todo) > 0; {
		path := todo[0]
		todo = todo[1:]
		if !strings.HasPrefix(path, module) || seen[path] {
			continue
		}
		seen[path] = true
		s, ok := known[path]
		if !ok || s.starts || usesStarter(s.imports) {
			return true
		}
		todo = append(todo, s.imports...)
	}
	return false
}

// racing is tests that run in one way.
type racing struct {
	detector bool
	packs    []pack
	tests    []string // these alone, if any are named
}

// races divides packages into those that are tested with the race detector, those that are
// tested without, and the tests of these that start goroutines, with the detector.
func races(packs []pack) []racing {
	with, without, some := racing{detector: true}, racing{}, racing{detector: true}
	for _, p := range packs {
		if p.concurrent {
			with.packs = append(with.packs, p)
			continue
		}
		without.packs = append(without.packs, p)
		before := len(some.tests)
		for _, t := range p.tests {
			if t.starts {
				some.tests = append(some.tests, t.name)
			}
		}
		if len(some.tests) > before {
			some.packs = append(some.packs, p)
		}
	}
	return slices.DeleteFunc([]racing{with, without, some}, func(r racing) bool { return len(r.packs) == 0 })
}
