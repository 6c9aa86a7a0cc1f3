// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"io"
	"strings"

	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

// LogLine writes a message of a unit.
func LogLine(w io.Writer, l units.LogLine) error {
	_, err := fmt.Fprintf(w, "%s %s %s: %s\n", l.When.Local().Format("Jan 02 15:04:05.000"), visible.Line(strings.TrimSuffix(l.Unit, ".service")),
		visible.Line(l.Identifier), strings.ReplaceAll(l.Message, "\n", "\n    "))
	return err
}
