// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// What generators and tmpfiles.d(5) see of /var/lib and /var/cache is not what
// is there later.
func TestBootWithVarMountedLate(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	late := filepath.Join(dir, "srv/late")
	if err := os.MkdirAll(filepath.Join(late, "cache"), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cp", "--archive", filepath.Join(state, "var/lib/kresd-manager"), late+"/state").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const delay = "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/sleep 1\n"
	mount := func(what, where string) machine.File {
		return machine.File{Content: "[Unit]\nDefaultDependencies=no\nRequires=slow-disk.service\nAfter=slow-disk.service systemd-tmpfiles-setup.service\n" +
			"[Mount]\nWhat=" + what + "\nWhere=" + where + "\nType=none\nOptions=bind\n"}
	}
	m := again(t, func(o *machine.Options) {
		o.Layers = []string{layer, dir}
		o.Files["/etc/systemd/system/slow-disk.service"] = machine.File{Content: delay}
		o.Files[`/etc/systemd/system/var-lib-kresd\x2dmanager.mount`] = mount("/srv/late/state", "/var/lib/kresd-manager")
		o.Files[`/etc/systemd/system/var-cache.mount`] = mount("/srv/late/cache", "/var/cache")
	})
	answers(t, m)
	if f := failed(t, m); f != "" {
		t.Errorf("failed units: %s", f)
	}
	inOrder(t, m, `var-lib-kresd\\x2dmanager.mount`, "kres-policy-loader", "kresd@1")
	adopts(t, m, true)
}

// An address that comes late is waited for, for as long as it takes, without a
// manager; and nothing needs the network for trust anchors, a clock or rules.
func TestBootWithTheNetworkLate(t *testing.T) {
	first := again(t, func(o *machine.Options) {
		o.Layers = []string{layer}
		o.Enable = []string{"kresd-manager.service"}
		o.Files["/etc/systemd/system/address.service"] = machine.File{Content: "[Unit]\nBefore=kresd-manager.service\n[Service]\nType=oneshot\nExecStart=/usr/sbin/ip address add 192.0.2.53/32 dev lo\n[Install]\nWantedBy=multi-user.target\n"}
		o.Enable = append(o.Enable, "address.service")
		o.Files[product.ConfigFile] = machine.File{Content: "network: {listen: [{interface: 127.0.0.1}, {interface: 192.0.2.53}]}\nhostname: resolver.example\nlocal-data: {addresses: {host.example: 192.0.2.1}}\n"}
	})
	if err := first.WaitUnit(t.Context(), "kresd-manager.service", "active"); err != nil {
		t.Fatal(err)
	}
	sh(t, first, "timeout 30 sh -c 'until [ -e /var/lib/kresd-manager/boot/worker.lua ]; do sleep 0.05; done'")
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "var/lib"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := keep(t.Context(), first, filepath.Join(dir, "var/lib")); err != nil {
		t.Fatal(err)
	}
	m := again(t, func(o *machine.Options) { o.Layers = []string{layer, dir} })
	if ask(m) == nil {
		t.Fatal("it answers before there is an address; this test tests nothing")
	}
	// Longer than what the start limit of a unit with short pauses allows.
	time.Sleep(15 * time.Second)
	sh(t, m, "ip address add 192.0.2.53/32 dev lo; timeout 30 sh -c 'until [ $(systemctl is-active kresd@1) = active ]; do sleep 0.1; done'")
	answers(t, m)
}
