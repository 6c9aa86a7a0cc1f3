// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	"kresd-manager/test/product"
)

// TestKresctlKeepsTheFileReadable has root write the configuration file with
// every command that can, and the manager, which reads it by its group, read it
// again after each.
func TestKresctlKeepsTheFileReadable(t *testing.T) {
	sut.Fresh(t, basic)
	t.Logf("the folder: %s", sut.Must(t, "stat", "-c", "%U:%G %a", "/etc/knot-resolver"))
	old := strings.Replace(basic, "workers: 2", "max-workers: 8\nworkers: 1", 1)
	if old == basic {
		t.Fatal("the configuration has no workers: 2")
	}
	for _, c := range []struct{ name, before, command string }{
		{"migrate F F", old, "kresctl migrate F F"},
		{"convert -o", basic, "kresctl convert --to json -o F F"},
		{"config get FILE", basic, "kresctl config get F"},
		{"config save", basic, "kresctl config set -q -p /workers 1 && kresctl config save"},
		{"config save over an edit", basic, "kresctl config set -q -p /nsid ns1 && echo '# edited' >>F && kresctl config save --force"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := sut.WriteFile(product.ConfigFile, []byte(c.before), 0o640); err != nil {
				t.Fatal(err)
			}
			sut.Must(t, "chown", "root:knot-resolver", product.ConfigFile)
			sut.Must(t, "sh", "-c", "umask 077; "+strings.ReplaceAll(c.command, "F", product.ConfigFile))
			if got := sut.Must(t, "stat", "-c", "%U:%G %a %h", product.ConfigFile); got != "root:knot-resolver 640 1\n" {
				t.Errorf("the file is %s", got)
			}
			if got := sut.Must(t, "sh", "-c", "ls -A /etc/knot-resolver | grep -F .new- || true"); got != "" {
				t.Errorf("left behind: %s", got)
			}
			if r := sut.Exec(t, "kresctl", "reload"); r.Code != 0 {
				t.Errorf("the manager does not read it any more: exit %d: %s", r.Code, r.Stderr)
			}
			sut.Expect(t, "host.example.", "192.0.2.1")
		})
	}
}
