// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"io"
	"strings"

	"kresd-manager/internal/doctor"
)

// Doctor writes what is wrong with an installation, why it matters, and what to type.
func Doctor(w io.Writer, r doctor.Report) error {
	var paragraphs []string
	for _, f := range r.Findings {
		paragraphs = append(paragraphs, fmt.Sprintf("%s: %s\n  why  %s\n  fix  %s\n", f.Check, f.What, f.Why, f.Fix))
	}
	text := strings.Join(paragraphs, "\n")
	if len(r.Findings) == 0 {
		text = fmt.Sprintf("nothing is wrong: %d checks\n", len(r.Checks))
	}
	for _, u := range r.Unseen {
		text += fmt.Sprintf("not looked at: %s\n", u)
	}
	_, err := io.WriteString(w, text)
	return err
}
