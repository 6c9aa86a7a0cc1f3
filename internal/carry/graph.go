// SPDX-License-Identifier: Apache-2.0

package carry

import (
	"slices"

	"kresd-manager/units"
)

// graph is a plan as it goes: which steps can begin.
type graph struct {
	ready    []units.Step
	steps    map[int]units.Step
	waits    map[int]int   // step → how many it still waits for
	releases map[int][]int // step → who waits for its end
	leads    map[int][]int // step → who waits for its job to be queued
	ended    map[int]bool  // steps that have succeeded
}

// newGraph is a plan of which nothing has begun. Cold means that no one is served yet:
// see [ordered].
func newGraph(plan units.Plan, cold bool) *graph {
	g := &graph{
		steps: map[int]units.Step{}, waits: map[int]int{}, releases: map[int][]int{},
		leads: map[int][]int{}, ended: map[int]bool{},
	}
	for _, s := range plan.Steps {
		g.steps[s.N], g.waits[s.N] = s, len(s.After)
		for _, a := range s.After {
			if cold && ordered(g.steps[a], s) {
				g.leads[a] = append(g.leads[a], s.N)
			} else {
				g.releases[a] = append(g.releases[a], s.N)
			}
		}
		if len(s.After) == 0 {
			g.ready = append(g.ready, s)
		}
	}
	return g
}

func (g *graph) next() units.Step {
	s := g.ready[0]
	g.ready = g.ready[1:]
	return s
}

// leading reports whether someone waits for the job of a step to be queued.
func (g *graph) leading(n int) bool { return len(g.leads[n]) > 0 }

// queued notes that systemd has the job of a step.
func (g *graph) queued(n int) {
	for _, w := range g.leads[n] {
		g.release(w)
	}
	delete(g.leads, n)
}

// done notes that a step has succeeded.
func (g *graph) done(n int) {
	g.ended[n] = true
	g.queued(n) // where no one told of it
	for _, w := range g.releases[n] {
		g.release(w)
	}
}

func (g *graph) release(n int) {
	if g.waits[n]--; g.waits[n] == 0 {
		g.ready = append(g.ready, g.steps[n])
	}
}

// early reports whether something that a step waits for has not ended.
func (g *graph) early(n int) bool {
	return slices.ContainsFunc(g.steps[n].After, func(a int) bool { return !g.ended[a] })
}
