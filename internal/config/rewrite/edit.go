// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"errors"
	"fmt"
	"strings"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// ErrCannot means that a text cannot be edited so that it says something else and
// stays the text that its author wrote.
var ErrCannot = errors.New("cannot edit this file")

// Edit gives a text, of which from is the tree, edited so that it holds exactly
// another tree. What did not change stays as it is: comments, order, quotes, line
// ends. The result has been read again and compared. The format is found from the
// text, as by [text.Read].
//
// The error has [ErrCannot] in its chain.
func Edit(source []byte, from, to *tree.Node) ([]byte, error) {
	return editText(source, from, to, nil)
}

func editText(source []byte, from, to *tree.Node, m *migration) ([]byte, error) {
	if tree.Same(from, to) {
		return source, nil
	}
	if to.Kind != tree.Object || from.Kind != tree.Object {
		return nil, fmt.Errorf("%w: a configuration is an object", ErrCannot)
	}
	src := strings.TrimPrefix(string(source), text.ByteOrderMark)
	mark := string(source[:len(source)-len(src)])
	format := text.Detect(source)
	var first error
	for _, careful := range []careful{{}, {quote: true}, {unshare: true}, {quote: true, unshare: true}} {
		edited, err := editOnce(src, format, from, to, m, careful)
		if err == nil {
			again, problems := text.Read("", []byte(mark+edited))
			if len(problems) == 0 && tree.Same(&again, to) {
				return []byte(mark + edited), nil
			}
			if err = problems.Errors(); err == nil {
				err = errors.New("the edited text would mean something else")
			}
		}
		if first == nil {
			first = err
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrCannot, first)
}

// careful says what is not to be left as it is: it is tried in turn.
type careful struct {
	quote   bool // a text of several lines may swallow a comment after it
	unshare bool // an alias may stand for something that changes
}

// editOnce makes the edits.
func editOnce(src string, format text.Format, from, to *tree.Node, m *migration, c careful) (string, error) {
	var layout region
	var err error
	switch format {
	case text.JSON:
		layout = layJSON(src)
	case text.TOML:
		return editTOML(src, from, to)
	default:
		layout, err = layYAML(src)
	}
	if err != nil {
		return "", err
	}
	e := newEditor(src, &layout, format)
	e.Quote, e.unshare = c.quote, c.unshare
	if m != nil {
		m.find(&layout, from, to)
		e.migration, e.Instead = m, e.carried
	}
	e.value(&layout, from, to, around{root: true, flow: format == text.JSON, column: -e.Step})
	return e.apply()
}
