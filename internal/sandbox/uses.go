// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"strings"

	"kresd-manager/units"
)

// Units by the name under which an administrator edits them.
const (
	workers   = "kresd@.service"
	component = "kres-component@.service" // a component's own instance stands for it
)

// use is what a unit does with a path.
type use struct {
	unit string
	way  way
}

type way uint8

const (
	read    way = iota // or connect to
	write              // in that directory
	replace            // in the directory of that file
	bind               // make a socket there
	watch              // notice changes
)

// uses says who uses the path at a key, by the key's pointer; the shipped
// configuration of stock has no other paths. A test holds it complete.
var uses = map[string][]use{
	"/rundir":                            nil, // the units have one, and no other is accepted
	"/management/unix-socket":            {{units.Manager, bind}},
	"/management/roles/*/token-file":     {{units.Manager, read}},
	"/management/tls/cert-file":          {{units.Manager, read}},
	"/management/tls/key-file":           {{units.Manager, read}},
	"/management/tls/client-ca-file":     {{units.Manager, read}},
	"/network/listen/*/unix-socket":      nil, // refused
	"/network/tls/cert-file":             {{workers, read}, {units.Manager, watch}},
	"/network/tls/key-file":              {{workers, read}, {units.Manager, watch}},
	"/network/tls/sticket-secret-file":   {{workers, read}},
	"/local-data/addresses-files":        {{units.PolicyLoader, read}},
	"/local-data/rules/*/file":           {{units.PolicyLoader, read}},
	"/local-data/rpz/*/file":             {{units.PolicyLoader, read}, {units.Manager, watch}},
	"/forward/*/servers/*/ca-file":       {{workers, read}, {units.PolicyLoader, read}},
	"/fallback/servers/*/ca-file":        {{workers, read}},
	"/cache/storage":                     {{workers, write}, {units.CacheGC, write}},
	"/cache/prefill/*/ca-file":           {{workers, read}},
	"/dnssec/trust-anchors-files/*/file": {{workers, read}, {workers, replace}},
	"/logging/dnstap/unix-socket":        {{workers, read}},
	"/lua/script-file":                   {{workers, read}},
	"/lua/policy-script-file":            {{units.PolicyLoader, read}},
	"/components/*/command":              nil, // no path by its type; see commands
}

// usesOf finds the uses of the path at a pointer, which may go on into a list.
func usesOf(pointer string) ([]use, bool) {
	tokens := strings.Split(pointer, "/")
	for pattern, found := range uses {
		want := strings.Split(pattern, "/")
		if len(tokens) < len(want) {
			continue
		}
		same := true
		for i, w := range want {
			same = same && (w == "*" || w == tokens[i])
		}
		if same {
			return found, true
		}
	}
	return nil, false
}
