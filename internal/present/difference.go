// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"io"

	"kresd-manager/internal/config"
	"kresd-manager/internal/visible"
)

// Difference writes what differs between two configurations, which have names, as a
// unified diff has it, but a line for each value, with its pointer.
func Difference(w io.Writer, from, to string, d config.Diff, colored bool) error {
	if d.Empty() {
		return nil
	}
	var spans []visible.Span
	add := func(text string, style visible.Style) {
		spans = append(spans, visible.Span{Text: visible.Line(text), Style: style}, visible.Span{Text: "\n"})
	}
	add("--- "+from, visible.Bold)
	add("+++ "+to, visible.Bold)
	for _, c := range d.Changes {
		removed, added := c.Lines()
		if removed != "" {
			add("-"+removed, visible.Red)
		}
		if added != "" {
			add("+"+added, visible.Green)
		}
	}
	if d.More > 0 {
		add(fmt.Sprintf("… and %d more", d.More), visible.Plain)
	}
	return line(w, colored, spans...)
}
