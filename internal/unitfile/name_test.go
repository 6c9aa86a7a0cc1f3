// SPDX-License-Identifier: Apache-2.0

package unitfile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnInstanceHasTheFileOfItsTemplateToo(t *testing.T) {
	for unit, want := range map[string][]string{
		"kresd@1.service":        {"kresd@1.service", "kresd@.service"},
		"kresd@a.b@c.service":    {"kresd@a.b@c.service", "kresd@.service"},
		"kresd@.service":         {"kresd@.service"},
		"kresd-manager.service":  {"kresd-manager.service"},
		"kresd.d@":               {"kresd.d@"},
		"kres-component@.x.path": {"kres-component@.x.path", "kres-component@.path"},
	} {
		if diff := cmp.Diff(want, Names(unit)); diff != "" {
			t.Errorf("%s: %s", unit, diff)
		}
	}
}
