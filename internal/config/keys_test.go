// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kresd-manager/internal/config/tree"
)

func TestEveryKeyIsDeclaredCompletely(t *testing.T) {
	var walk func(p *plan, under string)
	walk = func(p *plan, under string) {
		for _, k := range p.keys {
			at := under + "/" + k.name
			if !strings.HasSuffix(k.doc, ".") || k.doc[0] < 'A' || k.doc[0] > 'z' {
				t.Errorf("%s: the doc is no sentence: %q", at, k.doc)
			}
			known := 0
			for _, has := range []bool{k.def != nil, k.derived != "", k.required, k.shape.form == section,
				k.shape.optional && k.def == nil && k.derived == ""} {
				if has {
					known++
				}
			}
			if known != 1 {
				t.Errorf("%s: exactly one of default, derived, required and optional is needed", at)
			}
			if strings.ToLower(k.name) != k.name || strings.ContainsAny(k.name, "_ ") {
				t.Errorf("%s: keys are lower case with dashes", at)
			}
			if slices.Contains(removed, at) {
				t.Errorf("%s is declared, and listed in renamed.go", at)
			}
			if k.shape.plan != nil {
				walk(k.shape.plan, at)
			} else if k.shape.elem != nil && k.shape.elem.plan != nil {
				walk(k.shape.elem.plan, at+"/*")
			}
		}
	}
	walk(configPlan(), "")
}

// Renamed keys lead to keys that exist.
func TestRenamedKeysLeadSomewhere(t *testing.T) {
	declared := make(map[string]bool)
	for _, k := range Keys() {
		declared[k.Pointer] = true
	}
	seen := make(map[string]bool)
	for _, r := range Renames() {
		if !declared[r.New] {
			t.Errorf("%s leads to %s, which is no key", r.Old, r.New)
		}
		seenOld(t, r.Old, declared, seen)
	}
	for _, old := range Removed() {
		seenOld(t, old, declared, seen)
	}
	for old, want := range map[string]string{
		"/defer/enabled":        "/defer/enable", // a name in the same section
		"/logging/dnssec-bogus": "/dnssec/log-bogus",
		"/dns64/rev-ttl":        "/dns64/reverse-ttl", // two names of one key
		"/dns64/rev_ttl":        "/dns64/reverse-ttl",
	} {
		if !slices.Contains(Renames(), Rename{old, want}) {
			t.Errorf("%s does not lead to %s", old, want)
		}
	}
	if !slices.IsSortedFunc(Renames(), func(a, b Rename) int {
		return strings.Compare(filepath.Dir(a.Old), filepath.Dir(b.Old))
	}) {
		t.Errorf("not sorted: %v", Renames())
	}
}

// seenOld checks an old name: it is no key of today, nor told twice, and its
// parts are those of a pointer.
func seenOld(t *testing.T, old string, declared, seen map[string]bool) {
	t.Helper()
	if declared[old] {
		t.Errorf("%s is a key", old)
	}
	if seen[old] {
		t.Errorf("%s is told twice", old)
	}
	seen[old] = true
	if tokens, err := tree.SplitPointer(old); err != nil || slices.Contains(tokens, "") {
		t.Errorf("%s is no pointer to a key", old)
	}
}

func TestSchemaKnowsEveryKey(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	for _, k := range Keys() {
		at := any(schema)
		for token := range strings.SplitSeq(k.Pointer[1:], "/") {
			if at = schemaMember(at, token); at == nil {
				t.Errorf("%s is not in the schema", k.Pointer)
				break
			}
		}
		if s, ok := at.(map[string]any); ok && s["description"] != k.Doc {
			t.Errorf("%s: the description is %v", k.Pointer, s["description"])
		}
	}
	listen := schemaMember(schemaMember(schema, "network"), "listen")
	if kind := schemaMember(schemaMember(listen, "*"), "kind").(map[string]any); kind["default"] != "dns" || len(kind["enum"].([]any)) != 7 {
		t.Errorf("the schema of kind: %v", kind)
	}
	closed := strings.Count(string(Schema()), `"additionalProperties": false`)
	if objects := strings.Count(string(Schema()), `"properties":`); objects != closed || objects < 10 {
		t.Errorf("%d objects, %d of them closed", objects, closed)
	}
}

// schemaMember is the schema of a member, whichever alternative has it.
func schemaMember(schema any, token string) any {
	s, _ := schema.(map[string]any)
	if properties, ok := s["properties"].(map[string]any); ok && properties[token] != nil {
		return properties[token]
	}
	for _, all := range []string{"items", "additionalProperties"} {
		if inner, ok := s[all].(map[string]any); ok && token == "*" {
			return inner
		}
	}
	alternatives, _ := s["anyOf"].([]any)
	for _, alternative := range alternatives {
		if found := schemaMember(alternative, token); found != nil {
			return found
		}
	}
	return nil
}

const (
	generatedStart = "<!-- Generated from internal/config/model*.go; `go test ./internal/config -update` writes it again. -->\n"
	generatedEnd   = "<!-- End of the generated part. -->\n"
)

// docs/configuration.md says of every key what its declaration says.
func TestReferenceDocumentationIsUpToDate(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "configuration.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), generatedStart)
	_, after, ok2 := strings.Cut(rest, generatedEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has lost the lines around its generated part", path)
	}
	golden(t, path, before+generatedStart+referenceTables()+generatedEnd+after)
}

// The example of the documentation is a configuration.
func TestDocumentationExampleIsValid(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "```yaml\n")
	example, _, ok2 := strings.Cut(rest, "```\n")
	if !ok || !ok2 {
		t.Fatal("there is no example")
	}
	if c := mustConfig(t, example); c.Network.TLS.CertFile != "/etc/knot-resolver/server.pem" {
		t.Errorf("got %+v", c)
	}
}

// referenceTables is one table for each top-level key that is a section, after
// one for the keys that are none.
func referenceTables() string {
	const head = "| Key | Type | Default | Meaning |\n| --- | --- | --- | --- |\n"
	var top, sections strings.Builder
	under := ""
	for _, k := range Keys() {
		if strings.Count(k.Pointer, "/") == 1 {
			under = ""
			if k.Type.Form == KeyObject || k.Type.Name == "list?" || k.Type.Name == "map<name,object>?" {
				under = k.Pointer
				sections.WriteString("\n### `" + k.Pointer[1:] + "`\n\n" + k.Doc + oursWords(k) + "\n\n" + head)
				continue
			}
		}
		b := &top
		name := k.Pointer[1:]
		if under != "" {
			b, name = &sections, strings.TrimPrefix(k.Pointer, under+"/")
		}
		b.WriteString("| `" + strings.ReplaceAll(name, "*", "[]") + "` | " + typeWords(k) + " | " + defaultWords(k) + " | " + strings.ReplaceAll(k.Doc, "|", `\|`) + oursWords(k) + " |\n")
	}
	return "\n### Top level\n\n" + head + top.String() + sections.String() + "\n"
}

// Every type that is declared is explained.
func TestTypesAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "## Types\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, k := range Keys() {
		for word := range strings.FieldsFuncSeq(k.Type.Name, func(c rune) bool { return strings.ContainsRune("<>?,| !", c) }) {
			word = strings.TrimRight(word, "=0123456789.")
			if k.Type.Form == KeyObject || k.Type.Form == KeyScalar && k.Type.Grammar == "enum" || word == "" || word == "object" || word == "list" || word == "log-group" {
				continue
			}
			if !strings.Contains(table, "`"+word) && k.Type.Grammar != "enum" {
				t.Errorf("%s: the type %s is not explained", k.Pointer, word)
			}
		}
	}
}

func oursWords(k KeyInfo) string {
	if k.Ours && (k.Type.Form == KeyObject || strings.Count(k.Pointer, "/") == 1 || strings.HasPrefix(k.Pointer, "/management/") && strings.Count(k.Pointer, "/") == 2) {
		return " *Not a key of Knot Resolver.*"
	}
	return ""
}

func typeWords(k KeyInfo) string {
	words := strings.TrimSuffix(k.Type.Name, "?")
	switch {
	case words == "list":
		words = "list of objects"
	case words == "log-group":
		words = "enum" + logGroups
	}
	return "`" + strings.ReplaceAll(words, "|", `\|`) + "`"
}

func defaultWords(k KeyInfo) string {
	switch {
	case k.Required:
		return "required"
	case k.Type.Form == KeyObject:
		return ""
	case k.Derived != "":
		return k.Derived
	case k.Default == "":
		return "not set"
	}
	var word string
	if json.Unmarshal([]byte(k.Default), &word) == nil {
		return "`" + word + "`"
	}
	return "`" + k.Default + "`"
}
