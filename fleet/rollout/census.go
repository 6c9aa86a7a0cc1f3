// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Census is how many hosts stand where in a rollout. Held hosts are in Hosts only.
type Census struct {
	Hosts   int `json:"hosts"`
	Alive   int `json:"alive"`
	Missing int `json:"missing"`
	Held    int `json:"held"`
	// Unasked have not looked at the rollout yet; Out are drifted or blocked.
	Unasked      int `json:"unasked"`
	Out          int `json:"out"`
	Ready        int `json:"ready"`
	InFlight     int `json:"in-flight"`
	OK           int `json:"ok"`
	Failed       int `json:"failed"`
	Inconclusive int `json:"inconclusive"`
	// Lost went away between start and proof.
	Lost int `json:"lost"`
	// Tried is how many have run the release, On how many do.
	Tried int `json:"tried"`
	On    int `json:"on"`
}

// crowd is the hosts as one rollout sees them.
type crowd struct {
	Census
	hosts []Host // in the order of rank
	rings []int  // of each of them
	sizes []int  // of each ring, without held hosts
	// canaryFailed is that a host of a ring before the last speaks against the release.
	canaryFailed, canaryLost bool
	busy                     []string // run a command in the budget of the rollout
}

func (r Record) crowd(hosts []Host) crowd {
	c := crowd{hosts: slices.Clone(hosts), sizes: make([]int, len(r.Policy.Rings))}
	slices.SortFunc(c.hosts, func(a, b Host) int { return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.ID, b.ID)) })
	for i := range c.hosts {
		h := &c.hosts[i]
		ring := r.Policy.Ring(h.Tags)
		c.rings = append(c.rings, ring)
		if h.Rollout != r.ID {
			h.On, h.Tried, h.Rank, h.Told = false, false, "", ""
			if h.State != Held {
				h.State = Idle
			}
		}
		c.Hosts++
		if h.State == Held {
			c.Held++
			continue
		}
		c.sizes[ring]++
		count(&c.Tried, h.Tried)
		count(&c.On, h.On)
		count(&c.Alive, h.Alive)
		count(&c.Missing, !h.Alive)
		failed, lost := h.failed(), !h.Alive && h.inFlight()
		count(&c.Failed, failed)
		count(&c.Lost, lost)
		c.canaryFailed = c.canaryFailed || failed && ring < len(c.sizes)-1
		c.canaryLost = c.canaryLost || lost && ring < len(c.sizes)-1
		count(&c.Inconclusive, h.State == Inconclusive)
		if h.Alive {
			count(&c.Unasked, h.State == Idle)
			count(&c.Out, h.out())
			count(&c.Ready, h.State == Planned)
			count(&c.InFlight, h.inFlight())
			count(&c.OK, h.State == OK)
		}
	}
	return c
}

func count(n *int, yes bool) {
	if yes {
		*n++
	}
}

// Count tells how many hosts stand where.
func Count(r Record, hosts []Host) Census { return r.crowd(hosts).Census }

// counted is how many hosts limits are shares of.
func (c crowd) counted() int { return c.Hosts - c.Held }

// some names hosts, with reasons, for people: three at most.
func (c crowd) some(of func(Host) bool) string { return c.named(of, true) }

// names names them without.
func (c crowd) names(of func(Host) bool) string { return c.named(of, false) }

func (c crowd) named(of func(Host) bool, reasons bool) string {
	const most = 3
	var names []string
	n := 0
	for _, h := range c.hosts {
		if h.State == Held || !of(h) {
			continue
		}
		if n++; n > most {
			continue
		}
		name := h.ID
		if reasons && h.Reason != "" {
			name += " (" + firstLine(h.Reason) + ")"
		}
		names = append(names, name)
	}
	text := strings.Join(names, ", ")
	if n > most {
		text += fmt.Sprintf(" and %d more", n-most)
	}
	return text
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	if r := []rune(line); len(r) > 160 {
		line = string(r[:159]) + "…"
	}
	return line
}
