// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"go.yaml.in/yaml/v4"

	"kresd-manager/internal/config"
)

// planner finds out what has to be done, and does it to a tree on the way: what
// comes next is looked for in what came of it. The tree has the tag of its
// type on every scalar.
type planner struct {
	root  *yaml.Node
	edits []edit
	stuck []string // what cannot be carried over
}

func (p *planner) plan() {
	first, rest := renames()
	for _, r := range first {
		p.move(r.Old, r.New)
	}
	for _, s := range sections {
		p.enable(s)
	}
	for _, r := range rest {
		p.move(r.Old, r.New)
	}
	for _, r := range replaced {
		if v := value(p.root, r.pointer); v != nil && v.Tag == "!!str" && v.Value == r.from {
			p.do(edit{replace, r.pointer, r.to, "was " + r.from})
		}
	}
	for _, pointer := range config.Removed() {
		p.remove(pointer, "")
	}
}

func (p *planner) do(e edit) {
	apply(p.root, e)
	p.edits = append(p.edits, e)
}

// remove also removes the sections around a key in which nothing is left.
func (p *planner) remove(pointer, why string) {
	if value(p.root, pointer) == nil {
		return
	}
	p.do(edit{remove, pointer, "", why})
	p.sweep(parent(pointer))
}

func (p *planner) sweep(section string) {
	if v := value(p.root, section); section != "" && v.Kind == yaml.MappingNode && len(v.Content) == 0 {
		p.remove(section, "nothing is left in it")
	}
}

func (p *planner) move(from, to string) {
	if value(p.root, from) == nil {
		return
	}
	if there := value(p.root, to); there != nil {
		if there.Tag != "!!null" {
			p.remove(from, to+" is set and stays")
			return
		}
		p.do(edit{remove, to, "", "it is null"})
	}
	for section := parent(to); section != ""; section = parent(section) {
		if v := value(p.root, section); v != nil && v.Kind != yaml.MappingNode {
			p.stuck = append(p.stuck, from+": "+section+" is not an object")
			return
		}
	}
	p.do(edit{verb: move, pointer: from, value: to})
	p.sweep(parent(from))
}

func (p *planner) enable(s section) {
	v := value(p.root, s.pointer)
	switch {
	case v == nil:
	case v.Tag == "!!bool":
		p.do(edit{enable, s.pointer, v.Value, "was " + v.Value})
	case s.booleanOnly:
	case v.Tag == "!!null":
		on := "false"
		if s.null {
			on = "true"
		}
		p.do(edit{enable, s.pointer, on, "was empty"})
	case v.Kind != yaml.MappingNode:
		p.stuck = append(p.stuck, s.pointer+": it is neither an object nor true or false")
	default:
		if mapping, _ := member(v, "enable"); mapping == nil {
			p.do(edit{enable, s.pointer, "true", "to be there was enough"})
		}
	}
}

// advice tells which defaults changed under the feet of a file. One that is up
// to date needs none.
func (p *planner) advice(before *yaml.Node) []string {
	if len(p.edits) == 0 {
		return nil
	}
	var told []string
	for _, n := range notes {
		if n.section != "" {
			v := value(before, n.section)
			if v == nil || v.Kind != yaml.MappingNode {
				continue
			}
			if mapping, _ := member(v, "enable"); mapping != nil {
				continue
			}
		}
		for _, pointer := range n.pointers {
			if value(p.root, pointer) == nil {
				told = append(told, pointer+" "+n.text)
			}
		}
	}
	return told
}
