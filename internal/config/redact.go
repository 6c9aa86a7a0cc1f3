// SPDX-License-Identifier: Apache-2.0

package config

import (
	"slices"
	"strings"
)

// RedactedText stands in a document in place of a secret. No secret may be it,
// so that a redacted document that comes back is refused.
const RedactedText = "(secret)"

// Redacted is the document with [RedactedText] in place of every secret: what
// may be shown to those who may read but not change. Values in places where
// they do not belong are no secrets, except below a key that is one but for its
// spelling.
func (d *Document) Redacted() *Document {
	root, changed := redactSection(configPlan(), d.root)
	if !changed {
		return d
	}
	return d.with(root)
}

// redactSection copies what it changes and nothing else.
func redactSection(p *plan, n node) (node, bool) {
	if n.kind != object {
		return n, false
	}
	return redactMembers(n, func(m *member) (node, bool) {
		number, known := p.byName[strings.ToLower(strings.ReplaceAll(m.key, "_", "-"))]
		if !known {
			return m.value, false
		}
		k := p.keys[number]
		if k.secret && m.value.kind != null {
			return node{kind: text, text: RedactedText, at: m.value.at, file: m.value.file, foreign: m.value.foreign}, true
		}
		return redactShape(k.shape, m.value)
	})
}

func redactShape(s *shape, n node) (node, bool) {
	switch {
	case s.form == section:
		return redactSection(s.plan, n)
	case (s.form == listOf && n.kind == list || s.form == sectionMap && n.kind == object) && s.elem.form == section:
		return redactMembers(n, func(m *member) (node, bool) { return redactSection(s.elem.plan, m.value) })
	}
	return n, false
}

func redactMembers(n node, redact func(m *member) (node, bool)) (node, bool) {
	changed := false
	for i := range n.members {
		value, redacted := redact(&n.members[i])
		if !redacted {
			continue
		}
		if !changed {
			n.members, changed = slices.Clone(n.members), true
		}
		n.members[i].value = value
	}
	return n, changed
}
