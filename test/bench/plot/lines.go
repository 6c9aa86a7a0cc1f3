// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"math"
	"strings"
)

// Point is a value at a place of the horizontal axis.
type Point struct {
	At float64
	Value
}

// Line is a series with its points, in order.
type Line struct {
	Series
	Points []Point
}

// Panel is one small plot of lines.
type Panel struct {
	Name  string
	Lines []Line
	// Log has powers of ten on the vertical axis; the horizontal one has them always.
	Log bool
	// Format writes a value of the vertical axis, At one of the horizontal.
	Format, At func(float64) string
}

// Lines draws panels, three beside one another, with one legend for all.
func Lines(title string, panels []Panel) string {
	const width, across, tall, left, gap = 900.0, 3, 170.0, 62.0, 60.0
	c := canvas{width: width}
	c.text(10, 18, "head", title)
	var series []Series
	for _, p := range panels {
		for _, l := range p.Lines {
			if len(l.Points) > 0 && !has(series, l.Name) {
				series = append(series, l.Series)
			}
		}
	}
	c.legend(10, 40, series)
	wide := width / across
	for i, p := range panels {
		x, y := wide*float64(i%across), 60+(tall+gap)*float64(i/across)
		c.panel(p, x+left, y+18, x+wide-14, y+tall)
	}
	rows := math.Ceil(float64(len(panels)) / across)
	return c.done(title, 60+rows*(tall+gap))
}

func has(series []Series, name string) bool {
	for _, s := range series {
		if s.Name == name {
			return true
		}
	}
	return false
}

// panel draws one panel into a rectangle.
func (c *canvas) panel(p Panel, left, top, right, bottom float64) {
	var places, values []float64
	for _, l := range p.Lines {
		for _, v := range l.Points {
			places, values = append(places, v.At), append(values, v.Middle, v.Low, v.High)
		}
	}
	x, y := newAxis(places, true, left, right), newAxis(values, p.Log, bottom, top)
	c.text(left, top-8, "", p.Name)
	for _, t := range y.ticks() {
		c.line(left, y.place(t), right, y.place(t), "grid")
		c.text(left-6, y.place(t)+4, "small end", p.Format(t))
	}
	seen := map[float64]bool{}
	for _, at := range places {
		if !seen[at] {
			seen[at] = true
			c.text(x.place(at), bottom+16, "small middle", p.At(at))
		}
	}
	for _, l := range p.Lines {
		var way []string
		for _, v := range l.Points {
			way = append(way, num(x.place(v.At))+","+num(y.place(v.Middle)))
		}
		c.put(`<polyline points="%s" class="line %s"/>`, strings.Join(way, " "), l.Colour)
		for _, v := range l.Points {
			c.whisker(x.place(v.At), y.place(v.Low), x.place(v.At), y.place(v.High), l.Colour)
			c.dot(x.place(v.At), y.place(v.Middle), 3, l.Colour, l.Name+" at "+p.At(v.At)+": "+p.Format(v.Middle))
		}
	}
}
