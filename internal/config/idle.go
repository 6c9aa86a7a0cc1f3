// SPDX-License-Identifier: Apache-2.0

package config

import (
	"reflect"
	"slices"
	"strconv"
)

// Idle is what the document asks for and the program does not do yet: every
// key tagged idle whose value is not its default. They are warnings, which
// [Document.Check] gives too; a program that would act on the document has to
// refuse them, because it would not do what the document says. Idle is nil if
// there are none; it says nothing of other problems.
func (d *Document) Idle(h Host) Problems {
	_, problems := d.Check(h)
	return problems.Idle()
}

// Idle is the problems that [Document.Idle] is about.
func (ps Problems) Idle() Problems {
	var idle Problems
	for _, p := range ps {
		if p.Idle {
			idle = append(idle, p)
		}
	}
	return idle
}

// noteIdle warns of a key that was read well and that nothing acts on. What is
// below an idle key needs no mention of its own.
func (r *reader) noteIdle(k *key, dst reflect.Value, at spot, pos position) {
	if r.inIdle > 0 {
		return
	}
	what := "this key"
	switch {
	case k.idle:
		if r.isDefault(k, dst) {
			return
		}
	case at.n.kind == text && slices.Contains(k.idleFor, at.n.text):
		what = strconv.Quote(at.n.text)
	default:
		return
	}
	p := r.note(at, pos, SeverityWarning, "kresd-manager does not act on "+what+" yet, so it would have no effect", "remove it until it is supported")
	if p != nil {
		p.Idle = true
	}
}

// isDefault says that the value of a key is what it would be without the key.
func (r *reader) isDefault(k *key, dst reflect.Value) bool {
	if k.blank {
		return false
	}
	field := dst.Field(k.field)
	def := reflect.New(field.Type()).Elem()
	if k.def != nil {
		other := reader{host: r.host}
		other.value(k.shape, def, spot{n: k.def, place: &place{}})
	}
	return reflect.DeepEqual(field.Interface(), def.Interface())
}
