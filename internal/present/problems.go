// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"kresd-manager/internal/config"
	"kresd-manager/internal/source"
	"kresd-manager/internal/visible"
)

// Problems writes problems, a line each, as compilers do.
func Problems(w io.Writer, problems config.Problems) error {
	for _, p := range problems {
		if isUnread(p) {
			p.File = ""
		}
		if _, err := fmt.Fprintln(w, visible.Line(p.String())); err != nil {
			return err
		}
	}
	return nil
}

// QuotedProblems writes problems for a terminal, in colour and with the lines of the
// texts that they are in, and how many there are. Texts are by name of the file.
func QuotedProblems(w *visible.Writer, problems config.Problems, texts map[string][]byte) error {
	if len(problems) == 0 {
		return nil
	}
	for _, p := range problems {
		if isUnread(p) {
			p.File = ""
		}
		if err := w.Print(quote(p, texts[p.File])...); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, count(problems))
	return err
}

// isUnread means that the message names the file already.
func isUnread(p config.Problem) bool {
	return p.Line == 0 && p.Pointer == "" && strings.HasPrefix(p.Message, "cannot read "+p.File+":")
}

// problemJSON is a problem for programs: the same keys always.
type problemJSON struct {
	File     string `json:"file"`     // as on the command line, <stdin> for -
	Path     string `json:"path"`     // absolute path of the file, "" for -
	Line     int    `json:"line"`     // from 1, 0 is unknown
	Column   int    `json:"column"`   // in characters, from 1, 0 is unknown
	Pointer  string `json:"pointer"`  // RFC 6901
	Severity string `json:"severity"` // error or warning
	Message  string `json:"message"`
	Hint     string `json:"hint"` // "" if there is none
}

// ProblemsJSON writes problems for programs, as one array of objects.
func ProblemsJSON(w *visible.Writer, problems config.Problems) error {
	list := make([]problemJSON, 0, len(problems)) // [] and not null
	for _, p := range problems {
		j := problemJSON{
			File: p.File, Line: p.Line, Column: p.Column, Pointer: p.Pointer,
			Severity: p.Severity, Message: p.Message, Hint: p.Hint,
		}
		if j.Severity == "" {
			j.Severity = config.SeverityError
		}
		if p.File != "" && p.File != source.Name(source.Stdin) {
			if path, err := filepath.Abs(p.File); err == nil {
				j.Path = path
			}
		}
		list = append(list, j)
	}
	return JSON(w, list)
}

// quote is how a problem is shown on a terminal: its line, with place and
// severity in styles of their own, and below it the line of the file with a caret.
func quote(p config.Problem, text []byte) []visible.Span {
	severity := visible.Span{Text: "error: ", Style: visible.Red}
	if p.Severity == config.SeverityWarning {
		severity = visible.Span{Text: "warning: ", Style: visible.Yellow}
	}
	what := p
	what.Severity = "" // written here, for errors too
	what.File, what.Line, what.Column, what.Pointer = "", 0, 0, ""
	all, message := p, what.String()
	all.Severity = ""
	before := strings.TrimSuffix(all.String(), message)
	var spans []visible.Span
	if place := fmt.Sprintf("%s:%d:%d:", p.File, p.Line, p.Column); strings.HasPrefix(before, place) {
		spans, before = append(spans, visible.Span{Text: visible.Line(place), Style: visible.Bold}), before[len(place):]
	}
	spans = append(spans, visible.Span{Text: visible.Line(before)}, severity, visible.Span{Text: visible.Line(message) + "\n"})
	if excerpt := excerpt(text, p.Line, p.Column); excerpt != "" {
		spans = append(spans, visible.Span{Text: excerpt + "\n"})
	}
	return spans
}

// count says how many problems there are, as in "2 errors, 1 warning".
func count(problems config.Problems) string {
	errors, warnings := 0, 0
	for _, p := range problems {
		if p.Severity == config.SeverityWarning {
			warnings++
		} else {
			errors++
		}
	}
	var parts []string
	for _, n := range []struct {
		n    int
		word string
	}{{errors, "error"}, {warnings, "warning"}} {
		switch n.n {
		case 0:
		case 1:
			parts = append(parts, "1 "+n.word)
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", n.n, n.word))
		}
	}
	return strings.Join(parts, ", ")
}
