// SPDX-License-Identifier: Apache-2.0

package packages

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/message"
	"kresd-manager/test/product"
)

// stockLink is how its package enables the stock service.
const stockLink = "/usr/lib/systemd/system/multi-user.target.wants/knot-resolver.service"

func TestTheSameSourceGivesTheSameBytes(t *testing.T) { same(t, "*.deb") }

// same compares a package with one that is built anew, in another folder.
func same(t *testing.T, pattern string) {
	t.Helper()
	again, err := product.Once(t.TempDir(), "packages-again", func(dir string) error {
		return errors.Join(build("deb", "BUILD="+dir), build("rpm", "BUILD="+dir)) // of that version if none is said
	})
	if err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(onHost(t, first, pattern))
	if err != nil {
		t.Fatal(err)
	}
	anew, err := os.ReadFile(filepath.Join(again, filepath.Base(onHost(t, first, pattern))))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(old, anew) {
		t.Error("two packages of the same source differ")
	}
}

// TestOwnersAndModes looks at everything in the package.
func TestOwnersAndModes(t *testing.T) {
	out, err := exec.Command("dpkg-deb", "--contents", onHost(t, first, "*.deb")).Output()
	if err != nil {
		t.Fatal(err)
	}
	program := regexp.MustCompile(`^\./usr/(bin|lib/kresd-manager|lib/systemd/system-generators)/[a-z-]+$`)
	// In place of what another package of Knot Resolver may have below /usr.
	const override = "./etc/tmpfiles.d/knot-resolver.conf"
	files := 0
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		mode, owner, name := f[0], f[1], f[5]
		want := "-rw-r--r--"
		switch {
		case strings.HasSuffix(name, "/"):
			want = "drwxr-xr-x"
		case program.MatchString(name):
			want = "-rwxr-xr-x"
		case name == override:
			want = "lrwxrwxrwx"
			if target := f[len(f)-1]; target != "/usr/lib/tmpfiles.d/kresd-manager.conf" {
				t.Errorf("%s leads to %s", name, target)
			}
		}
		if mode != want || owner != "root/root" {
			t.Errorf("%s %s %s, want %s root/root", mode, owner, name, want)
		}
		if name != "./" && name != "./usr/" && !strings.HasPrefix(name, "./usr/") && !strings.HasPrefix(override, name) {
			t.Errorf("%s is not below /usr", name)
		}
		files++
	}
	if files < 30 {
		t.Errorf("only %d files are in the package", files)
	}
}

func TestLintian(t *testing.T) {
	r := run(t, "lintian", "--allow-root", "--fail-on=error,warning", "--show-overrides", "--tag-display-limit=0", deb(t, first), deb(t, fleet), deb(t, cockpit))
	t.Logf("%s%s", r.Stdout, r.Stderr)
	if r.Code != 0 {
		t.Errorf("lintian has found something: exit %d", r.Code)
	}
}

// TestInstallStartsAndAnswers where nothing else serves.
func TestInstallStartsAndAnswers(t *testing.T) {
	clean(t)
	must(t, "systemctl", "mask", "-q", "knot-resolver.service")
	t.Log(install(t, first))
	serves(t)
	for _, unit := range []string{"kresd-manager.service", "kresd-manager.socket"} {
		is(t, "is-active", unit, "active")
		is(t, "is-enabled", unit, "enabled")
	}
	if out := must(t, "dpkg", "--verify", "kresd-manager"); out != "" {
		t.Errorf("dpkg --verify: %s", out)
	}
	if out := must(t, "kresctl", "--version"); out != "kresctl "+first+"\n" {
		t.Errorf("kresctl is %s", out)
	}
	// That of the stock package is there under another name, and its own file.
	if out := must(t, "dpkg", "-S", "/usr/bin/kresctl"); !strings.Contains(out, "diversion by kresd-manager") {
		t.Errorf("dpkg -S: %s", out)
	}
	if out := must(t, "kresctl.knot-resolver", "--help"); !strings.Contains(out, "usage: kresctl") {
		t.Errorf("kresctl.knot-resolver is %s", out)
	}
	if out := must(t, "sysctl", "-n", "net.ipv4.tcp_migrate_req"); out != "1\n" {
		t.Errorf("tcp_migrate_req is %s", out)
	}
	for path, want := range map[string]string{
		"/run/knot-resolver":                                 "1775 root:kresd-manager",
		"/run/kresd-manager":                                 "750 kresd-manager:knot-resolver",
		"/var/lib/kresd-manager":                             "750 kresd-manager:knot-resolver",
		"/usr/share/polkit-1/rules.d/50-kresd-manager.rules": "644 root:root",
		"/run/knot-resolver/kres-api.sock":                   "660 root:knot-resolver",
		"/run/knot-resolver/control/1":                       "770 knot-resolver:knot-resolver",
	} {
		if got := strings.TrimSpace(must(t, "stat", "-c", "%a %U:%G", path)); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	for _, page := range []string{"kresctl.1", "kresd-manager.8", "kresd-drain.8", "kresd-component.8", "kres-graphite.8", "kresd-manager.yaml.5"} {
		if r := run(t, "man", "--warnings", "-l", "/usr/share/man/man"+page[len(page)-1:]+"/"+page+".gz"); r.Code != 0 || r.Stderr != "" {
			t.Errorf("man %s: %s", page, r.Stderr)
		}
	}
	if out := must(t, "man", "-w", "kresctl"); !strings.HasSuffix(out, "/man1/kresctl.1.gz\n") {
		t.Errorf("man kresctl shows %s", out)
	}
	// The trigger of systemd's package has put the catalog into the one that journalctl reads.
	if out := must(t, "journalctl", "--list-catalog", string(message.ChangeApplied)); !strings.Contains(out, "is in force") {
		t.Errorf("journalctl --list-catalog: %s", out)
	}
	there(t, true, "/usr/share/kresd-manager/prometheus/kresd-manager.rules.yaml", "/usr/share/kresd-manager/grafana/kresd-manager.json")
	there(t, true, "/usr/share/doc/kresd-manager/docs/xdp.md", "/usr/share/doc/kresd-manager/docs/internals/effects.md", "/usr/share/kresd-manager/config.yaml", "/usr/share/kresd-manager/schema.json",
		"/usr/share/bash-completion/completions/kresctl",
		"/usr/share/fish/vendor_completions.d/kresctl.fish", "/usr/share/zsh/site-functions/_kresctl")
	verifyUnits(t)
}

// verifyUnits has systemd read every unit file of the package and find nothing.
func verifyUnits(t *testing.T) {
	t.Helper()
	out := must(t, "sh", "-c", "ls /usr/lib/systemd/system/ | grep -E '^kres.*[.](service|socket|target)$'")
	names := strings.Fields(strings.ReplaceAll(out, "@.", "@1."))
	if len(names) < 8 {
		t.Errorf("only these units are there: %v", names)
	}
	r := run(t, append([]string{"systemd-analyze", "verify", "--man=no"}, names...)...)
	for line := range strings.Lines(r.Stderr) {
		if strings.Contains(line, "kres") {
			t.Errorf("systemd-analyze verify: %s", line)
		}
	}
	if r.Code != 0 {
		t.Errorf("systemd-analyze verify: exit %d\n%s", r.Code, r.Stderr)
	}
}

// TestInstallBesideTheStockService replaces no one unasked, and says how to.
func TestInstallBesideTheStockService(t *testing.T) {
	clean(t)
	must(t, "ln", "-s", "../knot-resolver.service", stockLink)
	must(t, "systemctl", "daemon-reload")
	must(t, "systemctl", "start", "knot-resolver.service")
	serves(t)
	before := pid(t, "knot-resolver.service")
	said := install(t, first)
	if got := pid(t, "knot-resolver.service"); got != before {
		t.Errorf("the stock service was process %s and is %s", before, got)
	}
	for _, unit := range []string{"kresd-manager.service", "kresd-manager.socket"} {
		is(t, "is-active", unit, "inactive")
		is(t, "is-enabled", unit, "disabled")
	}
	serves(t)
	// Its own unit calls kresctl, which is ours now.
	if r := run(t, "systemctl", "reload", "knot-resolver.service"); r.Code != 0 {
		t.Errorf("the stock service does not reload: %s", sut.Journal(t.Context(), "knot-resolver.service"))
	}
	is(t, "is-active", "knot-resolver.service", "active")
	// An upgrade does not start anything either.
	install(t, second)
	is(t, "is-active", "kresd-manager.service", "inactive")
	is(t, "is-active", "knot-resolver.service", "active")
	// What was said helps.
	commands := systemctls(said)
	if diff := cmp.Diff(documented(t, "To kresd-manager"), commands); diff != "" {
		t.Fatalf("docs/switching.md (-) and apt (+) say:\n%s", diff)
	}
	for _, c := range commands {
		must(t, "sh", "-c", c)
	}
	serves(t)
	is(t, "is-active", "kresd-manager.service", "active")
	is(t, "is-active", "knot-resolver.service", "inactive")
	is(t, "is-enabled", "kresd-manager.socket", "enabled")
	// And back.
	for _, c := range documented(t, "Back to stock") {
		must(t, "sh", "-c", c)
	}
	serves(t)
	is(t, "is-active", "knot-resolver.service", "active")
	for _, unit := range []string{"kresd-manager.service", "kresd-manager.socket", "kresd.target"} {
		is(t, "is-active", unit, "inactive")
		is(t, "is-enabled", unit, "disabled")
	}
	if out := run(t, "pgrep", "-au", "kresd-manager").Stdout; out != "" {
		t.Errorf("the manager's user has processes: %s", out)
	}
	must(t, "systemctl", "stop", "knot-resolver.service")
}

// systemctls are the lines of a text that call systemctl, indented as code.
func systemctls(text string) (commands []string) {
	for _, m := range regexp.MustCompile(`(?m)^    (systemctl .*)$`).FindAllStringSubmatch(text, -1) {
		commands = append(commands, m[1])
	}
	return commands
}

// documented are the two commands of a section of docs/switching.md.
func documented(t *testing.T, section string) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/switching.md")
	if err != nil {
		t.Fatal(err)
	}
	_, below, found := strings.Cut(string(text), "\n## "+section+"\n")
	below, _, _ = strings.Cut(below, "\n## ")
	commands := systemctls(below)
	if !found || len(commands) != 2 {
		t.Fatalf("docs/switching.md has these commands in %q: %q", section, commands)
	}
	return commands
}

// The link that the stock package has below /usr/lib starts it at boot, though systemd
// calls it disabled: it does not have to run for being in the way.
func TestInstallBesideTheStockServiceThatStartsAtBoot(t *testing.T) {
	clean(t)
	must(t, "ln", "-s", "../knot-resolver.service", stockLink)
	must(t, "systemctl", "daemon-reload")
	is(t, "is-active", "knot-resolver.service", "inactive")
	is(t, "is-enabled", "knot-resolver.service", "disabled")
	said := install(t, first)
	for _, unit := range []string{"kresd-manager.service", "kresd-manager.socket"} {
		is(t, "is-active", unit, "inactive")
		is(t, "is-enabled", unit, "disabled")
	}
	if !strings.Contains(said, "systemctl mask --now knot-resolver.service") {
		t.Errorf("apt said: %s", said)
	}
}

// TestPolicyKeepsItFromStarting is about policy-rc.d, by which an administrator
// keeps packages from starting services.
func TestPolicyKeepsItFromStarting(t *testing.T) {
	clean(t)
	must(t, "systemctl", "mask", "-q", "knot-resolver.service")
	if err := sut.WriteFile("/usr/sbin/policy-rc.d", []byte("#!/bin/sh\nexit 101\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	install(t, first)
	is(t, "is-active", "kresd-manager.service", "inactive")
	is(t, "is-enabled", "kresd-manager.service", "enabled")
}

func TestRemoveAndPurge(t *testing.T) {
	clean(t)
	must(t, "systemctl", "mask", "-q", "knot-resolver.service")
	install(t, first)
	serves(t)
	apt(t, "remove", "kresd-manager")
	if err := query(); err == nil {
		t.Error("DNS goes on after the package was removed")
	}
	if out := must(t, "systemctl", "list-units", "--all", "--no-legend", "--plain", "kresd*", "kres-*"); strings.TrimSpace(out) != "" {
		t.Errorf("units are left: %s", out)
	}
	if out := run(t, "pgrep", "-au", "kresd-manager,knot-resolver").Stdout; out != "" {
		t.Errorf("processes are left: %s", out)
	}
	if out := must(t, "dpkg-divert", "--list", "*kresctl*"); out != "" {
		t.Errorf("diversions are left: %s", out)
	}
	if out := must(t, "dpkg", "--verify", "knot-resolver6"); strings.Contains(out, "kresctl") {
		t.Errorf("the stock package is not whole: %s", out)
	}
	there(t, false, "/run/kresd-manager", "/run/knot-resolver", "/usr/share/polkit-1/rules.d/50-kresd-manager.rules",
		"/usr/bin/kresctl.knot-resolver", "/usr/lib/kresd-manager", "/usr/lib/systemd/system/kresd@.service")
	there(t, true, "/var/lib/kresd-manager/history", "/usr/bin/kresctl")
	if r := asManager(t, "StartTransientUnit", "ssa(sv)a(sa(sv))", "kresd@1.service", "replace",
		"1", "ExecStart", "a(sasb)", "1", "/bin/touch", "2", "/bin/touch", "/root/owned", "false", "0"); r.Code == 0 {
		t.Error("the manager's user may start transient units after the package was removed")
	}
	if r := asManager(t, "StartUnit", "ss", "knot-resolver.service", "replace"); r.Code == 0 {
		t.Error("the manager's user may start units after the package was removed")
	}

	t.Run("installed again it goes on", func(t *testing.T) {
		install(t, first)
		serves(t)
		if out := must(t, "kresctl", "history"); strings.Count(out, "\n") < 2 {
			t.Errorf("the history is %s", out)
		}
	})
	t.Run("purge", func(t *testing.T) {
		apt(t, "purge", "kresd-manager")
		there(t, false, "/var/lib/kresd-manager", "/run/kresd-manager")
		there(t, true, "/etc/knot-resolver/config.yaml", "/var/cache/knot-resolver")
		if out := must(t, "find", "/etc/systemd", "/var/lib/systemd", "/usr/lib/systemd", "-name", "*kresd*"); out != "" {
			t.Errorf("left: %s", out)
		}
	})
	t.Run("the stock service takes over", func(t *testing.T) {
		must(t, "systemctl", "unmask", "-q", "knot-resolver.service")
		must(t, "systemctl", "start", "knot-resolver.service")
		serves(t)
		must(t, "systemctl", "stop", "knot-resolver.service")
	})
}
