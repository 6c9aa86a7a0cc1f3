// SPDX-License-Identifier: Apache-2.0

package packages

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"kresd-manager/test/product"
)

// The pages for Cockpit are packages for all architectures, in which lintian finds nothing.
func TestThePackagesOfThePagesForCockpit(t *testing.T) {
	dir, err := product.Once(t.TempDir(), "cockpit-packages", func(dir string) error {
		if err := build("deb-cockpit", "BUILD="+dir); err != nil {
			return err
		}
		return build("rpm-cockpit", "BUILD="+dir)
	})
	if err != nil {
		t.Fatal(err)
	}
	name := "cockpit-kresd_" + first + "_all.deb"
	out, err := exec.Command("dpkg-deb", "--contents", dir+"/"+name).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"/usr/share/cockpit/kresd/manifest.json\n", "/usr/share/cockpit/kresd/index.html.gz\n", "/usr/share/doc/cockpit-kresd/licences.txt\n"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the package does not have %s:\n%s", strings.TrimSpace(want), out)
		}
	}
	text, err := os.ReadFile(dir + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := sut.WriteFile("/tmp/"+name, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if r := run(t, "lintian", "--allow-root", "--fail-on=error,warning", "--show-overrides", "--tag-display-limit=0", "/tmp/"+name); r.Code != 0 {
		t.Errorf("lintian has found something: exit %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
	rpm, err := os.ReadFile(dir + "/cockpit-kresd-" + first + "-1.noarch.rpm")
	if err != nil {
		t.Fatal(err)
	}
	if err := sut.WriteFile("/tmp/cockpit-kresd.rpm", rpm, 0o644); err != nil {
		t.Fatal(err)
	}
	if out := must(t, "rpm", "-qpl", "/tmp/cockpit-kresd.rpm"); !strings.Contains(out, "/usr/share/cockpit/kresd/manifest.json\n") {
		t.Errorf("the RPM has\n%s", out)
	}
}
