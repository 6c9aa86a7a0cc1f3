// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"kresd-manager/internal/config"
	"kresd-manager/internal/config/tree"
)

// planner finds out what has to be done, and does it to a tree on the way: what
// comes next is looked for in what came of it.
type planner struct {
	root  tree.Node
	edits []edit
	stuck []string // what cannot be carried over
	err   error    // an edit could not be done
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
		if v := find(&p.root, r.pointer); v != nil && v.Kind == tree.Text && v.Text == r.from {
			p.do(edit{replace, r.pointer, r.to, "was " + r.from})
		}
	}
	for _, pointer := range config.Removed() {
		p.remove(pointer, "")
	}
}

func (p *planner) do(e edit) {
	root, err := apply(p.root, e)
	if err != nil {
		if p.err == nil {
			p.err = err
		}
		return
	}
	p.root = root
	p.edits = append(p.edits, e)
}

// remove also removes the sections around a key in which nothing is left.
func (p *planner) remove(pointer, why string) {
	if find(&p.root, pointer) == nil {
		return
	}
	p.do(edit{remove, pointer, "", why})
	p.sweep(parent(pointer))
}

func (p *planner) sweep(section string) {
	if v := find(&p.root, section); section != "" && v.Kind == tree.Object && v.Len() == 0 {
		p.remove(section, "nothing is left in it")
	}
}

func (p *planner) move(from, to string) {
	if find(&p.root, from) == nil {
		return
	}
	if there := find(&p.root, to); there != nil {
		if there.Kind != tree.Null {
			p.remove(from, to+" is set and stays")
			return
		}
		p.do(edit{remove, to, "", "it is null"})
	}
	for section := parent(to); section != ""; section = parent(section) {
		if v := find(&p.root, section); v != nil && v.Kind != tree.Object {
			p.stuck = append(p.stuck, from+": "+section+" is not an object")
			return
		}
	}
	p.do(edit{verb: move, pointer: from, value: to})
	p.sweep(parent(from))
}

func (p *planner) enable(s section) {
	v := find(&p.root, s.pointer)
	switch {
	case v == nil:
	case v.Kind == tree.Boolean:
		p.do(edit{enable, s.pointer, v.Text, "was " + v.Text})
	case s.booleanOnly:
	case v.Kind == tree.Null:
		on := "false"
		if s.null {
			on = "true"
		}
		p.do(edit{enable, s.pointer, on, "was empty"})
	case v.Kind != tree.Object:
		p.stuck = append(p.stuck, s.pointer+": it is neither an object nor true or false")
	default:
		if v.Get("enable") == nil {
			p.do(edit{enable, s.pointer, "true", "to be there was enough"})
		}
	}
}

// advice says which defaults changed under the feet of a file. One that is up
// to date needs none.
func (p *planner) advice(before *tree.Node) []string {
	if len(p.edits) == 0 {
		return nil
	}
	var told []string
	for _, n := range notes {
		if n.section != "" {
			v := find(before, n.section)
			if v == nil || v.Kind != tree.Object {
				continue
			}
			if v.Get("enable") != nil {
				continue
			}
		}
		for _, pointer := range n.pointers {
			if find(&p.root, pointer) == nil {
				told = append(told, pointer+" "+n.text)
			}
		}
	}
	return told
}
