// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// idleModel is a model of its own, so that these tests outlive idle keys.
type idleModel struct {
	Busy   bool          `key:"busy" type:"bool" default:"false" doc:"D."`
	Switch bool          `key:"switch" type:"bool|auto" default:"auto" idle:"true" doc:"D."`
	Limit  int64         `key:"limit" type:"size" default:"1K" idle:"true" doc:"D."`
	Text   string        `key:"text" type:"estr?" idle:"true" doc:"D."`
	Kind   string        `key:"kind" type:"enum a b c" default:"a" idle:"b c" doc:"D."`
	List   []idleElement `key:"list" type:"list?" idle:"true" doc:"D."`
	Part   idleElement   `key:"part" doc:"D."`
	Both   []idleElement `key:"both" type:"list?" doc:"D."`
}

type idleElement struct {
	X int `key:"x" type:"int>=0" default:"5" idle:"true" doc:"D."`
}

func TestIdleKeysAreWarnedOf(t *testing.T) {
	p := compile(reflect.TypeFor[idleModel](), make(map[reflect.Type]*plan))
	for _, test := range []struct{ name, text, want string }{
		{"nothing set", "{}", ""},
		{"defaults, however spelled", "switch: true\nlimit: 1024B\ntext: ~\nkind: a\nlist: ~\npart: {x: 5}\n", ""},
		{"a key that is acted on", "busy: true", ""},
		{"other values", "switch: false\nlimit: 2K\ntext: x\npart: {x: 6}\n", "1:1 /switch, 2:1 /limit, 3:1 /text, 4:8 /part/x"},
		{"words of an enum", "kind: b", "1:1 /kind"},
		{"a list, once", "list: [{x: 6}, {x: 7}]", "1:1 /list"},
		{"keys in a list that is acted on", "both: [{x: 6}, {x: 5}, {x: 7}]", "1:9 /both/0/x, 1:25 /both/2/x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := mustParse(t, test.text)
			r := reader{host: testHost}
			if !r.section(p, reflect.ValueOf(new(idleModel)).Elem(), spot{n: &d.root, place: &place{}, known: true}) {
				t.Fatal(r.problems)
			}
			var got []string
			for _, p := range r.problems.Idle() {
				got = append(got, fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Pointer))
				if p.Severity != SeverityWarning || !strings.HasPrefix(p.Message, "kresd-manager does not act on ") {
					t.Errorf("got %+v", p)
				}
			}
			if strings.Join(got, ", ") != test.want {
				t.Errorf("got %s, want %s", strings.Join(got, ", "), test.want)
			}
		})
	}
}

// Idle keys do not refuse a document, and Idle tells of nothing else.
func TestIdleIsPartOfCheck(t *testing.T) {
	d := mustParse(t, "version: 2\n")
	c, problems := d.Check(testHost)
	if c == nil || len(problems) != 1 || len(problems.Idle()) != 0 || d.Idle(testHost) != nil {
		t.Errorf("got %v, %v", c, problems)
	}
	for _, k := range Keys() {
		if k.Idle && k.Pointer == "/monitoring/graphite/prefix" {
			idle := mustParse(t, "monitoring: {graphite: {prefix: x}}").Idle(testHost)
			if len(idle) != 1 || idle[0].Pointer != k.Pointer || idle[0].Line != 1 {
				t.Errorf("got %v", idle)
			}
		}
	}
}
