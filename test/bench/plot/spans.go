// SPDX-License-Identifier: Apache-2.0

package plot

// Span is what took from one moment to another, in seconds since the first of all.
type Span struct {
	Name     string
	From, To float64
	Colour   Colour
}

// Spans draws what took how long on one clock, a line each.
func Spans(title string, series []Series, spans []Span, format func(float64) string) string {
	const left, right, top, step, width = 330.0, 90.0, 44.0, 22.0, 900.0
	c := canvas{width: width}
	c.text(10, 18, "head", title)
	c.legend(left+170, 18, series)
	values := []float64{0}
	for _, s := range spans {
		values = append(values, s.To)
	}
	a := newAxis(values, false, left, width-right)
	bottom := top + step*float64(len(spans))
	for _, t := range a.ticks() {
		c.line(a.place(t), top-8, a.place(t), bottom, "grid")
		c.text(a.place(t), bottom+16, "small middle", format(t))
	}
	for i, s := range spans {
		y := top + step*float64(i)
		c.text(left-12, y+15, "end", s.Name)
		c.put(`<rect x="%s" y="%s" width="%s" height="%s" rx="2" class="%s"/>`,
			num(a.place(s.From)), num(y+4), num(max(a.place(s.To)-a.place(s.From), 1.5)), num(step-8), s.Colour)
		c.text(a.place(s.To)+6, y+15, "small", format(s.To-s.From))
	}
	return c.done(title, bottom+28)
}
