// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"bytes"
	"errors"
	"strings"

	"go.yaml.in/yaml/v4"
)

// editYAML carries out edits on a text. Comments, the order of keys, quotes,
// the indentation and the blank lines before sections stay.
func editYAML(source []byte, edits []edit) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Load(source, &document); err != nil {
		return nil, err
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) != 1 {
		return nil, errors.New("not one document")
	}
	root := document.Content[0]
	style := layoutOf(root)
	apart := sectionsApart(source, root)
	if expand(root) {
		dropAnchors(root)
	}
	for _, e := range edits {
		apply(root, e)
	}
	var b bytes.Buffer
	d, err := yaml.NewDumper(&b, yaml.WithIndent(style.indent), yaml.WithCompactSeqIndent(style.compact),
		yaml.WithLineWidth(-1), yaml.WithUnicode(true))
	if err != nil {
		return nil, err
	}
	if err := d.Dump(&document); err != nil {
		return nil, err
	}
	if err := d.Close(); err != nil {
		return nil, err
	}
	return separate(b.Bytes(), apart), nil
}

// layout is how a text is indented.
type layout struct {
	indent  int  // columns for each level
	compact bool // the dash of a list is below the first letter of its key
}

// layoutOf goes by the first nested block of each kind.
func layoutOf(root *yaml.Node) layout {
	l := layout{indent: 2}
	foundMap, foundList := false, false
	var look func(n *yaml.Node)
	look = func(n *yaml.Node) {
		if n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle == 0 {
			for i := 0; i+1 < len(n.Content); i += 2 {
				key, val := n.Content[i], n.Content[i+1]
				deeper := val.Column - key.Column
				switch {
				case val.Style&yaml.FlowStyle != 0 || len(val.Content) == 0:
				case val.Kind == yaml.MappingNode && !foundMap && deeper >= 2 && deeper <= 9:
					l.indent, foundMap = deeper, true
				case val.Kind == yaml.SequenceNode && !foundList:
					l.compact, foundList = deeper == 0, true
				}
			}
		}
		for _, child := range n.Content {
			look(child)
		}
	}
	look(root)
	return l
}

// sectionsApart finds the keys of the first level that have a blank line above
// them, or above the comment that they follow.
func sectionsApart(source []byte, root *yaml.Node) map[string]bool {
	apart := make(map[string]bool)
	if root.Kind != yaml.MappingNode || root.Style&yaml.FlowStyle != 0 {
		return apart
	}
	lines := strings.Split(string(source), "\n")
	for i := 2; i < len(root.Content); i += 2 {
		key := root.Content[i]
		if first := firstLine(lines, key.Line); first > 1 && strings.TrimSpace(lines[first-2]) == "" {
			apart[key.Value] = true
		}
	}
	return apart
}

// firstLine is the line of a key, counted from 1, or that of the comment right
// above it.
func firstLine(lines []string, line int) int {
	for line > 1 && line-2 < len(lines) && strings.HasPrefix(lines[line-2], "#") {
		line--
	}
	return line
}

// separate puts back the blank lines that the library drops.
func separate(text []byte, apart map[string]bool) []byte {
	if len(apart) == 0 {
		return text
	}
	var document yaml.Node
	if err := yaml.Load(text, &document); err != nil || len(document.Content) != 1 {
		return text
	}
	root := document.Content[0]
	lines := strings.Split(string(text), "\n")
	before := make(map[int]bool)
	for i := 2; i < len(root.Content); i += 2 {
		if key := root.Content[i]; apart[key.Value] {
			before[firstLine(lines, key.Line)] = true
		}
	}
	var b strings.Builder
	for i, line := range lines {
		if before[i+1] && i > 0 && lines[i-1] != "" {
			b.WriteByte('\n')
		}
		b.WriteString(line)
		if i < len(lines)-1 {
			b.WriteByte('\n')
		}
	}
	return []byte(b.String())
}
