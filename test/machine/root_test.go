// SPDX-License-Identifier: Apache-2.0

package machine

import "testing"

func TestRootIsBuiltOnceAndHasTheVersions(t *testing.T) {
	dir, err := Root(t.Context(), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	versions, err := Versions(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range packages {
		if versions[name] == "" {
			t.Errorf("the root tree has no version of %s", name)
		}
	}
}
