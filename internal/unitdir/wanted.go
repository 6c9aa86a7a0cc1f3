// SPDX-License-Identifier: Apache-2.0

package unitdir

import (
	"path"
	"path/filepath"
)

// Wanted returns the link by which some unit starts another one whenever it is
// started itself, "" if there is none or if the unit has no file or is masked. A
// package may bring such a link below /usr/lib; "systemctl disable" does not
// remove it, and "systemctl preset" has no say. A link of the same name in a
// directory that counts more masks it if it leads to /dev/null.
func (p Path) Wanted(unit string) string {
	if _, ok := p.Unit(unit); !ok {
		return ""
	}
	seen := map[string]bool{} // by names of directory and link
	for _, dir := range p.Dirs {
		for _, kind := range []string{"wants", "requires", "upholds"} {
			// The names are fixed, so that the pattern is well formed.
			found, _ := filepath.Glob(p.Root + dir + "/*." + kind + "/" + unit)
			for _, link := range found {
				name := path.Base(path.Dir(link))
				if seen[name] {
					continue
				}
				seen[name] = true
				link = path.Join(dir, name, unit)
				// systemd goes by the name of the link, wherever it leads.
				if p.look(link) != masking {
					return link
				}
			}
		}
	}
	return ""
}
