// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"os"
	"path/filepath"
	"strings"
)

// Reinstall is the command that puts files of ours back that are missing, by the way in
// which this program came here.
func Reinstall() string {
	own, _ := os.Executable()
	if strings.HasPrefix(own, "/usr/bin/") {
		if _, err := os.Stat("/usr/bin/dnf"); err == nil {
			return "dnf reinstall kresd-manager"
		}
		return "apt-get install --reinstall kresd-manager"
	}
	return fromSource(own, func(file string) bool { _, err := os.Stat(file); return err == nil })
}

// fromSource is the command for a program that was built here. One in a checkout is not
// installed: the checkout is no place to install into.
func fromSource(own string, there func(file string) bool) string {
	prefix := filepath.Dir(filepath.Dir(own))
	for dir := filepath.Dir(own); dir != "/" && dir != "."; dir = filepath.Dir(dir) {
		if there(dir+"/go.mod") && there(dir+"/Makefile") {
			return "make -C " + dir + " install"
		}
	}
	return "make install PREFIX=" + prefix + " # in the source of kresd-manager"
}
