// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"io"
	"strings"

	"kresd-manager/internal/migrate"
	"kresd-manager/internal/visible"
)

// Migration writes what was done to an old configuration, a line each, and what has to
// be done by hand.
func Migration(w io.Writer, r migrate.Result) error {
	lines := append([]string{}, r.Actions...)
	for _, note := range r.Notes {
		lines = append(lines, "note: "+note)
	}
	for _, stuck := range r.Stuck {
		lines = append(lines, "cannot be carried over: "+stuck)
	}
	if len(r.Actions)+len(r.Stuck) == 0 {
		lines = append(lines, "nothing to do")
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(visible.Line(line) + "\n")
	}
	_, err := fmt.Fprint(w, b.String())
	return err
}
