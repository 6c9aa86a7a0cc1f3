// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// upstreamKey is what Knot Resolver's own schema says of a key.
type upstreamKey struct {
	pointer  string
	fragment map[string]any
	def      string // JSON
}

func upstreamKeys(t *testing.T) []upstreamKey {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "upstream", "keys.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var keys []upstreamKey
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		k := upstreamKey{pointer: fields[0]}
		if err := json.Unmarshal([]byte(fields[1]), &k.fragment); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if len(fields) > 2 {
			k.def = fields[2]
		}
		keys = append(keys, k)
	}
	return keys
}

// intended are the differences from Knot Resolver's schema that were chosen.
var intended = map[string]string{
	"/management/unix-socket default":  "theirs is the default of the section",
	"/monitoring/graphite/tcp default": "theirs is not looked at: it is TCP in any case",
	"/network/listen default":          "ours is as one would write it, theirs as it is resolved",
}

func TestSchemaAgreesWithKnotResolver(t *testing.T) {
	ours := make(map[string]KeyInfo)
	for _, k := range Keys() {
		ours[k.Pointer] = k
	}
	var schema map[string]any
	if err := json.Unmarshal(Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	differ := func(pointer, what string, theirs, mine any) {
		if diff := cmp.Diff(theirs, mine); diff != "" && intended[pointer+" "+what] == "" {
			t.Errorf("%s: another %s:\n%s", pointer, what, diff)
		} else if diff == "" && intended[pointer+" "+what] != "" {
			t.Errorf("%s: the %s is the same, and listed as different", pointer, what)
		}
	}
	theirs := make(map[string]bool)
	for _, k := range upstreamKeys(t) {
		theirs[k.pointer] = true
		mine, known := ours[k.pointer]
		if !known {
			t.Errorf("%s is not declared", k.pointer)
			continue
		}
		if mine.Ours {
			t.Errorf("%s is declared as a key of our own", k.pointer)
		}
		at := any(schema)
		for token := range strings.SplitSeq(k.pointer[1:], "/") {
			at = schemaMember(at, token)
		}
		differ(k.pointer, "set of words", words(k.fragment), words(at))
		differ(k.pointer, "range", bounds(k.fragment), bounds(at))
		def := mine.Default
		if def == "" && !mine.Required && mine.Type.Form != KeyObject {
			def = "null"
		}
		differ(k.pointer, "default", normalJSON(t, k.def), normalJSON(t, def))
	}
	for _, k := range Keys() {
		if !k.Ours && !theirs[k.Pointer] {
			t.Errorf("%s is not a key of Knot Resolver, and not declared as ours", k.Pointer)
		}
	}
}

// walkScalars visits the alternatives and elements of a schema, not the members
// of objects.
func walkScalars(schema any, visit func(s map[string]any)) {
	s, ok := schema.(map[string]any)
	if !ok {
		return
	}
	visit(s)
	walkScalars(s["items"], visit)
	alternatives, _ := s["anyOf"].([]any)
	for _, a := range alternatives {
		walkScalars(a, visit)
	}
}

// words is all strings that a schema lists.
func words(schema any) []string {
	var all []string
	walkScalars(schema, func(s map[string]any) {
		listed, _ := s["enum"].([]any)
		for _, word := range append(listed, s["const"]) {
			if word, ok := word.(string); ok {
				all = append(all, word)
			}
		}
	})
	slices.Sort(all)
	return all
}

func bounds(schema any) []string {
	var all []string
	walkScalars(schema, func(s map[string]any) {
		for _, name := range []string{"minimum", "maximum"} {
			if s[name] != nil && s[name] != float64(1<<63-1) {
				all = append(all, fmt.Sprint(name, " ", s[name]))
			}
		}
	})
	slices.Sort(all)
	return all
}

func normalJSON(t *testing.T, text string) any {
	t.Helper()
	if text == "" {
		return nil
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
