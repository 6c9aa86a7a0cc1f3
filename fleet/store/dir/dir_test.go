// SPDX-License-Identifier: Apache-2.0

package dir_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/dir"
	"kresd-manager/fleet/store/suite"
)

func TestSuite(t *testing.T) {
	suite.Run(t, func(t *testing.T) suite.Subject {
		path := t.TempDir()
		s := dir.Open(path)
		s.Every = 10 * time.Millisecond
		second := dir.Open(path)
		return suite.Subject{Store: s, Second: second, Seed: func(t *testing.T, key, value string) {
			t.Helper()
			file := filepath.Join(path, key)
			var err error
			if value == "" {
				err = os.Remove(file)
			} else if err = os.MkdirAll(filepath.Dir(file), 0o755); err == nil {
				if err = os.WriteFile(file+".new", []byte(value), 0o644); err == nil {
					err = os.Rename(file+".new", file)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		}}
	})
}

func TestFilesThatAreNoKeys(t *testing.T) {
	path := t.TempDir()
	s := dir.Open(path)
	if got, err := s.Read(t.Context(), store.Hosts); err != nil || len(got.Values) != 0 {
		t.Errorf("a folder that is not there: %v, %v", got, err)
	}
	if err := os.MkdirAll(filepath.Join(path, "hosts", ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, "hosts", ".a.Xy12"), []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Read(t.Context(), store.Hosts); err != nil || len(got.Values) != 0 {
		t.Errorf("files on their way: %v, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(path, "rollout"), make([]byte, dir.MaxFile+1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(t.Context(), store.Rollout); err == nil || !strings.Contains(err.Error(), "rollout") {
		t.Errorf("a file that is too large: %v", err)
	}
	if _, err := s.Read(t.Context(), "../secret"); err == nil {
		t.Error("a key leads out of the folder")
	}
}
