// SPDX-License-Identifier: Apache-2.0

package config

import (
	"reflect"
	"strings"
	"sync"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// plan is what the declarations of one struct type come to. Plans are made
// once, from the tags of the model, and serve reading, schema and docs alike.
type plan struct {
	keys   []*key
	byName map[string]int // index in keys
	hides  bool           // one of the keys is secret, or one below them
}

// key is one declared key.
type key struct {
	name     string
	was      []string // earlier names in the same section, or pointers
	field    int      // index in the struct
	blank    bool
	required bool
	shape    *shape
	def      *tree.Node // default, nil if there is none
	derived  string
	doc      string
	ours     bool // not a key of Knot Resolver
	secret   bool // never shown in messages
}

// form is how a value is composed.
type form uint8

const (
	scalar form = iota
	section
	listOf
	oneOrListOf
	addressMap // map<domain,one-or-list<ip>>
	sectionMap // map<name,object>
)

// shape is the type of a key.
type shape struct {
	form     form
	optional bool   // null and absence are fine
	name     string // as declared, "" for a section
	grammar  grammar
	plan     *plan  // of a section
	elem     *shape // of a list
	short    string // the key that a string in place of a section stands for
}

// configPlan is the plan of [Config].
var configPlan = sync.OnceValue(func() *plan {
	return compile(reflect.TypeFor[Config](), make(map[reflect.Type]*plan))
})

// compile makes the plan of a struct type. It panics on a mistake in the tags;
// TestEveryKeyIsDeclaredCompletely keeps that from users.
func compile(t reflect.Type, done map[reflect.Type]*plan) *plan {
	if p := done[t]; p != nil {
		return p
	}
	p := &plan{byName: make(map[string]int)}
	done[t] = p
	for i := range t.NumField() {
		f := t.Field(i)
		name, declared := f.Tag.Lookup("key")
		if !declared {
			continue
		}
		k := &key{
			name: name, was: strings.Fields(f.Tag.Get("was")), field: i, blank: f.Name == "_",
			required: f.Tag.Get("required") == "true",
			derived:  f.Tag.Get("derived"),
			doc:      f.Tag.Get("doc"),
			ours:     f.Tag.Get("ours") == "true",
			secret:   f.Tag.Get("secret") == "true",
		}
		k.shape = shapeOf(f.Tag.Get("type"), f.Tag.Get("short"), f.Type, done)
		if def, ok := f.Tag.Lookup("default"); ok {
			n, problems := text.Read(text.YAML, []byte(def))
			if len(problems) > 0 {
				panic("config: default of " + name + ": " + problems.Error())
			}
			n.Foreign = true
			k.def = &n
		}
		p.hides = p.hides || k.secret || k.shape.hides()
		p.byName[name] = len(p.keys)
		p.keys = append(p.keys, k)
	}
	return p
}

// shapeOf reads a type tag for a field of type t.
func shapeOf(tag, short string, t reflect.Type, done map[reflect.Type]*plan) *shape {
	s := &shape{name: tag}
	tag, s.optional = strings.CutSuffix(tag, "?")
	switch inner, list := strings.CutPrefix(strings.TrimSuffix(tag, ">"), "list<"); {
	case tag == "":
		s.form, s.plan = section, compile(t, done)
	case tag == "map<domain,one-or-list<ip>>":
		s.form = addressMap
		s.elem = &shape{form: oneOrListOf, name: "one-or-list<ip>", elem: scalarShape("ip")}
	case tag == "map<name,object>":
		s.form = sectionMap
		s.elem = &shape{form: section, plan: compile(t.Elem(), done)}
	case tag == "list":
		s.form = listOf
		elem := t
		if e, many := reflect.New(t).Interface().(manyEntries); many {
			elem = e.elem()
		} else {
			elem = t.Elem()
		}
		s.elem = &shape{form: section, plan: compile(elem, done), short: short}
	case list:
		s.form, s.elem = listOf, scalarShape(inner)
	default:
		if inner, list := strings.CutPrefix(strings.TrimSuffix(tag, ">"), "one-or-list<"); list {
			s.form, s.elem = oneOrListOf, scalarShape(inner)
			break
		}
		s.grammar = findGrammar(tag)
	}
	return s
}

// hides says that a key somewhere below is secret.
func (s *shape) hides() bool {
	return s.plan != nil && s.plan.hides || s.elem != nil && s.elem.hides()
}

func scalarShape(tag string) *shape {
	return &shape{name: tag, grammar: findGrammar(tag)}
}
