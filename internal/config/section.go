// SPDX-License-Identifier: Apache-2.0

package config

import (
	"reflect"
	"strconv"
	"strings"

	"kresd-manager/internal/config/tree"
)

// checker is a section with rules that concern more than one key, or values
// that depend on one another. check runs after all keys were read; it must use
// only what [scope.fine] vouches for. It resolves derived defaults.
type checker interface {
	check(s *scope)
}

// state is what became of one key.
type state uint8

const (
	absent state = iota // not given, or null where null means that
	given
	bad // given, and a problem was noted
)

// nothing stands for a section that is not there.
var nothing = tree.Node{Kind: tree.Object, Foreign: true}

// section reads an object into the struct dst.
func (r *reader) section(p *plan, dst reflect.Value, at spot) bool {
	if at.n.Kind != tree.Object {
		hint := ""
		_, switchable := p.byName["enable"]
		switch {
		case at.n.Kind == tree.Boolean && switchable:
			hint = "write {enable: " + at.n.Text + "}"
		case at.n.Kind == tree.Null:
			hint = "leave the key out, or write {}"
		}
		return r.expected(at, "an object", hint)
	}
	s := scope{r: r, plan: p, spot: at, states: make([]state, len(p.keys))}
	ok := true
	for _, m := range at.n.All() {
		number, known := p.byName[m.Key]
		if !known {
			r.unknown(p, at, m)
			ok = false
			continue
		}
		here := at.member(m, &tree.Place{Up: at.place, Key: m.Key})
		k := p.keys[number]
		here.secret = here.secret || k.secret
		s.states[number] = r.key(k, dst, here, &s)
	}
	for number, k := range p.keys {
		switch {
		case s.states[number] == bad:
			ok = false
		case s.states[number] == given:
		case k.required:
			r.problem(at, "the key "+strconv.Quote(k.name)+" is missing", "")
			s.states[number], ok = bad, false
		case k.shape.form == section:
			here := spot{n: &nothing, place: &tree.Place{Up: at.place, Key: k.name}}
			ok = r.section(k.shape.plan, dst.Field(k.field), here) && ok
		case k.def != nil:
			here := spot{n: k.def, place: &tree.Place{Up: at.place, Key: k.name}}
			ok = r.value(k.shape, dst.Field(k.field), here) && ok
		}
	}
	if c, rules := dst.Addr().Interface().(checker); rules {
		c.check(&s)
	}
	return ok && !s.failed
}

// key reads one key that is given.
func (r *reader) key(k *key, dst reflect.Value, at spot, s *scope) state {
	if k.shape.optional && at.n.Kind == tree.Null {
		return absent
	}
	if !k.blank {
		if !r.value(k.shape, dst.Field(k.field), at) {
			return bad
		}
		return given
	}
	v, ok := r.scalar(&k.shape.grammar, at)
	if !ok {
		return bad
	}
	if s.blanks == nil {
		s.blanks = make(map[string]any)
	}
	s.blanks[k.name] = v
	return given
}

// scope is what the check of a section may ask and say.
type scope struct {
	r      *reader
	plan   *plan
	spot   spot
	states []state
	blanks map[string]any // values of keys without a field
	failed bool
}

// host is what is known about the machine.
func (s *scope) host() *Host { return &s.r.host }

// present says that the section itself is in the document.
func (s *scope) present() bool { return s.spot.n != &nothing }

// state is what became of a declared key; rules about others are mistakes.
func (s *scope) state(key string) state {
	number, declared := s.plan.byName[key]
	if !declared {
		panic("config: a rule about the key " + key + ", which is not declared")
	}
	return s.states[number]
}

// given says that a key is in the document, with a value that is fine.
func (s *scope) given(key string) bool { return s.state(key) == given }

// fine says that nothing is wrong with the values of keys.
func (s *scope) fine(keys ...string) bool {
	for _, key := range keys {
		if s.state(key) == bad {
			return false
		}
	}
	return true
}

// blank is the value of a key without a field, nil if it is not given.
func (s *scope) blank(key string) any { return s.blanks[key] }

// problem notes an error about the value that path, a pointer without its
// first slash, leads to from the section; "" is the section.
func (s *scope) problem(path, message, hint string) {
	s.failed = true
	at := s.at(path)
	s.r.note(at, at.n.At, tree.SeverityError, message, hint)
}

// warn is problem for what is accepted.
func (s *scope) warn(path, message, hint string) {
	at := s.at(path)
	s.r.note(at, at.n.At, tree.SeverityWarning, message, hint)
}

// at is the spot that path leads to. Where a single value stands for a list
// or a string for an object, the path ends at that value; where there is no
// value, the position is that of the object around it.
func (s *scope) at(path string) spot {
	at := s.spot
	if path == "" {
		return at
	}
	missing := false
	for token := range strings.SplitSeq(path, "/") {
		here := &tree.Place{Up: at.place, Key: token}
		if !missing {
			i, err := tree.Step(at.n, token)
			if err != nil {
				break
			}
			if at.n.Kind == tree.List {
				here = &tree.Place{Up: at.place, Index: i, List: true}
			}
			if i < at.n.Len() {
				at = at.member(at.n.Member(i), here)
				continue
			}
			missing = true
		}
		at.place = here
	}
	return at
}
