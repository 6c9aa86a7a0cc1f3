// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"kresd-manager/test/product"
)

func TestChangedFilesAreApplied(t *testing.T) {
	const zone = "$ORIGIN rpz.\n@ 3600 SOA . . 1 1 1 1 1\n%s CNAME .\n"
	write := func(path, text string) {
		t.Helper()
		if err := sut.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	certificate := func(name string) {
		t.Helper()
		sut.Must(t, "sh", "-c", "cd /etc/knot-resolver && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN="+
			name+" -keyout new.key -out new.pem 2>/dev/null && chmod 0640 new.key && chgrp knot-resolver new.key && mv new.key tls.key && mv new.pem tls.pem")
	}
	served := func() string {
		return sut.Exec(t, "sh", "-c", "echo | openssl s_client -connect 127.0.0.1:853 2>/dev/null | openssl x509 -noout -subject").Stdout
	}
	write("/etc/knot-resolver/block.rpz", fmt.Sprintf(zone, "one.blocked"))
	certificate("first")
	sut.Fresh(t, strings.Replace(basic, "network:", "network:\n  tls: {cert-file: /etc/knot-resolver/tls.pem, key-file: /etc/knot-resolver/tls.key}", 1)+
		"  rpz:\n    - file: /etc/knot-resolver/block.rpz\n")
	before := sut.PIDs(t)
	if got := ask(t, "udp", "one.blocked", dns.TypeA); got != "NXDOMAIN" {
		t.Errorf("one.blocked: %s", got)
	}
	if got := served(); !strings.Contains(got, "first") {
		t.Errorf("certificate of %s", got)
	}

	write("/etc/knot-resolver/block.rpz", fmt.Sprintf(zone, "two.blocked"))
	product.Eventually(t, "the new zone is in force", func() bool { return ask(t, "udp", "two.blocked", dns.TypeA) == "NXDOMAIN" })
	certificate("second")
	product.Eventually(t, "the new certificate is served", func() bool { return strings.Contains(served(), "second") })

	// A zone that cannot be read: its last good copy serves, and someone says so.
	write("/etc/knot-resolver/block.rpz", "this is (no zone\n")
	product.Eventually(t, "the failure is shown", func() bool {
		s := sut.Status(t)
		return s.State == "degraded" && strings.Contains(fmt.Sprint(s.Problems), "/etc/knot-resolver/block.rpz:1: ")
	})
	if got := ask(t, "udp", "two.blocked", dns.TypeA); got != "NXDOMAIN" {
		t.Errorf("with a broken zone two.blocked is %s", got)
	}
	write("/etc/knot-resolver/block.rpz", fmt.Sprintf(zone, "three.blocked"))
	product.Eventually(t, "all is well again", func() bool { return sut.Status(t).State == "running" })
	sut.Expect(t, "host.example.", "192.0.2.1")
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}
}
