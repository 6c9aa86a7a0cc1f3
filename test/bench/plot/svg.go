// SPDX-License-Identifier: Apache-2.0

// Package plot draws the few kinds of plots that the benchmark needs, as SVG that reads
// well on light and on dark pages: rows of dots on an axis, lines over an axis, and spans
// on a clock. The same values give the same bytes. What the values mean is the caller's.
package plot

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Colour names a role: the page's colour scheme picks the shade.
type Colour string

// The roles that the benchmark tells apart.
const (
	Ours    Colour = "ours"
	Other   Colour = "other"
	Floor   Colour = "floor"
	Over    Colour = "over" // what misses its budget
	Third   Colour = "third"
	Fifth   Colour = "fifth"
	Sixth   Colour = "sixth"
	Seventh Colour = "seventh"
)

// style has shades with enough contrast on white, and lighter ones on black. Where no one
// asks which it is, text is of a grey that can be read on both.
const style = `<style>
text{font:12px system-ui,sans-serif;fill:#768390}.small{font-size:10.5px}.head{font-weight:600;font-size:13px}
.grid{stroke:#8c959f;stroke-opacity:.4;stroke-width:1}.end{text-anchor:end}.middle{text-anchor:middle}
.ours{fill:#0a58ca;stroke:#0a58ca}.other{fill:#6e7781;stroke:#6e7781}.floor{fill:#1a7f37;stroke:#1a7f37}
.over{fill:#cf222e;stroke:#cf222e}.third{fill:#9a6700;stroke:#9a6700}.fifth{fill:#8250df;stroke:#8250df}.sixth{fill:#bf3989;stroke:#bf3989}
.seventh{fill:#1b7c83;stroke:#1b7c83}
.line{fill:none;stroke-width:2}.whisker{stroke-width:1.5}
@media (prefers-color-scheme:light){text{fill:#24292f}}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}
.ours{fill:#58a6ff;stroke:#58a6ff}.other{fill:#9198a1;stroke:#9198a1}.floor{fill:#3fb950;stroke:#3fb950}
.over{fill:#ff7b72;stroke:#ff7b72}.third{fill:#d29922;stroke:#d29922}.fifth{fill:#bc8cff;stroke:#bc8cff}.sixth{fill:#f778ba;stroke:#f778ba}
.seventh{fill:#39c5cf;stroke:#39c5cf}.line{fill:none}}
</style>
`

// canvas collects elements.
type canvas struct {
	strings.Builder
	width float64
}

func (c *canvas) put(format string, args ...any) { fmt.Fprintf(&c.Builder, format+"\n", args...) }

// text writes one line of text; class is "", or some of small, head, end and middle.
func (c *canvas) text(x, y float64, class, text string) {
	c.put(`<text x="%s" y="%s" class="%s">%s</text>`, num(x), num(y), class, html.EscapeString(text))
}

func (c *canvas) line(x1, y1, x2, y2 float64, class string) {
	c.put(`<line x1="%s" y1="%s" x2="%s" y2="%s" class="%s"/>`, num(x1), num(y1), num(x2), num(y2), class)
}

func (c *canvas) dot(x, y, r float64, colour Colour, title string) {
	c.put(`<circle cx="%s" cy="%s" r="%s" class="%s"><title>%s</title></circle>`, num(x), num(y), num(r), colour, html.EscapeString(title))
}

// done is the whole image, with a title for those who cannot see it.
func (c *canvas) done(title string, height float64) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %s %s" role="img"><title>%s</title>
`, num(c.width), num(height), num(c.width), num(height), html.EscapeString(title)) + style + c.String() + "</svg>\n"
}

// legend writes the names of series in a line that starts at x.
func (c *canvas) legend(x, y float64, series []Series) {
	for _, s := range series {
		c.dot(x+5, y-4, 4, s.Colour, s.Name)
		c.text(x+14, y, "small", s.Name)
		x += 26 + 6.2*float64(len([]rune(s.Name)))
	}
}

// num writes a coordinate: two digits are finer than anyone sees.
func num(v float64) string {
	text := strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
	if text == "-0" {
		return "0"
	}
	return text
}

// axis maps values to places.
type axis struct {
	low, high float64 // values
	from, to  float64 // places
	log       bool
}

// newAxis covers the values. One with powers of ten covers those above zero.
func newAxis(values []float64, log bool, from, to float64) axis {
	a := axis{from: from, to: to, log: log, low: math.Inf(1), high: math.Inf(-1)}
	for _, v := range values {
		if log && v <= 0 {
			continue
		}
		a.low, a.high = min(a.low, v), max(a.high, v)
	}
	switch {
	case a.low > a.high:
		a.low, a.high = 1, 10
	case log:
		a.low, a.high = a.low/1.15, a.high*1.15
	default:
		a.low, a.high = 0, max(a.high*1.08, 1e-9)
	}
	return a
}

func (a axis) place(v float64) float64 {
	low, high := a.low, a.high
	if a.log {
		v, low, high = math.Log(max(v, low)), math.Log(low), math.Log(high)
	}
	return a.from + (v-low)/(high-low)*(a.to-a.from)
}

// ticks are round values on the axis, a few of them.
func (a axis) ticks() []float64 {
	var all []float64
	if a.log {
		for exponent := math.Floor(math.Log10(a.low)); exponent <= math.Ceil(math.Log10(a.high)); exponent++ {
			for _, digit := range []float64{1, 2, 5} {
				if v := digit * math.Pow(10, exponent); v >= a.low && v <= a.high {
					all = append(all, v)
				}
			}
		}
		if len(all) > 8 { // the powers alone
			var powers []float64
			for _, v := range all {
				if e := math.Log10(v); math.Abs(e-math.Round(e)) < 1e-9 {
					powers = append(powers, v)
				}
			}
			all = powers
		}
		return all
	}
	step := math.Pow(10, math.Floor(math.Log10(a.high)))
	for _, part := range []float64{1, 2, 5} {
		if a.high/(step/part) >= 4 {
			step /= part
			break
		}
	}
	for v := 0.0; v <= a.high; v += step {
		all = append(all, v)
	}
	return all
}
