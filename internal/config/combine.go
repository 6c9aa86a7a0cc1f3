// SPDX-License-Identifier: Apache-2.0

package config

import (
	"math"
	"slices"
	"strconv"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
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
	root := tree.Node{Kind: tree.Object, File: 1}
	for i, d := range docs {
		c.files = append(c.files, d.name)
		c.Problems = append(c.Problems, d.checkObject()...)
		src := d.root
		src.File, src.Foreign = uint16(i+1), src.Foreign || d.files != nil
		if i < math.MaxUint16 && src.Kind == tree.Object {
			c.merge(&root, &src, 1, &tree.Place{})
		}
	}
	name := ""
	if len(docs) > 0 {
		name = docs[0].name
	}
	if tree.Count(&root) > tree.MaxNodes {
		c.Add(tree.Tokens(nil), tree.Position{}, tree.SeverityError, tree.TooManyValues, "")
	}
	if problems := c.In(name); len(problems) > 0 {
		return nil, problems
	}
	d := newDocument(name, root)
	d.files = c.files
	d.stays = !slices.ContainsFunc(docs, func(d *Document) bool { return !d.stays })
	return d, nil
}

// checkObject wants an object at the root.
func (d *Document) checkObject() tree.Problems {
	p := tree.Problem{File: d.name, Severity: tree.SeverityError}
	switch d.root.Kind {
	case tree.Object:
		return nil
	case tree.Null:
		p.Message, p.Hint = text.Empty.Message, text.Empty.Hint
	default:
		p.Message = "expected an object, found " + d.root.Describe()
	}
	if !d.root.Foreign {
		p.Line, p.Column = int(d.root.At.Line), int(d.root.At.Column)
	}
	return tree.Problems{p}
}

type combiner struct {
	tree.Findings
	files []string
}

// merge adds the members of one object to another, whose own are of a file
// unless they say otherwise. Neither's members are changed: they are shared.
func (c *combiner) merge(dst, src *tree.Node, file uint16, at *tree.Place) {
	if dst.Len() == 0 { // nothing to look for
		dst.File, dst.At, dst.Foreign = src.File, src.At, src.Foreign
		dst.Share(src)
		return
	}
	members := slices.Grow(slices.Clone(dst.Members()), src.Len())
	where := make(map[string]int, len(members))
	for i := range members {
		where[members[i].Key] = i
	}
	defer func() { dst.SetMembers(members) }()
	foreign := dst.Foreign
	for _, from := range src.All() {
		m := *from
		m.Value.Foreign = m.Value.Foreign || src.Foreign
		if m.Value.File == 0 {
			m.Value.File = src.File
		}
		j, clash := where[m.Key]
		if !clash {
			members = append(members, m)
			continue
		}
		first := &members[j]
		firstFile := first.Value.File
		if firstFile == 0 {
			firstFile = file
		}
		here := &tree.Place{Up: at, Key: m.Key}
		if first.Value.Kind == tree.Object && m.Value.Kind == tree.Object {
			first.Value.Foreign = first.Value.Foreign || foreign
			c.merge(&first.Value, &m.Value, firstFile, here)
			continue
		}
		c.clash(&m, first, firstFile, here, foreign)
	}
}

// clash notes a key that is in two files.
func (c *combiner) clash(m, first *tree.Member, firstFile uint16, at *tree.Place, foreign bool) {
	elsewhere := c.files[firstFile-1]
	if !foreign && !first.Value.Foreign {
		elsewhere += ":" + strconv.Itoa(int(first.KeyAt.Line)) + ":" + strconv.Itoa(int(first.KeyAt.Column))
	}
	pos := m.KeyAt
	if m.Value.Foreign {
		pos = tree.Position{}
	}
	p := c.Add(at, pos, tree.SeverityError, "the key "+strconv.Quote(tree.Shorten(m.Key))+" is in two files", "it is in "+elsewhere+" too; files add to one another and override nothing")
	if p != nil {
		p.File = c.files[m.Value.File-1]
	}
}
