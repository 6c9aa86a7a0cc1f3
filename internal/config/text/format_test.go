// SPDX-License-Identifier: Apache-2.0

package text

import "testing"

func TestFormatIsFoundFromTheText(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"an object in braces", ` {"a": 1} `, "json"},
		{"a scalar of JSON", `"x"`, "json"},
		{"a list in brackets", `[1]`, "json"},
		{"duplicate keys are still JSON", `{"a":1,"a":2}`, "json"},
		{"a trailing comma is not", `{"a": 1,}`, "yaml"},
		{"a comment is not", "# x\n{\"a\": 1}", "yaml"},
		{"a block mapping", "a: 1\n", "yaml"},
		{"a word", "auto", "yaml"},
		{"nothing", "", "yaml"},
		{"a TOML key", "# c\n\n a-b_1 = 1\n", "toml"},
		{"a dotted TOML key", `a . "b c" . 'd' = 1`, "toml"},
		{"a TOML table", "[a.b] # c\n", "toml"},
		{"a TOML array of tables", "[[ forward ]]\n", "toml"},
		{"a list of YAML", "[a, b]\n", "yaml"},
		{"a key with an equals sign in its value", "a: b = c\n", "yaml"},
		{"a byte order mark", "\ufeff{}", "json"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Detect([]byte(test.text)); string(got) != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
