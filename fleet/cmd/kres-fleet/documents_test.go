// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"kresd-manager/test/commandlines"
)

func newRoot() *cobra.Command { return (&app{}).root() }

func TestCommandsInDocumentsAreCommands(t *testing.T) {
	commandlines.Hold(t, "kres-fleet", newRoot, 10,
		"../../../*.md", "../../../docs/*.md", "../../packaging/man/*", "../../packaging/share/*")
}

func TestWrongCommandsInDocumentsAreFound(t *testing.T) {
	for line, want := range map[string]string{
		"kres-fleet rollout start 3fa1c2 -m 'larger cache'":           "",
		"kres-fleet lock --wait 1h -- apt-get install knot-resolver6": "",
		"kres-fleet rollout begin":                                    "no such command",
		"kres-fleet rollout pause --why x":                            "unknown flag",
		"kres-fleet hold ns1 ns2":                                     "unexpected argument",
	} {
		if got := commandlines.Wrong(newRoot(), line); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
