// SPDX-License-Identifier: Apache-2.0

package unitdir

import "os"

// HasGenerator reports whether systemd runs a generator of this name
// (systemd.generator(7)).
func HasGenerator(name string) bool {
	for _, dir := range []string{"/run", "/etc", "/usr/local/lib", "/usr/lib"} {
		if info, err := os.Stat(dir + "/systemd/system-generators/" + name); err == nil {
			return info.Mode().IsRegular() // or /dev/null, by which an administrator forbids it
		}
	}
	return false
}
