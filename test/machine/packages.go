// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// suite is the Debian release of the root tree: the first with Knot Resolver 6.5.
const suite = "forky"

// recipeVersion goes into the cache key; raise it when buildRoot changes what it makes.
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

// rootKey names the root tree in the cache: the same inputs give the same key.
func rootKey() string {
	sum := sha256.Sum256([]byte(recipeVersion + "\n" + suite + "\n" + strings.Join(packages, "\n")))
	return suite + "-" + hex.EncodeToString(sum[:6])
}
