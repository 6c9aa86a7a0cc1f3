// SPDX-License-Identifier: Apache-2.0

// Package openapi makes a description of an HTTP interface (OpenAPI Specification
// 3.1) from a list of operations. What the operations are is left to package api.
package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// NoRole is the role of what anyone may ask for.
const NoRole = "none"

// Operation is one method of one path.
type Operation struct {
	Method, Path string // the path with {name} for parameters
	ID           string // unique, for programs that are made from the document
	Tag          string
	Summary      string // a few words
	Text         string // sentences, "" for none
	Role         string // that a caller needs
	Parameters   []Parameter
	Body         *Body
	Answers      []Answer
}

// Parameter is one of the query, of the header or of the path.
type Parameter struct {
	In, Name, Text string
	Schema         Schema
	Repeat         bool // of the query: it may come several times
}

// Body is that of a request.
type Body struct {
	Text     string
	Required bool
	Content  []Media
}

// Media is a body of one type. An empty schema tells nothing of what is in it.
type Media struct {
	Type   string
	Schema Schema
	// Stream tells that the schema is that of the data of an event, of which there
	// are many (WHATWG HTML §9.2).
	Stream bool
}

// Answer is one that there can be.
type Answer struct {
	Status  int
	Text    string
	Headers []string // names of [Document.Headers] that are always there
	Content []Media  // none: the answer has no body, or a body of any type where Any is set
	Any     bool
	// Shared is a name for an answer that many operations have alike, which the
	// document has once.
	Shared string
}

// Document is what is described.
type Document struct {
	Title, Version, Text, License string
	Operations                    []Operation
	Schemas                       map[string]Schema
	Headers                       map[string]string // what they say, by name
	// Always are headers of all answers.
	Always []string
	// Secure are the ways in which callers are known: security schemes by name.
	Secure map[string]any
	Tags   [][2]string // names with what they are about, in order
}

// JSON is the document as text, the same one for the same document.
func (d *Document) JSON() ([]byte, error) {
	paths, shared := map[string]map[string]any{}, map[string]any{}
	for i := range d.Operations {
		o := &d.Operations[i]
		if paths[o.Path] == nil {
			paths[o.Path] = map[string]any{}
		}
		method := strings.ToLower(o.Method)
		if paths[o.Path][method] != nil {
			return nil, fmt.Errorf("%s %s is there twice", o.Method, o.Path)
		}
		paths[o.Path][method] = d.operation(o, shared)
	}
	headers := map[string]any{}
	for name, text := range d.Headers {
		headers[name] = map[string]any{"description": text, "required": true, "schema": Schema{"type": "string"}}
	}
	var tags []any
	for _, t := range d.Tags {
		tags = append(tags, map[string]any{"name": t[0], "description": t[1]})
	}
	return json.Marshal(map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{
			"title": d.Title, "version": d.Version, "description": d.Text,
			"license": map[string]any{"name": d.License, "identifier": d.License},
		},
		"servers":    []any{map[string]any{"url": "/"}},
		"tags":       tags,
		"paths":      paths,
		"components": map[string]any{"schemas": d.Schemas, "headers": headers, "responses": shared, "securitySchemes": d.Secure},
	})
}

func (d *Document) operation(o *Operation, shared map[string]any) map[string]any {
	made := map[string]any{
		"operationId": o.ID, "summary": o.Summary, "tags": []string{o.Tag},
		"x-role": o.Role, "responses": d.answers(o, shared),
	}
	if o.Text != "" {
		made["description"] = o.Text
	}
	security := []any{map[string]any{}} // the unix socket, where the kernel tells who calls
	for _, name := range slices.Sorted(maps.Keys(d.Secure)) {
		if o.Role != NoRole {
			security = append(security, map[string]any{name: []string{o.Role}})
		}
	}
	made["security"] = security
	var parameters []any
	for _, p := range o.Parameters {
		one := map[string]any{"name": p.Name, "in": p.In, "description": p.Text, "schema": p.Schema}
		if p.In == "path" {
			one["required"] = true
		}
		if p.Repeat {
			one["schema"], one["explode"] = Schema{"type": "array", "items": p.Schema}, true
		}
		parameters = append(parameters, one)
	}
	if parameters != nil {
		made["parameters"] = parameters
	}
	if o.Body != nil {
		made["requestBody"] = map[string]any{"description": o.Body.Text, "required": o.Body.Required, "content": content(o.Body.Content)}
	}
	return made
}

func (d *Document) answers(o *Operation, shared map[string]any) map[string]any {
	answers := map[string]any{}
	for _, a := range o.Answers {
		one := map[string]any{"description": a.Text}
		headers := map[string]any{}
		for _, name := range slices.Concat(d.Always, a.Headers) {
			headers[name] = map[string]any{"$ref": "#/components/headers/" + name}
		}
		one["headers"] = headers
		switch {
		case a.Any:
			one["content"] = map[string]any{"*/*": map[string]any{}}
		case len(a.Content) > 0: // of HEAD, what GET would send (RFC 9110 section 9.3.2)
			one["content"] = content(a.Content)
		}
		if a.Shared != "" {
			shared[a.Shared] = one
			one = map[string]any{"$ref": "#/components/responses/" + a.Shared}
		}
		answers[strconv.Itoa(a.Status)] = one
	}
	return answers
}

func content(media []Media) map[string]any {
	made := map[string]any{}
	for _, m := range media {
		one := map[string]any{}
		if len(m.Schema) > 0 {
			key := "schema"
			if m.Stream { // 3.1 has no word for the items of a stream; 3.2 has this one
				key = "x-item-schema"
			}
			one[key] = m.Schema
		}
		made[m.Type] = one
	}
	return made
}
