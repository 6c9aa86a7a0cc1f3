// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSampleText(t *testing.T) {
	for _, c := range []struct {
		sample sample
		unit   unit
		want   string
	}{
		{nil, seconds, "-"},
		{sample{3.04}, seconds, "3.0 s"},
		{sample{0.064, 0.0612, 0.0801}, seconds, "61/64/80 ms"},
		{sample{0.00012, 0.0009}, seconds, "120/510/900 µs"},
		{sample{75 << 20}, bytes, "75 MiB"},
		{sample{12382, 15276, 13946}, rate, "12382/13946/15276 1/s"},
		{sample{0, 0}, number, "0"},
		{sample{2, 37, 72}, number, "2/37/72"},
	} {
		if got := c.sample.text(c.unit); got != c.want {
			t.Errorf("%v is written %q, want %q", c.sample, got, c.want)
		}
	}
}

func TestVerdict(t *testing.T) {
	for name, c := range map[string]struct {
		row  row
		want string
	}{
		"nothing measured":          {row{limits: []limit{zero()}}, ""},
		"nothing allowed":           {row{ours: sample{1}}, ""},
		"nothing to compare with":   {row{limits: []limit{share(8)}, ours: sample{1}}, ""},
		"a share kept":              {row{limits: []limit{share(8)}, stock: sample{8}, ours: sample{1}}, "ok"},
		"a share exceeded":          {row{limits: []limit{share(8)}, stock: sample{7.9}, ours: sample{1}}, "over budget"},
		"the second limit exceeded": {row{limits: []limit{share(8), nearFloor(1.5, "floor")}, stock: sample{80}, ours: sample{1.6}, floor: sample{1}}, "over budget"},
		"not enough times":          {row{limits: []limit{times(15)}, stock: sample{2}, ours: sample{29}}, "over budget"},
		"none lost":                 {row{limits: []limit{zero()}, ours: sample{0}}, "ok"},
		"lost in one of the rounds": {row{limits: []limit{zero()}, ours: sample{0, 0, 1}}, "over budget"},
	} {
		if got := c.row.verdict(); got != c.want {
			t.Errorf("%s: verdict %q, want %q", name, got, c.want)
		}
	}
}

func TestGainIsOfTheBetterDirection(t *testing.T) {
	got := gain(seconds, sample{3}, sample{0.1}) + ", " + gain(rate, sample{1000}, sample{2500}) + ", " + gain(number, sample{12}, sample{0})
	if got != "30 ×, 2.5 ×, -" {
		t.Errorf("gains %s", got)
	}
}

func TestWrongUsageIsExit2(t *testing.T) {
	for _, args := range [][]string{{"--no-such-flag"}, {"extra"}, {"--only", "nothing"}} {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), args, &stdout, &stderr); code != 2 || stderr.Len() == 0 {
			t.Errorf("bench %v: exit %d, says %q", args, code, stderr.String())
		}
	}
}

func TestIntervalHasTheMedian(t *testing.T) {
	s := sample{5, 1, 2, 100, 3, 4, 3, 2, 4}
	low, high := s.interval()
	if low > s.median() || high < s.median() || low < 1 || high > 100 {
		t.Errorf("the median %v is not between %v and %v", s.median(), low, high)
	}
	if again, _ := s.interval(); again != low {
		t.Errorf("the same sample has intervals from %v and from %v", low, again)
	}
	if low, high := (sample{7}).interval(); low != 7 || high != 7 {
		t.Errorf("one value lies between %v and %v", low, high)
	}
	// The more samples, the narrower.
	var many sample
	for range 20 {
		many = append(many, s...)
	}
	if a, b := many.interval(); b-a >= high-low {
		t.Errorf("180 samples have an interval of %v, 9 of %v", b-a, high-low)
	}
}

func TestWhatWarmsUpCountsForNothing(t *testing.T) {
	b := &bench{}
	stock, ours := &side{name: "stock", sample: func(r *row) *sample { return &r.stock }}, &side{name: "ours", sample: func(r *row) *sample { return &r.ours }}
	b.stock, b.ours = stock, ours
	r := b.add("a thing", seconds)
	var order []string
	err := b.interleave(t.Context(), 3, func(s *side) error {
		order = append(order, s.name)
		s.add(r, float64(len(order)))
		r.floor = append(r.floor, 1)
		r.others["bind"] = append(r.others["bind"], 2)
		r.note = s.name
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.stock) != 3 || len(r.ours) != 3 || len(r.floor) != 6 || len(r.others["bind"]) != 6 || slices.Contains(r.ours, 2) {
		t.Errorf("3 rounds left %d and %d samples, %d of the floor: %v", len(r.stock), len(r.ours), len(r.floor), r.ours)
	}
	if got := strings.Join(order, " "); got != "stock ours stock ours ours stock stock ours" {
		t.Errorf("they had their turns as %s", got)
	}
}

func TestATraceIsOfTheMedianRun(t *testing.T) {
	r := new(row)
	for _, took := range []time.Duration{300, 100, 200} {
		tr := tracer{began: 1000, last: 1000}
		tr.next("unknown", 0)
		tr.next("all", 1000+moment(took*time.Millisecond))
		tr.next("earlier", 1001)
		tr.beside("before it began", 1, 1001)
		tr.beside("beside", 1000, 1000+moment(time.Millisecond))
		r.traced(tr.spans)
	}
	if len(r.trace) != 2 || r.trace[0] != (span{"all", 0, 0.2}) || r.trace[1] != (span{"beside: beside", 0, 0.001}) {
		t.Errorf("the trace is %v", r.trace)
	}
}
