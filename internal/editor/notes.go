// SPDX-License-Identifier: Apache-2.0

package editor

import (
	"bytes"
	"strings"
)

// mark begins each line that is not part of the text. It is a comment in YAML and TOML,
// and nothing in JSON, from which it is taken off again like from the others.
const mark = "#! "

// WithNotes puts lines for whoever edits on top of a text.
func WithNotes(text []byte, notes []string) []byte {
	var b bytes.Buffer
	for _, note := range notes {
		b.WriteString(strings.TrimRight(mark+strings.ReplaceAll(note, "\n", " "), " ") + "\n")
	}
	b.Write(text)
	return b.Bytes()
}

// WithoutNotes takes them off again.
func WithoutNotes(text []byte) []byte {
	for bytes.HasPrefix(text, []byte(strings.TrimRight(mark, " "))) {
		_, rest, found := bytes.Cut(text, []byte("\n"))
		if !found {
			return nil
		}
		text = rest
	}
	return text
}
