// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// section is a table of the document.
type section string

// The tables. Rows are in beside unless their measure says otherwise.
const (
	beside  section = "beside" // stock, ours and floor
	changes section = "changes"
	slopes  section = "slopes"
	loss    section = "loss"
	steady  section = "steady"
	peers   section = "peers" // see peerNames
)

// row is one line of a table: the same thing of both sides, and of what bounds it.
type row struct {
	section section
	what    string
	unit    unit
	limits  []limit
	stock   sample
	ours    sample
	// floor is what no manager can undercut: the same work of systemd and the daemons
	// alone.
	floor sample
	// others are those of peers, by their names; words are in place of numbers.
	others map[string]sample
	words  map[string]string
	note   string
	// trace is where the time of ours has gone, in order: of the run whose time is the
	// median of traces.
	trace  []span
	traces [][]span
}

// span is a part of what was measured, in seconds since it began.
type span struct {
	Name string  `json:"name"`
	From float64 `json:"from"`
	To   float64 `json:"to"`
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

// nearFloor allows ours so many times the floor, which is named.
func nearFloor(n float64, what string) limit {
	return limit{fmt.Sprintf("≤ %g × %s", n, what), func(r *row) bool { return r.ours.median() <= r.floor.median()*n }, ofFloor}
}

// times asks of ours a multiple of what stock does.
func times(n float64) limit {
	return limit{fmt.Sprintf("≥ %.0f × stock", n), func(r *row) bool { return r.ours.median() >= r.stock.median()*n }, ofStock}
}

// above allows ours so many times the floor, and some seconds.
func above(n, seconds float64) limit {
	return limit{fmt.Sprintf("≤ %g × floor + %.0f ms", n, seconds*1e3), func(r *row) bool { return r.ours.median() <= r.floor.median()*n+seconds }, ofFloor}
}

// atMost allows ours an absolute value.
func atMost(value float64, text string) limit {
	return limit{"≤ " + text, func(r *row) bool { return r.ours.median() <= value }, nil}
}

// zero allows ours nothing, in no round.
func zero() limit {
	return limit{"0", func(r *row) bool { return slices.Max(r.ours) == 0 }, nil}
}

// add appends a row to the table of what both sides do.
func (b *bench) add(what string, u unit, limits ...limit) *row {
	return b.addTo(beside, what, u, limits...)
}

// addTo appends a row to a table.
func (b *bench) addTo(table section, what string, u unit, limits ...limit) *row {
	r := &row{section: table, what: what, unit: u, limits: limits, others: map[string]sample{}, words: map[string]string{}}
	b.rows = append(b.rows, r)
	return r
}

// addNote adds a remark to a row, printed below the table.
func (r *row) addNote(format string, args ...any) {
	if r.note != "" {
		r.note += "; "
	}
	r.note += fmt.Sprintf(format, args...)
}

// samples are those that were taken, by the names of the columns.
func (r *row) samples() map[string]sample {
	all := map[string]sample{"stock": r.stock, "here": r.ours, "floor": r.floor}
	for name, s := range r.others {
		all[name] = s
	}
	for name, s := range all {
		if len(s) == 0 {
			delete(all, name)
		}
	}
	return all
}

// traced adds where the time of one more run has gone.
func (r *row) traced(trace []span) {
	r.traces = append(r.traces, trace)
	sorted := slices.SortedFunc(slices.Values(r.traces), func(a, b []span) int { return cmp.Compare(length(a), length(b)) })
	r.trace = sorted[(len(sorted)-1)/2]
}

// length is how long a traced run took.
func length(trace []span) (end float64) {
	for _, s := range trace {
		end = max(end, s.To)
	}
	return end
}

// forget has f take measurements that count for nothing.
func (b *bench) forget(f func() error) error {
	kept := make([]row, len(b.rows))
	for i, r := range b.rows {
		kept[i] = *r
		kept[i].others = map[string]sample{}
		for name, s := range r.others {
			kept[i].others[name] = slices.Clone(s)
		}
	}
	err := f()
	for i := range kept {
		b.rows[i].stock, b.rows[i].ours, b.rows[i].floor = kept[i].stock, kept[i].ours, kept[i].floor
		b.rows[i].others, b.rows[i].note, b.rows[i].trace, b.rows[i].traces = kept[i].others, kept[i].note, kept[i].trace, kept[i].traces
	}
	b.rows = b.rows[:len(kept)]
	return err
}

// gain says how many times better ours is than stock: "9.3 ×".
func gain(u unit, stock, ours sample) string {
	more, less := stock.median(), ours.median()
	if u == rate {
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

// The verdicts.
const (
	kept = "ok"
	over = "over budget"
)

// verdict is empty when nothing was measured or allowed.
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
			return over
		}
	}
	if !judged {
		return ""
	}
	return kept
}
