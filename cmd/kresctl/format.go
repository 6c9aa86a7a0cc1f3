// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"kresd-manager/internal/config"
)

// encode writes a document in a format: yaml, json or toml. The result reads
// back as the same document, or there is an error.
func encode(doc *config.Document, format string) ([]byte, error) {
	var text []byte
	var err error
	switch format {
	case "yaml":
		text, err = toYAML(doc.JSON())
	case "toml":
		text, err = toTOML(doc.JSON())
	default:
		text, err = present(doc.JSON(), false)
	}
	if err != nil {
		return nil, err
	}
	again, err := config.Parse("", text)
	if err != nil || again.ETag() != doc.ETag() {
		return nil, fmt.Errorf("%s cannot hold a value of this configuration", formatNames[format])
	}
	return text, nil
}

var formatNames = map[string]string{"yaml": "YAML", "json": "JSON", "toml": "TOML"}
