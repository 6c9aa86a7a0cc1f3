// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// phrases are words that no operator would write, with what to write in their place.
var phrases = []struct{ found, instead string }{
	{`\bnobody('s)?\b`, "no one"},
	{`\bsomebody('s)?\b`, "who it is: an administrator, another process"},
	{`\b(every|any)body('s)?\b`, "everyone, anyone"},
	{`\b(un)?mend(s|ed|ing)?\b`, "fix, repair"},
	{`\bof (one's|ones|someone's) own\b`, "custom, your own"},
	{`\bone's own\b`, "your own, its own"},
	{`\bserved its time\b`, "no longer needed"},
	{`\b(is|are|was|were) told (on|in|as|at|by|there|here|already|with|of in)\b`, "is reported"},
	{`\bwhich is told\b`, "which is reported"},
	{`\btells (of|when|from when|at the end)\b`, "reports, says"},
	{`\bthe state of the whole\b`, "the overall state"},
	{`\bexcludes? each other\b`, "cannot be combined"},
	{`(\b(it|that|which)|%s|%q) is no (address|index|list|name|number|port|priority|socket|time|token)\b`, "is not a"},
	{`\bfor who (is|are|has|uses?|wants?)\b`, "for those who"},
	{`\bfrom of old\b|\bof late\b|\bhereby\b|\btherein\b|\bthereof\b|\bwherein\b|\bwhereof\b`, "plain words"},
}

// patterns are the phrases, compiled.
var patterns = func() (all []*regexp.Regexp) {
	for _, p := range phrases {
		all = append(all, regexp.MustCompile(`(?i)`+p.found))
	}
	return all
}()

// translated returns what of a text no operator would write, and what to write instead.
func translated(text string) (found []string) {
	text = regexp.MustCompile(`\s+`).ReplaceAllString(text, " ")
	for i, p := range patterns {
		if m := p.FindString(text); m != "" {
			found = append(found, fmt.Sprintf("%q: write %s", m, phrases[i].instead))
		}
	}
	return found
}

// TestTextsAreWrittenAsOperatorsWrite looks for those phrases in what people read:
// documents, and strings and tags of the programs, which are help, errors and logs.
func TestTextsAreWrittenAsOperatorsWrite(t *testing.T) {
	for path, text := range documents(t) {
		for _, found := range translated(text) {
			t.Errorf("%s: %s", path, found)
		}
	}
	strings := 0
	for _, folder := range []string{"api", "cmd", "dbusctl", "fleet", "generator", "internal", "units"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || bytes.HasSuffix([]byte(path), []byte("_test.go")) {
				return err
			}
			n := checkStrings(t, path)
			strings += n
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if strings < 5000 {
		t.Errorf("only %d strings are looked at", strings)
	}
	for _, folder := range []string{"systemd", "tmpfiles.d", "sysusers.d", "sysctl.d", "polkit-1", "share", "deb"} {
		err := filepath.WalkDir(filepath.Join(root, "packaging", folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			for _, found := range translated(string(text)) {
				t.Errorf("%s: %s", path, found)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// checkStrings looks at each string of a source file, and returns how many there are.
func checkStrings(t *testing.T, path string) (n int) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(node ast.Node) bool {
		literal, ok := node.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		n++
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range translated(text) {
			t.Errorf("%s: %s", strings.TrimPrefix(set.Position(literal.Pos()).String(), root+"/"), found)
		}
		return true
	})
	return n
}

func TestTranslatedWordsAreFound(t *testing.T) {
	for text, want := range map[string]int{
		"no one listens there":                         0,
		"nobody listens there":                         1,
		"every edit is told on\nstandard error":        1,
		"workers are told of the rules":                0,
		"we recommend it, and the appended line stays": 0,
		"mend it with Lua of one's own":                3,
		"Somebody else has stopped it":                 1,
		"there is no port; -c and -s cannot be used":   0,
		"%q is no port; -c and -s exclude each other":  2,
	} {
		if got := translated(text); len(got) != want {
			t.Errorf("%q: found %q, want %d", text, got, want)
		}
	}
}
