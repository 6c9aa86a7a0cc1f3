// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"regexp"
	"strconv"
	"strings"

	"kresd-manager/units"
)

// The oldest versions that do what the manager relies on.
const (
	oldestSystemd = 252
	oldestKresd   = "6.5"
)

var (
	execPath     = regexp.MustCompile(`path=(\S+)`)
	versionOf    = regexp.MustCompile(`(\d+)\.(\d+)`)
	systemdOf    = regexp.MustCompile(`^systemd (\d+)`)
	minKresd     = [2]int{6, 5}
	kresdPackage = installCommand("knot-resolver6", "knot-resolver")
)

// version looks for programs that are too old.
func (e *examination) version() {
	if out, err := e.run("systemctl", "--version"); err == nil {
		if m := systemdOf.FindStringSubmatch(out); m != nil {
			if n, _ := strconv.Atoi(m[1]); n < oldestSystemd {
				e.find("systemd is "+m[1]+", older than "+strconv.Itoa(oldestSystemd), "it lacks what the units use", "upgrade the operating system")
			}
		}
	}
	kresd := "/usr/sbin/kresd"
	if m := execPath.FindStringSubmatch(e.show(units.Worker(1), "ExecStart")["ExecStart"]); m != nil {
		kresd = m[1]
	}
	out, err := e.run(kresd, "-V")
	m := versionOf.FindStringSubmatch(out)
	if err != nil || m == nil {
		e.find("cannot run "+kresd+" -V: "+strings.TrimSpace(out+" "+errorText(err)), "it is what workers run", kresdPackage)
		return
	}
	major, _ := strconv.Atoi(m[1])
	minor, _ := strconv.Atoi(m[2])
	if major < minKresd[0] || major == minKresd[0] && minor < minKresd[1] {
		e.find(kresd+" is "+m[0]+", older than "+oldestKresd, "it does not know all of the configuration that the manager writes for it", kresdPackage)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
