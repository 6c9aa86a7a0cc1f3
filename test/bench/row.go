// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"
)

// row is one line of the table: the same thing of both sides, and of what bounds it.
type row struct {
	what   string
	unit   unit
	limits []limit
	stock  sample
	ours   sample
	// floor is what no manager can undercut: the same work of systemd and the daemons
	// alone.
	floor sample
	note  string
}

// limit is a part of the budget.
type limit struct {
	text string
	kept func(*row) bool   // false when ours is over budget
	of   func(*row) sample // what it compares with, nil for nothing
}

func ofStock(r *row) sample { return r.stock }
func ofFloor(r *row) sample { return r.floor }

// share allows ours a part of what stock takes.
func share(n float64) limit {
	return limit{fmt.Sprintf("≤ 1/%.0f of stock", n), func(r *row) bool { return r.ours.median() <= r.stock.median()/n }, ofStock}
}

// times asks of ours a multiple of what stock does.
func times(n float64) limit {
	return limit{fmt.Sprintf("≥ %.0f × stock", n), func(r *row) bool { return r.ours.median() >= r.stock.median()*n }, ofStock}
}

// nearFloor allows ours so many times the floor, which is named.
func nearFloor(n float64, what string) limit {
	return limit{fmt.Sprintf("≤ %g × %s", n, what), func(r *row) bool { return r.ours.median() <= r.floor.median()*n }, ofFloor}
}

// atMost allows ours an absolute value.
func atMost(value float64, text string) limit {
	return limit{"≤ " + text, func(r *row) bool { return r.ours.median() <= value }, nil}
}

// zero allows ours nothing, in no round.
func zero() limit {
	return limit{"0", func(r *row) bool { return slices.Max(r.ours) == 0 }, nil}
}

// add appends a row.
func (b *bench) add(what string, u unit, limits ...limit) *row {
	r := &row{what: what, unit: u, limits: limits}
	b.rows = append(b.rows, r)
	return r
}

// gain says how many times better ours is than stock: "9.3 ×".
func (r *row) gain() string {
	more, less := r.stock.median(), r.ours.median()
	if r.unit == rate {
		more, less = less, more
	}
	switch {
	case more == 0 || less == 0:
		return "-"
	case more/less < 9.95:
		return fmt.Sprintf("%.1f ×", more/less)
	}
	return fmt.Sprintf("%.0f ×", more/less)
}

func (r *row) budget() string {
	var texts []string
	for _, l := range r.limits {
		texts = append(texts, l.text)
	}
	return strings.Join(texts, ", ")
}

// verdict is "ok" or "over budget", or empty when nothing was measured or allowed.
func (r *row) verdict() string {
	if len(r.ours) == 0 || len(r.limits) == 0 {
		return ""
	}
	judged := false
	for _, l := range r.limits {
		if l.of != nil && len(l.of(r)) == 0 {
			continue
		}
		judged = true
		if !l.kept(r) {
			return "over budget"
		}
	}
	if !judged {
		return ""
	}
	return "ok"
}
