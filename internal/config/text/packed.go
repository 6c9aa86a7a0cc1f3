// SPDX-License-Identifier: Apache-2.0

package text

import (
	"slices"
	"strings"

	"kresd-manager/internal/config/tree"
)

// packed are the members that a run stands for ([tree.Part]). They stay text, and beside it
// there are 4 bytes for each key and value, which say where it is: a member takes 80 bytes
// and more. They are made whenever someone looks at them, without reading the text again.
type packed struct {
	run
	codes  []code
	blocks []block
	values int
	scalar scalarOf
	// repeats means that an item may have a key twice.
	repeats bool
}

// scalarOf reads a word (quotes removed) as a format does; it is false for one that needs
// the parser.
type scalarOf func(word string, isQuoted bool) (tree.Node, bool)

// code is a key or value: what it is, where it begins, counted from its block, and how long it
// is; of a list and an item, how many there are in it, which follow. A key is followed by its
// value.
type code uint32

const (
	codeWord   = iota // the text itself
	codeQuoted        // the text between quotes
	codeScalar        // something else than a text
	codeList
	codeItem
)

const (
	offsetBits = 18
	lengthBits = 11
)

func (c code) kind() int   { return int(c >> (offsetBits + lengthBits)) }
func (c code) offset() int { return int(c & (1<<offsetBits - 1)) }
func (c code) length() int { return int(c >> offsetBits & (1<<lengthBits - 1)) }

// blockLen is how many members there are in a block.
const blockLen = 16

// block is where some members begin: in the text, in the codes, and in which line.
type block struct{ at, code, line uint32 }

// pack packs a run. It is false if something in it needs the parser, and then so does the
// whole run.
func pack(r *run, separator byte, scalar scalarOf) (*packed, bool) {
	p := &packed{run: *r, scalar: scalar, blocks: make([]block, 0, r.count/blockLen+1)}
	w := packer{p: p, isTOML: separator == '='}
	line := r.first
	for i := 0; w.off < len(r.lines); i++ {
		if i%blockLen == 0 {
			p.blocks = append(p.blocks, block{uint32(w.off), uint32(len(p.codes)), uint32(line)})
			w.block = w.off
		}
		switch {
		case i == blockLen: // the others are alike
			p.codes = append(make([]code, 0, len(p.codes)*(r.count/blockLen+1)), p.codes...)
		case len(p.codes) == cap(p.codes):
			p.codes = append(make([]code, 0, 2*len(p.codes)+blockLen), p.codes...)
		}
		lines, ok := 1, false
		if r.items {
			lines, ok = w.item()
		} else {
			ok = w.line(separator)
		}
		if !ok {
			return nil, false
		}
		line += lines
	}
	return p, true
}

// packer packs what begins at off.
type packer struct {
	p          *packed
	off, block int
	isTOML     bool
	keys       []string // of an item
}

// add adds a code for what is at an offset. It is false if that does not fit.
func (w *packer) add(kind, at, length int) bool {
	at -= w.block
	w.p.codes = append(w.p.codes, code(kind<<(offsetBits+lengthBits)|length<<offsetBits|at))
	return at < 1<<offsetBits && length < 1<<lengthBits
}

func (w *packer) line(separator byte) bool {
	end := LineEnd(w.p.lines, w.off)
	e, _ := splitEntry(w.p.lines[w.off:end], separator)
	ok := w.key(&e, w.off) && w.value(e.value, w.off+int(e.valueColumn)-1)
	w.off = end
	return ok
}

// key adds the key of an entry whose line is at an offset.
func (w *packer) key(e *entry, line int) bool {
	if k, ok := w.p.scalar(e.key, e.keyQuoted || w.isTOML); !ok || k.Kind != tree.Text {
		return false
	}
	w.p.values++
	if e.keyQuoted {
		return w.add(codeQuoted, line+int(e.keyColumn)-1, len(e.key))
	}
	return w.add(codeWord, line+int(e.keyColumn)-1, len(e.key))
}

// value adds a value, which is at an offset.
func (w *packer) value(value string, at int) bool {
	if value[0] != '[' {
		return w.word(value, at)
	}
	list := len(w.p.codes)
	ok := w.add(codeList, at, 0)
	n := 0
	for i := 1; ok && i < len(value); n++ {
		i = blanks(value, i)
		end := plainItem(value, i, ':') // a superset of what stands in TOML
		ok = w.word(value[i:end], at+i)
		i = blanks(value, end) + 1 // past the comma or bracket
	}
	w.p.codes[list] |= code(n << offsetBits)
	w.p.values += n
	return ok && n < 1<<lengthBits
}

func (w *packer) word(word string, at int) bool {
	isQuoted := isQuote(word, 0)
	if isQuoted {
		word = word[1 : len(word)-1]
	}
	n, ok := w.p.scalar(word, isQuoted)
	switch {
	case !ok:
		return false
	case isQuoted:
		return w.add(codeQuoted, at, len(word))
	case n.Kind == tree.Text && n.Text == word:
		return w.add(codeWord, at, len(word))
	}
	return w.add(codeScalar, at, len(word))
}

// mostKeys is how many keys of an item are compared with one another while it is packed.
const mostKeys = 16

// item adds an item of a list, and returns how many lines it has.
func (w *packer) item() (lines int, ok bool) {
	item, entries := len(w.p.codes), 0
	text := w.p.lines
	w.keys = w.keys[:0]
	w.p.values++
	for w.off < len(text) {
		line := text[w.off:LineEnd(text, w.off)]
		dash, at := itemStart(line)
		if dash >= 0 && entries > 0 {
			break
		}
		if dash < 0 {
			at = blanks(line, 0)
		}
		if entries == 0 && !w.add(codeItem, w.off+at, 0) {
			return 0, false
		}
		e, n, after := itemEntry(text, w.off, at)
		if !w.key(&e, w.off) {
			return 0, false
		}
		w.p.repeats = w.p.repeats || entries >= mostKeys || slices.Contains(w.keys, e.key)
		w.keys = append(w.keys, e.key)
		if n == 1 {
			ok = w.value(e.value, w.off+int(e.valueColumn)-1)
		} else {
			ok = w.column(e.value, after-len(e.value), n-1, int(e.valueColumn)-1)
		}
		if !ok {
			return 0, false
		}
		w.off, lines, entries = after, lines+n, entries+1
	}
	w.p.codes[item] |= code(entries << offsetBits)
	return lines, entries < 1<<lengthBits
}

// column adds a list whose items have a line each, the first at an offset.
func (w *packer) column(lines string, at, n, dash int) bool {
	ok := w.add(codeList, at+dash, n) && n < 1<<lengthBits
	for off := 0; ok && off < len(lines); {
		end := LineEnd(lines, off)
		line := lines[off:end]
		_, start := itemStart(line)
		ok = w.word(line[start:plainItem(line, start, ':')], at+off+start)
		off = end
	}
	w.p.values += n
	return ok
}

func (p *packed) Len() int    { return p.count }
func (p *packed) Values() int { return p.values }

func (p *packed) Key(i int) string {
	if p.items {
		return ""
	}
	u := p.from(i)
	return u.text(u.p.codes[u.code])
}

func (p *packed) Read(from int, dst []tree.Member) int {
	n := min(len(dst), p.count-from)
	if n == 0 {
		return 0
	}
	u := p.from(from)
	for i := range n {
		if (from+i)%blockLen == 0 && i > 0 {
			u.begin((from + i) / blockLen)
		}
		if p.items {
			u.item(&dst[i])
		} else {
			u.member(&dst[i])
		}
	}
	return n
}

// from is an unpacker in front of a member.
func (p *packed) from(i int) unpacker {
	u := unpacker{p: p}
	u.begin(i / blockLen)
	for range i % blockLen {
		u.skip()
	}
	if !p.items { // each in a line of its own, of which none has to be counted
		u.line += uint32(i % blockLen)
		u.start = strings.LastIndexByte(u.rest[:u.p.codes[u.code].offset()], '\n') + 1
	}
	return u
}

// unpacker makes members, one after another.
type unpacker struct {
	p    *packed
	rest string // of the block and all after it
	code int
	// line is the number of the line that begins at start, which is where the last code was.
	line  uint32
	start int
}

// begin goes to a block.
func (u *unpacker) begin(i int) {
	b := u.p.blocks[i]
	u.rest, u.code, u.line, u.start = u.p.lines[b.at:], int(b.code), b.line, 0
}

// skip goes past a member.
func (u *unpacker) skip() {
	more := 2 // key and value
	if u.p.items {
		more = 1
	}
	for ; more > 0; more-- {
		switch c := u.p.codes[u.code]; c.kind() {
		case codeList:
			more += c.length()
		case codeItem:
			more += 2 * c.length()
		}
		u.code++
	}
}

// text is what a key or a word is.
func (u *unpacker) text(c code) string {
	at := c.offset()
	if c.kind() == codeQuoted {
		at++
	}
	return u.rest[at : at+c.length()]
}

// next is the next code and where it is.
func (u *unpacker) next() (c code, at tree.Position) {
	c = u.p.codes[u.code]
	u.code++
	off := c.offset()
	for {
		end := strings.IndexByte(u.rest[u.start:off], '\n')
		if end < 0 {
			break
		}
		u.start, u.line = u.start+end+1, u.line+1
	}
	return c, tree.Position{Line: u.line, Column: uint32(off-u.start) + 1}
}

func (u *unpacker) item(m *tree.Member) {
	c, at := u.next()
	m.Key, m.KeyAt = "", tree.Position{}
	m.Value.Kind, m.Value.Text, m.Value.At = tree.Object, "", at
	entries := m.Value.Room(c.length())
	for i := range entries {
		u.member(&entries[i])
	}
}

func (u *unpacker) member(m *tree.Member) {
	c, at := u.next()
	m.Key, m.KeyAt = u.text(c), at
	u.value(&m.Value)
}

func (u *unpacker) value(n *tree.Node) {
	c, at := u.next()
	n.At = at
	switch c.kind() {
	case codeList:
		n.Kind, n.Text = tree.List, ""
		items := n.Room(c.length())
		for i := range items {
			u.value(&items[i].Value)
		}
	case codeScalar:
		s, _ := u.p.scalar(u.text(c), false)
		n.Kind, n.Text = s.Kind, s.Text
		n.Room(0)
	default:
		n.Kind, n.Text = tree.Text, u.text(c)
		n.Room(0)
	}
}
