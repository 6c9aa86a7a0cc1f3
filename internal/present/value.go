// SPDX-License-Identifier: Apache-2.0

package present

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"kresd-manager/internal/config/text"
)

// Value lays out the JSON of an answer, as YAML if that is asked for. Numbers and texts
// stay as they are.
func Value(answer []byte, asYAML bool) ([]byte, error) {
	if asYAML {
		n, problems := text.Read(text.JSON, answer)
		if len(problems) > 0 {
			return nil, fmt.Errorf("cannot read the answer: %w", problems)
		}
		return text.Write(text.YAML, &n)
	}
	var b bytes.Buffer
	if json.Indent(&b, answer, "", "    ") != nil {
		return nil, errors.New("cannot read the answer: it is not JSON; see what listens on the socket")
	}
	return append(bytes.TrimRight(b.Bytes(), "\n"), '\n'), nil
}
