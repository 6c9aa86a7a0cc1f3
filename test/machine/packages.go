// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// suite is the Debian release of the root tree: the first with Knot Resolver 6.5.
const suite = "forky"

// Tree says which Debian a machine boots. The zero value is the one that all machines
// share: the suite that has Knot Resolver 6.5, and the packages below.
type Tree struct {
	// Suite is another release. It has systemd, D-Bus, polkit and tools, and no resolver.
	Suite string
	// Packages are installed beside those that every tree has.
	Packages []string
}

// recipeVersion goes into the cache key; raise it when Tree.build changes what it makes.
const recipeVersion = "1"

// packages is what the root tree holds beside the minimal system, sorted.
// python3-prometheus-client and python3-watchdog are optional companions of the
// stock manager: with them a comparison with it is fair.
var packages = []string{
	"bind9-dnsutils",
	"curl",
	"dbus",
	"dbus-user-session",
	"iproute2",
	"jq",
	"knot-dnsutils",
	"knot-resolver6",
	"knot-resolver6-module-dnstap",
	"knot-resolver6-module-http",
	"openssl",
	"polkitd",
	"procps",
	"python3-prometheus-client",
	"python3-watchdog",
	"systemd",
	"systemd-sysv",
}

// othersPackages is what the tree of another release holds: all of these are in every one
// of them.
var othersPackages = []string{"dbus", "iproute2", "polkitd", "procps", "systemd", "systemd-sysv"}

// release is the Debian release of the tree.
func (t Tree) release() string {
	if t.Suite != "" {
		return t.Suite
	}
	return suite
}

// contents is what the tree holds beside the minimal system, sorted.
func (t Tree) contents() []string {
	all := packages
	if t.release() != suite {
		all = othersPackages
	}
	all = append(slices.Clone(all), t.Packages...)
	slices.Sort(all)
	return slices.Compact(all)
}

// key names the tree in the cache: the same inputs give the same key.
func (t Tree) key() string {
	sum := sha256.Sum256([]byte(recipeVersion + "\n" + t.release() + "\n" + strings.Join(t.contents(), "\n")))
	return t.release() + "-" + hex.EncodeToString(sum[:6])
}
