// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"fmt"

	"kresd-manager/internal/config"
)

// Result is what became of a configuration.
type Result struct {
	// Document is the result without comments, as the JSON it was made from
	// has none; its positions mean nothing.
	Document *config.Document
	// YAML is the result with comments and in the style of the text; nil if
	// the text is not YAML, or if it could not be kept.
	YAML []byte
	// Actions tells every edit in the order they were done:
	// "removed PATH", "renamed OLD → NEW", "added PATH: VALUE" or "changed
	// PATH: VALUE", some with a reason in brackets.
	Actions []string
	// Stuck tells what is left as it was, "PATH: reason".
	Stuck []string
	// Notes tells what the text may mean differently now, "PATH …".
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
	before, err := fromJSON(doc.JSON())
	if err != nil {
		return Result{}, fmt.Errorf("cannot read %s: %w", name, err)
	}
	if len(doc.JSON()) == 0 || doc.JSON()[0] != '{' {
		return Result{}, config.Problems{{
			File: name, Message: "a configuration is an object", Severity: config.SeverityError,
		}}
	}
	p := planner{root: clone(before)}
	p.plan()
	r := Result{Stuck: p.stuck, Notes: p.advice(before)}
	for _, e := range p.edits {
		r.Actions = append(r.Actions, e.String())
	}
	r.Document, err = config.Parse(name, appendJSON(nil, p.root))
	if err != nil { // made of values that were read before
		return Result{}, fmt.Errorf("cannot put %s together again: %w", name, err)
	}
	if config.FormatOf(source) == "yaml" {
		r.YAML = edited(source, p.edits, r.Document)
	}
	return r, nil
}

// edited gives the text with the edits done to it. It is nil if that does not
// mean the same as want, the result that was reached without the text: better
// without comments than wrong.
func edited(source []byte, edits []edit, want *config.Document) []byte {
	if len(edits) == 0 {
		return source
	}
	result, err := editYAML(source, edits)
	if err != nil {
		return nil
	}
	doc, err := config.Parse("", result)
	if err != nil || doc.ETag() != want.ETag() {
		return nil
	}
	return result
}
