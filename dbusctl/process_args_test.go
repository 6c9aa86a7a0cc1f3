// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/units"
)

// A change right after the start of the garbage collector must see its options.
func TestACommandLineIsThatOfTheProgramThatIsMeant(t *testing.T) {
	starter, meant := []string{units.ArgumentsFlag, "/f", "/p"}, []string{"-c", "/cache"}
	for name, c := range map[string]struct {
		after int // readings
		want  []string
	}{
		"at once": {0, meant}, "soon": {20, meant}, "never": {1 << 30, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				got := argsOf(func() []string {
					if n++; n <= c.after {
						return starter
					}
					return meant
				})
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}
