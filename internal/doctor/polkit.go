// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"os"
	"regexp"
	"strconv"
	"strings"
)

const ruleFile = "50-kresd-manager.rules"

// ruleDirs are where polkitd reads rules, the strongest first (polkit(8)).
var ruleDirs = []string{"/etc/polkit-1/rules.d", "/run/polkit-1/rules.d", "/usr/local/share/polkit-1/rules.d", "/usr/share/polkit-1/rules.d"}

const whyPolkit = "the manager is not root: only polkit's rule lets it start and stop workers"

// polkit looks whether the manager may control its units.
func (e *examination) polkit() {
	e.lingering()
	switch p := e.show("polkit.service", "LoadState"); p["LoadState"] {
	case "not-found":
		e.find("polkit is not installed", whyPolkit, installCommand("polkitd", "polkit"))
		return
	case "masked":
		e.find("polkit.service is masked and cannot start", whyPolkit, "systemctl unmask polkit.service; systemctl start polkit.service")
		return
	}
	if out, err := e.run("pkaction", "--version"); err == nil && withoutRules(out) {
		e.find("polkit is older than 0.106: "+strings.TrimSpace(out),
			"it ignores rules in JavaScript, so the manager may do nothing", installCommand("polkitd", "polkit")+" # from a release that has 0.106 or newer")
		return
	}
	rule := first(ruleFile, ruleDirs...)
	if rule == "" {
		if !e.root && !readable(ruleDirs[0]) {
			e.unseen("the rules of polkit, without root")
			return
		}
		e.find("polkit does not have the rule "+ruleFile, whyPolkit, e.Reinstall)
		return
	}
	if info, err := os.Stat(rule); err == nil && info.Mode().Perm()&0o004 == 0 {
		e.find(rule+" cannot be read by polkitd, which is not root", whyPolkit, "chmod 0644 "+rule+"; systemctl restart polkit.service")
		return
	}
	e.ask(rule)
}

// lingering looks for a user manager of one of our users. polkit's rule refuses
// them one since it names both users; what was there before stays over boots
// (systemd-logind.service(8)).
func (e *examination) lingering() {
	for _, name := range []string{workerUser, managerUser} {
		if _, err := os.Lstat("/var/lib/systemd/linger/" + name); err == nil {
			e.find("the user "+name+" lingers: it has a user manager, which starts programs outside of every sandbox",
				"nothing here needs that; an attacker who took over a worker may have arranged it",
				"loginctl disable-linger "+name+"; systemctl stop user@$(id -u "+name+").service")
		}
	}
}

// ask has the manager's user stop a worker that no one has.
func (e *examination) ask(rule string) {
	if !e.root {
		e.unseen("whether polkit follows the rule, without root")
		return
	}
	who, ok := e.manager()
	if !ok {
		return // owners tells
	}
	out, err := e.runAs(who, "busctl", "--allow-interactive-authorization=no", "call", "org.freedesktop.systemd1",
		"/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "StopUnit", "ss", "kresd@9999.service", "replace")
	if err == nil || strings.Contains(out, "not found") || strings.Contains(out, "not loaded") {
		return
	}
	if strings.Contains(out, "ccess denied") || strings.Contains(out, "ermission denied") || strings.Contains(out, "nteractive auth") {
		e.find("polkit refuses the manager though "+rule+" is there", whyPolkit+"; another rule comes first, or the file was changed",
			e.Reinstall+"; systemctl restart polkit.service")
		return
	}
	e.find("the manager cannot reach systemd over D-Bus: "+strings.TrimSpace(out),
		"it controls workers over the system bus", "systemctl restart dbus.socket dbus.service")
}

var version0 = regexp.MustCompile(`\b0\.(\d+)`)

// withoutRules reports whether a version of polkit reads no JavaScript.
func withoutRules(text string) bool {
	m := version0.FindStringSubmatch(text)
	if m == nil {
		return false // 121 and later have no dot
	}
	minor, err := strconv.Atoi(m[1])
	return err == nil && minor < 106
}

func readable(dir string) bool {
	_, err := os.ReadDir(dir)
	return err == nil
}

// installCommand installs or upgrades a package, as it is called in Debian and
// in Fedora.
func installCommand(debian, fedora string) string {
	if first("dnf", "/usr/bin", "/usr/local/bin") != "" {
		return "dnf install " + fedora
	}
	return "apt-get install " + debian
}
