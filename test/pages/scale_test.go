// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/product"
)

// million is a list of as many names.
const million = "/etc/knot-resolver/million.rpz"

// workers is how many there are: 64, or the most that a host with so many processors may have.
var workers = min(64, 10*runtime.NumCPU())

// A change that takes its time is followed step by step: a million names come in, on a host
// with many workers, and each page has room for them.
func TestAMillionNamesAndManyWorkers(t *testing.T) {
	sut.Must(t, "sh", "-ec", `{ echo '$ORIGIN rpz.'; echo '@ 3600 SOA . . 1 1 1 1 1'; seq 1000000 | sed 's/.*/blocked&.example CNAME ./'; } >`+million)
	t.Cleanup(func() { sut.Sh(context.Background(), "rm -f "+million) })
	many := strings.Replace(config, "workers: 2", fmt.Sprintf("workers: %d", workers), 1)
	serving(t, many)
	p := as(t, "configure")

	turnTo := func(page string) { p.Role("navigation", "Pages").Role("link", page).Click() }
	for _, page := range []string{"Overview", "Units"} {
		turnTo(page)
		p.Role("main", "").Role("heading", page).Nth(0).Shown()
		product.Eventually(t, page+" has a row for each worker", func() bool { return p.Role("rowheader", "kresd@…").Count() == workers })
		p.Accessible(page)
		p.Size(320, 640)
		p.Fits(page + ", narrow")
		p.Size(1280, 900)
	}

	turnTo("Configuration")
	edited(p, "nsid: many\n"+many+"  rpz:\n    - file: "+million+"\n") // new rules, and a restart of each worker
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
