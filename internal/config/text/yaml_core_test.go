// SPDX-License-Identifier: Apache-2.0

package text

import (
	"testing"

	"go.yaml.in/yaml/v4"

	"kresd-manager/internal/config/tree"
)

// What is written is the same text to readers of YAML 1.1, as Knot Resolver's own
// manager is, and of YAML 1.2, as most programs are.
func TestTextsAreTextsToAllReadersOfYAML(t *testing.T) {
	for _, s := range []string{
		"00000000000000000000000000000009", "009", "08", "1e3", "1E-3", "0o17", "+.5e1", "1.", ".5", "-0", "12", "1_0", "0x1f", "0b1", "1:30",
		"2001-01-01", "yes", "null", "~", "e3", "0o18", "1e", "1e+", ".", "+", "a", "0xg", "1.2.3", "192.0.2.1",
	} {
		n := tree.Of(tree.Object, tree.Member{Key: "key", Value: tree.Node{Kind: tree.Text, Text: s}})
		out, err := Write(YAML, &n)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := yaml.Unmarshal(out, &got); err != nil || got["key"] != s {
			t.Errorf("%q is written as %s, which is %#v (%v)", s, out, got["key"], err)
		}
		again, problems := Read(YAML, out)
		if len(problems) > 0 || again.Get("key").Kind != tree.Text || again.Get("key").Text != s {
			t.Errorf("%q is written as %s, which is %v %v", s, out, again.Get("key"), problems)
		}
	}
}
