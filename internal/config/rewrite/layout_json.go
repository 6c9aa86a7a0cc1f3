// SPDX-License-Identifier: Apache-2.0

package rewrite

import "strings"

// layJSON gives the layout of a text that is JSON.
func layJSON(src string) region {
	l := jsonLayout{src: src}
	return l.value()
}

type jsonLayout struct {
	src string
	off int
}

func (l *jsonLayout) space() {
	for l.off < len(l.src) && strings.IndexByte(" \t\r\n", l.src[l.off]) >= 0 {
		l.off++
	}
}

func (l *jsonLayout) value() region {
	l.space()
	r := region{start: l.off, body: l.off}
	switch l.src[l.off] {
	case '{', '[':
		r.form = flowList
		if l.src[l.off] == '{' {
			r.form = flowObject
		}
		l.off++
		for l.space(); l.src[l.off] != '}' && l.src[l.off] != ']'; l.space() {
			if l.src[l.off] == ',' {
				l.off++
				l.space()
			}
			p := part{start: l.off, after: l.off}
			if r.form == flowObject {
				l.text()
				l.space()
				l.off++ // colon
				p.after = l.off
			}
			p.value = l.value()
			r.parts = append(r.parts, p)
		}
		l.off++
	case '"':
		l.text()
	default:
		for l.off < len(l.src) && strings.IndexByte(" \t\r\n,]}", l.src[l.off]) < 0 {
			l.off++
		}
	}
	r.end = l.off
	return r
}

func (l *jsonLayout) text() {
	for l.off++; l.src[l.off] != '"'; l.off++ {
		if l.src[l.off] == '\\' {
			l.off++
		}
	}
	l.off++
}
