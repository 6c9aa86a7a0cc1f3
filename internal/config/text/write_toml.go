// SPDX-License-Identifier: Apache-2.0

package text

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"kresd-manager/internal/config/tree"
)

// writeTOML writes TOML 1.0, keys in the order they come. TOML wants the plain
// values of a table before the tables in it: sections that come before a plain
// value are therefore written with dotted keys, the others below a header. The
// error names the pointer of what TOML cannot say.
func writeTOML(n *tree.Node) ([]byte, error) {
	if n.Kind != tree.Object {
		return nil, fmt.Errorf("TOML has objects only, and this is %s", n.Describe())
	}
	if n.Len() == 0 {
		return nil, errors.New("an empty configuration has no text in TOML")
	}
	var w tomlWriter
	if err := w.table(n, "", &tree.Place{}); err != nil {
		return nil, err
	}
	return []byte(strings.TrimLeft(string(w.out), "\n")), nil
}

// TOMLValue is a value as it stands after an equals sign; at is its place, for
// the error about what TOML cannot say.
func TOMLValue(n *tree.Node, at *tree.Place) (string, error) {
	var w tomlWriter
	err := w.inline(n, at, false)
	return string(w.out), err
}

// TOMLKey is a key, in quotes where it must be.
func TOMLKey(key string) string {
	bare := key != ""
	for i := range len(key) {
		bare = bare && (IsWord(key[i]) || key[i] == '-')
	}
	if bare {
		return key
	}
	if strings.Contains(key, `"`) && !strings.ContainsFunc(key, func(c rune) bool { return c == '\'' || needsEscape(c) }) {
		return "'" + key + "'" // easier to read, and to tell from YAML
	}
	return `"` + strings.ReplaceAll(escapeTOML(key, false), `\"`, `\u0022`) + `"`
}

// headed says that a value gets headers: [name] or, for each item, [[name]].
func headed(n *tree.Node) bool {
	if n.Kind != tree.List {
		return n.Kind == tree.Object
	}
	for i := range n.Len() {
		if n.Member(i).Value.Kind != tree.Object {
			return false
		}
	}
	return n.Len() > 0
}

// withoutHeader is how many members of an object go without headers.
func withoutHeader(n *tree.Node) int {
	for i := n.Len(); i > 0; i-- {
		if !headed(&n.Member(i - 1).Value) {
			return i
		}
	}
	return 0
}

type tomlWriter struct{ out []byte }

func (w *tomlWriter) print(s ...string) {
	for _, s := range s {
		w.out = append(w.out, s...)
	}
}

// table writes what is in an object below its header, whose name is given.
func (w *tomlWriter) table(n *tree.Node, name string, at *tree.Place) error {
	plain := withoutHeader(n)
	for i := range n.Len() {
		m := n.Member(i)
		here := &tree.Place{Up: at, Key: m.Key}
		key := TOMLKey(m.Key)
		if i < plain {
			if err := w.assign(key, &m.Value, here); err != nil {
				return err
			}
			continue
		}
		if name != "" {
			key = name + "." + key
		}
		if m.Value.Kind == tree.Object {
			if withoutHeader(&m.Value) > 0 || m.Value.Len() == 0 {
				w.print("\n[", key, "]\n") // otherwise the headers in it say as much
			}
			if err := w.table(&m.Value, key, here); err != nil {
				return err
			}
			continue
		}
		for j := range m.Value.Len() {
			w.print("\n[[", key, "]]\n")
			if err := w.table(&m.Value.Member(j).Value, key, &tree.Place{Up: here, Index: j, List: true}); err != nil {
				return err
			}
		}
	}
	return nil
}

// assign writes a value on lines of its own, an object as dotted keys.
func (w *tomlWriter) assign(key string, n *tree.Node, at *tree.Place) error {
	if n.Kind == tree.Object && n.Len() > 0 {
		for i := range n.Len() {
			m := n.Member(i)
			if err := w.assign(key+"."+TOMLKey(m.Key), &m.Value, &tree.Place{Up: at, Key: m.Key}); err != nil {
				return err
			}
		}
		return nil
	}
	w.print(key, " = ")
	if err := w.inline(n, at, true); err != nil {
		return err
	}
	w.print("\n")
	return nil
}

// inline writes a value after "=" or in a list; lines says that a long list may
// take lines of its own.
func (w *tomlWriter) inline(n *tree.Node, at *tree.Place, lines bool) error {
	switch n.Kind {
	case tree.Null:
		return fmt.Errorf("%s: TOML has no null", at.Pointer())
	case tree.Object:
		return w.sequence("{", "}", n.Len(), false, func(i int) error {
			m := n.Member(i)
			w.print(TOMLKey(m.Key), " = ")
			return w.inline(&m.Value, &tree.Place{Up: at, Key: m.Key}, false)
		})
	case tree.List:
		// One item on a line if they are many or large: newlines are allowed in
		// a list, though not in an object around it.
		long := n.Len() > 8
		for i := range n.Len() {
			k := n.Member(i).Value.Kind
			long = long || k == tree.List || k == tree.Object
		}
		return w.sequence("[", "]", n.Len(), lines && long, func(i int) error {
			return w.inline(&n.Member(i).Value, &tree.Place{Up: at, Index: i, List: true}, false)
		})
	case tree.Integer:
		if _, err := strconv.ParseInt(n.Text, 10, 64); err != nil {
			return fmt.Errorf("%s: TOML has no integers of more than 64 bits, as %s", at.Pointer(), n.Text)
		}
		w.print(n.Text)
	case tree.Text:
		w.print(quoteTOML(n.Text))
	default:
		w.print(n.Text)
	}
	return nil
}

func (w *tomlWriter) sequence(open, end string, n int, lines bool, item func(i int) error) error {
	before, between, after := "", ", ", ""
	if lines {
		before, between, after = "\n  ", ",\n  ", ",\n"
	}
	w.print(open)
	for i := range n {
		if i > 0 {
			before = between
		}
		w.print(before)
		if err := item(i); err != nil {
			return err
		}
	}
	if n > 0 {
		w.print(after)
	}
	w.print(end)
	return nil
}

// quoteTOML writes a text, one of several lines on several lines.
func quoteTOML(s string) string {
	if strings.Contains(strings.TrimSuffix(s, "\n"), "\n") {
		return `"""` + "\n" + escapeTOML(s, true) + `"""`
	}
	return `"` + escapeTOML(s, false) + `"`
}

// escapeTOML writes what is between quotes; lines says that a line end may stand
// for itself.
func escapeTOML(s string, lines bool) string {
	b := make([]byte, 0, len(s))
	for _, c := range s {
		switch {
		case c == '\t' || c == '\n' && lines:
			b = append(b, byte(c))
		case c == '"' || c == '\\' || needsEscape(c):
			b = appendEscape(b, c)
		default:
			b = append(b, string(c)...)
		}
	}
	return string(b)
}
