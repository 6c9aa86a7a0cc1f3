// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
)

func format(v float64) string { return fmt.Sprintf("%g s", v) }

// drawn is one plot of each kind, from values that are hard to draw.
func drawn() map[string]string {
	series := []Series{{"stock", Other}, {"here <&>", Ours}}
	return map[string]string{
		"dots": Dots("Times", series, []Row{
			{Name: "a <start>", Values: map[string]Value{"stock": {3, 2, 4}, "here <&>": {0.3, 0.3, 0.3}}, Over: true},
			{Name: "nothing measured"},
			{Name: "zero", Values: map[string]Value{"stock": {0, 0, 0}}},
		}, format),
		"no dots": Dots("Times", series, nil, format),
		"lines": Lines("Slopes", []Panel{
			{Name: "time", Log: true, Format: format, At: format, Lines: []Line{{series[1], []Point{{1e3, Value{0.001, 0.0009, 0.002}}, {1e6, Value{1, 1, 1}}}}}},
			{Name: "zero", Format: format, At: format, Lines: []Line{{series[0], []Point{{1, Value{}}}}}},
			{Name: "empty", Format: format, At: format},
			{Name: "fourth", Format: format, At: format},
		}),
		"spans": Spans("Start", series, []Span{{"execve", 0, 0.1, Ours}, {"an instant", 0.1, 0.1, Other}}, format),
	}
}

func TestPlotsAreWellFormed(t *testing.T) {
	for name, text := range drawn() {
		if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("%s has a place that is no number:\n%s", name, text)
		}
		for d := xml.NewDecoder(strings.NewReader(text)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
		if again := drawn()[name]; again != text {
			t.Errorf("%s differs when it is drawn again", name)
		}
	}
}

func TestAMissedBudgetIsRed(t *testing.T) {
	text := drawn()["dots"]
	if !strings.Contains(text, `r="5" class="over"><title>here &lt;&amp;&gt;: 0.3 s`) {
		t.Errorf("a row over budget is not red:\n%s", text)
	}
	if strings.Contains(text, `r="5" class="over"><title>stock`) {
		t.Error("what it is compared with is red, too")
	}
}

func TestAxisPlacesValues(t *testing.T) {
	log := newAxis([]float64{1, 100, 0}, true, 0, 100)
	if got := log.place(10); math.Abs(got-50) > 1e-9 {
		t.Errorf("10 between 1 and 100 is at %v, want the middle", got)
	}
	if got := log.place(0); math.Abs(got) > 1e-9 {
		t.Errorf("what no logarithm shows is at %v, want the start", got)
	}
	for _, high := range []float64{0.0003, 0.07, 1, 9, 1234} {
		if n := len(newAxis([]float64{high}, false, 0, 1).ticks()); n < 3 || n > 12 {
			t.Errorf("an axis to %v has %d ticks", high, n)
		}
	}
}
