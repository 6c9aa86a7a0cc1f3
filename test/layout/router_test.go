// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The router of routes is someone else's, and is used through one file: which
// one it is can be read there, and nowhere else need it be known.
func TestTheRouterIsUsedThroughOneFile(t *testing.T) {
	var users []string
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			if i.Path.Value == `"github.com/gorilla/mux"` {
				users = append(users, filepath.ToSlash(path))
			}
		}
		return nil
	})
	if want := []string{"../../api/router.go"}; err != nil || !slices.Equal(users, want) {
		t.Errorf("the router is used by %q, want %q: %v", users, want, err)
	}
}
