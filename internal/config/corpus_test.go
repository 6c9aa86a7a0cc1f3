// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The corpus is small documents, in one archive for each part of the model.
// After a document stands what is said about it, idle keys aside. The name says
// what must become of it:
//
//	good-…  accepted, also by both schemas
//	ours-…  accepted; has keys that Knot Resolver has not
//	type-…  refused, also by both schemas
//	bad-…   refused by a rule that is beyond schemas
func TestCorpus(t *testing.T) {
	archives, err := filepath.Glob(filepath.Join("testdata", "corpus", "*.txtar"))
	if err != nil || len(archives) == 0 {
		t.Fatal("there is no corpus")
	}
	ours, theirs := compileSchema(t, Schema()), compileSchema(t, upstreamSchema(t))
	documents := 0
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var got txtar.Archive
			got.Comment = archive.Comment
			for _, file := range archive.Files {
				name, isDocument := strings.CutSuffix(file.Name, ".yaml")
				if !isDocument {
					continue
				}
				documents++
				got.Files = append(got.Files, file)
				said := checkCorpus(t, file, ours, theirs)
				if said != "" {
					got.Files = append(got.Files, txtar.File{Name: name + ".txt", Data: []byte(said + "\n")})
				}
			}
			golden(t, path, string(txtar.Format(&got)))
		})
	}
	if documents < 150 {
		t.Errorf("only %d documents", documents)
	}
}

// checkCorpus holds one document to its name, and gives what is said about it.
func checkCorpus(t *testing.T, file txtar.File, ours, theirs *jsonschema.Schema) string {
	t.Helper()
	d, err := Parse("c", file.Data)
	if err != nil {
		if !strings.HasPrefix(file.Name, "bad-") {
			t.Errorf("%s: %v", file.Name, err)
		}
		return err.Error()
	}
	_, said := d.Check(testHost)
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(d.JSON()))
	if err != nil {
		t.Fatal(err)
	}
	good, byOurs, byTheirs := said.Errors() == nil, ours.Validate(instance) == nil, theirs.Validate(instance) == nil
	kind, _, _ := strings.Cut(file.Name, "-")
	want := map[string][]bool{
		"good": {true, true, true}, "ours": {true, true, false}, "type": {false, false, false}, "bad": {false, byOurs, byTheirs},
	}[kind]
	if diff := cmp.Diff(want, []bool{good, byOurs, byTheirs}); diff != "" {
		t.Errorf("%s: accepted here, by our schema, by theirs: %s\n%v %v", file.Name, diff, said, ours.Validate(instance))
	}
	return said.Error()
}

func compileSchema(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("test:schema", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("test:schema")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// upstreamSchema is a schema of what upstreamKeys tells. Unlike the original
// it refuses unknown and missing keys, and empty lists, as Knot Resolver does.
func upstreamSchema(t *testing.T) []byte {
	t.Helper()
	root := map[string]any{"type": "object"}
	for _, k := range upstreamKeys(t) {
		tokens := strings.Split(k.pointer[1:], "/")
		at := root
		for _, token := range tokens[:len(tokens)-1] {
			if token == "*" {
				at = objectOf(at["items"].(map[string]any))
			} else {
				at = at["properties"].(map[string]any)[token].(map[string]any)
			}
		}
		name := tokens[len(tokens)-1]
		if at["properties"] == nil {
			at["properties"], at["additionalProperties"] = make(map[string]any), false
		}
		at["properties"].(map[string]any)[name] = k.fragment
		walkScalars(k.fragment, func(s map[string]any) {
			if s["items"] != nil {
				s["minItems"] = 1
			}
		})
		if inList := len(tokens) > 1 && tokens[len(tokens)-2] == "*"; inList && k.def == "" && k.fragment["type"] != "object" {
			required, _ := at["required"].([]string)
			at["required"] = append(required, name)
		}
	}
	text, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// objectOf is the alternative that is an object, or the schema itself.
func objectOf(s map[string]any) map[string]any {
	alternatives, _ := s["anyOf"].([]any)
	for _, a := range alternatives {
		if a := a.(map[string]any); a["type"] == "object" {
			return a
		}
	}
	return s
}
