// SPDX-License-Identifier: Apache-2.0

package config

import (
	"slices"
	"strings"

	"kresd-manager/internal/config/tree"
)

// RedactedText stands in a document in place of a secret. No secret may be it,
// so that a redacted document that comes back is refused.
const RedactedText = "(secret)"

// Redacted is the document with [RedactedText] in place of every secret: what
// may be shown to those who may read but not change. Values in places where
// they do not belong are no secrets, except below a key that is one but for its
// spelling.
func (d *Document) Redacted() *Document {
	root, changed := redactSection(configPlan(), d.root, func(tree.Node) {})
	if !changed {
		return d
	}
	return d.with(root)
}

// HidesSecrets reports whether [RedactedText] stands in place of a secret: the document is
// what someone was shown who may not see it, and no configuration.
func (d *Document) HidesSecrets() (hides bool) {
	redactSection(configPlan(), d.root, func(secret tree.Node) {
		hides = hides || secret.Kind == tree.Text && secret.Text == RedactedText
	})
	return hides
}

// redactSection copies what it changes and nothing else. It shows each secret to found.
func redactSection(p *plan, n tree.Node, found func(secret tree.Node)) (tree.Node, bool) {
	if n.Kind != tree.Object || !p.hides {
		return n, false
	}
	return redactMembers(n, func(m *tree.Member) (tree.Node, bool) {
		number, known := p.byName[strings.ToLower(strings.ReplaceAll(m.Key, "_", "-"))]
		if !known {
			return m.Value, false
		}
		k := p.keys[number]
		if k.secret && m.Value.Kind != tree.Null {
			found(m.Value)
			return tree.Node{Kind: tree.Text, Text: RedactedText, At: m.Value.At, File: m.Value.File, Foreign: m.Value.Foreign}, true
		}
		return redactShape(k.shape, m.Value, found)
	})
}

func redactShape(s *shape, n tree.Node, found func(secret tree.Node)) (tree.Node, bool) {
	switch {
	case s.form == section:
		return redactSection(s.plan, n, found)
	case (s.form == listOf && n.Kind == tree.List || s.form == sectionMap && n.Kind == tree.Object) && s.elem.form == section && s.elem.plan.hides:
		return redactMembers(n, func(m *tree.Member) (tree.Node, bool) { return redactSection(s.elem.plan, m.Value, found) })
	}
	return n, false
}

func redactMembers(n tree.Node, redact func(m *tree.Member) (tree.Node, bool)) (tree.Node, bool) {
	var members []tree.Member // nil as long as nothing is changed
	for i, m := range n.All() {
		value, redacted := redact(m)
		if !redacted {
			continue
		}
		if members == nil {
			members = slices.Clone(n.Members())
		}
		members[i].Value = value
	}
	if members == nil {
		return n, false
	}
	n.SetMembers(members)
	return n, true
}
