// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"
)

// TestWordsOfDaemonsAreTranslated has each of our daemons fail for what operators get wrong,
// and holds the words that come of it. The daemon's own are shown with -v, and in JSON.
func TestWordsOfDaemonsAreTranslated(t *testing.T) {
	const dir = "/etc/knot-resolver/translated"
	sut.Fresh(t, basic+"cache: {size-max: 10M}\n")
	sut.Must(t, "sh", "-c", `set -e; mkdir -p `+dir+`; cd `+dir+`; chmod 755 . ..
for n in a b; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=$n -keyout $n.key -out $n.pem 2>/dev/null; done
echo nonsense >junk.pem; chmod 644 *.pem; chgrp knot-resolver *.key; chmod 640 *.key
printf 'good.example CNAME .\n  bad line here (\n' >bad.rpz; printf '192.0.2.1 good.example\nnonsense\n' >bad.hosts
cp bad.hosts closed.hosts; chmod 644 bad.*; chgrp knot-resolver closed.hosts; chmod 640 closed.hosts
mount -t tmpfs -o size=20m,uid=$(id -u knot-resolver),gid=$(id -g knot-resolver),mode=0750 tmpfs /var/cache/knot-resolver`)
	t.Cleanup(func() {
		sut.Sh(t.Context(), "systemctl stop kresd.target; umount -l /var/cache/knot-resolver; chmod 750 /etc/knot-resolver; rm -rf "+dir)
	})
	sut.Must(t, "kresctl", "reload", "--force", "-q")
	release := hold(t, "udp", "0.0.0.0", 5399)
	defer release()
	for _, c := range []struct{ name, pointer, value, want string }{
		{"a missing certificate", "/network/tls", "{cert-file: " + dir + "/none.pem, key-file: " + dir + "/a.key}",
			"invalid configuration:\n\t/network/tls/cert-file: " + dir + "/none.pem does not exist; put it there, or take it out of the configuration"},
		{"another key", "/network/tls", "{cert-file: " + dir + "/a.pem, key-file: " + dir + "/b.key}",
			"configuration refused: /network/tls/key-file: " + dir + "/b.key is not the key of the certificate " + dir + "/a.pem\n" +
				"compare openssl x509 -noout -pubkey -in " + dir + "/a.pem with openssl pkey -pubout -in " + dir + "/b.key\nthe previous configuration serves"},
		{"no certificate", "/network/tls", "{cert-file: " + dir + "/junk.pem, key-file: " + dir + "/a.key}",
			"configuration refused: /network/tls/cert-file: " + dir + "/junk.pem holds no certificate in PEM format\n" +
				"see openssl x509 -noout -subject -in " + dir + "/junk.pem\nthe previous configuration serves"},
		{"no key", "/network/tls", "{cert-file: " + dir + "/a.pem, key-file: " + dir + "/junk.pem}",
			"configuration refused: /network/tls/key-file: " + dir + "/junk.pem holds no private key in PEM format, or one with a password\n" +
				"see openssl pkey -noout -in " + dir + "/junk.pem\nthe previous configuration serves"},
		{"a port that is taken", "/network/listen/-", "{interface: 127.0.0.1, port: 5399}",
			"configuration refused: /network/listen/2: port 5399 (udp) of 127.0.0.1 is taken by a process of user nobody\n" +
				"ss -lnp --udp 'sport = :5399' as root, and kresctl doctor, name the process and its unit; stop it, or choose another port\nthe previous configuration serves"},
		{"an address that is not there", "/network/listen/-", "{interface: 192.0.2.99}",
			"configuration refused: /network/listen/2: 192.0.2.99 is not an address of this machine\n" +
				"ip -brief address lists them; freebind: true listens on an address that comes later\nthe previous configuration serves"},
		{"an interface that is not there", "/network/listen/-", "{interface: nope0}",
			"configuration refused: /network/listen/2: there is no network interface nope0, or it is down or has no address\n" +
				"ip -brief address lists them\nthe previous configuration serves"},
		{"a bad line of a zone", "/local-data/rpz", "[{file: " + dir + "/bad.rpz}]",
			"configuration refused: /local-data/rpz/0/file: " + dir + "/bad.rpz:2: invalid number\n      bad line here (\n      ^\nthe previous configuration serves"},
		{"a bad line of hosts", "/local-data/addresses-files", "[" + dir + "/bad.hosts]",
			"configuration refused: /local-data/addresses-files/0: " + dir + "/bad.hosts:2: invalid syntax\n    nonsense\n    ^\nthe previous configuration serves"},
		{"a bad line that others may not see", "/local-data/addresses-files", "[" + dir + "/closed.hosts]",
			"configuration refused: /local-data/addresses-files/0: " + dir + "/closed.hosts:2: invalid syntax\nsed -n 2p " + dir + "/closed.hosts shows the line\nthe previous configuration serves"},
		{"a bad record", "/local-data/records", `"good.example. 3600 IN A 192.0.2.1\nbad.example. IN A 999.1.1.1"`,
			"configuration refused: /local-data/records: line 2: invalid IPv4 address\n    bad.example. IN A 999.1.1.1\n    ^\nthe previous configuration serves"},
		{"a full disk", "/cache/size-max", "200M",
			"configuration refused: /cache/size-max: the file system of /var/cache/knot-resolver has no room for the cache\n" +
				"df -h /var/cache/knot-resolver shows what is free; free some, or make /cache/size-max smaller\nthe previous configuration serves"},
		{"Lua", "/lua/script", `"\nthis is no Lua"`, "configuration refused: /lua/script:2: '=' expected near 'is'\nthe previous configuration serves"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := sut.Exec(t, "kresctl", "config", "set", "-p", c.pointer, c.value)
			// Before it, steps of a change that takes long.
			if _, said, _ := strings.Cut(r.Stderr, "kresctl: "); r.Code != 1 || said != c.want+"\n" {
				t.Errorf("exit %d\n%s\nwant\nkresctl: %s", r.Code, r.Stderr, c.want)
			}
		})
	}
	r := sut.Exec(t, "kresctl", "-v", "config", "set", "-p", "/network/listen/-", "{interface: 192.0.2.99}")
	for _, want := range []string{"192.0.2.99 is not an address of this machine", "cannot try kresd@canary.service", "cannot listen on 192.0.2.99 port 53 (udp): Cannot assign requested address"} {
		if !strings.Contains(r.Stderr, want) {
			t.Errorf("with -v it does not say %q:\n%s", want, r.Stderr)
		}
	}
}
