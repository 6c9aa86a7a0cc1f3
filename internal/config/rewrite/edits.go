// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"errors"
	"slices"
	"strings"

	"kresd-manager/internal/config/text"
)

// editor collects edits of a text, as small as they can be, that turn one
// configuration into another.
type editor struct {
	text.Style
	src     string
	unshare bool   // aliases are replaced
	newline string // line end of the text
	edits   []edit

	migration *migration // nil for an edit like any other
}

// edit puts a text in place of a part of the source.
type edit struct {
	start, end int
	text       string
}

// around is what stands around a value.
type around struct {
	root   bool
	flow   bool // in brackets
	dash   bool // after a dash
	column int  // of the key or dash before the value
	after  int  // offset after the colon or dash
}

func newEditor(src string, layout *region, format text.Format) *editor {
	e := &editor{Style: text.Style{Format: format, Step: 2, Dashes: 2}, src: src, newline: "\n"}
	if strings.Contains(src, "\r\n") {
		e.newline = "\r\n"
	}
	if format == text.JSON {
		e.Step = 0
		if len(layout.parts) > 0 {
			if column, alone := e.ownLine(layout.parts[0].start); alone {
				e.Step = column
			}
		}
		return e
	}
	indent, dashes := 0, -1
	var look func(r *region)
	look = func(r *region) {
		for i := range r.parts {
			v := &r.parts[i].value
			switch {
			case r.form == blockObject && v.form == blockObject && indent == 0:
				indent = v.column - r.column
			case r.form == blockObject && v.form == blockList && dashes < 0:
				dashes = v.column - r.column
			}
			look(v)
		}
	}
	look(layout)
	if indent > 0 {
		e.Step, e.Dashes = indent, indent
	}
	if dashes >= 0 {
		e.Dashes = dashes
	}
	return e
}

// ownLine tells the column of what starts at an offset, and whether it is the
// first in its line.
func (e *editor) ownLine(off int) (column int, alone bool) {
	before := e.src[strings.LastIndexByte(e.src[:off], '\n')+1 : off]
	return len(before), strings.Trim(before, " \t") == ""
}

// lineStop is the offset of the end of a line, before its line end.
func (e *editor) lineStop(off int) int {
	end := text.LineEnd(e.src, off)
	return off + len(strings.TrimRight(e.src[off:end], "\r\n"))
}

// replace notes an edit.
func (e *editor) replace(start, end int, text string) {
	if e.newline != "\n" {
		text = strings.ReplaceAll(text, "\n", e.newline)
	}
	e.edits = append(e.edits, edit{start, end, text})
}

// apply makes the edits.
func (e *editor) apply() (string, error) {
	slices.SortStableFunc(e.edits, func(a, b edit) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return a.end - b.end
	})
	var b strings.Builder
	done := 0
	for _, x := range e.edits {
		if x.start < done || x.end < x.start {
			return "", errors.New("edits overlap")
		}
		b.WriteString(e.src[done:x.start] + x.text)
		done = x.end
	}
	b.WriteString(e.src[done:])
	return b.String(), nil
}
