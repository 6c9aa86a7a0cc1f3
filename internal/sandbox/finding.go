// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"fmt"
	"path"
	"strings"

	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// Needs of components, beside those of keys.
const (
	program  access.Need = "program"
	argument access.Need = "argument"
)

// elsewhere is where something of a kind can be put, in the words of a hint.
var elsewhere = map[access.Need]string{
	access.ReadFile: "below /etc/knot-resolver", access.WriteDir: "below /var/cache", access.WriteFile: "below /var/lib/knot-resolver", access.BindPath: "in a directory below /run", access.ConnectPath: "in a directory below /run",
	program: "below /usr/local", argument: "below /etc, /run or /var/lib",
}

// finding is what became of one path for one unit.
type finding struct {
	view      View
	state     state
	named, at string // as it was named, and where it leads
	need      access.Need
	writes    bool
	way       way
	// alone means that only root can replace a directory; nil is always.
	alone func(dir string) bool
}

// problem puts it into words, if there is something wrong.
func (f finding) problem() (p config.Problem, wrong bool) {
	p.Severity = config.SeverityError
	what := f.at
	if named := path.Clean(f.named); named != f.at {
		what = named + " leads to " + f.at + ", which"
	}
	switch by := f.state.hidden; {
	case by != nil:
		p.Message = fmt.Sprintf("%s is hidden from %s by %s", what, f.view.Unit, by.by)
		p.Hint = f.open(by)
	case f.writes && f.state.guarded != nil:
		p.Message = fmt.Sprintf("%s cannot be written by %s because of %s", what, f.view.Unit, f.state.guarded.by)
		p.Hint = f.open(f.state.guarded)
	default:
		return p, false
	}
	if f.way == watch {
		p.Severity = config.SeverityWarning
		p.Message += ", so that no change of it is noticed"
	}
	if f.view.Unit == units.Manager {
		p.Hint += "; then systemctl restart " + units.Manager
	}
	return p, true
}

// open says how a path can be had, in spite of a directive.
func (f finding) open(by *rule) string {
	name, value, _ := strings.Cut(by.by, "=")
	dir := f.at
	if f.need != access.WriteDir && !f.writes {
		dir = path.Dir(f.at) // a file that is replaced is another one
	}
	move := "put it elsewhere, such as " + elsewhere[f.need]
	var lines []string
	switch {
	case name == "PrivateTmp":
		// Anyone may put a link there, which root would follow for a drop-in.
		return move + "; anyone may put something else into " + by.path + ", so that no drop-in should open it"
	case name == "PrivateDevices":
		return move
	case name == "ProtectHome" && by.effect != readOnly && !f.plain(dir):
		return move + ", in a path of letters, digits and /_.+-"
	case name == "ProtectHome" && by.effect != readOnly:
		if value != "tmpfs" {
			lines = append(lines, "ProtectHome=tmpfs")
		}
		bind := "BindReadOnlyPaths=-"
		if f.writes {
			bind = "BindPaths=-"
		}
		lines = append(lines, bind+dir)
	case name == "ProtectSystem" || name == "ProtectHome":
		if f.way == replace {
			move = "set read-only, or " + strings.Replace(move, elsewhere[f.need], "below /var/lib/knot-resolver", 1)
		}
		if !f.plain(dir) || systems(dir) || f.alone != nil && !f.alone(ours(dir)) {
			return move
		}
		lines = append(lines, "ReadWritePaths=-"+ours(dir))
	default:
		from := by.file
		if from == "" {
			from = "a file of " + f.view.Unit
		}
		return "take " + value + " out of " + name + "= in " + from + ", or " + move
	}
	return fmt.Sprintf("%s; or open it with systemctl edit %s and the lines [Service], %s", move, f.view.Unit, strings.Join(lines, ", "))
}

// plain reports whether a path means itself in a unit file.
func (f finding) plain(p string) bool {
	return strings.Trim(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.+-@") == ""
}

// systems reports whether a directory is one that no service should write.
func systems(dir string) bool {
	for _, not := range []string{"/usr", "/boot", "/efi", "/bin", "/sbin", "/lib"} {
		if dir == not || strings.HasPrefix(dir, not+"/") {
			return true
		}
	}
	return path.Dir(dir) == "/" // /etc, /var and the like, as a whole
}

// ours is the directory of the resolver's user that a path is in: what is below one,
// that user could replace by a link, which root must not follow. Others are as they are.
func ours(dir string) string {
	for _, own := range []string{"/var/lib/knot-resolver", "/var/cache/knot-resolver", "/run/knot-resolver/work"} {
		if strings.HasPrefix(dir, own+"/") {
			return own
		}
	}
	return dir
}
