// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// apply carries out one edit. What it needs to be there is there: the edits
// were found in a tree of the same shape.
func apply(root *yaml.Node, e edit) {
	mapping, i := find(root, e.pointer)
	if mapping == nil {
		return
	}
	switch e.verb {
	case remove:
		cut(mapping, i)
	case move:
		if parent(e.pointer) == parent(e.value) {
			mapping.Content[i].Value = last(e.value) // where it is, with its comments
			return
		}
		key, moved := mapping.Content[i], mapping.Content[i+1]
		mapping.Content = append(mapping.Content[:i:i], mapping.Content[i+2:]...)
		key.Value = last(e.value)
		target := open(root, parent(e.value))
		target.Content = append(target.Content, key, moved)
	case enable:
		mapping.Content[i+1] = switched(mapping.Content[i], mapping.Content[i+1], e.value, mapping.Style&yaml.FlowStyle)
	case replace:
		mapping.Content[i+1].Value = e.value
	}
}

func last(pointer string) string { return pointer[strings.LastIndexByte(pointer, '/')+1:] }

// open gives the mapping at a pointer, and makes what is missing on the way.
func open(root *yaml.Node, pointer string) *yaml.Node {
	at := root
	for _, key := range split(pointer) {
		mapping, i := member(at, key)
		if mapping == nil {
			made := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Style: at.Style & yaml.FlowStyle}
			at.Content = append(at.Content, text(key), made)
			at = made
			continue
		}
		at = mapping.Content[i+1]
	}
	return at
}

// switched gives a section the key enable: in front of what is in it, or as the
// only key in place of a scalar, whose comments stay where they were.
func switched(key, old *yaml.Node, on string, flow yaml.Style) *yaml.Node {
	enable := []*yaml.Node{text("enable"), {Kind: yaml.ScalarNode, Tag: "!!bool", Value: on}}
	if old.Kind == yaml.MappingNode {
		old.Content = append(enable, old.Content...)
		if len(old.Content) == 2 { // it was {}
			old.Style = flow
		}
		return old
	}
	enable[1].LineComment = old.LineComment
	if old.LineComment == "" {
		enable[1].LineComment, key.LineComment = key.LineComment, ""
	}
	return &yaml.Node{
		Kind: yaml.MappingNode, Tag: "!!map", Style: flow, Content: enable,
		HeadComment: old.HeadComment, FootComment: old.FootComment,
	}
}

// cut removes a key. The comment right above it and the one beside it are about
// it and go with it; paragraphs of comments further up, and what follows it,
// are not and stay.
func cut(mapping *yaml.Node, i int) {
	key, val := mapping.Content[i], mapping.Content[i+1]
	kept := ""
	if paragraphs := strings.LastIndex(key.HeadComment, "\n\n"); paragraphs >= 0 {
		kept = key.HeadComment[:paragraphs]
	}
	if len(val.Content) == 0 { // what stood beside keys that are gone already
		kept = join(kept, val.HeadComment)
	}
	kept = join(kept, join(key.FootComment, val.FootComment))
	mapping.Content = append(mapping.Content[:i:i], mapping.Content[i+2:]...)
	switch {
	case kept == "":
	case i < len(mapping.Content):
		next := mapping.Content[i]
		next.HeadComment = join(kept, next.HeadComment)
	case i > 0:
		before := mapping.Content[i-2]
		before.FootComment = join(before.FootComment, kept)
	default:
		mapping.HeadComment = join(mapping.HeadComment, kept)
	}
}

// join puts two comments into one of two paragraphs.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "\n\n" + b
}
