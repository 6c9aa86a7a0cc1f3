// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"context"
	"strings"
	"testing"
	"time"
)

// million is a list of as many names.
const million = "/etc/knot-resolver/million.rpz"

// A change that takes its time is followed step by step: a million names come in. Many workers
// are for TestAPageOfSixtyFourWorkers.
func TestAMillionNames(t *testing.T) {
	sut.Must(t, "sh", "-ec", `{ echo '$ORIGIN rpz.'; echo '@ 3600 SOA . . 1 1 1 1 1'; seq 1000000 | sed 's/.*/blocked&.example CNAME ./'; } >`+million)
	t.Cleanup(func() { sut.Sh(context.Background(), "rm -f "+million) })
	serving(t, config)
	p := as(t, "configure")

	p.Role("navigation", "Pages").Role("link", "Configuration").Click()
	edited(p, "nsid: many\n"+config+"  rpz:\n    - file: "+million+"\n") // new rules, and a restart of each worker
	previewed(t, p)
	p.Role("button", "Apply").Click()
	p.Role("progressbar", "").Shown()
	p.Role("list", "Steps").Contains(" · for ")
	p.Accessible("a change in progress")
	waiting(p).Shown()
	p.Role("heading", "Applied").Shown()
	if got, err := sut.Query("udp", "blocked999999.example.", 5*time.Second); err == nil || !strings.Contains(err.Error(), "NXDOMAIN") {
		t.Errorf("a name of the list is %v (%v), want NXDOMAIN", got, err)
	}
	waiting(p).Role("button", "Keep").Click()
	waiting(p).Gone()
}
