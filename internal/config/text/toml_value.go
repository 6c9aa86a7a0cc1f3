// SPDX-License-Identifier: Apache-2.0

package text

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"kresd-manager/internal/config/tree"
)

// value takes over a value of TOML 1.0 or 1.1 that starts at the offset, and goes
// past it.
func (r *tomlReader) value(n *tree.Node, from *unstable.Node, path []string) bool {
	n.At = r.position()
	switch from.Kind {
	case unstable.Array:
		return r.array(n, from, path)
	case unstable.InlineTable:
		return r.inlineTable(n, from, path)
	}
	word := r.src[from.Raw.Offset : from.Raw.Offset+from.Raw.Length]
	start := r.off
	r.off = int(from.Raw.Offset) + len(word)
	switch from.Kind {
	case unstable.String:
		n.Kind, n.Text = tree.Text, r.share(from)
		if strings.IndexByte(n.Text, 0) >= 0 { // which no daemon can be handed
			r.refuse(n.At, path, "a NUL character is not allowed", "")
		}
	case unstable.Bool:
		n.Kind, n.Text = tree.Boolean, word
	case unstable.Integer, unstable.Float:
		return r.number(n, word, path)
	default:
		if len(word) == 0 { // of dates the library does not tell where they are
			word = string(from.Data)
			r.off = start + len(word)
		}
		r.refuse(n.At, path, tree.Shorten(word)+" is a date or time, which no key takes", "write it in quotes")
	}
	return true
}

// number takes over an integer or float; its spelling is valid.
func (r *tomlReader) number(n *tree.Node, word string, path []string) bool {
	digits := strings.ReplaceAll(word, "_", "")
	unsigned := strings.TrimLeft(digits, "+-")
	switch {
	case unsigned == "inf" || unsigned == "nan":
		r.refuse(n.At, path, word+" is not a finite number", "")
	case len(digits) > tree.MaxNumber:
		r.refuse(n.At, path, "a number of more than "+strconv.Itoa(tree.MaxNumber)+" characters", "")
	case !strings.HasPrefix(unsigned, "0x") && strings.ContainsAny(unsigned, ".eE"):
		f, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			return r.invalid(r.off-len(word), tree.Shorten(word)+" is too large a number")
		}
		n.Kind, n.Text = tree.Float, strings.TrimPrefix(digits, "+")
		if !isJSONNumber(n.Text) {
			n.Text = tree.PythonFloat(f)
		}
	default:
		i, ok := new(big.Int).SetString(strings.TrimPrefix(digits, "+"), 0)
		if !ok || !i.IsInt64() {
			return r.invalid(r.off-len(word), tree.Shorten(word)+" has more than 64 bits")
		}
		n.Kind, n.Text = tree.Integer, i.String()
	}
	return true
}

func (r *tomlReader) array(n *tree.Node, from *unstable.Node, path []string) bool {
	if !r.nested(n.At, path) {
		return false
	}
	n.Kind = tree.List
	r.off++ // [
	for it := from.Children(); it.Next(); {
		r.between()
		here := append(path[:len(path):len(path)], strconv.Itoa(n.Len()))
		n.Append(tree.Member{})
		if !r.within(n.At, here) || !r.value(&n.Member(n.Len()-1).Value, it.Node(), here) {
			return false
		}
	}
	r.between()
	r.off++ // ]
	return true
}

func (r *tomlReader) inlineTable(n *tree.Node, from *unstable.Node, path []string) bool {
	if !r.nested(n.At, path) {
		return false
	}
	r.inline++
	defer func() { r.inline-- }()
	t := newTable(n.At)
	r.off++ // {
	for it := from.Children(); it.Next(); {
		if !r.assignment(t, path, it.Node()) {
			return false
		}
	}
	r.between()
	r.off++ // }
	*n = t.node()
	return true
}

// between goes past what stands between the values of a list or inline table:
// blanks, line ends, comments and commas.
func (r *tomlReader) between() {
	for r.off < len(r.src) {
		switch r.src[r.off] {
		case ' ', '\t', '\r', '\n', ',':
			r.off++
		case '#':
			r.off = LineEnd(r.src, r.off)
		default:
			return
		}
	}
}
