// SPDX-License-Identifier: Apache-2.0

package openapi

import (
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Schema is a JSON schema of draft 2020-12, as OpenAPI 3.1 has them.
type Schema map[string]any

// Ref refers to a schema among the components of a document.
func Ref(name string) Schema { return Schema{"$ref": "#/components/schemas/" + name} }

// Schemas makes schemas of Go types as package json encodes them, and keeps those of
// structs under their names. It is not safe for concurrent use.
type Schemas struct {
	// Known are types that encode themselves, and types whose values are a closed
	// set.
	Known map[reflect.Type]Schema
	// Names are those of structs that are to be known by another one than their own.
	Names map[reflect.Type]string
	// Made are the schemas of structs so far, by name.
	Made map[string]Schema
	of   map[string]reflect.Type
}

var (
	marshaler     = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// Of is the schema of a type. It panics with a type that it cannot tell anything of,
// which a test finds.
func (s *Schemas) Of(t reflect.Type) Schema {
	if t.Kind() == reflect.Pointer {
		return s.Of(t.Elem())
	}
	if known, ok := s.Known[t]; ok {
		return known
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		return Schema{"type": "string", "format": "date-time"}
	case reflect.TypeFor[json.RawMessage]():
		return Schema{}
	}
	if t.Implements(marshaler) {
		panic(fmt.Sprintf("no schema of %s, which encodes itself", t))
	}
	if t.Implements(textMarshaler) {
		return Schema{"type": "string"}
	}
	switch t.Kind() {
	case reflect.String:
		return Schema{"type": "string"}
	case reflect.Bool:
		return Schema{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Schema{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Schema{"type": "integer", "minimum": 0}
	case reflect.Float32, reflect.Float64:
		return Schema{"type": "number"}
	case reflect.Slice, reflect.Array:
		return Schema{"type": "array", "items": s.Of(t.Elem())}
	case reflect.Map:
		return Schema{"type": "object", "additionalProperties": s.Of(t.Elem())}
	case reflect.Struct:
		return s.named(t)
	}
	panic(fmt.Sprintf("no schema of %s", t))
}

// named is a reference to the schema of a struct.
func (s *Schemas) named(t reflect.Type) Schema {
	name := cmp.Or(s.Names[t], t.Name())
	if s.Made == nil {
		s.Made, s.of = map[string]Schema{}, map[string]reflect.Type{}
	}
	if other, ok := s.of[name]; ok && other != t {
		panic(fmt.Sprintf("%s and %s have the same name", t, other))
	}
	if _, ok := s.of[name]; !ok {
		s.of[name] = t // before it is made: types may hold themselves
		object := Schema{"type": "object"}
		properties := map[string]any{}
		var required []string
		s.fields(t, properties, &required)
		object["properties"] = properties
		if required != nil {
			object["required"] = required
		}
		s.Made[name] = object
	}
	return Ref(name)
}

// fields adds the members of a struct, those of embedded ones among them.
func (s *Schemas) fields(t reflect.Type, properties map[string]any, required *[]string) {
	for f := range t.Fields() {
		tag, tagged := f.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case tag == "-" || !f.IsExported() && !f.Anonymous:
			continue
		case f.Anonymous && !tagged && f.Type.Kind() == reflect.Struct:
			s.fields(f.Type, properties, required)
			continue
		case name == "":
			name = f.Name
		}
		schema := s.Of(f.Type)
		if !strings.Contains(options, "omit") {
			*required = append(*required, name)
			if k := f.Type.Kind(); (k == reflect.Pointer || k == reflect.Slice || k == reflect.Map) && len(schema) > 0 {
				schema = Schema{"anyOf": []Schema{schema, {"type": "null"}}}
			}
		}
		properties[name] = schema
	}
}
