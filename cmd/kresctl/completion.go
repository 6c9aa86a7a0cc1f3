// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"

	"github.com/spf13/cobra"
)

func (a *app) completionCommand() *cobra.Command {
	shells := []string{"bash", "fish", "zsh"}
	flags := map[string]*bool{}
	cmd := &cobra.Command{
		Use:   "completion bash|fish|zsh | --bash | --fish | --zsh",
		Short: "print the completion script of a shell",
		Long: `Print the script with which a shell completes commands, flags and keys of the
configuration.

    bash    source <(kresctl completion bash), or save it in
            /usr/share/bash-completion/completions/kresctl
    fish    kresctl completion fish | source, or save it in
            ~/.config/fish/completions/kresctl.fish
    zsh     save it as _kresctl in a folder of $fpath`,
		Example:   `  kresctl completion bash >/usr/share/bash-completion/completions/kresctl`,
		ValidArgs: shells,
		Args:      cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, shell := range shells {
				if *flags[shell] {
					args = append(args, shell)
				}
			}
			if len(args) == 0 {
				return usage(cmd, "the name of a shell is missing")
			}
			if err := atMost(1)(cmd, args); err != nil {
				return err
			}
			var script bytes.Buffer
			var err error
			switch root := cmd.Root(); args[0] {
			case "bash":
				err = root.GenBashCompletionV2(&script, true)
			case "fish":
				err = root.GenFishCompletion(&script, true)
			case "zsh":
				err = root.GenZshCompletion(&script)
			default:
				return usage(cmd, "there is no completion for %q; use bash, fish or zsh", args[0])
			}
			if err != nil {
				return err
			}
			return a.write("", script.Bytes())
		},
	}
	for _, shell := range shells {
		flags[shell] = cmd.Flags().Bool(shell, false, "as completion "+shell+", for those used to Knot Resolver's own kresctl")
	}
	return cmd
}
