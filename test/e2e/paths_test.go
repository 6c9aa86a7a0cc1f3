// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kresd-manager/internal/config"
	"kresd-manager/test/machine"
)

// strict validates a configuration with what it names, as root.
func strictly(t *testing.T, text string) machine.Result {
	t.Helper()
	const file = "/etc/knot-resolver/strict.yaml"
	if err := sut.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return sut.Exec(t, "kresctl", "validate", "--strict", "--quiet", file)
}

// nested is a value below a pointer of names.
func nested(t *testing.T, pointer, value string) map[string]any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(value), &v); err != nil {
		t.Fatal(err)
	}
	names := strings.Split(pointer, "/")[1:]
	for _, name := range slices.Backward(names) {
		v = map[string]any{name: v}
	}
	return v.(map[string]any)
}

// pathFiles makes, in the directory $1, a good file of each kind that a
// configuration can name.
const pathFiles = `set -e
mkdir -p $1; cd $1
cp /etc/knot-resolver/paths/* .
chmod 0755 . $(dirname $1)
`

const pathSources = `set -e
mkdir -p /etc/knot-resolver/paths; cd /etc/knot-resolver/paths
openssl ecparam -name prime256v1 -genkey -noout -out key.pem
openssl req -x509 -new -key key.pem -days 9 -subj /CN=one -out cert.pem
echo 'a secret of more than thirty-two bytes' > secret
echo 0123456789abcdef0123456789abcdef > token
echo '192.0.2.20 hosts.example' > hosts
echo 'x = 1' > script.lua
printf '$ORIGIN rpz.\n@ 3600 SOA . . 1 1 1 1 1\none.blocked CNAME .\n' > block.rpz
echo 'a.example. DS 370 13 2 BE74359954660069D5C63D200C39F5603827D7DD02B56F120EE9F3A86764247C' > one.ta
cp /bin/sleep program
mkdir -p /etc/knot-resolver/paths.d
chmod 0644 *; chmod 0755 program
`

// TestPathsThatTheSandboxHides goes through every key with a path, with files that are
// good and can be read, where the installed units do not see them: the change is
// refused with the key, the unit, the directive and the way out, and validation says
// the same. Where the way out is a drop-in, it is one.
func TestPathsThatTheSandboxHides(t *testing.T) {
	const socket = "management: {unix-socket: /run/knot-resolver/kres-api.sock"
	sut.Fresh(t, basic+socket+"}\n")
	sut.Must(t, "sh", "-c", pathSources)
	for _, dir := range []string{"/home/who/dns", "/root/who/dns", "/tmp/who/dns"} {
		sut.Must(t, "sh", "-c", pathFiles, "sh", dir)
	}
	sut.Must(t, "install", "-d", "-o", "knot-resolver", "/home/who/dns/cache", "/root/who/dns/cache", "/tmp/who/dns/cache", "/srv/cache")
	sut.Must(t, "chmod", "0711", "/root")
	const dropIns = "for u in kresd@ kres-policy-loader kres-gc kres-component@x kresd-manager; do rm -rf /etc/systemd/system/$u.service.d; done; systemctl daemon-reload"
	tidy(t, "rm -rf /home/who /root/who /tmp/who /srv/cache; chmod 0700 /root; "+dropIns)

	cases := []struct {
		key, pointer, value string // a change, with the path at %s
		at                  string // pointer of the path
		file, unit          string
		// stays means that the change is refused for another reason where it is not hidden.
		stays string
	}{
		{"/network/tls/cert-file", "/network/tls", `{"key-file": "/etc/knot-resolver/paths/key.pem", "cert-file": "%s"}`, "/network/tls/cert-file", "cert.pem", "kresd@.service", ""},
		{"/network/tls/key-file", "/network/tls", `{"cert-file": "/etc/knot-resolver/paths/cert.pem", "key-file": "%s"}`, "/network/tls/key-file", "key.pem", "kresd@.service", ""},
		{"/network/tls/sticket-secret-file", "/network/tls", `{"sticket-secret-file": "%s"}`, "/network/tls/sticket-secret-file", "secret", "kresd@.service", ""},
		{"/local-data/addresses-files", "/local-data/addresses-files", `["%s"]`, "/local-data/addresses-files/0", "hosts", "kres-policy-loader.service", ""},
		{"/local-data/rules/*/file", "/local-data/rules", `[{"file": "%s"}]`, "/local-data/rules/0/file", "hosts", "kres-policy-loader.service", ""},
		{"/local-data/rpz/*/file", "/local-data/rpz", `[{"file": "%s", "watchdog": false}]`, "/local-data/rpz/0/file", "block.rpz", "kres-policy-loader.service", ""},
		{"/forward/*/servers/*/ca-file", "/forward", `[{"subtree": "a.example", "servers": [{"address": "192.0.2.53", "transport": "tls", "hostname": "a.example", "ca-file": "%s"}]}]`,
			"/forward/0/servers/0/ca-file", "cert.pem", "kresd@.service", ""},
		{"/fallback/servers/*/ca-file", "/fallback", `{"enable": true, "servers": [{"address": "192.0.2.53", "transport": "tls", "hostname": "a.example", "ca-file": "%s"}]}`,
			"/fallback/servers/0/ca-file", "cert.pem", "kresd@.service", ""},
		{"/cache/prefill/*/ca-file", "/cache/prefill", `[{"origin": ".", "url": "https://192.0.2.1/root", "ca-file": "%s"}]`, "/cache/prefill/0/ca-file", "cert.pem", "kresd@.service", ""},
		{"/dnssec/trust-anchors-files/*/file", "/dnssec", `{"trust-anchors-files": [{"file": "%s", "read-only": true}]}`, "/dnssec/trust-anchors-files/0/file", "one.ta", "kresd@.service", ""},
		{"/logging/dnstap/unix-socket", "/logging", `{"dnstap": {"enable": true, "unix-socket": "%s"}}`, "/logging/dnstap/unix-socket", "none.sock", "kresd@.service", ""},
		{"/lua/script-file", "/lua", `{"script-file": "%s"}`, "/lua/script-file", "script.lua", "kresd@.service", ""},
		{"/lua/policy-script-file", "/lua", `{"policy-script-file": "%s"}`, "/lua/policy-script-file", "script.lua", "kres-policy-loader.service", ""},
		{"/components", "/components", `{"x": {"command": ["%s", "infinity"]}}`, "/components/x/command/0", "program", "kres-component@x.service", ""},
		{"/cache/storage", "/cache/storage", `"%s"`, "/cache/storage", "cache", "kresd@.service", ""},
		{"/management/roles/*/token-file", "/management/roles", `[{"role": "read", "token-file": "%s"}]`, "/management/roles/0/token-file", "token", "kresd-manager.service", ""},
		{"/management/unix-socket", "/management/unix-socket", `"%s"`, "/management/unix-socket", "api.sock", "kresd-manager.service", "restart kresd-manager"},
	}
	// TLS goes with an address, and a listener for one comes with a restart: validation looks
	// before that.
	for key, file := range map[string]string{"cert-file": "cert.pem", "key-file": "key.pem", "client-ca-file": "cert.pem"} {
		tls := map[string]any{"cert-file": "/etc/knot-resolver/paths/cert.pem", "key-file": "/etc/knot-resolver/paths/key.pem", key: "/home/who/dns/" + file}
		r := strictly(t, merged(t, "{}", map[string]any{"management": map[string]any{"interface": "127.0.0.1@5000", "tls": tls}}))
		for _, want := range []string{"/management/tls/" + key + ":", "is hidden from kresd-manager.service by ProtectHome=yes"} {
			if r.Code != 1 || !strings.Contains(r.Stderr, want) {
				t.Errorf("validate --strict: exit %d, without %q\n%s", r.Code, want, r.Stderr)
			}
		}
	}
	// No key with a path is left out.
	for _, k := range config.Keys() {
		if !slices.Contains([]string{"rfile", "wfile", "wdir", "socket"}, k.Type.Grammar) {
			continue
		}
		// The first two are refused whatever they are.
		if k.Pointer == "/rundir" || k.Pointer == "/network/listen/*/unix-socket" || strings.HasPrefix(k.Pointer, "/management/tls/") {
			continue
		}
		if !slices.ContainsFunc(cases, func(c struct{ key, pointer, value, at, file, unit, stays string }) bool { return c.key == k.Pointer }) {
			t.Errorf("%s is not tried", k.Pointer)
		}
	}
	lines := regexp.MustCompile(`systemctl edit (\S+) and the lines ([^;]+)`)
	for _, c := range cases {
		t.Run(strings.Trim(c.at, "/"), func(t *testing.T) {
			for _, place := range []struct{ dir, by string }{
				{"/tmp/who/dns/", "PrivateTmp=yes"}, {"/root/who/dns/", "ProtectHome=yes"}, {"/home/who/dns/", "ProtectHome=yes"},
			} {
				value := fmt.Sprintf(c.value, place.dir+c.file)
				want := []string{c.at, strings.TrimSuffix(place.dir, "/"), "is hidden from " + c.unit + " by " + place.by, "put it elsewhere, such as "}
				unharmed(t, func() { sut.Refused(t, c.pointer, value, want...) })
				doc := merged(t, `{"management": {"unix-socket": "/run/knot-resolver/kres-api.sock"}}`, nested(t, c.pointer, value))
				r := strictly(t, doc)
				for _, w := range want {
					if r.Code != 1 || !strings.Contains(r.Stderr, w) {
						t.Errorf("validate --strict: exit %d, without %q\n%s", r.Code, w, r.Stderr)
					}
				}
			}
			// The last one, in /home, can be opened as the answer says.
			value := fmt.Sprintf(c.value, "/home/who/dns/"+c.file)
			a := sut.Call(t, "PUT", "/v1/config"+c.pointer, value)
			opened := lines.FindAllStringSubmatch(a.Body, -1)
			if len(opened) == 0 {
				t.Fatalf("no drop-in in\n%s", a.Body)
			}
			for _, m := range opened {
				text := strings.ReplaceAll(strings.TrimSpace(m[2]), ", ", "\n") + "\n"
				if err := sut.WriteFile("/etc/systemd/system/"+m[1]+".d/override.conf", []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			sut.Must(t, "systemctl", "daemon-reload")
			if c.unit == "kresd-manager.service" {
				sut.Must(t, "systemctl", "restart", "kresd-manager.service")
			}
			if c.stays != "" {
				sut.Refused(t, c.pointer, value, c.stays)
			} else {
				sut.Put(t, c.pointer, value)
				if s := sut.Status(t); s.State != "running" || len(s.Warnings) > 1 {
					t.Errorf("state %s, warnings %q", s.State, s.Warnings)
				}
			}
			sut.Must(t, "sh", "-c", dropIns)
			a = sut.Call(t, "PUT", "/v1/config", merged(t, "{}", map[string]any{
				"workers": 2, "dnssec": map[string]any{"enable": false}, "network": map[string]any{"listen": []any{map[string]any{"interface": "127.0.0.1"}}},
				"local-data": map[string]any{"addresses": map[string]any{"host.example": "192.0.2.1"}},
				"management": map[string]any{"unix-socket": "/run/knot-resolver/kres-api.sock"},
			}))
			if a.Code != 200 {
				t.Fatalf("%d %s", a.Code, a.Body)
			}
		})
	}
}

// TestPathsThatAreReadOnlyOrInWords: what can be read and not written, and what only
// Lua knows of.
func TestPathsThatAreReadOnlyOrInWords(t *testing.T) {
	sut.Fresh(t, basic)
	sut.Must(t, "sh", "-c", pathSources)
	sut.Must(t, "sh", "-c", pathFiles, "sh", "/home/who/dns")
	sut.Must(t, "install", "-d", "-o", "knot-resolver", "/srv/cache", "/srv/anchors")
	sut.Must(t, "install", "-o", "knot-resolver", "-t", "/srv/anchors", "/etc/knot-resolver/paths/one.ta")
	tidy(t, "rm -rf /home/who /srv/cache /srv/anchors /etc/systemd/system/kresd@.service.d; systemctl daemon-reload")
	opened := func(unit, line string) string { return "systemctl edit " + unit + " and the lines [Service], " + line }

	unharmed(t, func() {
		sut.Refused(t, "/dnssec", `{"trust-anchors-files": [{"file": "/srv/anchors/one.ta"}]}`, "/dnssec/trust-anchors-files/0/file",
			"/srv/anchors cannot be written by kresd@.service because of ProtectSystem=strict", "set read-only", opened("kresd@.service", "ReadWritePaths=-/srv/anchors"))
		sut.Refused(t, "/lua", `{"script": "assert(io.open('/home/who/dns/hosts'))"}`, "/lua/script:1:", "/home/who/dns/hosts is hidden from kresd@.service by ProtectHome=yes",
			opened("kresd@.service", "ProtectHome=tmpfs, BindReadOnlyPaths=-/home/who/dns"))
		sut.Refused(t, "/lua", `{"policy-script": "assert(io.open('/srv/anchors/log', 'w'))"}`, "/lua/policy-script:1:", "/srv/anchors cannot be written by kres-policy-loader.service because of ProtectSystem=strict",
			opened("kres-policy-loader.service", "ReadWritePaths=-/srv/anchors"))
	})
	sut.Must(t, "sh", "-ec", "mkdir -p /etc/systemd/system/kresd@.service.d; printf '[Service]\nReadWritePaths=-/srv/anchors\n' >/etc/systemd/system/kresd@.service.d/override.conf; systemctl daemon-reload")
	sut.Put(t, "/dnssec", `{"trust-anchors-files": [{"file": "/srv/anchors/one.ta"}]}`)

	// The directory of the cache is opened by the generator, once the file names it.
	const storage = "cache: {storage: /srv/cache}\n"
	sut.Refused(t, "/cache/storage", `"/srv/cache"`, "/cache/storage", "/srv/cache cannot be written by kresd@.service", "once the file says so, systemctl daemon-reload has kresd-generator open it")
	sut.WriteConfig(t, basic+storage)
	if r := sut.Exec(t, "kresctl", "reload"); r.Code != 1 || !strings.Contains(r.Stderr, "systemctl daemon-reload has kresd-generator open it") {
		t.Errorf("reload: exit %d\n%s", r.Code, r.Stderr)
	}
	sut.Must(t, "systemctl", "daemon-reload")
	if r := sut.Exec(t, "kresctl", "validate", "--strict"); r.Code != 0 || r.Stderr != "" {
		t.Errorf("validate --strict: exit %d\n%s", r.Code, r.Stderr)
	}
	sut.Must(t, "kresctl", "reload")
	sut.Must(t, "test", "-e", "/srv/cache/data.mdb")
	// Where the resolver's user could put a link, it opens nothing.
	sut.Must(t, "install", "-d", "-o", "knot-resolver", "/srv/cache/below")
	sut.WriteConfig(t, basic+"cache: {storage: /srv/cache/below}\n")
	sut.Must(t, "systemctl", "daemon-reload")
	if out := sut.Must(t, "sh", "-c", "cat /run/systemd/generator/*/05-kresd-cache.conf 2>/dev/null || true"); out != "" {
		t.Errorf("the generator follows what the resolver's user can replace:\n%s", out)
	}
	if r := sut.Exec(t, "kresctl", "reload"); r.Code != 1 || strings.Contains(r.Stderr, "kresd-generator") || strings.Contains(r.Stderr, "ReadWritePaths") || !strings.Contains(r.Stderr, "/srv/cache/below cannot be written by kresd@.service") {
		t.Errorf("reload: exit %d\n%s", r.Code, r.Stderr)
	}

	// A start is no reason to serve no one: what is hidden is told, and nothing else fails.
	sut.WriteConfig(t, basic+"logging: {dnstap: {unix-socket: /tmp/tap.sock}}\n")
	sut.Must(t, "systemctl", "restart", "kresd-manager.service")
	sut.Expect(t, "host.example.", "192.0.2.1")
	if s := sut.Status(t); s.State != "running" || !slices.ContainsFunc(s.Problems, func(p config.Problem) bool {
		return strings.HasPrefix(p.String(), "/logging/dnstap/unix-socket: /tmp/tap.sock is hidden from kresd@.service by PrivateTmp=yes")
	}) {
		t.Errorf("state %s, problems %v", s.State, s.Problems)
	}
}
