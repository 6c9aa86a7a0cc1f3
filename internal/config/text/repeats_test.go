// SPDX-License-Identifier: Apache-2.0

package text

import (
	"fmt"
	"strings"
	"testing"
)

// What is wrong in a run that is packed is told as a parser tells it, a key that an item has
// twice too, which is found by what was packed.
func TestProblemsInRunsAreThoseOfAParser(t *testing.T) {
	var b strings.Builder
	b.WriteString("local-data:\n  addresses:\n")
	for i := range 500 {
		fmt.Fprintf(&b, "    host%d.example: 192.0.2.%d\n", i, i%256)
	}
	b.WriteString("forward:\n")
	for i := range 500 {
		fmt.Fprintf(&b, "  - subtree: zone%d.example\n    servers:\n", i)
		for j := range i%3 + 1 {
			fmt.Fprintf(&b, "    - 192.0.2.%d\n", j)
		}
	}
	many := ""
	for i := range mostKeys {
		many += fmt.Sprintf("    key%d: 1\n", i)
	}
	for name, change := range map[string][2]string{
		"a key twice in an item":                  {"zone7.example\n", "zone7.example\n    subtree: again\n"},
		"a key twice, once in quotes":             {"zone480.example\n", "zone480.example\n    \"subtree\": again\n"},
		"a key twice in an item with many":        {"zone480.example\n", "zone480.example\n" + many + "    key3: 2\n"},
		"a key twice, at the end of many":         {"zone480.example\n", "zone480.example\n" + many + "    last: 1\n    last: 2\n"},
		"a line twice":                            {"host490.example", "host3.example"},
		"a date":                                  {"host490.example: 192.0.2.234", "host490.example: 2001-02-03"},
		"a date in an item":                       {"zone9.example", "2001-02-03"},
		"a key twice in each of two items":        {"zone7.example\n", "zone7.example\n    subtree: again\n  - subtree: a\n    subtree: b\n"},
		"a key twice in an item of another shape": {"zone7.example\n", "zone7.example\n  - servers: 192.0.2.1\n    servers: 192.0.2.2\n"},
	} {
		changed := strings.Replace(b.String(), change[0], change[1], 1)
		_, got := ReadString(YAML, changed)
		_, want, _ := readYAMLFolded(changed, nil)
		if want.Sort(); len(want) == 0 || got.Error() != want.Error() {
			t.Errorf("%s: got\n%v\nwant\n%v", name, got, want)
		}
	}
}
