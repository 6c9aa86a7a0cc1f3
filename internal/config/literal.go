// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// Literal is a value as someone types it on a command line, for the key that a
// pointer leads to: what to send, and in which format. It is JSON or YAML; but a key
// that takes a text takes what was typed, which may look like a number, a date or a
// word of YAML: 007, 1.10 and yes. null is null for every key.
func Literal(pointer, typed string) ([]byte, text.Format) {
	n, problems := text.Read(text.YAML, []byte(typed))
	if list, isNew := strings.CutSuffix(pointer, "/-"); isNew { // an item like any other
		pointer = list + "/0"
	}
	k, err := FindKey(pointer)
	if err == nil && k.Type.Text && isWord(typed) && (len(problems) > 0 || n.Kind == tree.Boolean || n.IsNumber()) {
		return tree.AppendText(nil, strings.TrimSpace(typed)), text.JSON
	}
	if _, problems := text.Read(text.JSON, []byte(typed)); len(problems) == 0 {
		return []byte(typed), text.JSON
	}
	return []byte(typed), text.YAML
}

// isWord says that what was typed is on one line and needs nothing of YAML around
// it: a text that YAML does not read at all is a date.
func isWord(typed string) bool {
	for i := range len(typed) {
		if c := typed[i]; !text.IsWord(c) && strings.IndexByte("+-.: ", c) < 0 {
			return false
		}
	}
	return strings.TrimSpace(typed) != ""
}
