// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

func TestBootWithABrokenConfiguration(t *testing.T) {
	m := again(t, func(o *machine.Options) {
		o.Files[product.ConfigFile] = machine.File{Content: basic + "nsid: {\n", Mode: 0o644}
	})
	answers(t, m)
	if f := failed(t, m); !strings.HasPrefix(f, "kresd-configuration.service") || strings.Contains(f, "\n") ||
		!strings.Contains(f, product.ConfigFile+":") {
		t.Errorf("failed units:\n%s", f)
	}
	if j := m.Journal(t.Context(), "kresd-configuration.service"); !strings.Contains(j, product.ConfigFile+":") {
		t.Errorf("the journal of the failed unit:\n%s", j)
	}
	if c := m.Console(); !strings.Contains(c, "kresd-generator: "+product.ConfigFile) {
		t.Errorf("the kernel log:\n%s", c)
	}
	r := m.Sh(t.Context(), "/usr/local/lib/systemd/system-generators/kresd-generator --dry-run")
	if r.Code != 1 || !strings.Contains(r.Stderr, product.ConfigFile+":") || !strings.Contains(r.Stdout, ": 0\n") {
		t.Errorf("dry run: exit %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
	sh(t, m, verify+" kresd-configuration.service")
}

func TestBootWithAGigabyteOfConfiguration(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, product.ConfigFile)
	if err := errors.Join(os.Chmod(dir, 0o755), os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o644), os.Truncate(path, 1<<30)); err != nil {
		t.Fatal(err)
	}
	m := again(t, func(o *machine.Options) {
		delete(o.Files, product.ConfigFile)
		o.Layers = append(o.Layers, dir)
	})
	answers(t, m)
	if f := failed(t, m); !strings.HasPrefix(f, "kresd-configuration.service") || strings.Contains(f, "\n") || !strings.Contains(f, "larger than 64 MiB") {
		t.Errorf("failed units:\n%s", f)
	}
}

func TestBootWithoutAConfiguration(t *testing.T) {
	// The resolver's package has one; this takes it away (overlayfs, "whiteouts").
	dir := t.TempDir()
	gone := filepath.Join(dir, product.ConfigFile)
	if err := errors.Join(os.Chmod(dir, 0o755), os.MkdirAll(filepath.Dir(gone), 0o755), unix.Mknod(gone, unix.S_IFCHR, 0)); err != nil {
		t.Fatal(err)
	}
	m := again(t, func(o *machine.Options) {
		delete(o.Files, product.ConfigFile)
		o.Layers = append(o.Layers, dir)
	})
	if f := failed(t, m); f != "" {
		t.Errorf("failed units: %s", f)
	}
	if out := sh(t, m, "ls -R /run/systemd/generator* | grep kres || true"); out != "" {
		t.Errorf("the generator has made\n%s", out)
	}
	if c := m.Console(); strings.Contains(c, "kresd-generator") {
		t.Errorf("the generator has complained:\n%s", c)
	}
}
