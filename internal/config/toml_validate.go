// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
)

// validateTOML gives the library's objection to a text.
func validateTOML(src string) (problem *Problem) {
	defer func() {
		if cause := recover(); cause != nil { // it panics on what it calls a bug
			problem = &Problem{Severity: SeverityError, Message: fmt.Sprint("not valid TOML: ", cause)}
		}
	}()
	var tree map[string]any
	_, err := toml.Decode(src, &tree)
	var syntax toml.ParseError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &syntax):
		return &Problem{Severity: SeverityError, Message: "not valid TOML: " + err.Error()}
	}
	p := syntax.Position
	return &Problem{
		Line: p.Line, Column: characterColumn(src, p.Line, p.Col), Severity: SeverityError,
		Message: "not valid TOML: " + strings.ToLower(syntax.Message[:1]) + strings.TrimSuffix(syntax.Message[1:], "."),
	}
}

// characterColumn makes a column in characters of one in bytes.
func characterColumn(src string, line, column int) int {
	off := 0
	for range line - 1 {
		off = lineEnd(src, off)
	}
	if column < 1 || off+column-1 > len(src) {
		return 0
	}
	c := newCursor(src[off:])
	return int(c.positionOf(column - 1).column)
}
