// SPDX-License-Identifier: Apache-2.0

package config

import "kresd-manager/internal/config/tree"

// KeyInfo is one declared key.
type KeyInfo struct {
	// Pointer is where the key stands, with "*" for a list index or a free
	// key: /network/listen/*/kind, /components/*/command.
	Pointer string
	// Was is where the key stood in earlier versions, likewise.
	Was  []string
	Type KeyType
	// Default is the JSON of the default; Derived is words for one that
	// depends on other things. Both are empty for a key that is required, or
	// optional without a default.
	Default, Derived string
	Required         bool
	Doc              string
	Ours             bool // not a key of Knot Resolver
	Secret           bool // never shown in messages
}

// Keys lists all declared keys, sections before what is in them.
func Keys() []KeyInfo {
	return appendKeys(nil, configPlan(), "")
}

func appendKeys(all []KeyInfo, p *plan, under string) []KeyInfo {
	for _, k := range p.keys {
		info := KeyInfo{
			Pointer: under + "/" + k.name, Type: typeOf(k.shape),
			Derived: k.derived, Required: k.required, Doc: k.doc,
			Ours: k.ours, Secret: k.secret,
		}
		for _, was := range k.was {
			if was[0] != '/' {
				was = under + "/" + was
			}
			info.Was = append(info.Was, was)
		}
		if k.def != nil {
			info.Default = string(tree.AppendJSON(nil, k.def))
		}
		inner, at := k.shape.plan, info.Pointer
		if k.shape.elem != nil && k.shape.elem.plan != nil {
			inner, at = k.shape.elem.plan, at+"/*"
		}
		all = append(all, info)
		if inner != nil {
			all = appendKeys(all, inner, at)
		}
	}
	return all
}
