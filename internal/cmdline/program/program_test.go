// SPDX-License-Identifier: Apache-2.0

package program

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func tree() *cobra.Command {
	nothing := func(*cobra.Command, []string) error { return nil }
	root := &cobra.Command{Use: "prog", SilenceErrors: true, SilenceUsage: true}
	config := &cobra.Command{Use: "config"}
	config.AddCommand(&cobra.Command{Use: "get", RunE: nothing})
	start := &cobra.Command{Use: "start", RunE: nothing}
	start.Flags().Bool("json", false, "print `X` as JSON")
	start.Flags().Uint("lines", 0, "how many")
	root.AddCommand(config, start, &cobra.Command{Use: "hidden", Hidden: true, RunE: nothing})
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return mistake(wrongFlag(cmd, err)) })
	return root
}

type mistake string

func (m mistake) Error() string { return string(m) }

func TestMistakes(t *testing.T) {
	for typed, want := range map[string]string{
		"":       "a command is missing",
		"strat":  `there is no command "strat"; did you mean "start"?`,
		"get":    `there is no command "get"; did you mean "config get"?`,
		"hidden": `there is no command "hidden"`,
	} {
		if got := noCommand(tree(), strings.Fields(typed)); got != want {
			t.Errorf("%q: %s", typed, got)
		}
	}
	for typed, want := range map[string]string{
		"start --jsn":      "there is no flag --jsn; did you mean --json?",
		"start -json":      "there is no flag -json; did you mean --json?",
		"start --lines":    "--lines takes a value: UINT",
		"start --lines -1": `--lines takes a whole number that is not negative, not "-1"`,
	} {
		root := tree()
		Begin(root, strings.Fields(typed))
		if err := root.Execute(); err == nil || err.Error() != want {
			t.Errorf("%s: %v", typed, err)
		}
	}
}

// What shells show has none of the marks of the library.
func TestShells(t *testing.T) {
	root := tree()
	var out bytes.Buffer
	root.SetOut(&out)
	Begin(root, []string{cobra.ShellCompRequestCmd, "start", "--j"})
	if err := root.Execute(); err != nil || !strings.Contains(out.String(), "print X as JSON") {
		t.Errorf("%v, %q", err, out.String())
	}
}
