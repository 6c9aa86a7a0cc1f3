// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"fmt"

	"kresd-manager/internal/config"
	"kresd-manager/internal/config/rewrite"
	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// Result is what became of a configuration.
type Result struct {
	// Document is the result, without comments; its positions mean nothing.
	Document *config.Document
	// YAML is the result with comments and in the style of the text; nil if
	// the text is not YAML, or if it could not be kept.
	YAML []byte
	// Actions tells every edit in the order they were done:
	// "removed PATH", "renamed OLD → NEW", "added PATH: VALUE" or "changed
	// PATH: VALUE", some with a reason in brackets.
	Actions []string
	// Stuck says what is left as it was, "PATH: reason".
	Stuck []string
	// Notes says what the text may mean differently now, "PATH …".
	Notes []string
}

// Run brings the configuration in a text up to date. name is what problems call
// the text. The error is [config.Problems] for a text that is no configuration
// at all: not readable, empty, several documents, no object.
func Run(name string, source []byte) (Result, error) {
	doc, err := config.Parse(name, source)
	if err != nil {
		return Result{}, err
	}
	before := doc.Tree()
	if before.Kind != tree.Object {
		return Result{}, config.Problems{{
			File: name, Message: "a configuration is an object", Severity: config.SeverityError,
		}}
	}
	p := planner{root: *before}
	p.plan()
	if p.err != nil {
		return Result{}, fmt.Errorf("cannot migrate %s: %w", name, p.err)
	}
	r := Result{Stuck: p.stuck, Notes: p.advice(before), Document: config.FromTree(name, p.root)}
	for _, e := range p.edits {
		r.Actions = append(r.Actions, e.String())
	}
	if text.Detect(source) == text.YAML {
		r.YAML = edited(source, p.edits, &p.root)
	}
	return r, nil
}

// edited gives the text with the edits done to it, one after another. It is nil
// if that cannot be done, or does not mean the same as want, the result that was
// reached without the text: better without comments than wrong.
func edited(source []byte, edits []edit, want *tree.Node) []byte {
	for _, e := range edits {
		from, problems := text.Read(text.YAML, source)
		if len(problems) > 0 {
			return nil
		}
		to, err := apply(from, e)
		if err != nil {
			return nil
		}
		var moved rewrite.Move
		if e.verb == move {
			moved = rewrite.Move{Old: e.pointer, New: e.value}
		}
		if source, err = rewrite.Migrate(source, &from, &to, moved); err != nil {
			return nil
		}
	}
	if is, problems := text.Read("", source); len(problems) > 0 || !tree.Same(&is, want) {
		return nil
	}
	return source
}
