// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"strings"

	"kresd-manager/internal/config/tree"
)

// value edits one value.
func (e *editor) value(r *region, from, to *tree.Node, at around) {
	equal := tree.Same(from, to)
	switch {
	case equal && !(e.unshare && r.aliases):
	case r.form == aliasText || from.Kind != to.Kind || len(r.parts) != from.Len():
		e.swap(r, to, at)
	case (r.form == blockObject || r.form == flowObject) && to.Kind == tree.Object:
		e.object(r, from, to, at)
	case (r.form == blockList || r.form == flowList) && to.Kind == tree.List:
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

func (e *editor) object(r *region, from, to *tree.Node, at around) {
	keep := make([]bool, from.Len())
	last := -1
	byKey := tree.KeyFinder(to, 0, to.Len())
	find := func(i int) (int, bool) {
		if e.migration.isRenamed(from.Member(i)) {
			return byKey(e.migration.is.Key)
		}
		return byKey(from.Key(i))
	}
	stays := make([]int, from.Len())
	for i := range from.Len() {
		if stays[i], keep[i] = find(i); keep[i] {
			last = i
		}
	}
	if last < 0 {
		e.swap(r, to, at)
		return
	}
	for i := range from.Len() {
		if keep[i] {
			if e.migration.isRenamed(from.Member(i)) {
				e.replace(r.parts[i].start, r.parts[i].after-1, e.Key(e.migration.is.Key, r.form == flowObject))
			}
			e.value(&r.parts[i].value, &from.Member(i).Value, &to.Member(stays[i]).Value, e.inner(r, i))
		}
	}
	was := make([]int, to.Len()) // the reverse of stays, from 1
	for i, j := range stays {
		if keep[i] {
			was[j] = i + 1
		}
	}
	insert := last // where those go that have none of ours before them
	if e.migration != nil && !at.root {
		insert = -1
	}
	for j := range to.Len() {
		m := to.Member(j)
		if was[j] > 0 {
			insert = was[j] - 1
			continue
		}
		switch {
		case r.form != blockObject:
			e.insertFlow(r, insert, m)
		case insert < 0:
			first := e.above(r.parts[0].start)
			e.replace(first, first, e.Member(m, r.column)+"\n"+strings.Repeat(" ", r.column))
		default:
			e.insertLines(r, insert, e.Member(m, r.column))
		}
	}
	e.remove(r, keep)
}

func (e *editor) list(r *region, from, to *tree.Node, at around) {
	keep := make([]bool, from.Len())
	type place struct{ after, element int }
	var inserts []place
	i, j := 0, 0
	survivors := 0
	gap := func(endI, endJ int) {
		for ; i < endI && j < endJ; i, j = i+1, j+1 {
			keep[i] = true
			e.value(&r.parts[i].value, &from.Member(i).Value, &to.Member(j).Value, e.inner(r, i))
			survivors++
		}
		i = max(i, endI)
		for ; j < endJ; j++ {
			inserts = append(inserts, place{i - 1, j})
		}
	}
	for _, stays := range tree.Align(from, to) {
		gap(int(stays[0]), int(stays[1]))
		gap(int(stays[0])+1, int(stays[1])+1)
	}
	gap(from.Len(), to.Len())
	if survivors == 0 {
		e.swap(r, to, at)
		return
	}
	for _, in := range inserts {
		m := tree.Member{Value: to.Member(in.element).Value}
		if r.form == flowList {
			e.insertFlow(r, in.after, &m)
			continue
		}
		text := "-" + e.Block(&m.Value, r.column, true)
		if in.after < 0 {
			e.replace(r.parts[0].start, r.parts[0].start, text+"\n"+strings.Repeat(" ", r.column))
		} else {
			e.insertLines(r, in.after, text)
		}
	}
	e.remove(r, keep)
}
