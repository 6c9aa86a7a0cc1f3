// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	"kresd-manager/test/product"
)

// TestConvertPrintsWhatTheManagerWrites compares both programs.
func TestConvertPrintsWhatTheManagerWrites(t *testing.T) {
	sut.Fresh(t, "nsid: x\n"+basic+"forward: [{subtree: a.example, servers: [192.0.2.53]}]\nviews: [{subnets: [192.0.2.0/24], answer: refused}]\n")
	for process, path := range map[string]string{
		"worker":        "/run/kresd-manager/worker/worker.lua",
		"policy-loader": "/run/kresd-manager/policy-loader/policy-loader.lua",
	} {
		if got, want := sut.Must(t, "kresctl", "convert", "--type", process, product.ConfigFile), sut.Must(t, "cat", path); got != want {
			t.Errorf("kresctl convert --type %s prints %d bytes, and the manager wrote %d", process, len(got), len(want))
		}
	}
}

// TestConvertedLuaRunsUnderPlainKresd needs nothing of ours but the text.
func TestConvertedLuaRunsUnderPlainKresd(t *testing.T) {
	sut.Wipe(t)
	config := `
rundir: /tmp/plain
cache: {storage: /tmp/plain/cache}
network: {listen: [{interface: 127.0.0.1@5353}, {interface: 127.0.0.1@5853, kind: dot}]}
nsid: plain
options: {priming: false}
dnssec: {enable: false}
local-data: {addresses: {host.example: 192.0.2.1}}
`
	if err := sut.WriteFile("/tmp/plain/config.yaml", []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	tidy(t, "rm -rf /tmp/plain")
	r := sut.Sh(t.Context(), `set -e
		cd /tmp/plain
		kresctl convert --type policy-loader config.yaml > loader.lua
		kresctl convert --type worker config.yaml > worker.lua
		mkdir control cache
		chown -R knot-resolver: .
		as='setpriv --reuid=knot-resolver --regid=knot-resolver --init-groups'
		$as kresd -c loader.lua -c - -n
		SYSTEMD_INSTANCE=7 $as kresd -c worker.lua -n &
		worker=$!
		for i in $(seq 200); do test -S control/7 && kdig +short @127.0.0.1 -p 5353 +retry=0 host.example >answer 2>&1 && break; sleep 0.05; done
		cat answer
		kdig +short +tls @127.0.0.1 -p 5853 host.example
		kdig +nsid @127.0.0.1 -p 5353 host.example | grep NSID
		kill $worker
		wait $worker`)
	if got := strings.Fields(r.Stdout); r.Code != 0 || len(got) < 3 || got[0] != "192.0.2.1" || got[1] != "192.0.2.1" || !strings.Contains(r.Stdout, "plain7") {
		t.Errorf("exit %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
}
