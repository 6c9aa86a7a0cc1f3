// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"maps"
	"sync"

	"kresd-manager/internal/config/tree"
)

// Schema is the JSON schema (draft 2020-12) of the configuration. It is made
// from the declarations and knows all that they say; rules between keys are
// beyond it. The caller must not change it.
func Schema() []byte { return schema() }

var schema = sync.OnceValue(func() []byte {
	root := sectionSchema(configPlan())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Knot Resolver configuration"
	b, err := json.MarshalIndent(root, "", "  ")
	if err != nil { // of maps, strings and numbers that is impossible
		panic(err)
	}
	return append(b, '\n')
})

func sectionSchema(p *plan) map[string]any {
	properties := make(map[string]any)
	var required []string
	for _, k := range p.keys {
		property := shapeSchema(k.shape)
		property["description"] = k.doc
		if k.def != nil {
			property["default"] = json.RawMessage(tree.AppendJSON(nil, k.def))
		}
		properties[k.name] = property
		if k.required {
			required = append(required, k.name)
		}
	}
	s := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if required != nil {
		s["required"] = required
	}
	return s
}

func shapeSchema(s *shape) map[string]any {
	var fragment map[string]any
	switch s.form {
	case section:
		fragment = sectionSchema(s.plan)
		if s.short != "" {
			short := s.plan.keys[s.plan.byName[s.short]].shape.elem
			fragment = anyOf(shapeSchema(short), fragment)
		}
	case listOf:
		fragment = map[string]any{"type": "array", "minItems": 1, "items": shapeSchema(s.elem)}
	case oneOrListOf:
		item := shapeSchema(s.elem)
		fragment = anyOf(item, map[string]any{"type": "array", "minItems": 1, "items": item})
	case addressMap:
		fragment = map[string]any{"type": "object", "additionalProperties": shapeSchema(s.elem)}
	case sectionMap:
		fragment = map[string]any{"type": "object", "additionalProperties": sectionSchema(s.elem.plan)}
	default:
		fragment = maps.Clone(s.grammar.schema)
	}
	if s.optional {
		return anyOf(fragment, map[string]any{"type": "null"})
	}
	return fragment
}

func anyOf(alternatives ...map[string]any) map[string]any {
	return map[string]any{"anyOf": alternatives}
}
