// SPDX-License-Identifier: Apache-2.0

package present

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"kresd-manager/internal/config"
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

// Effective lays out a part of a configuration with all its defaults, each of which is
// marked: as YAML with comments, or as JSON.
func Effective(doc *config.Document, pointer string, asYAML bool) ([]byte, error) {
	e, err := doc.Effective().At(pointer)
	if err != nil {
		return nil, err
	}
	if asYAML {
		return e.YAML()
	}
	answer, err := e.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return Value(answer, false)
}
