// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestREADMESwitchesAsTheDocumentDoes holds the commands of README.md that lead from the
// stock manager and back to those of docs/switching.md, which test/packages runs.
func TestREADMESwitchesAsTheDocumentDoes(t *testing.T) {
	command := regexp.MustCompile(`(?m)^    (?:sudo )?(?:sh -c ')?(systemctl (?:mask|enable|disable|unmask) .*?)'?$`)
	var found [2][]string
	for i, path := range []string{"../../docs/switching.md", "../../README.md"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range command.FindAllStringSubmatch(string(text), -1) {
			found[i] = append(found[i], m[1])
		}
	}
	if want, got := strings.Join(found[0], "\n"), strings.Join(found[1], "\n"); len(found[0]) != 4 || got != want {
		t.Errorf("README.md has\n%s\nand docs/switching.md\n%s", got, want)
	}
}
