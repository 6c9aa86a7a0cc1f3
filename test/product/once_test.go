// SPDX-License-Identifier: Apache-2.0

package product

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

func TestWhatARunSharesIsMadeOnce(t *testing.T) {
	run := t.TempDir()
	t.Setenv(runVariable, run)
	broken := errors.New("broken")
	if _, err := Once(t.TempDir(), "thing", func(string) error { return broken }); !errors.Is(err, broken) {
		t.Fatalf("a thing that cannot be made: %v", err)
	}
	var made atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			folder, err := Once("/nowhere", "thing", func(folder string) error {
				made.Add(1)
				return os.WriteFile(filepath.Join(folder, "file"), []byte("whole"), 0o644)
			})
			text, _ := os.ReadFile(filepath.Join(folder, "file"))
			if err != nil || filepath.Dir(folder) != run || string(text) != "whole" {
				t.Errorf("%s has %q (%v)", folder, text, err)
			}
		})
	}
	all.Wait()
	if n := made.Load(); n != 1 {
		t.Errorf("made %d times", n)
	}
}

func TestWithoutARunEachMakesItsOwn(t *testing.T) {
	t.Setenv(runVariable, "")
	dir := t.TempDir()
	for range 2 {
		made := false
		folder, err := Once(dir, "thing", func(string) error { made = true; return nil })
		if err != nil || !made || folder != filepath.Join(dir, "thing") {
			t.Errorf("%s, made: %t, %v", folder, made, err)
		}
	}
}
