// SPDX-License-Identifier: Apache-2.0

package render

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"go.yaml.in/yaml/v4"
)

// effectsFile says of itself what is in it.
const effectsFile = "testdata/effects.yaml"

// effect is one record of the file.
type effect struct {
	Key    string
	Acts   string
	When   string
	Live   string
	Change map[string]any

	before, after []byte // documents in JSON
}

// readEffects gives the records, each with its documents.
func readEffects(t *testing.T) []effect {
	t.Helper()
	text, err := os.ReadFile(effectsFile)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Common map[string]any
		Groups []struct {
			Base    map[string]any
			Changes []effect
		}
	}
	if err := yaml.Load(text, &file, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	var all []effect
	for _, g := range file.Groups {
		doc := merge(t, merge(t, []byte("{}"), file.Common), g.Base)
		for _, e := range g.Changes {
			e.before, e.after = doc, merge(t, doc, e.Change)
			doc = e.after
			all = append(all, e)
		}
	}
	return all
}

func merge(t *testing.T, doc []byte, change map[string]any) []byte {
	t.Helper()
	patch, err := json.Marshal(change)
	if err != nil {
		t.Fatal(err)
	}
	merged, err := jsonpatch.MergePatch(doc, patch)
	if err != nil {
		t.Fatal(err)
	}
	return merged
}

// valuesAt gives the JSON of what is at a pointer, where * is every index.
func valuesAt(t *testing.T, doc []byte, pointer string) []string {
	t.Helper()
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatal(err)
	}
	at := []any{v}
	for name := range strings.SplitSeq(pointer[1:], "/") {
		var next []any
		for _, v := range at {
			switch v := v.(type) {
			case map[string]any:
				if inner, ok := v[name]; ok {
					next = append(next, inner)
				} else if name == "*" { // keys of one's own
					for _, k := range slices.Sorted(maps.Keys(v)) {
						next = append(next, v[k])
					}
				}
			case []any:
				if name == "*" {
					next = append(next, v...)
				}
			}
		}
		at = next
	}
	var texts []string
	for _, v := range at {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(b))
	}
	return texts
}

// orderly reports whether a list of words is made of those that there are, in
// their order, and none twice.
func orderly(acts string) bool {
	last := -1
	words := []string{"workers", "rules", "gc", "components", "count", "limits"}
	for word := range strings.SplitSeq(acts, " ") {
		i := slices.Index(words, word)
		if i <= last {
			return acts == "no one"
		}
		last = i
	}
	return true
}
