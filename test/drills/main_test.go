// SPDX-License-Identifier: Apache-2.0

// Package drills breaks what the product stands on, in the middle of its work,
// on a real systemd: the manager, the bus, the disk, systemd itself, and what
// an administrator does at the same time. What is left must be the old or the
// new configuration, whole, and serving.
package drills

import (
	"os"
	"testing"
	"time"

	"kresd-manager/test/product"
)

// sut is the machine that all tests of the package share, one after another.
var sut product.System

func TestMain(m *testing.M) { os.Exit(product.Main(m, "drills", three, &sut)) }

const three = product.Three

// serving asks for host.example again and again until the test ends, as a
// client does that repeats what is not answered. DNS must never be off.
func serving(t *testing.T) {
	t.Helper()
	stop, ended := make(chan struct{}), make(chan struct{})
	var asked, repeated int
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
			asked++
			var err error
			for range 5 {
				if _, err = sut.Query("udp", "host.example.", time.Second); err == nil {
					break
				}
				repeated++
				time.Sleep(100 * time.Millisecond) // what is refused is refused at once
			}
			if err != nil {
				t.Errorf("DNS is off: %v", err)
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-ended
		t.Logf("%d questions asked, %d repeated", asked, repeated)
	})
}
