// SPDX-License-Identifier: Apache-2.0

package units

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// none is what systemd reports for a unit without limits.
var none = Limits{Unlimited, Unlimited, Unlimited, Unlimited, Unlimited}

// with is none with some limits.
func with(edit func(*Limits)) Limits {
	l := none
	edit(&l)
	return l
}

func TestLimitsAreSetBeforeAnythingElse(t *testing.T) {
	const running = "1 active w\n2 active w\n3 inactive\nrules active r\n"
	memory := Limits{MemoryMax: 200 << 20}
	for _, c := range []struct {
		name string
		live map[int]Limits
		want Limits
		hash string
		opt  Options
		plan string
	}{
		{"no limit is wanted and none was", map[int]Limits{1: with(func(l *Limits) { l.CPUWeight = 5 })}, Limits{}, "w", Options{}, ""},
		{"a limit restarts no one", map[int]Limits{1: none, 2: none}, memory, "w", Options{}, `
  1  set      kresd@1.service             MemoryMax infinity → 200M
  2  set      kresd@2.service             MemoryMax infinity → 200M  [after 1]
`},
		{"the rest waits", map[int]Limits{1: none, 2: none}, memory, "x", Options{}, `
  1  set      kresd@1.service             MemoryMax infinity → 200M
  2  set      kresd@2.service             MemoryMax infinity → 200M  [after 1]
  3  try      kresd@canary.service        worker configuration w → x  [after 1 2]
  4  restart  kresd@1.service             configuration w → x  [after 3]
  5  restart  kresd@2.service             configuration w → x  [after 4]
`},
		{"what is as wanted is left alone", map[int]Limits{1: with(func(l *Limits) { l.MemoryMax = 200 << 20 }), 2: none}, memory, "w", Options{}, `
  1  set      kresd@2.service             MemoryMax infinity → 200M
`},
		{"what is not ours is left alone", map[int]Limits{1: with(func(l *Limits) { l.IOWeight = 7 }), 2: none}, memory, "w", Options{}, `
  1  set      kresd@1.service             MemoryMax infinity → 200M
  2  set      kresd@2.service             MemoryMax infinity → 200M  [after 1]
`},
		{"what was ours is lifted, of workers that wait for their day, too",
			map[int]Limits{1: with(func(l *Limits) { l.TasksMax = 9 }), 2: none, 3: with(func(l *Limits) { l.TasksMax = 9 })},
			Limits{}, "w", Options{Before: Limits{TasksMax: 9}}, `
  1  set      kresd@1.service             TasksMax 9 → infinity
  2  set      kresd@3.service             TasksMax 9 → infinity  [after 1]
`},
		{"several at once", map[int]Limits{1: none, 2: none},
			Limits{MemoryMax: 3 << 30, MemoryHigh: 1000, TasksMax: 8, CPUWeight: 200, IOWeight: 50}, "w", Options{}, `
  1  set      kresd@1.service             MemoryMax infinity → 3G, MemoryHigh infinity → 1000B, TasksMax infinity → 8, CPUWeight infinity → 200, IOWeight infinity → 50
  2  set      kresd@2.service             MemoryMax infinity → 3G, MemoryHigh infinity → 1000B, TasksMax infinity → 8, CPUWeight infinity → 200, IOWeight infinity → 50  [after 1]
`},
		{"a repair waits for no limit", map[int]Limits{1: none, 2: none}, memory, "x", Options{Proven: true, Tolerant: true}, `
  1  set      kresd@1.service             MemoryMax infinity → 200M  (optional)
  2  set      kresd@2.service             MemoryMax infinity → 200M  [after 1]  (optional)
  3  restart  kresd@1.service             configuration w → x
  4  restart  kresd@2.service             configuration w → x  [after 3]
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			live := system(t, running)
			live.Limits = map[string]Limits{}
			for n, l := range c.live {
				live.Limits[Worker(n)] = l
			}
			p := Diff(Desired{Generation: "g", Workers: 2, WorkerHash: c.hash, RulesHash: "r", Limits: c.want}, live, c.opt)
			_, steps, _ := strings.Cut(p.String(), "\n")
			if diff := cmp.Diff(strings.TrimPrefix(c.plan, "\n"), steps); diff != "" {
				t.Error(diff)
			}
			// What is set makes the workers what is wanted.
			for _, s := range p.Steps {
				l := live.Limits[s.Unit]
				for _, set := range s.Set {
					for _, p := range LimitProperties {
						if p.Name == set.Name {
							*p.Of(&l) = set.Value
						}
					}
				}
				live.Limits[s.Unit] = l
			}
			again := Diff(Desired{Generation: "g", Workers: 2, WorkerHash: c.hash, RulesHash: "r", Limits: c.want}, live, c.opt)
			if left := again.Touches(Set); len(left) > 0 {
				t.Errorf("left to do: %s", again)
			}
		})
	}
}

func TestStepsKeepWhatTheySet(t *testing.T) {
	live := system(t, "1 active w\nrules active r\n")
	p := Diff(Desired{Workers: 1, WorkerHash: "w", RulesHash: "r", Limits: Limits{MemoryMax: 1 << 30, CPUWeight: 7}}, live, Options{Before: Limits{TasksMax: 3}})
	p = p.Without(func(Step) bool { return false })
	b, err := json.Marshal(p.Steps[0].Set)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(b); got != `["MemoryMax=1073741824","CPUWeight=7"]` {
		t.Errorf("got %s", got)
	}
	var again []Setting
	if err := json.Unmarshal(b, &again); err != nil || !cmp.Equal(again, p.Steps[0].Set) {
		t.Errorf("%v %v", again, err)
	}
	for _, text := range []string{"", "A", "A=", "A=-1", "A=x"} {
		if err := new(Setting).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read", text)
		}
	}
	if s := (Setting{"IOWeight", Unlimited}); s.String() != "IOWeight=infinity" {
		t.Errorf("got %s", s)
	}
}

func TestWhatIsLifted(t *testing.T) {
	memory, both := Limits{MemoryMax: 1}, Limits{MemoryMax: 2, CPUWeight: 3}
	for _, c := range []struct {
		before, now Limits
		lifts       bool
	}{{Limits{}, memory, false}, {memory, memory, false}, {memory, both, false}, {both, memory, true}, {memory, Limits{}, true}, {Limits{}, Limits{}, false}} {
		if got := c.now.Lifts(c.before); got != c.lifts {
			t.Errorf("%v after %v lifts a limit: %v", c.now, c.before, got)
		}
	}
}

func TestLimitsOfTwo(t *testing.T) {
	one, other := Limits{MemoryMax: 1, CPUWeight: 2}, Limits{CPUWeight: 3, TasksMax: 4}
	if got, want := one.Or(other), (Limits{MemoryMax: 1, CPUWeight: 2, TasksMax: 4}); got != want || one.TasksMax != 0 {
		t.Errorf("got %v, want %v", got, want)
	}
}
