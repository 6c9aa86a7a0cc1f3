// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"kresd-manager/internal/visible"
)

// toTOML writes JSON as TOML 1.0, keys in the order they come. TOML wants the
// plain values of a table before the tables in it: sections that come before a
// plain value are therefore written with dotted keys, the others below a
// header. The error names the pointer of what TOML cannot say.
func toTOML(value []byte) ([]byte, error) {
	tree, err := readTree(value)
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	if tree.kind != '{' {
		return nil, fmt.Errorf("TOML has objects only, and this is %s", tree.describe())
	}
	if len(tree.members) == 0 {
		return nil, errors.New("an empty configuration has no text in TOML")
	}
	var w tomlWriter
	if err := w.table(tree, "", ""); err != nil {
		return nil, err
	}
	return bytes.TrimLeft(w.out.Bytes(), "\n"), nil
}

// headed says that a value gets headers: [name] or, for each item, [[name]].
func (t *tree) headed() bool {
	if t.kind == '[' {
		for i := range t.members {
			if t.members[i].kind != '{' {
				return false
			}
		}
		return len(t.members) > 0
	}
	return t.kind == '{'
}

// plain is how many members of an object go without headers.
func (t *tree) plain() int {
	for i := len(t.members); i > 0; i-- {
		if !t.members[i-1].headed() {
			return i
		}
	}
	return 0
}

type tomlWriter struct{ out bytes.Buffer }

// table writes what is in an object below its header, whose name is given.
func (w *tomlWriter) table(t tree, name, pointer string) error {
	plain := t.plain()
	for i := range t.members {
		at := pointer + "/" + escapeToken(t.keys[i])
		key := tomlKey(t.keys[i])
		if i < plain {
			if err := w.assign(key, t.members[i], at); err != nil {
				return err
			}
			continue
		}
		if name != "" {
			key = name + "." + key
		}
		if t.members[i].kind == '{' {
			if n := t.members[i].plain(); n > 0 || len(t.members[i].members) == 0 {
				fmt.Fprintf(&w.out, "\n[%s]\n", key) // otherwise the headers in it say as much
			}
			if err := w.table(t.members[i], key, at); err != nil {
				return err
			}
			continue
		}
		for j, item := range t.members[i].members {
			fmt.Fprintf(&w.out, "\n[[%s]]\n", key)
			if err := w.table(item, key, at+"/"+strconv.Itoa(j)); err != nil {
				return err
			}
		}
	}
	return nil
}

// assign writes a value on lines of its own, an object as dotted keys.
func (w *tomlWriter) assign(key string, t tree, pointer string) error {
	if t.kind == '{' && len(t.members) > 0 {
		for i := range t.members {
			err := w.assign(key+"."+tomlKey(t.keys[i]), t.members[i], pointer+"/"+escapeToken(t.keys[i]))
			if err != nil {
				return err
			}
		}
		return nil
	}
	w.out.WriteString(key + " = ")
	if err := w.inline(t, pointer, true); err != nil {
		return err
	}
	w.out.WriteByte('\n')
	return nil
}

// inline writes a value after "=" or in a list.
func (w *tomlWriter) inline(t tree, pointer string, lines bool) error {
	switch t.kind {
	case '{':
		return w.sequence("{", "}", len(t.members), false, func(i int) error {
			w.out.WriteString(tomlKey(t.keys[i]) + " = ")
			return w.inline(t.members[i], pointer+"/"+escapeToken(t.keys[i]), false)
		})
	case '[':
		// One item on a line if they are many or large: newlines are allowed in
		// a list, though not in an object around it.
		long := len(t.members) > 8
		for i := range t.members {
			long = long || t.members[i].kind != 0
		}
		return w.sequence("[", "]", len(t.members), lines && long, func(i int) error {
			return w.inline(t.members[i], pointer+"/"+strconv.Itoa(i), false)
		})
	}
	switch v := t.scalar.(type) {
	case nil:
		return fmt.Errorf("%s: TOML has no null", pointer)
	case bool:
		w.out.WriteString(strconv.FormatBool(v))
	case json.Number:
		if _, err := strconv.ParseInt(v.String(), 10, 64); err != nil && !strings.ContainsAny(v.String(), ".eE") {
			return fmt.Errorf("%s: TOML has no integers of more than 64 bits, as %s", pointer, v)
		}
		w.out.WriteString(v.String())
	case string:
		w.out.WriteString(tomlText(v))
	}
	return nil
}

func (w *tomlWriter) sequence(open, end string, n int, lines bool, item func(i int) error) error {
	before, between, after := "", ", ", ""
	if lines {
		before, between, after = "\n  ", ",\n  ", ",\n"
	}
	w.out.WriteString(open)
	for i := range n {
		if i > 0 {
			before = between
		}
		w.out.WriteString(before)
		if err := item(i); err != nil {
			return err
		}
	}
	if n > 0 {
		w.out.WriteString(after)
	}
	w.out.WriteString(end)
	return nil
}

// tomlKey quotes a key where it must be.
func tomlKey(key string) string {
	bare := key != ""
	for _, c := range key {
		bare = bare && (c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z')
	}
	if bare {
		return key
	}
	if strings.Contains(key, `"`) && !strings.ContainsFunc(key, func(c rune) bool { return c == '\'' || c < ' ' || c == 0x7f }) {
		return "'" + key + "'" // easier to read, and to tell from YAML
	}
	return `"` + strings.ReplaceAll(tomlEscape(key, false), `\"`, `\u0022`) + `"`
}

// tomlText writes a text, one of several lines on several lines.
func tomlText(s string) string {
	if strings.Contains(strings.TrimSuffix(s, "\n"), "\n") {
		return `"""` + "\n" + tomlEscape(s, true) + `"""`
	}
	return `"` + tomlEscape(s, false) + `"`
}

func tomlEscape(s string, lines bool) string {
	var b strings.Builder
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n' && lines, c == '\t':
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c > 0xffff && visible.Hidden(c):
			fmt.Fprintf(&b, `\U%08x`, c)
		case visible.Hidden(c):
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// escapeToken writes a key as a part of a pointer, RFC 6901 section 3.
func escapeToken(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}
