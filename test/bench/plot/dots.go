// SPDX-License-Identifier: Apache-2.0

package plot

// Series is a name with its colour.
type Series struct {
	Name   string
	Colour Colour
}

// Value is what was measured, and its interval of confidence; all of one unit.
type Value struct{ Middle, Low, High float64 }

// Row is a name and the values of some series, by the series' name.
type Row struct {
	Name   string
	Values map[string]Value
	// Over marks the row as one that misses its budget.
	Over bool
}

// Dots draws rows of dots on one axis with powers of ten: how far two dots of a row are
// apart is by how many times they differ. Format writes a value with its unit.
func Dots(title string, series []Series, rows []Row, format func(float64) string) string {
	const left, right, top, step, width = 330.0, 90.0, 66.0, 24.0, 900.0
	c := canvas{width: width}
	c.text(10, 18, "head", title)
	c.legend(10, 40, series)
	var values []float64
	for _, r := range rows {
		for _, v := range r.Values {
			values = append(values, v.Middle, v.Low, v.High)
		}
	}
	a := newAxis(values, true, left, width-right)
	bottom := top + step*float64(len(rows))
	for _, t := range a.ticks() {
		c.line(a.place(t), top-8, a.place(t), bottom, "grid")
		c.text(a.place(t), bottom+16, "small middle", format(t))
	}
	for i, r := range rows {
		y := top + step*(float64(i)+0.5)
		c.text(left-12, y+4, "end", r.Name)
		for _, s := range series {
			v, ok := r.Values[s.Name]
			if !ok || v.Middle <= 0 {
				continue
			}
			colour := s.Colour
			if r.Over && colour == Ours {
				colour = Over
			}
			c.whisker(a.place(v.Low), y, a.place(v.High), y, colour)
			c.dot(a.place(v.Middle), y, 5, colour, s.Name+": "+format(v.Middle))
			if s.Colour == Ours {
				c.text(width-right+12, y+4, "small", format(v.Middle))
			}
		}
	}
	return c.done(title, bottom+28)
}

// whisker draws an interval with ends.
func (c *canvas) whisker(x1, y1, x2, y2 float64, colour Colour) {
	c.line(x1, y1, x2, y2, "whisker "+string(colour))
	if y1 == y2 {
		c.line(x1, y1-3, x1, y1+3, "whisker "+string(colour))
		c.line(x2, y1-3, x2, y1+3, "whisker "+string(colour))
		return
	}
	c.line(x1-3, y1, x1+3, y1, "whisker "+string(colour))
	c.line(x1-3, y2, x1+3, y2, "whisker "+string(colour))
}
