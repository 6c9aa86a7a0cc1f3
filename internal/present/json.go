// SPDX-License-Identifier: Apache-2.0

package present

import (
	"bytes"
	"encoding/json"

	"kresd-manager/internal/visible"
)

// JSON writes a value as JSON, laid out for people and exact for programs.
func JSON(w *visible.Writer, v any) error { return encode(w, v, "    ") }

// JSONLine writes a value as JSON on one line, for a stream of them.
func JSONLine(w *visible.Writer, v any) error { return encode(w, v, "") }

func encode(w *visible.Writer, v any, indent string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", indent)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	return w.Data(b.Bytes())
}
