// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// Effective is a configuration with all its defaults.
type Effective struct {
	root tree.Node
	// Defaults are the pointers of the values that no one has set, in the order of the
	// tree.
	Defaults []string
	// Derived are keys that no one has set, and whose default depends on other things.
	Derived []DerivedDefault
}

// DerivedDefault is the default of one key in words.
type DerivedDefault struct {
	Pointer string `json:"pointer"`
	Words   string `json:"words"`
}

// Effective adds the default of every key that is not set. Keys that are optional and
// have none are left out.
func (d *Document) Effective() Effective {
	var e Effective
	e.root = e.section(configPlan(), &d.root, &tree.Place{})
	return e
}

func (e *Effective) section(p *plan, n *tree.Node, at *tree.Place) tree.Node {
	filled := tree.Node{Kind: tree.Object}
	known := map[string]bool{}
	for _, k := range p.keys {
		known[k.name] = true
		here := &tree.Place{Up: at, Key: k.name}
		v := n.Get(k.name)
		if v != nil && v.Kind == tree.Null && k.shape.optional {
			v = nil
		}
		value, ok := e.key(k, v, here)
		if ok {
			filled.Append(tree.Member{Key: k.name, Value: value})
		}
	}
	for _, m := range n.All() { // what is not declared is shown as it is
		if !known[m.Key] {
			filled.Append(*m)
		}
	}
	return filled
}

func (e *Effective) key(k *key, v *tree.Node, at *tree.Place) (tree.Node, bool) {
	switch {
	case k.shape.form == section && (v == nil || v.Kind == tree.Object):
		given := v != nil
		if !given {
			v = &nothing
		}
		filled := e.section(k.shape.plan, v, at)
		return filled, given || filled.Len() > 0
	case v != nil:
		return e.items(k.shape, v, at), true
	case k.def != nil:
		e.Defaults = append(e.Defaults, at.Pointer())
		return *k.def, true
	case k.derived != "":
		e.Derived = append(e.Derived, DerivedDefault{at.Pointer(), k.derived})
	}
	return tree.Node{}, false
}

// items fills the sections in a list, or under free keys.
func (e *Effective) items(s *shape, v *tree.Node, at *tree.Place) tree.Node {
	list := s.form == listOf && v.Kind == tree.List
	if s.elem == nil || s.elem.form != section || !list && !(s.form == sectionMap && v.Kind == tree.Object) {
		return *v
	}
	filled := *v
	members := slices.Clone(v.Members())
	for i := range members {
		m := &members[i]
		here := &tree.Place{Up: at, Key: m.Key}
		if list {
			here = &tree.Place{Up: at, Index: i, List: true}
		}
		if m.Value.Kind == tree.Object {
			m.Value = e.section(s.elem.plan, &m.Value, here)
		}
	}
	filled.SetMembers(members)
	return filled
}

// At is the part that a pointer leads to, with pointers from there. The error is as that
// of [Document.Value].
func (e Effective) At(pointer string) (Effective, error) {
	if pointer == "" {
		return e, nil
	}
	tokens, err := tree.SplitPointer(pointer)
	if err != nil {
		return e, err
	}
	part := Effective{}
	if part.root, err = tree.Find(e.root, tokens); err != nil {
		return e, err
	}
	for _, p := range e.Defaults {
		if rest, ok := strings.CutPrefix(p, pointer); ok && (rest == "" || rest[0] == '/') {
			part.Defaults = append(part.Defaults, rest)
		}
	}
	for _, d := range e.Derived {
		if rest, ok := strings.CutPrefix(d.Pointer, pointer+"/"); ok {
			part.Derived = append(part.Derived, DerivedDefault{"/" + rest, d.Words})
		}
	}
	return part, nil
}

// MarshalJSON writes the configuration and which values of it are defaults.
func (e Effective) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Configuration json.RawMessage  `json:"configuration"`
		Defaults      []string         `json:"defaults"`
		Derived       []DerivedDefault `json:"derived"`
	}{tree.AppendJSON(nil, &e.root), append([]string{}, e.Defaults...), append([]DerivedDefault{}, e.Derived...)})
}

// YAML writes the configuration with a comment on each default. It means the same as the
// configuration itself.
func (e Effective) YAML() ([]byte, error) {
	src, err := text.Write(text.YAML, &e.root)
	if err != nil {
		return nil, err
	}
	again, problems := text.Read(text.YAML, src)
	if len(problems) > 0 {
		return nil, problems
	}
	lines := bytes.SplitAfter(src, []byte("\n"))
	for _, p := range e.Defaults {
		if line := lineOfKey(&again, p); line > 0 {
			lines[line-1] = append(bytes.TrimSuffix(lines[line-1], []byte("\n")), "  # default\n"...)
		}
	}
	var b bytes.Buffer
	b.Write(bytes.Join(lines, nil))
	for _, d := range e.Derived {
		b.WriteString("# " + d.Pointer + ": " + d.Words + "  # default\n")
	}
	return b.Bytes(), nil
}

// lineOfKey is the line on which the key stands that a pointer leads to, from 1; 0 for
// none.
func lineOfKey(n *tree.Node, pointer string) int {
	tokens, err := tree.SplitPointer(pointer)
	if err != nil {
		return 0
	}
	if len(tokens) == 0 {
		return int(n.At.Line)
	}
	line := 0
	for _, token := range tokens {
		i, err := tree.Step(n, token)
		if err != nil || i >= n.Len() {
			return 0
		}
		m := n.Member(i)
		if line = int(m.KeyAt.Line); line == 0 {
			line = int(m.Value.At.Line)
		}
		n = &m.Value
	}
	return line
}
