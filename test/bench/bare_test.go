// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"testing"
)

// The program is its own bare server, so the test is one, too.
func TestMain(m *testing.M) {
	serveBare()
	os.Exit(m.Run())
}

func TestABareServerAnswersAndEnds(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	c, end, err := bare(t.Context(), `{"workers": 1}`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.do("GET", "/v1/config", ""); err != nil {
		t.Error(err)
	}
	end()
	if left, _ := filepath.Glob(os.TempDir() + "/*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
