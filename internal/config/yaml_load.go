// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// loadYAML reads the one document of a text.
func loadYAML(src string) (*yaml.Node, *Problem) {
	loader, err := yaml.NewLoader(strings.NewReader(src), yaml.WithPlugin(
		loaderlimits.New(loaderlimits.DepthValue(2*maxDepth), loaderlimits.AliasNone())))
	if err != nil {
		return nil, yamlProblem(err)
	}
	var document, second yaml.Node
	if err := loader.Load(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, &emptyProblem
		}
		return nil, yamlProblem(err)
	}
	if err := loader.Load(&second); err == nil {
		return nil, &Problem{
			Line: second.Line, Column: second.Column, Severity: SeverityError,
			Message: "a second YAML document starts here", Hint: "a configuration is one document",
		}
	} else if !errors.Is(err, io.EOF) {
		return nil, yamlProblem(err)
	}
	return document.Content[0], nil
}

// yamlProblem is an error of the library in our form.
func yamlProblem(err error) *Problem {
	problem := &Problem{Severity: SeverityError, Message: "not valid YAML: " + err.Error()}
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		return problem
	}
	problem.Message = "not valid YAML: " + load.Message
	problem.Line, problem.Column = load.Mark.Line, load.Mark.Column
	if load.ContextMsg != "" {
		problem.Message += ", " + load.ContextMsg
		if start := load.ContextMark.Line; start > 0 && start != load.Mark.Line {
			problem.Message += " that starts in line " + strconv.Itoa(start)
		}
	}
	return problem
}

// emptyProblem is reported for a text without a value in it.
var emptyProblem = Problem{
	Severity: SeverityError, Message: "empty configuration", Hint: "write {} for all defaults",
}

// ignoreYAMLVersion makes the library accept a "%YAML 1.2" line, which Knot
// Resolver accepts without reading anything differently.
func ignoreYAMLVersion(src string) string {
	for off := 0; off < len(src); off = lineEnd(src, off) {
		line := src[off:lineEnd(src, off)]
		switch {
		case strings.HasPrefix(line, "%YAML 1.2"):
			return src[:off] + "%YAML 1.1" + src[off+len("%YAML 1.2"):]
		case line[0] != '%' && line[0] != '#' && strings.TrimSpace(line) != "":
			return src
		}
	}
	return src
}

// countYAMLNodes is a bound on the values a text can hold, from the characters
// that separate them: the library would build all of them before we could count.
func countYAMLNodes(src string) int {
	if len(src) <= maxNodes {
		return 0
	}
	count := 0
	for i := range len(src) {
		switch src[i] {
		case ',', '[', '{':
			count += 2
		case ':', '-', '?':
			if i+1 == len(src) || src[i+1] <= ' ' || src[i] == ':' && (src[i-min(i, 1)] == '"' || src[i-min(i, 1)] == '\'') {
				count += 2
			}
		}
	}
	return count
}

// checkYAMLText finds the control characters that YAML does not allow; the
// library knows of them and not where they are.
func checkYAMLText(src string) *Problem {
	for off, c := range src {
		switch {
		case ' ' <= c && c <= '~' || c == '\n' || c == '\t' || c == '\r' || c == 0x85:
		case 0xA0 <= c && c <= 0xD7FF || 0xE000 <= c && c <= 0xFFFD && c != 0xFEFF || 0x10000 <= c:
		default:
			cursor := newCursor(src)
			at := cursor.positionOf(off)
			return &Problem{
				Line: int(at.line), Column: int(at.column), Severity: SeverityError,
				Message: "not valid YAML: the control character " + strconv.QuoteRuneToASCII(c) + " is not allowed",
			}
		}
	}
	return nil
}
