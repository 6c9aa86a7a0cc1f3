// SPDX-License-Identifier: Apache-2.0

// Package promises holds what the README promises, a file for each promise, as an
// operator sees it on an installed system. How each is kept in all cases, and under
// attack, is for the packages e2e, drills, boot and soak.
package promises

import (
	"os"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// sut is the machine that all tests of the package share, one after another.
var sut product.System

func TestMain(m *testing.M) { os.Exit(product.Main(m, "promises", three, &sut)) }

const three = product.Three

// client asks for host.example until the test ends, and fails it for each question that
// is not answered. It repeats none.
func client(t *testing.T) {
	t.Helper()
	stop, ended := make(chan struct{}), make(chan struct{})
	asked, lost := 0, 0
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
			}
			asked++
			if got, err := sut.Query("udp", "host.example.", 5*time.Second); err != nil || len(got) != 1 {
				lost++
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-ended
		if lost > 0 || asked == 0 {
			t.Errorf("%d of %d questions were not answered", lost, asked)
		}
	})
}

// fails runs a command that has to fail with a text that has all of these words.
func fails(t *testing.T, words []string, command ...string) {
	t.Helper()
	r := sut.Exec(t, command...)
	says(t, strings.Join(command, " "), r, words...)
	if r.Code == 0 {
		t.Errorf("%s: exit 0", strings.Join(command, " "))
	}
}

// says fails the test unless what a command printed has all of these words.
func says(t *testing.T, command string, r machine.Result, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(r.Stdout+r.Stderr, w) {
			t.Errorf("%s does not say %q: exit %d\n%s%s", command, w, r.Code, r.Stdout, r.Stderr)
		}
	}
}
