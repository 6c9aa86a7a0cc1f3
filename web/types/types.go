// SPDX-License-Identifier: Apache-2.0

// Package types writes the schemas of the API's description as types of TypeScript, which
// the sources of the pages use. It knows nothing of the pages themselves.
package types

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// schema is what of JSON Schema our descriptions use.
type schema struct {
	Ref                  string             `json:"$ref"`
	Type                 any                `json:"type"` // a name, or several
	Enum                 []any              `json:"enum"`
	AnyOf                []schema           `json:"anyOf"`
	OneOf                []schema           `json:"oneOf"`
	Items                *schema            `json:"items"`
	Properties           map[string]*schema `json:"properties"`
	Required             []string           `json:"required"`
	AdditionalProperties json.RawMessage    `json:"additionalProperties"`
	Description          string             `json:"description"`
}

// TypeScript is the source of a module that exports a type for each schema in the
// components of an OpenAPI document. The same document gives the same bytes. The error says
// which schema it cannot express.
func TypeScript(document []byte) (string, error) {
	var d struct {
		Components struct {
			Schemas map[string]*schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(document, &d); err != nil {
		return "", fmt.Errorf("cannot read the description of the API: %w", err)
	}
	var b strings.Builder
	b.WriteString("// SPDX-License-Identifier: Apache-2.0\n")
	b.WriteString("// Generated from the description of the API, do not edit: go test ./api -run TestThePagesKnowTheAPI -update\n")
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		s := d.Components.Schemas[name]
		b.WriteString("\n")
		if len(s.Properties) > 0 {
			fmt.Fprintf(&b, "export interface %s ", name)
			if err := object(&b, s, ""); err != nil {
				return "", fmt.Errorf("%s: %w", name, err)
			}
			b.WriteString("\n")
			continue
		}
		text, err := expression(s, "")
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(&b, "export type %s = %s;\n", name, text)
	}
	return b.String(), nil
}

// object writes the members of an object, sorted.
func object(b *strings.Builder, s *schema, indent string) error {
	b.WriteString("{\n")
	for _, key := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[key]
		text, err := expression(p, indent+"  ")
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		optional := "?"
		if slices.Contains(s.Required, key) {
			optional = ""
		}
		if p.Description != "" {
			fmt.Fprintf(b, "%s  /** %s */\n", indent, strings.ReplaceAll(p.Description, "*/", "* /"))
		}
		fmt.Fprintf(b, "%s  %s%s: %s;\n", indent, member(key), optional, text)
	}
	b.WriteString(indent + "}")
	return nil
}

// member is the name of a member: quoted unless it is an identifier.
func member(key string) string {
	for i, c := range key {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return strconv.Quote(key)
		}
	}
	return key
}

func expression(s *schema, indent string) (string, error) {
	switch {
	case s.Ref != "":
		return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:], nil
	case len(s.AnyOf) > 0:
		return union(s.AnyOf, indent)
	case len(s.OneOf) > 0:
		return union(s.OneOf, indent)
	case len(s.Enum) > 0:
		var words []string
		for _, v := range s.Enum {
			text, err := json.Marshal(v)
			if err != nil {
				return "", err
			}
			words = append(words, string(text))
		}
		return strings.Join(words, " | "), nil
	}
	switch t := s.Type.(type) {
	case nil:
		return "unknown", nil
	case string:
		return named(s, t, indent)
	case []any:
		var all []string
		for _, one := range t {
			text, err := named(s, fmt.Sprint(one), indent)
			if err != nil {
				return "", err
			}
			all = append(all, text)
		}
		return strings.Join(all, " | "), nil
	}
	return "", fmt.Errorf("cannot express the type %v", s.Type)
}

func union(all []schema, indent string) (string, error) {
	var texts []string
	for i := range all {
		text, err := expression(&all[i], indent)
		if err != nil {
			return "", err
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " | "), nil
}

func named(s *schema, name, indent string) (string, error) {
	switch name {
	case "string", "boolean", "null":
		return name, nil
	case "number", "integer":
		return "number", nil
	case "array":
		if s.Items == nil {
			return "unknown[]", nil
		}
		item, err := expression(s.Items, indent)
		if strings.Contains(item, " ") {
			item = "(" + item + ")"
		}
		return item + "[]", err
	case "object":
		return members(s, indent)
	}
	return "", fmt.Errorf("cannot express the type %q", name)
}

// members is an object without a name.
func members(s *schema, indent string) (string, error) {
	if len(s.Properties) > 0 {
		var b strings.Builder
		err := object(&b, s, indent)
		return b.String(), err
	}
	if len(s.AdditionalProperties) == 0 || s.AdditionalProperties[0] != '{' {
		return "Record<string, unknown>", nil
	}
	var value schema
	if err := json.Unmarshal(s.AdditionalProperties, &value); err != nil {
		return "", err
	}
	text, err := expression(&value, indent)
	return "Record<string, " + text + ">", err
}
