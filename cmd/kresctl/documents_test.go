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
	commandlines.Hold(t, "kresctl", newRoot, 200,
		"../../*.md", "../../docs/*.md", "../../docs/internals/*.md", "../../packaging/catalog/*", "../../packaging/man/*")
}

func TestWrongCommandsInDocumentsAreFound(t *testing.T) {
	for line, want := range map[string]string{
		"kresctl status -q || systemctl status":                  "",
		"kresctl reload --confirm-within 5m -m 'new forwarders'": "",
		"kresctl config get -p /network/listen":                  "",
		"kresctl config get /network/listen --effective":         "for that: kresctl config get -p /network/listen",
		"kresctl reload --try":                                   "unknown flag",
		"kresctl cache empty":                                    "no such command",
		"kresctl confirm 5m":                                     "unexpected argument",
	} {
		if got := commandlines.Wrong(newRoot(), line); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
