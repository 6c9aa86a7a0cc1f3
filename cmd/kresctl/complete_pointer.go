// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"

	"github.com/spf13/cobra"

	"kresd-manager/internal/config"
)

// pointerCompletion completes pointers to declared keys, one level at a time,
// each with its meaning. What a manager runs is not asked for: of lists only
// the first item is offered, and of free names none.
type pointerCompletion struct {
	// bare leaves out the indices of lists and free names.
	bare bool
	// item is what is offered for a new item of a list, "" for nothing.
	item string
}

func (c pointerCompletion) complete(typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	at := absolute(typed)
	if at == "" {
		at = "/"
	}
	slash := strings.LastIndexByte(at, '/')
	offers := c.below(at[:slash], at[slash+1:])
	for _, o := range offers {
		if o.pointer == at && o.section {
			offers = append(offers, c.below(at, "")...)
			break
		}
	}
	directive := cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	completions := make([]cobra.Completion, len(offers))
	for i, o := range offers {
		if typed != "" && typed[0] != '/' {
			o.pointer = o.pointer[1:] // shells want what was typed at the start
		}
		if o.section {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		completions[i] = cobra.CompletionWithDesc(o.pointer, o.doc)
	}
	return completions, directive
}

// offer is one pointer to choose.
type offer struct {
	pointer, doc string
	section      bool // there are keys below
}

// below gives what is right below a pointer and starts with a prefix.
func (c pointerCompletion) below(pointer, prefix string) []offer {
	var offers []offer
	add := func(name, doc string, section bool) {
		if strings.HasPrefix(name, prefix) {
			offers = append(offers, offer{pointer + "/" + name, doc, section})
		}
	}
	tokens := strings.Split(pointer, "/")[1:]
	keys := config.Keys()
	named := make(map[string]bool) // patterns of free names
	for _, info := range keys {
		if strings.HasPrefix(info.Type, "map<") {
			named[info.Pointer+"/*"] = true
		}
	}
	fits := func(pattern []string) bool {
		full, ok := matchTokens(pattern, tokens)
		if !ok || !c.bare && len(full) > len(tokens) {
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
		pattern := strings.Split(info.Pointer, "/")[1:]
		if section && !c.bare && strings.HasPrefix(info.Type, "list") && fits(pattern) {
			add("0", "The first item.", true)
			if c.item != "" {
				add(c.item, "A new item.", false)
			}
		}
		if fits(pattern[:len(pattern)-1]) {
			add(pattern[len(pattern)-1], firstSentence(info.Doc), section)
		}
	}
	return offers
}

// arg completes the only argument of a command.
func (c pointerCompletion) arg(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return c.complete(typed)
}

// flag completes the value of -p.
func (c pointerCompletion) flag(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return c.complete(typed)
}

// completeValue offers the words that the key of -p takes, else files.
func completeValue(pointer *string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		if k, err := findKey(absolute(*pointer)); err == nil {
			if words := wordsOf(k.info.Type); words != nil {
				return words, cobra.ShellCompDirectiveNoFileComp
			}
		}
		return nil, cobra.ShellCompDirectiveDefault
	}
}

// wordsOf are the words that a type allows, as far as it is made of words.
func wordsOf(keyType string) []string {
	keyType = strings.TrimSuffix(keyType, "?")
	if words, isEnum := strings.CutPrefix(keyType, "enum "); isEnum {
		return strings.Fields(words)
	}
	var words []string
	for alternative := range strings.SplitSeq(keyType, "|") {
		switch alternative {
		case "bool":
			words = append(words, "true", "false")
		case "auto":
			words = append(words, "auto")
		}
	}
	return words
}
