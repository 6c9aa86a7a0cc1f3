// SPDX-License-Identifier: Apache-2.0

package types

import (
	"strings"
	"testing"
)

func TestTypeScript(t *testing.T) {
	got, err := TypeScript([]byte(`{"components": {"schemas": {
		"A": {"type": "object", "required": ["if-match", "n"], "properties": {
			"n": {"type": "integer"}, "if-match": {"type": ["string", "null"]}, "s": {"type": "number", "description": "seconds"},
			"bs": {"type": "array", "items": {"$ref": "#/components/schemas/B"}},
			"some": {"type": "array", "items": {"anyOf": [{"$ref": "#/components/schemas/B"}, {"type": "null"}]}},
			"by": {"type": "object", "additionalProperties": {"type": "string"}},
			"in": {"type": "object", "properties": {"x": {}}}}},
		"B": {"enum": ["one", "two"]}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	const want = `
export interface A {
  bs?: B[];
  by?: Record<string, string>;
  "if-match": string | null;
  in?: {
    x?: unknown;
  };
  n: number;
  /** seconds */
  s?: number;
  some?: (B | null)[];
}

export type B = "one" | "two";
`
	if !strings.HasSuffix(got, want) {
		t.Errorf("got %s", got)
	}
}

func TestTypeScriptRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no JSON":      {`{`, "cannot read the description of the API"},
		"unknown type": {`{"components": {"schemas": {"A": {"type": "object", "properties": {"b": {"type": "date"}}}}}}`, `A: b: cannot express the type "date"`},
		"odd type":     {`{"components": {"schemas": {"A": {"type": 1}}}}`, "A: cannot express the type 1"},
	} {
		if _, err := TypeScript([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
