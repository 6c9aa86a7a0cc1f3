// SPDX-License-Identifier: Apache-2.0

package text

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"

	"kresd-manager/internal/config/tree"
)

// LoadYAML gives the library's tree of the one document of a text: structure and
// places, for what scalars mean is not what the library makes of them.
func LoadYAML(src string) (*yaml.Node, *tree.Problem) {
	loader, err := yaml.NewLoader(strings.NewReader(ignoreYAMLVersion(src)), yaml.WithPlugin(
		loaderlimits.New(loaderlimits.DepthValue(2*tree.MaxDepth), loaderlimits.AliasNone())))
	if err != nil {
		return nil, yamlProblem(err)
	}
	var document, second yaml.Node
	if err := loader.Load(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, &Empty
		}
		return nil, yamlProblem(err)
	}
	if err := loader.Load(&second); err == nil {
		return nil, &tree.Problem{
			Line: second.Line, Column: second.Column, Severity: tree.SeverityError,
			Message: "a second YAML document starts here", Hint: "a configuration is one document",
		}
	} else if !errors.Is(err, io.EOF) {
		return nil, yamlProblem(err)
	}
	return document.Content[0], nil
}

// yamlProblem is an error of the library in our form.
func yamlProblem(err error) *tree.Problem {
	problem := &tree.Problem{Severity: tree.SeverityError, Message: "not valid YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		return problem
	}
	problem.Message = "not valid YAML: " + load.Message
	problem.Line, problem.Column = load.Mark.Line, load.Mark.Column
	if strings.HasPrefix(load.Message, "exceeded max depth") {
		problem.Message = tree.TooDeep
		return problem
	}
	if load.ContextMsg != "" {
		problem.Message += ", " + load.ContextMsg
		if start := load.ContextMark.Line; start > 0 && start != load.Mark.Line {
			problem.Message += " that starts in line " + strconv.Itoa(start)
		}
	}
	return problem
}

// Empty is reported for a text without a value in it.
var Empty = tree.Problem{
	Severity: tree.SeverityError, Message: "empty configuration", Hint: "write {} for all defaults",
}

// ignoreYAMLVersion makes the library accept a "%YAML 1.2" line, which Knot
// Resolver accepts without reading anything differently.
func ignoreYAMLVersion(src string) string {
	for off := 0; off < len(src); off = LineEnd(src, off) {
		line := src[off:LineEnd(src, off)]
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
	if len(src) <= tree.MaxNodes {
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
func checkYAMLText(src string) *tree.Problem {
	for off, c := range src {
		switch {
		case ' ' <= c && c <= '~' || c == '\n' || c == '\t' || c == '\r' || c == 0x85:
		case 0xA0 <= c && c <= 0xD7FF || 0xE000 <= c && c <= 0xFFFD && c != 0xFEFF || 0x10000 <= c:
		default:
			cursor := newCursor(src)
			at := cursor.positionOf(off)
			return &tree.Problem{
				Line: int(at.Line), Column: int(at.Column), Severity: tree.SeverityError,
				Message: "not valid YAML: the control character " + strconv.QuoteRuneToASCII(c) + " is not allowed",
			}
		}
	}
	return nil
}
