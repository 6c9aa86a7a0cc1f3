// SPDX-License-Identifier: Apache-2.0

package commandlines

import (
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	const text = "Say `tool a --b`, or `sudo tool c` and `tool d …`.\n" +
		"tool is no command here\n" +
		"    tool e | less\n" +
		"$ tool f 'g h'\n" +
		"```\n# tool i\ntool j\ntool $(k)\nother tool l\n```\n" +
		"tool m\n"
	if got, want := strings.Join(Find(text, "tool"), "; "), "tool a --b; tool c; tool e | less; tool f 'g h'; tool i; tool j"; got != want {
		t.Errorf("found %s, not %s", got, want)
	}
}
