// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
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
	slow := row{unit: seconds, stock: sample{3}, ours: sample{0.1}}
	fast := row{unit: rate, stock: sample{1000}, ours: sample{2500}}
	lost := row{unit: number, stock: sample{12}, ours: sample{0}}
	if got := slow.gain() + ", " + fast.gain() + ", " + lost.gain(); got != "30 ×, 2.5 ×, -" {
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

func TestTheDocumentHasTheMedians(t *testing.T) {
	b := &bench{rows: []*row{
		{what: "a start", unit: seconds, stock: sample{3, 2, 4}, ours: sample{0.2}, note: "cold"},
		{what: "lost", unit: number, ours: sample{0, 0}},
	}}
	var text strings.Builder
	b.markdown(&text)
	for _, want := range []string{"\n| a start | 3 s | 200 ms | - | 15 × |\n", "\n| lost | - | 0 | - | - |\n", "\n- a start: cold\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s", want, text.String())
		}
	}
}
