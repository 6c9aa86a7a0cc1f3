// SPDX-License-Identifier: Apache-2.0

// Package exposition writes the text format of Prometheus, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/). What is measured is
// for others to know.
//
// The client library of Prometheus would do, and is what the tests hold this to. It
// brings protocol buffers into a program that writes text alone: 2 MB of a manager
// that has to be small.
package exposition

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Desc is what a metric is called and what its labels are.
type Desc struct {
	name, help string
	labels     []string // in the order in which values are given
	sorted     []int    // their positions, by name
}

// New describes a metric. The order of labels is that of values.
func New(name, help string, labels ...string) *Desc {
	d := &Desc{name: name, help: help, labels: labels}
	for i := range labels {
		d.sorted = append(d.sorted, i)
	}
	slices.SortFunc(d.sorted, func(a, b int) int { return cmp.Compare(labels[a], labels[b]) })
	return d
}

// Text collects values of one moment. The zero value is ready; it is for one goroutine.
type Text struct {
	families map[string]*family
}

// family is all values of one metric.
type family struct {
	desc    *Desc
	kind    string
	samples []sample
}

// sample is a value, or a histogram.
type sample struct {
	values    []string // of labels, by the names of the labels
	value     float64
	histogram *histogram
}

type histogram struct {
	count   uint64
	sum     float64
	buckets map[float64]uint64
}

// Gauge adds a value that may go up and down.
func (t *Text) Gauge(d *Desc, v float64, labels ...string) {
	t.add(d, "gauge", sample{value: v}, labels)
}

// Counter adds a value that only goes up.
func (t *Text) Counter(d *Desc, v float64, labels ...string) {
	t.add(d, "counter", sample{value: v}, labels)
}

// Histogram adds how many of count values were at most as large as the bounds of
// buckets, each with those before it.
func (t *Text) Histogram(d *Desc, count uint64, sum float64, buckets map[float64]uint64, labels ...string) {
	t.add(d, "histogram", sample{histogram: &histogram{count, sum, buckets}}, labels)
}

func (t *Text) add(d *Desc, kind string, s sample, labels []string) {
	f := t.families[d.name]
	if f == nil {
		f = &family{desc: d, kind: kind}
		if t.families == nil {
			t.families = map[string]*family{}
		}
		t.families[d.name] = f
	}
	for _, i := range d.sorted {
		value := ""
		if i < len(labels) {
			value = strings.ToValidUTF8(labels[i], "\uFFFD")
		}
		s.values = append(s.values, value)
	}
	f.samples = append(f.samples, s)
}

// Bytes is the text: families by name, values by their labels. The error is that the
// same labels have two values.
func (t *Text) Bytes() ([]byte, error) {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(t.families)) {
		f := t.families[name]
		slices.SortStableFunc(f.samples, func(a, b sample) int { return slices.Compare(a.values, b.values) })
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help.Replace(f.desc.help), name, f.kind)
		for i, s := range f.samples {
			if i > 0 && slices.Equal(s.values, f.samples[i-1].values) {
				return nil, fmt.Errorf("%s has two values for the labels %q", name, s.values)
			}
			f.write(&b, s)
		}
	}
	return b.Bytes(), nil
}

func (f *family) write(b *bytes.Buffer, s sample) {
	h := s.histogram
	if h == nil {
		f.line(b, "", s, "", number(s.value))
		return
	}
	bounds := slices.Sorted(maps.Keys(h.buckets))
	for _, bound := range bounds {
		f.line(b, "_bucket", s, number(bound), strconv.FormatUint(h.buckets[bound], 10))
	}
	if len(bounds) == 0 || !math.IsInf(bounds[len(bounds)-1], 1) {
		f.line(b, "_bucket", s, "+Inf", strconv.FormatUint(h.count, 10))
	}
	f.line(b, "_sum", s, "", number(h.sum))
	f.line(b, "_count", s, "", strconv.FormatUint(h.count, 10))
}

// line writes one line; le is the bound of a bucket, "" for none.
func (f *family) line(b *bytes.Buffer, suffix string, s sample, le, value string) {
	b.WriteString(f.desc.name + suffix)
	between := byte('{')
	label := func(name, value string) {
		b.WriteByte(between)
		between = ','
		b.WriteString(name + `="` + text.Replace(value) + `"`)
	}
	for i, at := range f.desc.sorted {
		label(f.desc.labels[at], s.values[i])
	}
	if le != "" {
		label("le", le)
	}
	if between == ',' {
		b.WriteByte('}')
	}
	b.WriteString(" " + value + "\n")
}

// What is escaped in the line of help, and in the value of a label.
var (
	help = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	text = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

func number(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "+Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	case math.IsNaN(v):
		return "NaN"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
