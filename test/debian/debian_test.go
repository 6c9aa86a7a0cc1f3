// SPDX-License-Identifier: Apache-2.0

package debian

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tools are an apt-get and a dpkg-deb that stand in for the real ones, alone in the PATH:
// the first download fails as it does where no index was read yet.
func tools(t *testing.T, inside string) (calls func() string) {
	t.Helper()
	bin := t.TempDir()
	log := filepath.Join(bin, "log")
	for name, script := range map[string]string{
		"apt-get": `echo "$1" >>` + log + `
case $1 in
update) : >` + bin + `/index ;;
download) [ -e ` + bin + `/index ] || { echo no index >&2; exit 100; }; : >pack_1_all.deb ;;
esac`,
		"dpkg-deb": `echo unpack >>` + log + `
/bin/mkdir -p "$3/usr/bin" && echo whole >"$3/` + inside + `"`,
	} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin)
	t.Setenv("KRESD_MANAGER_TEST_CACHE", t.TempDir())
	return func() string {
		text, _ := os.ReadFile(log)
		return strings.Join(strings.Fields(string(text)), " ")
	}
}

func TestAProgramIsFetchedOnce(t *testing.T) {
	calls := tools(t, "usr/bin/thing")
	for range 2 {
		path, err := Program(t.Context(), "pack", "usr/bin/thing")
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != "whole\n" {
			t.Errorf("%s has %q (%v)", path, text, err)
		}
	}
	if got := calls(); got != "download update download unpack" {
		t.Errorf("was called: %s", got)
	}
	left, err := filepath.Glob(filepath.Join(os.Getenv("KRESD_MANAGER_TEST_CACHE"), "thing", "fetch-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v (%v)", left, err)
	}
}

func TestThatOfTheHostComesFirst(t *testing.T) {
	calls := tools(t, "usr/bin/thing")
	path, err := Program(t.Context(), "pack", "usr/bin/apt-get") // a program that is there
	if err != nil || filepath.Base(path) != "apt-get" || calls() != "" {
		t.Errorf("%s (%v), after %q", path, err, calls())
	}
}

func TestAPackageWithoutTheProgramIsAnError(t *testing.T) {
	tools(t, "usr/bin/other")
	if path, err := Program(t.Context(), "pack", "usr/bin/thing"); err == nil || !strings.Contains(err.Error(), "cannot fetch thing from the package pack") {
		t.Errorf("%s, %v", path, err)
	}
}
