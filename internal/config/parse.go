// SPDX-License-Identifier: Apache-2.0

package config

import "kresd-manager/internal/config/text"

// Parse reads a configuration, or one value of it, in YAML, JSON or TOML. The
// format is found from the text alone: what is JSON is read as JSON, what
// starts with a TOML table or "key =" as TOML, all else as YAML. name is what
// problems call the text; it may be empty.
//
// The error is of type [Problems]: all that is wrong with the text as such,
// duplicate keys among it. What a valid text means is for [Document.Config].
// Texts of more than 64 MiB are refused. source is not kept.
func Parse(name string, source []byte) (*Document, error) {
	return ParseAs(name, source, "")
}

// ParseAs is [Parse] for a text whose format is known. "" has it found out.
func ParseAs(name string, source []byte, format text.Format) (*Document, error) {
	return parse(name, string(source), format)
}

// parse keeps the source.
func parse(name, source string, format text.Format) (*Document, error) {
	root, problems := text.ReadString(format, source)
	if len(problems) > 0 {
		for i := range problems {
			problems[i].File = name
		}
		return nil, problems
	}
	return newDocument(name, root), nil
}
