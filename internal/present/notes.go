// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"strings"

	"kresd-manager/internal/config"
)

// Notes are lines for the top of a text that someone edits: what is wrong with it, as
// problems or, where there are none, as an error. The lines that they name are counted
// with the notes.
func Notes(problems config.Problems, err error) []string {
	notes := []string{"This is not valid yet. Correct it; leave it as it is to give up."}
	if err != nil {
		return append(notes, strings.Split(strings.ReplaceAll(err.Error(), "\t", "  "), "\n")...)
	}
	for _, p := range problems {
		at := ""
		if p.Line > 0 {
			at = fmt.Sprintf("line %d: ", p.Line+1+len(problems))
		}
		p.File, p.Line, p.Column = "", 0, 0
		notes = append(notes, at+p.String())
	}
	return notes
}

// First is the first of the problems in one line, with how many more there are; of an
// error it is the first line.
func First(problems config.Problems, err error) string {
	text, more := "", ""
	switch n := len(problems); {
	case err != nil:
		text = err.Error()
	case n > 0:
		text = problems[0].String()
		if n > 1 {
			more = fmt.Sprintf(" (and %d more)", n-1)
		}
	}
	line, _, _ := strings.Cut(text, "\n")
	return line + more
}
