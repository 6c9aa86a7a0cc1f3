// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"strings"

	"kresd-manager/internal/config/tree"
)

// swap puts another value in place of a whole one.
func (e *editor) swap(r *region, to *tree.Node, at around) {
	collection := to.Len() > 0
	isBlock := r.form == blockObject || r.form == blockList
	switch {
	case at.flow || !isBlock && !(collection && (r.form != flowObject && r.form != flowList || len(r.parts) == 0)):
		e.swapText(r, to, at)
	case at.root:
		text := strings.TrimPrefix(e.Block(to, at.column, false), "\n")
		end := r.end
		if isBlock {
			end = e.lineStop(end)
		}
		e.replace(r.start, end, strings.TrimPrefix(text, " "))
	case isBlock:
		e.swapBlock(r, to, at)
	default: // a few characters become lines
		end := e.lineStop(max(r.end, at.after))
		if rest := e.src[max(r.end, at.after):end]; strings.TrimSpace(rest) != "" {
			e.replace(at.after, max(r.end, at.after), "")
			e.replace(end, end, e.Lines(to, at.column, at.dash))
			return
		}
		e.replace(at.after, max(r.end, at.after), e.Block(to, at.column, at.dash))
	}
}

// swapText puts a value in place of one that stands between other things in its
// lines.
func (e *editor) swapText(r *region, to *tree.Node, at around) {
	before, _ := e.ownLine(r.start)
	line := e.src[r.start-before : r.start]
	column := len(line) - len(strings.TrimLeft(line, " \t"))
	if r.end == r.start { // a null that is not written
		e.replace(at.after, at.after, " "+e.Flow(to, column))
		return
	}
	text := ""
	if at.flow || to.Kind == tree.List || to.Kind == tree.Object {
		text = e.Flow(to, column)
	} else {
		rest := e.src[r.end:e.lineStop(r.end)]
		text = e.Scalar(to, at.column, e.src[r.body:r.end], strings.TrimSpace(rest) == "")
	}
	if r.body == r.end { // an anchor without a value
		text = " " + text
	}
	e.replace(r.body, r.end, text)
}

// swapBlock puts a value in place of the lines of a collection.
func (e *editor) swapBlock(r *region, to *tree.Node, at around) {
	first, end := r.parts[0].start, e.lineStop(r.end)
	switch _, alone := e.ownLine(first); {
	case !alone || r.body != r.start: // after a dash or an anchor
		e.replace(at.after, end, e.Block(to, at.column, at.dash))
	default:
		text := e.Lines(to, at.column, at.dash)
		if !strings.HasPrefix(text, "\n") {
			e.replace(at.after, at.after, text)
			text = ""
		}
		e.replace(e.lineBefore(e.above(first)), end, text)
	}
}
