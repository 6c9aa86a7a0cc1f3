// SPDX-License-Identifier: Apache-2.0

package config

import "strings"

// KeyOffers says which pointers to declared keys are offered while one is typed. What
// runs is not known here: of lists only the first item is offered, and of free names
// none.
type KeyOffers struct {
	// Bare leaves out the indices of lists and free names.
	Bare bool
	// Item is what is offered for a new item of a list, "" for nothing.
	Item string
}

// KeyOffer is one pointer to choose.
type KeyOffer struct {
	Pointer, Doc string
	Section      bool // there are keys below
}

// For gives what a pointer may go on as, one level at a time: the keys in the section
// that it is in and begin as it does, and those in the section that it is.
func (o KeyOffers) For(pointer string) []KeyOffer {
	section, name := cutLast(pointer)
	offers := o.below(section, name)
	for _, offer := range offers {
		if offer.Pointer == pointer && offer.Section {
			return append(offers, o.below(pointer, "")...)
		}
	}
	return offers
}

// below gives what is right below a pointer and starts with a prefix.
func (o KeyOffers) below(pointer, prefix string) []KeyOffer {
	var offers []KeyOffer
	add := func(name, doc string, section bool) {
		if strings.HasPrefix(name, prefix) {
			offers = append(offers, KeyOffer{pointer + "/" + name, doc, section})
		}
	}
	tokens := strings.Split(pointer, "/")[1:]
	keys := Keys()
	named := make(map[string]bool) // patterns of free names
	for _, info := range keys {
		if info.Type.Form == KeyMap {
			named[info.Pointer+"/*"] = true
		}
	}
	fits := func(pattern []string) bool {
		full, ok := matchPattern(pattern, tokens)
		if !ok || !o.Bare && len(full) > len(tokens) {
			return false
		}
		for i, token := range pattern {
			if token == "*" && !isIndex(full[i]) && !named["/"+strings.Join(pattern[:i+1], "/")] {
				return false
			}
		}
		return true
	}
	for i, info := range keys {
		section := i+1 < len(keys) && strings.HasPrefix(keys[i+1].Pointer, info.Pointer+"/")
		pattern := info.Pattern()
		if section && !o.Bare && info.Type.Form == KeyList && fits(pattern) {
			add("0", "The first item.", true)
			if o.Item != "" {
				add(o.Item, "A new item.", false)
			}
		}
		if fits(pattern[:len(pattern)-1]) {
			add(pattern[len(pattern)-1], info.Summary(), section)
		}
	}
	return offers
}

// Summary is the first sentence of the documentation. A full stop alone is the name of
// the root, and ends none.
func (k KeyInfo) Summary() string {
	for i := 1; i+1 < len(k.Doc); i++ {
		if k.Doc[i] == '.' && k.Doc[i+1] == ' ' && k.Doc[i-1] != ' ' {
			return k.Doc[:i+1]
		}
	}
	return k.Doc
}
