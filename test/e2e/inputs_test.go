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

// Files that the configuration names are inputs like its text: tested as an
// administrator works, who copies a file and reloads.

const certFiles = "tls: {cert-file: /etc/knot-resolver/tls.pem, key-file: /etc/knot-resolver/tls.key"

// withTLS is basic with a certificate from files, and more in that section.
func withTLS(more string) string {
	return strings.Replace(basic, "network:", "network:\n  "+certFiles+more+"}", 1)
}

// copyCertificate makes a certificate elsewhere and copies it over the one that
// is named, as a deploy hook does.
func copyCertificate(t *testing.T, name string) {
	t.Helper()
	sut.Must(t, "sh", "-c", "cd /root && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN="+
		name+" -keyout new.key -out new.pem 2>/dev/null && cp new.key /etc/knot-resolver/tls.key && cp new.pem /etc/knot-resolver/tls.pem"+
		" && cd /etc/knot-resolver && chmod 0640 tls.key && chgrp knot-resolver tls.key")
}

// allServe reports whether each of many connections over TLS gets this certificate.
func allServe(t *testing.T, name string) bool {
	t.Helper()
	for range 8 { // all workers, most likely
		subject := sut.Exec(t, "sh", "-c", "echo | openssl s_client -connect 127.0.0.1:853 2>/dev/null | openssl x509 -noout -subject").Stdout
		if !strings.Contains(subject, name) {
			return false
		}
	}
	return true
}

func TestAReloadTakesOverACopiedCertificate(t *testing.T) {
	for _, watchdog := range []string{"false", "true"} {
		t.Run("watchdog "+watchdog, func(t *testing.T) {
			copyCertificate(t, "first")
			sut.Fresh(t, withTLS(", watchdog: "+watchdog))
			before := sut.PIDs(t)
			if !allServe(t, "first") {
				t.Fatal("the first certificate is not served")
			}
			copyCertificate(t, "second")
			if plan := sut.Must(t, "kresctl", "reload", "--dry-run"); !strings.Contains(plan, "certificate /etc/knot-resolver/tls.pem (CN=second, until ") {
				t.Errorf("the plan does not name the certificate:\n%s", plan)
			}
			sut.Must(t, "systemctl", "reload", "kresd-manager")
			if !allServe(t, "second") {
				t.Error("after cp and systemctl reload the old certificate is served")
			}
			copyCertificate(t, "third")
			out := sut.Must(t, "kresctl", "reload")
			if !strings.Contains(out, "renewed certificate /etc/knot-resolver/tls.pem (CN=third, until ") || !strings.Contains(out, ") in 2 workers") {
				t.Errorf("the report does not say what was renewed:\n%s", out)
			}
			if !allServe(t, "third") {
				t.Error("after the next cp and kresctl reload the old certificate is served")
			}
			if out := sut.Must(t, "kresctl", "reload"); !strings.Contains(out, "nothing to do") {
				t.Errorf("reload without a change:\n%s", out)
			}
			if after := sut.PIDs(t); !maps.Equal(before, after) {
				t.Errorf("processes changed from %v to %v", before, after)
			}
		})
	}
}

func TestTwoChangesWithinASecondAreBothSeen(t *testing.T) {
	copyCertificate(t, "first")
	sut.Fresh(t, withTLS(""))
	// Any change that is applied before the watch tells must not swallow it.
	copyCertificate(t, "second")
	sut.Put(t, "/local-data/addresses/more.example", `"192.0.2.7"`)
	product.Eventually(t, "the copied certificate is served", func() bool { return allServe(t, "second") })
}

const hosts = "192.0.2.%d listed.example\n"

func TestAListReplacedWhileTheManagerWasStoppedIsLoaded(t *testing.T) {
	list := func(n int) { writeFile(t, "/etc/knot-resolver/list.hosts", fmt.Sprintf(hosts, n)) }
	list(1)
	sut.Fresh(t, basic+"  addresses-files: [/etc/knot-resolver/list.hosts]\n")
	sut.Expect(t, "listed.example.", "192.0.2.1")
	before := sut.PIDs(t)

	sut.Must(t, "systemctl", "stop", "kresd-manager.socket", "kresd-manager.service")
	list(2)
	sut.Must(t, "systemctl", "start", "kresd-manager.socket", "kresd-manager.service")
	sut.Expect(t, "listed.example.", "192.0.2.2")

	// A restart in between forgets nothing of what is in force.
	list(3)
	sut.Must(t, "systemctl", "restart", "kresd-manager.service")
	sut.Expect(t, "listed.example.", "192.0.2.3")
	if out := sut.Must(t, "kresctl", "reload"); !strings.Contains(out, "nothing to do") {
		t.Errorf("reload without a change:\n%s", out)
	}
	list(4)
	if out := sut.Must(t, "kresctl", "reload"); !strings.Contains(out, "loaded hosts file /etc/knot-resolver/list.hosts") {
		t.Errorf("the report does not name the list:\n%s", out)
	}
	sut.Expect(t, "listed.example.", "192.0.2.4")
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}
}

func TestAListThatIsStillBeingWrittenIsNotLoaded(t *testing.T) {
	writeFile(t, "/etc/knot-resolver/block.rpz", "$ORIGIN rpz.\n@ 3600 SOA . . 1 1 1 1 1\nold.blocked CNAME .\n")
	sut.Fresh(t, basic+"  rpz:\n    - file: /etc/knot-resolver/block.rpz\n")
	began := sut.Must(t, "date", "+%s.%N")
	sut.Must(t, "sh", "-c", `exec >/etc/knot-resolver/block.rpz
printf '$ORIGIN rpz.\n@ 3600 SOA . . 1 1 1 1 1\nold.blocked CNAME .\nfirst'; sleep 2; printf '.blocked CNAME .\nsecond.blocked CNAME .\n'`)
	product.Eventually(t, "the whole list is in force", func() bool { return ask(t, "udp", "second.blocked", dns.TypeA) == "NXDOMAIN" })
	if log := sut.Must(t, "journalctl", "-u", "kres-policy-loader", "-u", "kresd-manager", "-o", "cat", "--since", "@"+strings.TrimSpace(began)); strings.Contains(log, "block.rpz:") || strings.Contains(log, "cannot load") {
		t.Errorf("a list was loaded half:\n%s", log)
	}
}

func TestWhatIsAskedForMustBeThere(t *testing.T) {
	sut.Fresh(t, strings.Replace(basic, "    - interface: 127.0.0.1\n      kind: dot\n", "", 1))
	refusedAs := func(pointer, value, at, words string) {
		t.Helper()
		a := sut.Call(t, "PUT", "/v1/config"+pointer, value, "Accept", "application/json")
		if a.Code != 400 || !strings.Contains(a.Body, `"`+at+`"`) || !strings.Contains(a.Body, words) {
			t.Errorf("PUT %s: %d %s", pointer, a.Code, a.Body)
		}
	}
	refusedAs("/network/tls", `{"cert-file": "/etc/knot-resolver/none.pem", "key-file": "/etc/knot-resolver/none.key"}`,
		"/network/tls/cert-file", "/etc/knot-resolver/none.pem does not exist")
	refusedAs("/local-data/addresses-files", `["/etc/knot-resolver/none.hosts"]`, "/local-data/addresses-files/0", "none.hosts does not exist")

	// A key that root alone can read is one that no worker can read.
	copyCertificate(t, "first")
	sut.Must(t, "chmod", "0600", "/etc/knot-resolver/tls.key")
	refusedAs("/network/tls", `{"cert-file": "/etc/knot-resolver/tls.pem", "key-file": "/etc/knot-resolver/tls.key"}`,
		"/network/tls/key-file", "not readable by the user knot-resolver")
	// One that the workers can read and the manager cannot is fine.
	sut.Must(t, "chown", "knot-resolver", "/etc/knot-resolver/tls.key")
	sut.Put(t, "/network/tls", `{"cert-file": "/etc/knot-resolver/tls.pem", "key-file": "/etc/knot-resolver/tls.key"}`)

	sut.WriteConfig(t, basic+"  addresses-files: [/etc/knot-resolver/none.hosts]\n")
	r := sut.Exec(t, "systemctl", "reload", "kresd-manager")
	log := sut.Must(t, "journalctl", "-u", "kresd-manager", "-o", "cat", "-n", "50")
	if r.Code == 0 || !strings.Contains(log, "config.yaml:13:21: ") || !strings.Contains(log, "none.hosts does not exist") {
		t.Errorf("a reload with a list that is not there: %d\n%s", r.Code, log)
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := sut.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestFilesThatTheManagerCannotSee has a key that only the workers can read, and
// then a folder that is closed to the manager.
func TestFilesThatTheManagerCannotSee(t *testing.T) {
	own := func(name string) {
		copyCertificate(t, name)
		sut.Must(t, "sh", "-c", "cd /etc/knot-resolver && chown knot-resolver tls.key && chmod 0400 tls.key && mkdir -p closed && cp -p tls.key tls.pem closed && chown -R knot-resolver closed && chmod 0700 closed")
	}
	own("first")
	sut.Fresh(t, withTLS(", watchdog: false"))
	own("second")
	if out := sut.Must(t, "kresctl", "reload"); !strings.Contains(out, "renewed certificate /etc/knot-resolver/tls.pem (CN=second") {
		t.Errorf("with a key that the manager cannot read:\n%s", out)
	}
	sut.Must(t, "sh", "-c", "touch /etc/knot-resolver/tls.key")
	if out := sut.Must(t, "kresctl", "reload"); !strings.Contains(out, "renewed key /etc/knot-resolver/tls.key in 2 workers") {
		t.Errorf("with another key that the manager cannot read:\n%s", out)
	}

	sut.Fresh(t, strings.ReplaceAll(withTLS(""), "/etc/knot-resolver/tls", "/etc/knot-resolver/closed/tls"))
	if !allServe(t, "second") {
		t.Error("the workers do not serve what only they can read")
	}
	const unseen = "kresd-manager may not look into its folder"
	if out := sut.Must(t, "kresctl", "status"); !strings.Contains(out, unseen) {
		t.Errorf("status does not tell what the manager cannot see:\n%s", out)
	}
	if r := sut.Exec(t, "kresctl", "doctor"); !strings.Contains(r.Stdout, "a change of it is not seen: the directory /etc/knot-resolver/closed is not searchable by the user kresd-manager") {
		t.Errorf("doctor does not tell it:\n%s", r.Stdout)
	}
	own("third")
	if out := sut.Must(t, "kresctl", "reload"); !strings.Contains(out, "renewed certificate /etc/knot-resolver/closed/tls.pem (which kresd-manager cannot see) in 2 workers") {
		t.Errorf("a reload that cannot tell:\n%s", out)
	}
	if !allServe(t, "third") {
		t.Error("what the manager cannot see is not taken over by a reload")
	}
}
