// SPDX-License-Identifier: Apache-2.0

// Package conform holds the answers of a server to its description in OpenAPI 3.1,
// for tests.
package conform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Spec is a description to hold answers to. It is safe for concurrent use.
type Spec struct {
	paths   map[string]map[string]operation
	schemas map[string]*jsonschema.Schema // by JSON pointer into the document
}

type operation struct{ Responses map[string]response }

type response struct {
	Ref     string `json:"$ref"`
	Headers map[string]any
	Content map[string]struct {
		Schema json.RawMessage
		Item   json.RawMessage `json:"x-item-schema"`
	}
}

const base = "mem:///openapi.json"

// New reads a description. In what it is held to, objects have no members but those
// that the description names.
func New(text []byte) (*Spec, error) {
	var doc struct {
		Paths      map[string]map[string]operation
		Components struct{ Responses map[string]response }
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	closeObjects(raw)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource(base, raw); err != nil {
		return nil, err
	}
	s := &Spec{paths: doc.Paths, schemas: map[string]*jsonschema.Schema{}}
	escape := strings.NewReplacer("~", "~0", "/", "~1", "%", "%25", "{", "%7B", "}", "%7D", "*", "%2A", " ", "%20", ";", "%3B")
	for path, methods := range doc.Paths {
		for method, o := range methods {
			for status, r := range o.Responses {
				place := strings.Join([]string{"/paths", escape.Replace(path), method, "responses", status}, "/")
				if r.Ref != "" {
					place = strings.TrimPrefix(r.Ref, "#")
					r = doc.Components.Responses[place[strings.LastIndexByte(place, '/')+1:]]
					if len(r.Headers) == 0 {
						return nil, fmt.Errorf("%s is not there", place)
					}
					o.Responses[status] = r
				}
				for media, c := range r.Content {
					key := "schema"
					if c.Item != nil {
						key = "x-item-schema"
					} else if c.Schema == nil {
						continue
					}
					at := strings.Join([]string{place, "content", escape.Replace(media), key}, "/")
					compiled, err := compiler.Compile(base + "#" + at)
					if err != nil {
						return nil, err
					}
					s.schemas[strings.Join([]string{path, method, status, media}, " ")] = compiled
				}
			}
		}
	}
	return s, nil
}

// closeObjects has every schema that names members refuse others.
func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["properties"].(map[string]any); ok && v["type"] == "object" && v["additionalProperties"] == nil {
			v["additionalProperties"] = false
		}
		for _, member := range v {
			closeObjects(member)
		}
	case []any:
		for _, item := range v {
			closeObjects(item)
		}
	}
}

// Answer is one that a server has given.
type Answer struct {
	Method, Path string // the path as it was sent, without the query
	Status       int
	Header       http.Header
	Body         []byte // of a stream, what has come of it
}

// turnedAway are what is answered before a route is looked for.
var turnedAway = []int{
	http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusRequestEntityTooLarge, http.StatusInternalServerError,
}

// Check tells how an answer is not as described, nil if it is.
func (s *Spec) Check(a Answer) error {
	if a.Method == http.MethodOptions && a.Status == http.StatusNoContent { // what browsers ask first; not ours to describe
		return nil
	}
	path, methods := s.find(a.Path)
	if methods == nil {
		if !slices.Contains(turnedAway, a.Status) {
			return fmt.Errorf("%s %s: %d, and the description has no such path", a.Method, a.Path, a.Status)
		}
		return nil
	}
	method := strings.ToLower(a.Method)
	o, ok := methods[method]
	if !ok {
		if a.Status == http.StatusMethodNotAllowed && a.Header.Get("Allow") == "" {
			return fmt.Errorf("%s %s: 405 without Allow", a.Method, a.Path)
		}
		if a.Status != http.StatusMethodNotAllowed && !slices.Contains(turnedAway, a.Status) {
			return fmt.Errorf("%s %s: %d, and the description has no such method", a.Method, a.Path, a.Status)
		}
		return nil
	}
	status := strconv.Itoa(a.Status)
	r, ok := o.Responses[status]
	if !ok {
		return fmt.Errorf("%s %s: the description has no answer %s: %.300s", a.Method, path, status, a.Body)
	}
	for name := range r.Headers {
		if !slices.ContainsFunc(slices.Collect(keys(a.Header)), func(have string) bool { return strings.EqualFold(have, name) }) {
			return fmt.Errorf("%s %s: %s without the header %s", a.Method, path, status, name)
		}
	}
	if a.Method == http.MethodHead {
		return nil
	}
	if len(r.Content) == 0 {
		if len(a.Body) > 0 {
			return fmt.Errorf("%s %s: %s with a body, and the description has none: %.300s", a.Method, path, status, a.Body)
		}
		return nil
	}
	if _, any := r.Content["*/*"]; any {
		return nil
	}
	if len(a.Body) == 0 && a.Header.Get("Content-Type") == "" {
		if _, empty := r.Content["text/plain"]; empty {
			return nil // a text that has nothing to say
		}
	}
	media, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("%s %s: %s with Content-Type %q: %w", a.Method, path, status, a.Header.Get("Content-Type"), err)
	}
	c, ok := r.Content[media]
	if !ok {
		return fmt.Errorf("%s %s: %s with the type %s, which the description does not have", a.Method, path, status, media)
	}
	schema := s.schemas[strings.Join([]string{path, method, status, media}, " ")]
	if schema == nil || !strings.HasSuffix(media, "json") && c.Item == nil {
		return nil
	}
	parts := [][]byte{a.Body}
	if c.Item != nil {
		parts = data(a.Body)
	}
	for _, part := range parts {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(part))
		if err == nil {
			err = schema.Validate(v)
		}
		if err != nil {
			return fmt.Errorf("%s %s: %s is not as described: %w\n%.2000s", a.Method, path, status, err, part)
		}
	}
	return nil
}

func keys(h http.Header) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range h {
			if !yield(k) {
				return
			}
		}
	}
}

// data is that of all whole events of a stream.
func data(stream []byte) (parts [][]byte) {
	events := bytes.Split(stream, []byte("\n\n"))
	for _, event := range events[:len(events)-1] { // the last one may have been cut
		for line := range bytes.SplitSeq(event, []byte("\n")) {
			if text, ok := bytes.CutPrefix(line, []byte("data: ")); ok {
				parts = append(parts, text)
			}
		}
	}
	return parts
}

// find is the path of the description for one that was sent: the one that begins
// with the most literal text. A parameter takes a segment, and one in the last segment
// whatever follows.
func (s *Spec) find(sent string) (path string, methods map[string]operation) {
	if methods, ok := s.paths[sent]; ok {
		return sent, methods
	}
	best := -1
	for p, m := range s.paths {
		prefix, rest, parameter := strings.Cut(p, "{")
		_, suffix, _ := strings.Cut(rest, "}")
		literal := len(prefix) + len(suffix)
		if !parameter || !strings.HasPrefix(sent, prefix) || !strings.HasSuffix(sent, suffix) || len(sent) < literal || literal <= best {
			continue
		}
		path, methods, best = p, m, literal
	}
	return path, methods
}

// Covered tells which operations and statuses of the description none of these
// answers was.
func (s *Spec) Covered(seen map[string]bool) error {
	var missing []error
	for path, methods := range s.paths {
		for method, o := range methods {
			for status := range o.Responses {
				if key := strings.Join([]string{method, path, status}, " "); status < "400" && !seen[key] {
					missing = append(missing, fmt.Errorf("no test has seen %s", key))
				}
			}
		}
	}
	slices.SortFunc(missing, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(missing...)
}

// Key names what an answer has shown of the description, for [Spec.Covered].
func (s *Spec) Key(a Answer) string {
	path, _ := s.find(a.Path)
	return strings.Join([]string{strings.ToLower(a.Method), path, strconv.Itoa(a.Status)}, " ")
}
