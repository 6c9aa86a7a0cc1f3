// SPDX-License-Identifier: Apache-2.0

// Package texts holds what the product says to people against what was reviewed.
package texts

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var updateErrors = flag.Bool("update", false, "write the texts of errors as they are into testdata/errors.txt")

// sayErrors are functions that make an error from a text, or print one, and which argument
// the text is.
var sayErrors = map[string]int{
	"errors.New": 0, "fmt.Errorf": 0,
	"usage": 1, "wrong": 0, // command lines
	"malformed": 0, "nothingToCancel": 0, "unreadable": 0, // of the API
	"complain": 1, "unknown": 0,
}

// sayProblems are functions and types that are given several texts: what is wrong, and
// what would help.
var sayProblems = []string{"problem", "expected", "warn", "find", "note", "fail", "refusal", "Problem"}

// notForPeople are texts that programmers alone see, and that users of the package turn
// into words.
var notForPeople = []string{"internal/manager/fakesystemd", "internal/manager/inmemory", "fleet/sim", "fleet/store/etcdtest", "fleet/store/suite"}

// forbidden are words that say something to programmers alone, or that no operator would
// write.
var forbidden = regexp.MustCompile(`(?i)\b(mend|nobody|invalid argument|nil|EOF|unmarshal|goroutine|panic|struct|interface \{|bad request body|internal error)\b`)

// TestEveryErrorTextWasReviewed: testdata/errors.txt has every text with which the product
// says that something is wrong, so that who changes one sees it beside the others. Read the
// difference for what an operator makes of it (what, why, what to do), and then run
// go test ./test/texts -update.
func TestEveryErrorTextWasReviewed(t *testing.T) {
	const golden = "testdata/errors.txt"
	texts := errorTexts(t)
	if len(texts) < 400 {
		t.Fatalf("only %d texts were found", len(texts))
	}
	for _, text := range texts {
		if word := forbidden.FindString(text); word != "" {
			t.Errorf("%s: no one but a programmer says %q", text, word)
		}
	}
	got := strings.Join(texts, "\n") + "\n"
	if *updateErrors {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("texts of errors have changed; review them and run go test ./test/texts -update:\n%s", diff)
	}
}

// errorTexts are the texts of errors of all packages, each with its package, in order and
// each once.
func errorTexts(t *testing.T) []string {
	t.Helper()
	var texts []string
	for _, dir := range []string{"api", "cmd", "dbusctl", "fleet", "generator", "internal", "units"} {
		err := filepath.WalkDir(filepath.Join("../..", dir), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			name := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../../")
			if slices.Contains(notForPeople, name) {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					if text, ok := errorText(n); ok {
						texts = append(texts, name+": "+text)
					} else if slices.Contains(sayProblems, called(n)) {
						texts = append(texts, sentences(name, n.Args)...)
					}
				case *ast.CompositeLit:
					if made, ok := n.Type.(*ast.Ident); ok && slices.Contains(sayProblems, made.Name) {
						texts = append(texts, sentences(name, n.Elts)...)
					}
				}
				if f, ok := n.(*ast.FuncDecl); ok && f.Name.Name == "Error" && f.Recv != nil {
					texts = append(texts, methodTexts(name, f)...)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// errorText is the text of a call that makes an error.
func errorText(call *ast.CallExpr) (string, bool) {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			name = x.Name + "." + f.Sel.Name
		}
		if _, ok := sayErrors[name]; !ok {
			name = f.Sel.Name
		}
	}
	at, ok := sayErrors[name]
	if !ok || at >= len(call.Args) {
		return "", false
	}
	arg := call.Args[at]
	if inner, ok := arg.(*ast.CallExpr); ok && len(inner.Args) > 0 { // fmt.Sprintf
		arg = inner.Args[0]
	}
	text := literal(arg)
	return text, text != "" && text != "%v" && text != "%w" && text != "%s"
}

// methodTexts are the texts of which an error makes its own.
func methodTexts(name string, f *ast.FuncDecl) (texts []string) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text := literal(lit); len(text) > 3 {
				texts = append(texts, fmt.Sprintf("%s: %s", name, text))
			}
		}
		return true
	})
	return texts
}

// called is the name of the function that is called, without what it belongs to.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// sentences are those of some values that have a space in them: others are keys and names.
func sentences(name string, values []ast.Expr) (texts []string) {
	for _, v := range values {
		if pair, ok := v.(*ast.KeyValueExpr); ok {
			v = pair.Value
		}
		if inner, ok := v.(*ast.CallExpr); ok && called(inner) == "Sprintf" {
			v = inner.Args[0]
		}
		if text := literal(v); strings.Contains(text, " ") {
			texts = append(texts, name+": "+text)
		}
	}
	return texts
}

// literal is the text of a string, with … for what is only known when the program runs; ""
// if there is none in it.
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return ""
		}
		text, err := strconv.Unquote(e.Value)
		if err != nil {
			return ""
		}
		return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(text)
	case *ast.BinaryExpr:
		left, right := literal(e.X), literal(e.Y)
		if left == "" && right == "" {
			return ""
		}
		if left == "" {
			left = "…"
		}
		if right == "" {
			right = "…"
		}
		return left + right
	case *ast.ParenExpr:
		return literal(e.X)
	}
	return ""
}
