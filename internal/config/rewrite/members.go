// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"strings"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// insertLines puts lines after a part of a block collection.
func (e *editor) insertLines(r *region, i int, text string) {
	end := e.lineStop(r.parts[i].value.end)
	if r.parts[i].value.end < r.parts[i].after { // a null that is not written
		end = e.lineStop(r.parts[i].after)
	}
	e.replace(end, end, "\n"+strings.Repeat(" ", r.column)+text)
}

// insertFlow puts a member after a part of a collection in brackets, or before
// the first.
func (e *editor) insertFlow(r *region, i int, m *tree.Member) {
	next := max(i, 0)
	separator, column := " ", 0
	if c, alone := e.ownLine(r.parts[next].start); alone {
		separator, column = "\n"+e.src[r.parts[next].start-c:r.parts[next].start], c
	}
	member := ""
	if r.form == flowObject {
		p := &r.parts[next]
		blank := e.src[p.after:p.value.start]
		if strings.Trim(blank, " ") != "" || p.value.end == p.value.start || blank == "" && e.Format != text.JSON {
			blank = " "
		}
		member = e.Key(m.Key, true) + ":" + blank
	}
	member += e.Flow(&m.Value, column)
	if i < 0 {
		e.replace(r.parts[0].start, r.parts[0].start, member+","+separator)
	} else {
		e.replace(r.parts[i].value.end, r.parts[i].value.end, ","+separator+member)
	}
}

// remove takes out the parts that are not kept; some are.
func (e *editor) remove(r *region, keep []bool) {
	for i := 0; i < len(keep); i++ {
		if keep[i] {
			continue
		}
		end := i + 1 // of those that go
		for end < len(keep) && !keep[end] {
			end++
		}
		if r.form == blockObject || r.form == blockList {
			e.removeLines(r, i, end)
		} else {
			e.removeFlow(r, i, end)
		}
		i = end
	}
}

// removeLines takes out parts i to end of a block collection, and the comments
// in their last lines.
func (e *editor) removeLines(r *region, i, end int) {
	_, alone := e.ownLine(r.parts[i].start)
	if !alone { // after the dash of a list around: a part that stays moves there
		start, stop, next := r.parts[i].start, e.stop(r, end-1), r.parts[end].start
		if strings.TrimSpace(e.src[stop:next]) == "" && !strings.Contains(e.src[start:next], "\n#") && !e.commented(r, i, end) {
			e.replace(start, next, "")
			return
		}
		for start > 0 && e.src[start-1] == ' ' {
			start--
		}
		for ; i < end; i++ {
			e.replace(start, e.stop(r, i), "")
			if i+1 < end {
				start = e.lineBefore(r.parts[i+1].start)
			}
		}
		return
	}
	top := 0 // end of what goes at the top of the text, where there is no line before
	for ; i < end; i++ {
		start, stop := e.lineBefore(e.above(r.parts[i].start)), e.stop(r, i)
		if start < top {
			start, stop = top, text.LineEnd(e.src, stop)
			top = stop
		}
		e.replace(start, stop, "")
	}
}

// commented says that there are comments on lines of their own between parts.
func (e *editor) commented(r *region, i, end int) bool {
	for ; i < end; i++ {
		if strings.Contains(e.src[e.stop(r, i):r.parts[i+1].start], "#") {
			return true
		}
	}
	return false
}

// stop is the end of the line in which a part ends.
func (e *editor) stop(r *region, i int) int {
	return e.lineStop(max(r.parts[i].value.end, r.parts[i].after))
}

// lineBefore is the end of the line before that of an offset, -1 if there is none.
func (e *editor) lineBefore(off int) int {
	start := strings.LastIndexByte(e.src[:off], '\n')
	if start > 0 && e.src[start-1] == '\r' {
		start--
	}
	return start
}

// removeFlow takes out parts i to end of a collection in brackets, with the
// comma that goes with them, and no comment.
func (e *editor) removeFlow(r *region, i, end int) {
	comments := false
	for k := max(i-1, 0); k < end && k+1 < len(r.parts); k++ {
		comments = comments || strings.Contains(e.src[r.parts[k].value.end:r.parts[k+1].start], "#")
	}
	switch {
	case comments:
		for ; i < end; i++ {
			stop := r.parts[i].value.end
			l := yamlLayout{src: e.src}
			if comma := l.skip(stop); e.src[comma] == ',' && strings.TrimSpace(e.src[stop:comma]) == "" {
				stop = comma + 1
			}
			e.replace(r.parts[i].start, stop, "")
		}
	case end < len(r.parts):
		e.replace(r.parts[i].start, r.parts[end].start, "")
	default:
		e.replace(r.parts[i-1].value.end, r.parts[end-1].value.end, "")
	}
}
