// SPDX-License-Identifier: Apache-2.0

package config

import (
	"math"
	"slices"
	"strconv"
)

// Combine puts several documents together, from left to right. Objects are
// joined, at every depth; a key with any other value may be in one document
// only, for no value overrides another, and lists are not joined either. Keys
// keep their order. The result has the positions of all the files, and the name
// of the first. With a single document it is that document.
//
// The error is [Problems]: every key that is in two documents, with both
// places, and every document that is no object. A document that Combine has
// made loses its positions when it is combined again.
func Combine(docs ...*Document) (*Document, error) {
	if len(docs) == 1 {
		if problems := docs[0].checkObject(); problems != nil {
			return nil, problems
		}
		return docs[0], nil
	}
	c := combiner{}
	root := node{kind: object, file: 1}
	for i, d := range docs {
		c.files = append(c.files, d.name)
		c.problems = append(c.problems, d.checkObject()...)
		src := d.root
		src.file, src.foreign = uint16(i+1), src.foreign || d.files != nil
		if i < math.MaxUint16 && src.kind == object {
			c.merge(&root, &src, 1, &place{})
		}
	}
	name := ""
	if len(docs) > 0 {
		name = docs[0].name
	}
	if countNodes(&root) > maxNodes {
		c.add(tokens(nil), position{}, SeverityError, tooManyValues, "")
	}
	if problems := c.in(name); len(problems) > 0 {
		return nil, problems
	}
	d := newDocument(name, root)
	d.files = c.files
	return d, nil
}

// checkObject wants an object at the root.
func (d *Document) checkObject() Problems {
	p := Problem{File: d.name, Severity: SeverityError}
	switch d.root.kind {
	case object:
		return nil
	case null:
		p.Message, p.Hint = emptyProblem.Message, emptyProblem.Hint
	default:
		p.Message = "expected an object, found " + d.root.describe()
	}
	if !d.root.foreign {
		p.Line, p.Column = int(d.root.at.line), int(d.root.at.column)
	}
	return Problems{p}
}

type combiner struct {
	findings
	files []string
}

// merge adds the members of one object to another, whose own are of a file
// unless they say otherwise. Neither's members are changed: they are shared.
func (c *combiner) merge(dst, src *node, file uint16, at *place) {
	if len(dst.members) == 0 { // nothing to look for
		dst.file, dst.at, dst.foreign = src.file, src.at, src.foreign
		dst.members = src.members
		return
	}
	where := make(map[string]int, len(dst.members))
	for i := range dst.members {
		where[dst.members[i].key] = i
	}
	dst.members = slices.Grow(slices.Clone(dst.members), len(src.members))
	foreign := dst.foreign
	for i := range src.members {
		m := src.members[i]
		m.value.foreign = m.value.foreign || src.foreign
		if m.value.file == 0 {
			m.value.file = src.file
		}
		j, clash := where[m.key]
		if !clash {
			dst.members = append(dst.members, m)
			continue
		}
		first := &dst.members[j]
		firstFile := first.value.file
		if firstFile == 0 {
			firstFile = file
		}
		here := &place{up: at, key: m.key}
		if first.value.kind == object && m.value.kind == object {
			first.value.foreign = first.value.foreign || foreign
			c.merge(&first.value, &m.value, firstFile, here)
			continue
		}
		c.clash(&m, first, firstFile, here, foreign)
	}
}

// clash notes a key that is in two files.
func (c *combiner) clash(m, first *member, firstFile uint16, at *place, foreign bool) {
	elsewhere := c.files[firstFile-1]
	if !foreign && !first.value.foreign {
		elsewhere += ":" + strconv.Itoa(int(first.keyAt.line)) + ":" + strconv.Itoa(int(first.keyAt.column))
	}
	pos := m.keyAt
	if m.value.foreign {
		pos = position{}
	}
	p := c.add(at, pos, SeverityError, "the key "+strconv.Quote(shorten(m.key))+" is in two files", "it is in "+elsewhere+" too; files add to one another and override nothing")
	if p != nil {
		p.File = c.files[m.value.file-1]
	}
}
