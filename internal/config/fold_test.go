// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"strings"
	"testing"
)

// entries are n lines, % replaced by a number.
func entries(n int, line string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(line, "%", fmt.Sprint(i)) + "\n")
	}
	return b.String()
}

func TestLongRunsAreFoldedWithoutTrace(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"a run between other keys", "local-data:\n  addresses:\n    # c\n    first: x\n" + entries(100, "    h%.example: 192.0.2.1") + "    last: y\n  records: 1.5\n",
			"c:4:12: /local-data/addresses/first: expected an IP address, found \"x\"\n" +
				"c:105:11: /local-data/addresses/last: expected an IP address, found \"y\"\n" +
				"c:106:12: /local-data/records: expected a string, found 1.5; write it in quotes if it is meant as a string"},
		{"mistakes in a run of YAML", "local-data:\n  addresses:\n" + entries(70, "    h%: 192.0.2.1") + "    bad: [192.0.2.1,  x]\n    -bad: 192.0.2.1\n    \"*.x\": 1.1\n",
			"c:73:23: /local-data/addresses/bad/1: expected an IP address, found \"x\"\n" +
				"c:74:5: /local-data/addresses/-bad: expected a domain name, found \"-bad\": a label starts or ends with -\n" +
				"c:75:12: /local-data/addresses/*.x: expected an IP address, found 1.1; write it in quotes if it is meant as a string"},
		{"mistakes in a run of TOML", "[local-data.addresses]\n" + entries(70, "\"h%.example\" = \"192.0.2.1\"") + "\"bad\" = [\"192.0.2.1\",  \"x\"]\n",
			"c:72:24: /local-data/addresses/bad/1: expected an IP address, found \"x\""},
		{"a key of a run again after it", "local-data:\n  addresses:\n" + entries(70, "    h%: 192.0.2.1") + "    h3: 192.0.2.1\n",
			"c:73:5: /local-data/addresses/h3: the key \"h3\" is given twice; it stands first in line 6"},
		{"a key of a TOML run again after it", "[local-data.addresses]\n" + entries(70, "h% = \"192.0.2.1\"") + "h3.x = \"192.0.2.1\"\n",
			"c:72:1: not valid TOML: the key \"h3\" has a value already"},
		{"a number as key in a run", "local-data:\n  addresses:\n" + entries(70, "    1%: 192.0.2.1"), ""},
		{"a run that is text", "workers: 0\nlua:\n  script: |\n" + entries(70, "    h%: 192.0.2.1"),
			"c:1:10: /workers: expected an integer of at least 1, or auto, found 0"},
		{"a last line that goes on", "local-data:\n  addresses:\n" + entries(70, "    h%: 192.0.2.1") + "      x\n",
			"c:72:10: /local-data/addresses/h69: expected an IP address, found \"192.0.2.1 x\""},
		{"mistakes in a run of items", "forward:\n  - subtree: first\n    servers: [x]\n" + entries(70, "  - subtree: z%.example\n    servers: [192.0.2.1, 192.0.2.2@5353]") + "  - subtree: [a, b]\n    servers: [192.0.2.1,  y]\n  - subtree: last\n    servers: [192.0.2.1]\n",
			"c:3:15: /forward/0/servers/0: expected an IP address with an optional @port, found \"x\"\n" +
				"c:145:27: /forward/71/servers/1: expected an IP address with an optional @port, found \"y\""},
		{"a key given twice in a run of items", "forward:\n" + entries(70, "  - subtree: z%.example\n    servers: [192.0.2.1]") + "  - subtree: c\n    subtree: d\n  - subtree: last\n",
			"c:143:5: /forward/70/subtree: the key \"subtree\" is given twice; it stands first in line 142"},
		{"a last item that goes on", "forward:\n" + entries(70, "  - subtree: z%.example\n    servers: [192.0.2.1]") + "    options: {dnssec: 5}\n",
			"c:142:23: /forward/69/options/dnssec: expected true or false, found 5"},
		{"the name of the stand-in in the text", "local-data:\n  addresses:\n" + entries(70, "    h%: 192.0.2.1") + "kresd-fold-0: 0\n",
			"c:73:1: /kresd-fold-0: unknown key \"kresd-fold-0\""},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := Parse("c", []byte(test.text))
			if err == nil {
				_, err = d.Config(testHost)
			}
			if err == nil || err.Error() != test.want && test.want != "" {
				t.Errorf("got\n%v\nwant\n%s", err, test.want)
			}
			if test.want == "" && strings.Count(err.Error(), "\n") != 69 {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestFoldedDocumentsKeepTheirOrder(t *testing.T) {
	yaml := "local-data:\n  addresses:\n    z: '::1'\n" + entries(80, "    h%.example: [192.0.2.1, \"::1\"]") + "    a: 192.0.2.2\n"
	toml := "[local-data.addresses]\nz = '::1'\n" + entries(80, "  \"h%.example\" = [ \"192.0.2.1\", \"::1\" ]") + "a = \"192.0.2.2\"\n"
	json := `{"local-data":{"addresses":{"z":"::1",` + strings.ReplaceAll(entries(80, `"h%.example":["192.0.2.1","::1"],`), "\n", "") + `"a":"192.0.2.2"}}}`
	for _, text := range []string{yaml, toml, json, strings.ReplaceAll(yaml, "\n", "\r\n")} {
		if got := string(mustParse(t, text).JSON()); got != json {
			t.Errorf("got %s", got)
		}
	}
}
