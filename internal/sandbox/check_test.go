// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/internal/unitdir"
)

// links is a tree that has nothing but symbolic links, by path.
type links map[string]string

func (l links) Lstat(p string) (access.Info, error) {
	if l[p] == "" {
		return access.Info{}, fs.ErrNotExist
	}
	return access.Info{Kind: access.Symlink}, nil
}

func (l links) Readlink(p string) (string, error) { return l[p], nil }

// checked gives the problems of a configuration, a line each.
func checked(t *testing.T, c Checker, text string) []string {
	t.Helper()
	doc, err := config.Parse("", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range c.Check(doc) {
		got = append(got, p.String())
	}
	return got
}

const home = "hidden from UNIT by ProtectHome=yes; put it elsewhere, such as below PLACE; or open it with systemctl edit UNIT and the lines [Service], ProtectHome=tmpfs, BindReadOnlyPaths=-DIR"

// said is a sentence with other names.
func said(unit, place, dir string) string {
	return strings.NewReplacer("UNIT", unit, "PLACE", place, "DIR", dir).Replace(home)
}

func TestThePackagedUnits(t *testing.T) {
	c := Checker{
		Base:  "/etc/knot-resolver",
		Units: unitdir.Path{Root: t.TempDir()},
		Tree:  links{"/etc/knot-resolver/live": "../../root/acme", "/srv/loop": "/srv/loop", "/srv/in": "/home/../var/lib"},
		Opens: func(dir string) bool { return dir == "/srv/cache" },

		Candidate: true,
	}
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"a default configuration", "{}", nil},
		{"paths where they belong", `
network: {tls: {cert-file: cert.pem, key-file: /etc/ssl/key.pem}}
cache: {storage: /var/cache/knot-resolver/other}
local-data: {rpz: [{file: /var/lib/lists/a.rpz}], addresses-files: [/usr/share/hosts]}
logging: {dnstap: {enable: true, unix-socket: /run/tap.sock}}
dnssec: {trust-anchors-files: [{file: /var/lib/knot-resolver/a.ta}, {file: a.ta, read-only: true}]}
lua: {script-file: /srv/loop, policy-script-file: /srv/in/x}
management: {unix-socket: /run/knot-resolver/kres-api.sock}
components: {x: {command: [/usr/bin/x, --socket, /run/x, --file=/var/lib/x]}}
`, nil},
		{"a certificate of a user", "network: {tls: {cert-file: /home/a/dns/cert.pem, key-file: /etc/key.pem}}", []string{
			"/network/tls/cert-file: /home/a/dns/cert.pem is " + said("kresd@.service", "/etc/knot-resolver", "/home/a/dns"),
			"/network/tls/cert-file: warning: /home/a/dns/cert.pem is hidden from kresd-manager.service by ProtectHome=yes, so that no change of it is noticed; " +
				strings.SplitN(said("kresd-manager.service", "/etc/knot-resolver", "/home/a/dns"), "; ", 2)[1] + "; then systemctl restart kresd-manager.service",
		}},
		{"a certificate that no one watches, by way of a link", "network: {tls: {watchdog: false, cert-file: live/cert.pem, key-file: /etc/key.pem}}", []string{
			"/network/tls/cert-file: /etc/knot-resolver/live/cert.pem leads to /root/acme/cert.pem, which is " + said("kresd@.service", "/etc/knot-resolver", "/root/acme"),
		}},
		{"a list in /tmp", "local-data: {rules: [{file: [a, /tmp/hosts]}]}", []string{
			"/local-data/rules/0/file/1: /tmp/hosts is hidden from kres-policy-loader.service by PrivateTmp=yes; put it elsewhere, such as below /etc/knot-resolver; anyone may put something else into /tmp, so that no drop-in should open it",
		}},
		{"a collector's socket", "logging: {dnstap: {unix-socket: /var/tmp/tap.sock}}", []string{
			"/logging/dnstap/unix-socket: /var/tmp/tap.sock is hidden from kresd@.service by PrivateTmp=yes; put it elsewhere, such as in a directory below /run; anyone may put something else into /var/tmp, so that no drop-in should open it",
		}},
		{"CA certificates of servers that both read", "forward: [{subtree: a, servers: [{address: 192.0.2.1, transport: tls, hostname: x, ca-file: /home/a/ca}]}]", []string{
			"/forward/0/servers/0/ca-file: /home/a/ca is " + said("kresd@.service", "/etc/knot-resolver", "/home/a"),
			"/forward/0/servers/0/ca-file: /home/a/ca is " + said("kres-policy-loader.service", "/etc/knot-resolver", "/home/a"),
		}},
		{"trust anchors that follow changes of keys", "dnssec: {trust-anchors-files: [{file: /etc/knot-resolver/a.ta}]}", []string{
			"/dnssec/trust-anchors-files/0/file: /etc/knot-resolver cannot be written by kresd@.service because of ProtectSystem=strict; set read-only, or put it elsewhere, such as below /var/lib/knot-resolver; or open it with systemctl edit kresd@.service and the lines [Service], ReadWritePaths=-/etc/knot-resolver",
		}},
		{"a cache that no one opens", "cache: {storage: /var/lib/knot-resolver/cache}", []string{
			"/cache/storage: /var/lib/knot-resolver/cache cannot be written by kres-gc.service because of ProtectSystem=strict; put it elsewhere, such as below /var/cache; or open it with systemctl edit kres-gc.service and the lines [Service], ReadWritePaths=-/var/lib/knot-resolver",
		}},
		{"a cache that the generator opens", "cache: {storage: /srv/cache}", []string{
			"/cache/storage: warning: /srv/cache cannot be written by kresd@.service because of ProtectSystem=strict; once the file says so, systemctl daemon-reload has kresd-generator open it; without the file, put it elsewhere, such as below /var/cache; or open it with systemctl edit kresd@.service and the lines [Service], ReadWritePaths=-/srv/cache",
			"/cache/storage: warning: /srv/cache cannot be written by kres-gc.service because of ProtectSystem=strict; once the file says so, systemctl daemon-reload has kresd-generator open it; without the file, put it elsewhere, such as below /var/cache; or open it with systemctl edit kres-gc.service and the lines [Service], ReadWritePaths=-/srv/cache",
		}},
		{"a cache in someone's home", "cache: {storage: /home/a/cache, garbage-collector: {enable: false}}", []string{
			"/cache/storage: /home/a/cache is " + strings.ReplaceAll(said("kresd@.service", "/var/cache", "/home/a/cache"), "BindReadOnlyPaths", "BindPaths"),
		}},
		{"an API socket that no one else would see", "management: {unix-socket: /tmp/api.sock}", []string{
			"/management/unix-socket: /tmp is hidden from kresd-manager.service by PrivateTmp=yes; put it elsewhere, such as in a directory below /run; anyone may put something else into /tmp, so that no drop-in should open it; then systemctl restart kresd-manager.service",
		}},
		{"a program, and arguments that may be paths", "components: {x: {command: [/home/a/bin/x, /home/a/b, --file=/root/c, b]}}", []string{
			"/components/x/command/0: /home/a/bin/x is " + said("kres-component@x.service", "/usr/local", "/home/a/bin"),
			"/components/x/command/1: warning: /home/a/b is " + said("kres-component@x.service", "/etc, /run or /var/lib", "/home/a"),
			"/components/x/command/2: warning: /root/c is " + said("kres-component@x.service", "/etc, /run or /var/lib", "/root"),
		}},
		{"a name that would mean something else in a unit file", "lua: {script-file: '/home/a b/x'}", []string{
			"/lua/script-file: /home/a b/x is hidden from kresd@.service by ProtectHome=yes; put it elsewhere, such as below /etc/knot-resolver, in a path of letters, digits and /_.+-",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, checked(t, c, test.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What an administrator has opened is open, and what one has hidden is named with the
// file that does.
func TestDropInsCount(t *testing.T) {
	c := Checker{Base: "/etc/knot-resolver", Units: unitdir.Path{Root: t.TempDir(), Dirs: unitdir.Now().Dirs}, Tree: links{}}
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(c.Units.Root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const list = "local-data: {addresses-files: [/home/a/hosts, /srv/secret/hosts]}"
	write("usr/lib/systemd/system/kres-policy-loader.service", "[Service]\nProtectHome=yes\n")
	if got := checked(t, c, list); len(got) != 1 || !strings.Contains(got[0], "/0: /home/a/hosts is hidden") {
		t.Errorf("%q", got)
	}
	write("etc/systemd/system/kres-policy-loader.service.d/override.conf", "[Service]\nProtectHome=tmpfs\nBindReadOnlyPaths=-/home/a\nInaccessiblePaths=/srv/secret\n")
	want := []string{"/local-data/addresses-files/1: /srv/secret/hosts is hidden from kres-policy-loader.service by InaccessiblePaths=/srv/secret; take /srv/secret out of InaccessiblePaths= in /etc/systemd/system/kres-policy-loader.service.d/override.conf, or put it elsewhere, such as below /etc/knot-resolver"}
	if diff := cmp.Diff(want, checked(t, c, list)); diff != "" {
		t.Error(diff)
	}
}

func TestASocketThatSystemdPassesIsNoMatterOfTheManagersSandbox(t *testing.T) {
	c := Checker{Base: "/etc/knot-resolver", Units: unitdir.Path{Root: t.TempDir(), Dirs: unitdir.Now().Dirs}, Tree: links{}}
	dir := filepath.Join(c.Units.Root, "etc/systemd/system")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "kresd-manager.socket"), []byte("[Socket]\nListenStream=/run/other.sock\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := checked(t, c, "management: {unix-socket: /run/other.sock}"); got != nil {
		t.Errorf("%q", got)
	}
	if got := checked(t, c, "management: {unix-socket: /run/third.sock}"); len(got) != 1 || !strings.Contains(got[0], "/run cannot be written by kresd-manager.service because of ProtectSystem=strict") {
		t.Errorf("%q", got)
	}
}

// TestEveryKeyWithAPathHasItsUnits: a new key with a path fails this until someone has
// said who uses it.
func TestEveryKeyWithAPathHasItsUnits(t *testing.T) {
	paths := 0
	for _, key := range config.Keys() {
		if !slices.Contains([]string{"rfile", "wfile", "wdir", "socket"}, key.Type.Grammar) {
			continue
		}
		paths++
		if _, ok := usesOf(key.Pointer); !ok {
			t.Errorf("no unit is known to use the path of %s", key.Pointer)
		}
	}
	if paths < 15 {
		t.Errorf("only %d keys have a path", paths)
	}
}

func TestExplanations(t *testing.T) {
	c := Checker{Base: "/etc/knot-resolver", Units: unitdir.Path{Root: t.TempDir()}, Tree: links{}}
	for _, test := range []struct{ unit, line, want string }{
		{"kresd@canary.service", "/lua/script:1: /home/x/one: Permission denied (workdir '/tmp')", "/home/x/one is " + said("kresd@.service", "/etc/knot-resolver", "/home/x")},
		{"kresd@2.service", "cannot open '/root/x'", "/root/x is " + said("kresd@.service", "/etc/knot-resolver", "/root")},
		{"kres-policy-loader.service", "error opening zone file `/home/x/one', error: -932", "/home/x/one is " + said("kres-policy-loader.service", "/etc/knot-resolver", "/home/x")},
		{"kresd@canary.service", "/srv/log: Read-only file system", "/srv cannot be written by kresd@.service because of ProtectSystem=strict; put it elsewhere, such as below /var/lib/knot-resolver"},
		{"kresd@canary.service", "/srv/x/log: Read-only file system", "/srv/x cannot be written by kresd@.service because of ProtectSystem=strict; put it elsewhere, such as below /var/lib/knot-resolver; or open it with systemctl edit kresd@.service and the lines [Service], ReadWritePaths=-/srv/x"},
		{"kresd@canary.service", "error while loading config: /etc/knot-resolver/x: No such file or directory (workdir '/tmp')", ""},
	} {
		got := c.Explain(test.unit, []string{test.line})
		want := []string{test.line}
		if test.want != "" {
			want = append(want, test.want)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s\n%s", test.unit, test.line, diff)
		}
	}
}

func TestWhatWillBeOpenedIsNotOpenYet(t *testing.T) {
	c := Checker{Base: "/", Units: unitdir.Path{Root: t.TempDir()}, Tree: links{}, Opens: func(string) bool { return true }}
	doc, err := config.Parse("", []byte("cache: {storage: /srv/cache}"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Check(doc).Errors() == nil {
		t.Error("it is no error for a configuration that is to be in force")
	}
	if c.Candidate = true; c.Check(doc).Errors() != nil || len(c.Check(doc)) != 2 {
		t.Errorf("for a candidate: %v", c.Check(doc))
	}
}

// A drop-in that names what someone else can replace by a link has root follow it.
func TestNoDropInForWhatOthersCanReplace(t *testing.T) {
	c := Checker{Units: unitdir.Path{Root: t.TempDir()}, Tree: links{}, Alone: func(dir string) bool { return dir != "/srv/theirs/cache" }}
	got := checked(t, c, "cache: {storage: /srv/theirs/cache, garbage-collector: {enable: false}}")
	want := []string{"/cache/storage: /srv/theirs/cache cannot be written by kresd@.service because of ProtectSystem=strict; put it elsewhere, such as below /var/cache"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := checked(t, c, "cache: {storage: /srv/ours}"); len(got) != 2 || !strings.Contains(got[0], "ReadWritePaths=-/srv/ours") {
		t.Errorf("%q", got)
	}
}
