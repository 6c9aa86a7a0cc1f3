// SPDX-License-Identifier: Apache-2.0

package failure

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// machine knows nothing but what a test says.
type machine struct{ unusable, lines map[string]string }

func (m machine) Unusable(path string) (why, fix string) {
	why, fix, _ = strings.Cut(m.unusable[path], "|")
	return why, fix
}
func (m machine) Line(path string, _ int) (string, bool) {
	l, ok := m.lines[path]
	return l, ok
}
func (machine) Account(uid string) string { return "user of " + uid }

const configuration = `{"network": {"tls": {"cert-file": "/t/a.pem", "key-file": "/t/b.key"},
	"listen": [{"interface": "127.0.0.1"}, {"interface": ["::1", "192.0.2.99"], "port": 5399}, {"interface": "127.0.0.1@5353"}, {"interface": "nope0"}]},
	"cache": {"storage": "/small"}, "local-data": {"records": "good A 192.0.2.1\n bad A 999.1.1.1\n"}}`

// TestTheWordsOfDaemonsAreUnderstood: the words are recorded from kresd 6, and from our own
// Lua in it.
func TestTheWordsOfDaemonsAreUnderstood(t *testing.T) {
	const tls = "[tls   ] gnutls_certificate_set_x509_key_file(/t/a.pem,/t/b.key) failed: "
	for _, c := range []struct{ name, words, want string }{
		{"no file", tls + "-64 (GNUTLS_E_FILE_ERROR)", "/network/tls: workers cannot read /t/a.pem or /t/b.key\nlet the group knot-resolver read both: chgrp knot-resolver /t/a.pem /t/b.key; chmod g+r /t/a.pem /t/b.key"},
		{"another key", tls + "-60 (GNUTLS_E_CERTIFICATE_KEY_MISMATCH)", "/network/tls/key-file: /t/b.key is not the key of the certificate /t/a.pem\ncompare openssl x509 -noout -pubkey -in /t/a.pem with openssl pkey -pubout -in /t/b.key"},
		{"no certificate", tls + "-34 (GNUTLS_E_BASE64_DECODING_ERROR)", "/network/tls/cert-file: /t/a.pem holds no certificate in PEM format\nsee openssl x509 -noout -subject -in /t/a.pem"},
		{"no key", tls + "-56 (GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)", "/network/tls/key-file: /t/b.key holds no private key in PEM format, or one with a password\nsee openssl pkey -noout -in /t/b.key"},
		{"another error", tls + "-1 (GNUTLS_E_NEW)", "/network/tls: the certificate /t/a.pem and the key /t/b.key cannot be used: GNUTLS_E_NEW (-1)\nkresctl -v shows the words of the daemon"},
		{"a port that is taken", "[system] error while loading config: cannot listen on 127.0.0.1 port 5353 (udp): Address already in use by a process of user id 65534 (workdir '/run/x')",
			"/network/listen/2: port 5353 (udp) of 127.0.0.1 is taken by a process of user of 65534\nss -lnp --udp 'sport = :5353' as root, and kresctl doctor, name the process and its unit; stop it, or choose another port"},
		{"an address that is not there", "[system] error while loading config: cannot listen on 192.0.2.99 port 5399 (tcp): Cannot assign requested address (workdir '/run/x')",
			"/network/listen/1: 192.0.2.99 is not an address of this machine\nip -brief address lists them; freebind: true listens on an address that comes later"},
		{"a low port", "cannot listen on 127.0.0.1 port 53 (udp): Permission denied", "/network/listen/0: workers may not listen on port 53 of 127.0.0.1\nkresd@.service needs AmbientCapabilities=CAP_NET_BIND_SERVICE; see systemctl cat kresd@1.service"},
		{"a port of its own", "cannot listen on 127.0.0.1 port 5399 (udp): Address already in use", "/network/listen: port 5399 (udp) of 127.0.0.1 is taken\nss -lnp --udp 'sport = :5399' as root, and kresctl doctor, name the process and its unit; stop it, or choose another port"},
		{"an interface", "error while loading config: network interface 'nope0' does not exist, is down or has no address (workdir '/run/x')",
			"/network/listen/3: there is no network interface nope0, or it is down or has no address\nip -brief address lists them"},
		{"a full disk", "[system] error while loading config: /t/c1.lua:1: can't open cache path '/small'; working directory '/run/x-c1.lua'; No space left on device (workdir '/run/x-c1.lua')",
			"/cache/size-max: the file system of /small has no room for the cache\ndf -h /small shows what is free; free some, or make /cache/size-max smaller"},
		{"a cache of someone else", "[system] error while loading config: /t/c2.lua:1: can't open cache path '/etc'; working directory '/run/x'; Permission denied (workdir '/run/x')",
			"/cache/storage: workers may not write to the directory /etc of the cache\nchown knot-resolver:knot-resolver /etc; chmod 0750 /etc"},
		{"no cache", "cannot use the cache directory: /srv/none: No such file or directory; ReadWritePaths= of kresd@.service must name it",
			"/cache/storage: the directory /srv/none of the cache is not there\ninstall -d -o knot-resolver -g knot-resolver -m 0750 /srv/none"},
		{"a cache out of reach", "cannot use the cache directory: /srv/c/size: Read-only file system; ReadWritePaths= of kresd@.service must name it",
			"/cache/storage: the directory /srv/c of the cache is read-only for workers\nname it in ReadWritePaths= of a drop-in: systemctl edit kresd@.service; kresctl reload"},
		{"a bad line", "error: /local-data/rpz/0: /t/bad.rpz:2: unknown RR type; its rules are not in force", "/local-data/rpz/0: /t/bad.rpz:2: unknown RR type\n      bad line here (\n      ^"},
		{"a bad line that others may not see", "/local-data/rpz/0: /t/secret.rpz:7: unknown RR type", "/local-data/rpz/0: /t/secret.rpz:7: unknown RR type\nsed -n 7p /t/secret.rpz shows the line"},
		{"a bad record", "[rules ] error parsing zone file `(null)`:2, error -976: invalid IPv4 address", "/local-data/records: line 2: invalid IPv4 address\n     bad A 999.1.1.1\n     ^"},
		{"a bad line of hosts", "[system] error while loading config: /local-data/addresses-files/0: /t/x.hosts:2: invalid syntax (workdir '/run/knot-resolver/work')", "/local-data/addresses-files/0: /t/x.hosts:2: invalid syntax\nsed -n 2p /t/x.hosts shows the line"},
		{"Lua", "[system] error while loading config: /run/kresd-manager/canary/worker.lua:539: /lua/script:2: '=' expected near 'is' (workdir '/tmp')", "/lua/script:2: '=' expected near 'is'"},
		{"a file that a sandbox hides", "worker.lua:5: /lua/script:1: /home/x: Permission denied (workdir '/tmp')\n/home/x is hidden from kresd@.service by ProtectHome=yes; put it elsewhere",
			"/lua/script:1: /home/x: Permission denied\n/home/x is hidden from kresd@.service by ProtectHome=yes; put it elsewhere"},
		{"a directory that a sandbox has read-only", "worker.lua:5: /lua/policy-script:1: /srv/a/log: Read-only file system (workdir '/tmp')\n/lua cannot be written by x.service because of ProtectSystem=strict; no\n/srv/a cannot be written by x.service because of ProtectSystem=strict; put it elsewhere",
			"/lua/policy-script:1: /srv/a/log: Read-only file system\n/srv/a cannot be written by x.service because of ProtectSystem=strict; put it elsewhere"},
		{"no list", "/local-data/rpz/0: /t/none.rpz: No such file or directory", "/local-data/rpz/0: /t/none.rpz is not there\nput it there"},
	} {
		got := Explain(append([]string{"[system] what else was said"}, strings.Split(c.words, "\n")...), []byte(configuration), machine{
			unusable: map[string]string{"/t/none.rpz": "is not there|put it there"}, lines: map[string]string{"/t/bad.rpz": "  bad line here ("}})
		if got == nil || got.String() != c.want {
			t.Errorf("%s:\n%v, want\n%s", c.name, got, c.want)
		} else if n := strings.Count(got.String(), "\n"); n > 2 {
			t.Errorf("%s: %d lines", c.name, n+1)
		}
	}
	if got := Explain([]string{"[system] something new"}, []byte(configuration), machine{}); got != nil {
		t.Errorf("of what no one has heard it makes %s", got)
	}
	got := Explain([]string{tls + "-64 (GNUTLS_E_FILE_ERROR)"}, []byte(configuration), machine{unusable: map[string]string{"/t/b.key": "cannot be read by workers: mode 0600|chgrp it"}})
	if want := "/network/tls/key-file: /t/b.key cannot be read by workers: mode 0600\nchgrp it"; got.String() != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestOnlyWhatEveryoneMayReadIsQuoted(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "failure")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "list")
	if err := os.WriteFile(file, []byte("one\n\tbad \x1b line\nlong "+strings.Repeat("x", 300)+"\n\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	chmod := func(path string, mode os.FileMode) {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	var h Host
	if got, ok := h.Line(file, 2); ok {
		t.Errorf("from a directory that is closed: %q", got)
	}
	chmod(dir, 0o755)
	for n, want := range map[int]string{1: "one", 2: " bad \x1b line", 3: ("long " + strings.Repeat("x", 300))[:longest] + "…", 4: "", 5: "", 0: ""} {
		if got, ok := h.Line(file, n); got != want || ok != (want != "") {
			t.Errorf("line %d is %q, %t, want %q", n, got, ok, want)
		}
	}
	chmod(file, 0o640)
	if got, ok := h.Line(file, 1); ok {
		t.Errorf("from a file that is closed: %q", got)
	}
	if got, ok := h.Line(dir, 1); ok {
		t.Errorf("from a directory: %q", got)
	}
}

func TestWhatKeepsWorkersFromAFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "key")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h := Host{Group: 4000000}
	for path, want := range map[string]string{dir + "/none": "is not there", dir: "is a directory", file: "cannot be read by workers: mode 0600, owner "} {
		if why, fix := h.Unusable(path); !strings.HasPrefix(why, want) || fix == "" {
			t.Errorf("%s: %q, %q", path, why, fix)
		}
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if why, _ := h.Unusable(file); why != "" {
		t.Errorf("a file for everyone: %s", why)
	}
}
