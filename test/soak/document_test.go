// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"fmt"
	"math/rand/v2"
)

// most is how many workers a configuration has at most.
const most = 4

// draw is what differs from one configuration to the next.
type draw struct{ workers, which, nsid int }

func drawn(r *rand.Rand) draw { return draw{2 + r.IntN(most-1), 1 + r.IntN(9), 1 + r.IntN(3)} }

// address is what which.example is in a configuration, and listed.example in a list.
func address(n int) string { return fmt.Sprintf("192.0.2.%d", n) }

// document is a configuration as YAML, which JSON is, too: the API takes the same.
func document(d draw) string {
	return fmt.Sprintf(`{
  "workers": %d,
  "nsid": "n%d",
  "network": {
    "listen": [{"interface": "127.0.0.1"}, {"interface": "127.0.0.1", "kind": "dot"}],
    "tls": {"cert-file": "/etc/knot-resolver/tls.pem", "key-file": "/etc/knot-resolver/tls.key"}
  },
  "dnssec": {"enable": false},
  "local-data": {
    "addresses": {"host.example": "192.0.2.1", "which.example": %q},
    "rpz": [{"file": "/etc/knot-resolver/list.rpz"}]
  }
}
`, d.workers, d.nsid, address(d.which))
}

// zone is a list in which listed.example has an address.
func zone(n int) string {
	return fmt.Sprintf("$ORIGIN rpz.\n@ 3600 SOA . . 1 1 1 1 1\nlisted.example A %s\n", address(n))
}
