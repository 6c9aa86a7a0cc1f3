// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strconv"
	"strings"

	"kresd-manager/test/bench/plot"
)

// figure is a plot of a section.
type figure struct {
	section          section
	name, title, svg string
}

// plots draws what was measured; what was not has no plot.
func (d *document) plots() []figure {
	var all []figure
	add := func(s section, name, title, svg string) {
		if svg != "" {
			all = append(all, figure{s, name, title, svg})
		}
	}
	const times, phases = "Times beside the stock manager; a missed budget is red", "Where the time of a start goes"
	add(beside, "times", times, d.times(times))
	add(beside, "start", phases, d.phases(phases))
	for _, p := range []struct {
		section     section
		name, title string
	}{
		{changes, "changes", "Every kind of change, by the number of workers"},
		{slopes, "slopes", "Time and memory by the number of entries"},
	} {
		add(p.section, p.name, p.title, d.lines(p.title, p.section))
	}
	const others = "Beside other resolvers: time until it is so"
	add(peers, "peers", others, d.beside(others))
	return all
}

var bothSides = []plot.Series{{Name: "stock", Colour: plot.Other}, {Name: "floor", Colour: plot.Floor}, {Name: "here", Colour: plot.Ours}}

// value is a sample as it is drawn.
func (s sample) value() plot.Value {
	low, high := s.interval()
	return plot.Value{Middle: s.median(), Low: low, High: high}
}

// write writes a value with its unit, for an axis.
func (u unit) write(v float64) string {
	if v == 0 {
		return "0"
	}
	return sample{v}.text(u)
}

// dots draws rows that are times.
func dots(title string, series []plot.Series, rows []result) string {
	var drawn []plot.Row
	for _, r := range rows {
		if r.Unit != seconds || len(r.Samples) < 2 {
			continue
		}
		row := plot.Row{Name: r.What, Values: map[string]plot.Value{}, Over: r.Verdict == over}
		for name, s := range r.Samples {
			row.Values[name] = s.value()
		}
		drawn = append(drawn, row)
	}
	if len(drawn) == 0 {
		return ""
	}
	return plot.Dots(title, series, drawn, seconds.write)
}

func (d *document) times(title string) string { return dots(title, bothSides, d.of(beside)) }

// beside draws the peers.
func (d *document) beside(title string) string {
	colours := []plot.Colour{plot.Ours, plot.Other, plot.Floor, plot.Third, plot.Fifth, plot.Sixth, plot.Seventh}
	var series []plot.Series
	for i, name := range peerColumns {
		series = append(series, plot.Series{Name: name, Colour: colours[i%len(colours)]})
	}
	var until []result // latencies are in the table
	for _, r := range d.of(peers) {
		if strings.HasPrefix(r.What, "until ") {
			until = append(until, r)
		}
	}
	return dots(title, series, until)
}

// phases draws the timeline of the first traced row.
func (d *document) phases(title string) string {
	for _, r := range d.of(beside) {
		if len(r.Trace) == 0 {
			continue
		}
		var spans []plot.Span
		for _, s := range r.Trace {
			spans = append(spans, plot.Span{Name: s.Name, From: s.From, To: s.To, Colour: plot.Ours})
		}
		return plot.Spans(title, nil, spans, seconds.write)
	}
	return ""
}

// lines draws a section whose rows are called "NAME: SIZE WORD": a panel for each name, of
// sizes and what was measured at each.
func (d *document) lines(title string, s section) string {
	var panels []plot.Panel
	at := map[string]int{}
	for _, r := range d.of(s) {
		name, rest, ok := strings.Cut(r.What, ": ")
		size, _, _ := strings.Cut(rest, " ")
		n, err := strconv.ParseFloat(size, 64)
		if !ok || err != nil {
			continue
		}
		i, ok := at[name]
		if !ok {
			i, at[name] = len(panels), len(panels)
			panels = append(panels, plot.Panel{Name: name, Log: s == slopes, Format: r.Unit.write, At: short,
				Lines: []plot.Line{{Series: bothSides[1]}, {Series: bothSides[2]}}})
		}
		for k, of := range []string{"floor", "here"} {
			if sample := r.Samples[of]; len(sample) > 0 {
				panels[i].Lines[k].Points = append(panels[i].Lines[k].Points, plot.Point{At: n, Value: sample.value()})
			}
		}
	}
	if len(panels) == 0 {
		return ""
	}
	return plot.Lines(title, panels)
}

// short writes a number of things: 10k, 1M.
func short(v float64) string {
	switch {
	case v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'g', 3, 64) + "M"
	case v >= 1e3:
		return strconv.FormatFloat(v/1e3, 'g', 3, 64) + "k"
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
