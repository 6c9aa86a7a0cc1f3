// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// TestPatchPassesThePublicTests runs the test set that implementations of RFC 6902
// share. Tests that it disables for others are run as well.
func TestPatchPassesThePublicTests(t *testing.T) {
	for file, least := range map[string]int{"spec_tests.json": 17, "tests.json": 78} {
		raw, err := os.ReadFile(filepath.Join("testdata/json-patch-tests", file))
		if err != nil {
			t.Fatal(err)
		}
		var cases []struct {
			Comment              string
			Doc, Patch, Expected json.RawMessage
			Error                string
		}
		if err := json.Unmarshal(raw, &cases); err != nil {
			t.Fatal(err)
		}
		ran := 0
		for i, c := range cases {
			if c.Patch == nil {
				continue // nothing but a comment
			}
			ran++
			t.Run(fmt.Sprintf("%s/%d %s", file, i, c.Comment), func(t *testing.T) {
				root, problems := text.Read(text.JSON, c.Doc)
				if len(problems) > 0 {
					t.Fatal(problems)
				}
				before := (&Document{}).with(root)
				after, err := before.Patch(c.Patch)
				switch {
				case c.Error != "":
					if err == nil {
						t.Errorf("%s gives %s, but: %s", c.Patch, after.JSON(), c.Error)
					}
				case err != nil:
					t.Error(err)
				case c.Expected != nil:
					want, problems := text.Read(text.JSON, c.Expected)
					if len(problems) > 0 {
						t.Fatal(problems)
					}
					if !tree.Equal(&after.root, &want) {
						t.Errorf("%s gives %s, want %s", c.Patch, after.JSON(), c.Expected)
					}
				}
			})
		}
		if ran < least {
			t.Errorf("%s has %d tests, fewer than %d", file, ran, least)
		}
	}
}
