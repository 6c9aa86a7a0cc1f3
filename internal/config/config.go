// SPDX-License-Identifier: Apache-2.0

package config

import (
	"reflect"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// Config is what the document means on host h. The error is of type
// [Problems] and holds all that is wrong, not only the first.
func (d *Document) Config(h Host) (*Config, error) {
	c, problems := d.Check(h)
	if err := problems.Errors(); err != nil {
		return nil, err
	}
	return c, nil
}

// Check is [Document.Config] that also gives warnings. The Config is nil if
// one of the problems is an error.
func (d *Document) Check(h Host) (*Config, tree.Problems) {
	r := reader{host: h, files: d.files}
	c := new(Config)
	at := spot{n: &d.root, known: !d.root.Foreign, file: d.root.File}
	at.place = &tree.Place{}
	if d.root.Kind == tree.Null {
		r.problem(at, text.Empty.Message, text.Empty.Hint)
	} else {
		r.section(configPlan(), reflect.ValueOf(c).Elem(), at)
	}
	problems := r.In(d.name)
	if problems.Errors() != nil {
		return nil, problems
	}
	return c, problems
}

// reader turns the raw tree into a Config along the plan.
type reader struct {
	tree.Findings
	host  Host
	files []string
	// forwarded are hashes of the names that are forwarded, a tenth of what these are.
	forwarded []uint64
}

// spot is a value and where it is.
type spot struct {
	n      *tree.Node
	place  *tree.Place
	known  bool // positions are those of the document's own text
	secret bool // the value is not to be shown
	file   uint16
}

// describe says in words what the value is, but of a secret only its kind.
func (s spot) describe() string {
	if s.secret && s.n.Kind != tree.Null && s.n.Kind != tree.List && s.n.Kind != tree.Object {
		return "a value that is not shown because it is secret"
	}
	return s.n.Describe()
}

// member is the spot of a member of s.
func (s spot) member(m *tree.Member, at *tree.Place) spot {
	here := spot{n: &m.Value, place: at, known: s.known && !m.Value.Foreign, secret: s.secret, file: m.Value.File}
	if here.file == 0 {
		here.file = s.file
	}
	return here
}

// problem notes an error about the value at a spot.
func (r *reader) problem(at spot, message, hint string) {
	r.note(at, at.n.At, tree.SeverityError, message, hint)
}

func (r *reader) note(at spot, pos tree.Position, severity, message, hint string) *tree.Problem {
	if !at.known {
		pos = tree.Position{}
	}
	p := r.Add(at.place, pos, severity, message, hint)
	if p != nil && at.known && at.file > 0 {
		p.File = r.files[at.file-1]
	}
	return p
}

// fault notes what a grammar did not like.
func (r *reader) fault(at spot, g *grammar, wrong *fault) {
	message := wrong.message
	if message == "" || at.secret && at.n.Text != RedactedText {
		message = "expected " + g.right + ", found " + at.describe()
	}
	r.problem(at, message, wrong.hint)
}

// expected notes a value of the wrong kind.
func (r *reader) expected(at spot, what, hint string) bool {
	r.problem(at, "expected "+what+", found "+at.describe(), hint)
	return false
}

// value reads a value into dst. It is false if something was wrong with it.
func (r *reader) value(s *shape, dst reflect.Value, at spot) bool {
	if s.optional && at.n.Kind == tree.Null {
		return true
	}
	switch s.form {
	case section:
		return r.section(s.plan, dst, at)
	case listOf:
		return r.list(s.elem, dst, at)
	case oneOrListOf:
		if at.n.Kind != tree.List {
			items := reflect.MakeSlice(dst.Type(), 1, 1)
			if !r.value(s.elem, items.Index(0), at) {
				return false
			}
			dst.Set(items)
			return true
		}
		return r.list(s.elem, dst, at)
	case addressMap:
		addresses, ok := r.addresses(&s.elem.elem.grammar, at)
		dst.Set(reflect.ValueOf(addresses))
		return ok
	case sectionMap:
		return r.sectionMap(s.elem, dst, at)
	default:
		v, ok := r.scalar(&s.grammar, at)
		if ok {
			set(dst, v)
		}
		return ok
	}
}

func (r *reader) scalar(g *grammar, at spot) (any, bool) {
	v, wrong := g.read(&r.host, at.n)
	if wrong != nil {
		r.fault(at, g, wrong)
		return nil, false
	}
	return v, true
}

// set stores what a grammar gave; a pointer field is an optional value.
func set(dst reflect.Value, v any) {
	if dst.Kind() == reflect.Pointer {
		dst.Set(reflect.New(dst.Type().Elem()))
		dst = dst.Elem()
	}
	dst.Set(reflect.ValueOf(v).Convert(dst.Type()))
}

// list reads a list, which is never empty. All elements are looked at.
func (r *reader) list(elem *shape, dst reflect.Value, at spot) bool {
	if at.n.Kind != tree.List {
		hint := ""
		if at.n.Kind != tree.Object && at.n.Kind != tree.Null {
			hint = "put it in [ ]"
		}
		return r.expected(at, "a list", hint)
	}
	if at.n.Len() == 0 {
		r.problem(at, "the list is empty", "a list has at least one item")
		return false
	}
	if e, many := dst.Addr().Interface().(manyEntries); many {
		return e.read(r, elem, at)
	}
	items := reflect.MakeSlice(dst.Type(), at.n.Len(), at.n.Len())
	ok := true
	for i := range at.n.Len() {
		m := at.n.Member(i)
		here := at.member(m, &tree.Place{Up: at.place, Index: i, List: true})
		if elem.form == section {
			ok = r.element(elem, items.Index(i), here) && ok
		} else {
			ok = r.value(elem, items.Index(i), here) && ok
		}
	}
	if ok {
		dst.Set(items)
	}
	return ok
}

// element reads an object in a list. Where the declaration has a short form, a
// string is read as an object that has only that key.
func (r *reader) element(s *shape, dst reflect.Value, at spot) bool {
	if s.short == "" || at.n.Kind == tree.Object {
		return r.section(s.plan, dst, at)
	}
	k := s.plan.keys[s.plan.byName[s.short]]
	if at.n.Kind != tree.Text {
		r.expected(at, k.shape.elem.grammar.right+", or an object", "")
		return false
	}
	// A problem is to be found at the string, not at a key that is not there.
	if !r.value(k.shape, dst.Field(k.field), at) {
		return false
	}
	rest := tree.Of(tree.Object, tree.Member{Key: k.name, Value: *at.n})
	rest.At = at.n.At
	at.n = &rest
	return r.section(s.plan, dst, at)
}
