// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kresd-manager/api"
)

// Closed sets of words are in the description with all their words, so that what is made
// of it knows them.
func TestClosedSetsAreDescribed(t *testing.T) {
	text, err := api.Description("test")
	if err != nil {
		t.Fatal(err)
	}
	sets := map[string]bool{} // the words of each set, sorted
	var look func(any)
	look = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if words, ok := v["enum"].([]any); ok {
				var all []string
				for _, w := range words {
					if s, ok := w.(string); ok {
						all = append(all, s)
					}
				}
				slices.Sort(all)
				sets[strings.Join(all, " ")] = true
			}
			for _, inner := range v {
				look(inner)
			}
		case []any:
			for _, inner := range v {
				look(inner)
			}
		}
	}
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	look(document)
	declared := map[string][]string{} // by type
	files, err := filepath.Glob("../units/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) == 0 {
				return true
			}
			of, typed := spec.Type.(*ast.Ident)
			word, literal := spec.Values[0].(*ast.BasicLit)
			if typed && literal && word.Kind == token.STRING {
				if s, err := strconv.Unquote(word.Value); err == nil {
					declared[of.Name] = append(declared[of.Name], s)
				}
			}
			return true
		})
	}
	if len(declared) < 8 {
		t.Fatalf("%v", declared)
	}
	for name, words := range declared {
		slices.Sort(words)
		if !sets[strings.Join(words, " ")] {
			t.Errorf("no set in the description has the words of units.%s: %q", name, words)
		}
	}
}
