// SPDX-License-Identifier: Apache-2.0

package packages

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The pages for Cockpit are packages for all architectures. TestLintian has theirs, too.
func TestThePackagesOfThePagesForCockpit(t *testing.T) {
	name := onHost(t, cockpit, "*.deb")
	if want := "cockpit-kresd_" + first + "_all.deb"; filepath.Base(name) != want {
		t.Errorf("the package is %s, want %s", filepath.Base(name), want)
	}
	out, err := exec.Command("dpkg-deb", "--contents", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"/usr/share/cockpit/kresd/manifest.json\n", "/usr/share/cockpit/kresd/index.html.gz\n", "/usr/share/doc/cockpit-kresd/licences.txt\n"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the package does not have %s:\n%s", strings.TrimSpace(want), out)
		}
	}
	rpm := filepath.Base(onHost(t, cockpit, "*.rpm"))
	if want := "cockpit-kresd-" + first + "-1.noarch.rpm"; rpm != want {
		t.Errorf("the RPM is %s, want %s", rpm, want)
	}
	if out := must(t, "rpm", "-qpl", "/packages/"+cockpit+"/"+rpm); !strings.Contains(out, "/usr/share/cockpit/kresd/manifest.json\n") {
		t.Errorf("the RPM has\n%s", out)
	}
}
