// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/internal/config"
)

// pointerCompletion completes pointers to declared keys, each with its meaning. No
// manager is asked.
type pointerCompletion config.KeyOffers

func (c pointerCompletion) complete(typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	at := absolute(typed)
	if at == "" {
		at = "/"
	}
	directive := cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	var completions []cobra.Completion
	for _, o := range config.KeyOffers(c).For(at) {
		if typed != "" && typed[0] != '/' {
			o.Pointer = o.Pointer[1:] // shells want what was typed at the start
		}
		if o.Section {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		completions = append(completions, cobra.CompletionWithDesc(o.Pointer, o.Doc))
	}
	return completions, directive
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
		k, err := config.FindKey(absolute(*pointer))
		if err == nil && k.Type.Form == config.KeyScalar && len(k.Type.Words) > 0 {
			return k.Type.Words, cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveDefault
	}
}
