// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"kresd-manager/internal/config"
	"kresd-manager/internal/visible"
)

// verdict is what was found about one configuration: a file, or several that
// were combined.
type verdict struct {
	files    []string
	problems config.Problems
	texts    map[string][]byte // by name of the file
	doc      *config.Document  // nil if there is none
	config   *config.Config    // nil unless all is well
	judged   string            // whom --strict judged for, "" without it
}

func (v *verdict) valid() bool { return v.problems.Errors() == nil }

// name is what people know the configuration by.
func (v *verdict) name() string {
	names := make([]string, len(v.files))
	for i, file := range v.files {
		names[i] = display(file)
	}
	return strings.Join(names, " + ")
}

// note adds an error of whatever kind.
func (v *verdict) note(file string, err error) {
	switch err := err.(type) {
	case nil:
	case config.Problems:
		v.problems = append(v.problems, err...)
	default:
		v.problems = append(v.problems, config.Problem{
			File: file, Message: err.Error(), Severity: config.SeverityError,
		})
	}
}

// judge reads the files of one configuration and checks what they mean
// together on this machine.
func (a *app) judge(files []string) verdict {
	v := verdict{files: files, texts: make(map[string][]byte)}
	var docs []*config.Document
	for _, file := range files {
		s, err := a.readSource(file)
		v.texts[s.name] = s.text
		v.note(s.name, err)
		docs = append(docs, s.doc)
	}
	if !v.valid() {
		return v
	}
	doc, err := config.Combine(docs...)
	v.note("", err)
	if err != nil {
		return v
	}
	v.doc = doc
	host, err := hostFor(files[0])
	if err != nil {
		v.note(files[0], err)
		return v
	}
	c, problems := doc.Check(host)
	v.config = c
	v.problems = append(v.problems, problems...)
	return v
}

// print shows the problems: a line each, as compilers do, or with the lines
// they are in.
func (a *app) printProblems(v *verdict, fancy bool) {
	if len(v.problems) == 0 {
		return
	}
	if !fancy {
		for _, p := range sorted(v.problems) {
			fmt.Fprintln(a.stderr, visible.Line(line(p)))
		}
		return
	}
	for _, p := range sorted(v.problems) {
		if isUnread(p) {
			p.File = ""
		}
		if err := a.stderr.Print(quote(p, v.texts[p.File])...); err != nil {
			return
		}
	}
	fmt.Fprintln(a.stderr, count(v.problems))
}

// line is a problem on a line of its own.
func line(p config.Problem) string {
	if isUnread(p) {
		p.File = "" // the message names it
	}
	return p.String()
}

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

func (a *app) printProblemsJSON(problems config.Problems) error {
	list := make([]problemJSON, 0, len(problems)) // [] and not null
	for _, p := range sorted(problems) {
		j := problemJSON{
			File: p.File, Line: p.Line, Column: p.Column, Pointer: p.Pointer,
			Severity: p.Severity, Message: p.Message, Hint: p.Hint,
		}
		if j.Severity == "" {
			j.Severity = config.SeverityError
		}
		if p.File != "" && p.File != display("-") {
			if path, err := filepath.Abs(p.File); err == nil {
				j.Path = path
			}
		}
		list = append(list, j)
	}
	return a.printJSON(list)
}
