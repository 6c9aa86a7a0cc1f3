// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"slices"
	"strings"
)

// editor collects edits of a text, as small as they can be, that turn one
// configuration into another.
type editor struct {
	src     string
	json    bool
	unshare bool   // aliases are replaced
	quote   bool   // texts of several lines are quoted
	newline string // line end of the text
	step    int    // columns that a level is indented by
	dashes  int    // columns from a key to the dashes of its list
	edits   []edit
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

func newEditor(src string, layout *region, json bool) *editor {
	e := &editor{src: src, json: json, newline: "\n", step: 2, dashes: 2}
	if strings.Contains(src, "\r\n") {
		e.newline = "\r\n"
	}
	if json {
		e.step = 0
		if len(layout.parts) > 0 {
			if column, alone := e.ownLine(layout.parts[0].start); alone {
				e.step = column
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
		e.step, e.dashes = indent, indent
	}
	if dashes >= 0 {
		e.dashes = dashes
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
	end := lineEnd(e.src, off)
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

// value edits one value.
func (e *editor) value(r *region, from, to *node, at around) {
	equal := same(from, to)
	switch {
	case equal && !(e.unshare && r.aliases):
	case r.form == aliasText || from.kind != to.kind || len(r.parts) != len(from.members):
		e.swap(r, to, at)
	case (r.form == blockObject || r.form == flowObject) && to.kind == object:
		e.object(r, from, to, at)
	case (r.form == blockList || r.form == flowList) && to.kind == list:
		e.list(r, from, to, at)
	default:
		e.swap(r, to, at)
	}
}

// inner is what stands around the value of a part.
func (e *editor) inner(r *region, i int) around {
	return around{
		flow:   r.form == flowObject || r.form == flowList,
		dash:   r.form == blockList,
		column: r.column,
		after:  r.parts[i].after,
	}
}

func (e *editor) object(r *region, from, to *node, at around) {
	keep := make([]bool, len(from.members))
	last := -1
	find := positions(to)
	for i := range from.members {
		if _, keep[i] = find(from.members[i].key); keep[i] {
			last = i
		}
	}
	if last < 0 {
		e.swap(r, to, at)
		return
	}
	for i := range from.members {
		if keep[i] {
			j, _ := find(from.members[i].key)
			e.value(&r.parts[i].value, &from.members[i].value, &to.members[j].value, e.inner(r, i))
		}
	}
	was := positions(from)
	insert := last // where those go that have none of ours before them
	for j := range to.members {
		m := &to.members[j]
		if i, ok := was(m.key); ok {
			insert = i
			continue
		}
		if r.form == blockObject {
			e.insertLines(r, insert, e.keyText(m.key, false)+":"+e.block(&m.value, r.column, false))
		} else {
			e.insertFlow(r, insert, m)
		}
	}
	e.remove(r, keep)
}

func (e *editor) list(r *region, from, to *node, at around) {
	keep := make([]bool, len(from.members))
	type place struct{ after, element int }
	var inserts []place
	i, j := 0, 0
	survivors := 0
	gap := func(endI, endJ int) {
		for ; i < endI && j < endJ; i, j = i+1, j+1 {
			keep[i] = true
			e.value(&r.parts[i].value, &from.members[i].value, &to.members[j].value, e.inner(r, i))
			survivors++
		}
		i = max(i, endI)
		for ; j < endJ; j++ {
			inserts = append(inserts, place{i - 1, j})
		}
	}
	for _, stays := range align(from.members, to.members) {
		gap(stays[0], stays[1])
		gap(stays[0]+1, stays[1]+1)
	}
	gap(len(from.members), len(to.members))
	if survivors == 0 {
		e.swap(r, to, at)
		return
	}
	for _, in := range inserts {
		m := member{value: to.members[in.element].value}
		if r.form == flowList {
			e.insertFlow(r, in.after, &m)
			continue
		}
		text := "-" + e.block(&m.value, r.column, true)
		if in.after < 0 {
			e.replace(r.parts[0].start, r.parts[0].start, text+"\n"+strings.Repeat(" ", r.column))
		} else {
			e.insertLines(r, in.after, text)
		}
	}
	e.remove(r, keep)
}

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
func (e *editor) insertFlow(r *region, i int, m *member) {
	next := max(i, 0)
	separator, column := " ", 0
	if c, alone := e.ownLine(r.parts[next].start); alone {
		separator, column = "\n"+e.src[r.parts[next].start-c:r.parts[next].start], c
	}
	text := ""
	if r.form == flowObject {
		p := &r.parts[next]
		blank := e.src[p.after:p.value.start]
		if strings.Trim(blank, " ") != "" || p.value.end == p.value.start || blank == "" && !e.json {
			blank = " "
		}
		text = e.keyText(m.key, true) + ":" + blank
	}
	text += e.flow(&m.value, column)
	if i < 0 {
		e.replace(r.parts[0].start, r.parts[0].start, text+","+separator)
	} else {
		e.replace(r.parts[i].value.end, r.parts[i].value.end, ","+separator+text)
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
		start, stop := e.lineBefore(r.parts[i].start), e.stop(r, i)
		if start < top {
			start, stop = top, lineEnd(e.src, stop)
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

// swap puts another value in place of a whole one.
func (e *editor) swap(r *region, to *node, at around) {
	collection := len(to.members) > 0
	isBlock := r.form == blockObject || r.form == blockList
	switch {
	case at.flow || !isBlock && !(collection && (r.form != flowObject && r.form != flowList || len(r.parts) == 0)):
		e.swapText(r, to, at)
	case at.root:
		text := strings.TrimPrefix(e.block(to, at.column, false), "\n")
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
			e.replace(end, end, e.lines(to, at.column, at.dash, false))
			return
		}
		e.replace(at.after, max(r.end, at.after), e.block(to, at.column, at.dash))
	}
}

// swapText puts a value in place of one that stands between other things in its
// lines.
func (e *editor) swapText(r *region, to *node, at around) {
	before, _ := e.ownLine(r.start)
	line := e.src[r.start-before : r.start]
	column := len(line) - len(strings.TrimLeft(line, " \t"))
	if r.end == r.start { // a null that is not written
		e.replace(at.after, at.after, " "+e.flow(to, column))
		return
	}
	text := ""
	if at.flow || to.kind == list || to.kind == object {
		text = e.flow(to, column)
	} else {
		rest := e.src[r.end:e.lineStop(r.end)]
		text = e.scalar(to, at.column, e.src[r.body:r.end], strings.TrimSpace(rest) == "")
	}
	if r.body == r.end { // an anchor without a value
		text = " " + text
	}
	e.replace(r.body, r.end, text)
}

// swapBlock puts a value in place of the lines of a collection.
func (e *editor) swapBlock(r *region, to *node, at around) {
	first, end := r.parts[0].start, e.lineStop(r.end)
	switch _, alone := e.ownLine(first); {
	case !alone || r.body != r.start: // after a dash or an anchor
		e.replace(at.after, end, e.block(to, at.column, at.dash))
	default:
		text := e.lines(to, at.column, at.dash, false)
		if !strings.HasPrefix(text, "\n") {
			e.replace(at.after, at.after, text)
			text = ""
		}
		e.replace(e.lineBefore(first), end, text)
	}
}
