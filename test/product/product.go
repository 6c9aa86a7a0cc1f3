// SPDX-License-Identifier: Apache-2.0

// Package product puts kresd-manager into a test machine the way an
// administrator does: with make install. Tests, demo and benchmark share it.
package product

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"kresd-manager/test/machine"
)

// Paths inside a machine.
const (
	ConfigFile = "/etc/knot-resolver/config.yaml"
	Socket     = "/run/knot-resolver/kres-api.sock"
	Libexec    = "/usr/local/lib/kresd-manager/"
)

// Install runs make install into a folder below dir, or that of the run, and returns it,
// to be a layer of a machine.
func Install(ctx context.Context, dir string) (layer string, err error) {
	return Once(dir, "install", func(layer string) error {
		// A build folder of its own: test packages run at the same time.
		build := filepath.Join(layer, ".build")
		if err := Linked(ctx, dir, build); err != nil {
			return err
		}
		if err := makeTarget(ctx, "install", "DESTDIR="+layer, "PREFIX=/usr/local", "BUILD="+build); err != nil {
			return err
		}
		return os.RemoveAll(build)
	})
}

// Cockpit runs make install-cockpit into a folder below dir, or that of the run, and returns
// it, to be a layer of a machine that has the product.
func Cockpit(ctx context.Context, dir string) (layer string, err error) {
	return Once(dir, "cockpit", func(layer string) error {
		return makeTarget(ctx, "install-cockpit", "DESTDIR="+layer, "PREFIX=/usr/local")
	})
}

// makeTarget runs make in the source.
func makeTarget(ctx context.Context, args ...string) error {
	root, err := sourceRoot()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "make", append([]string{"-C", root, "--no-print-directory"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot make %s: %w\n%s", args[0], err, out)
	}
	return nil
}

// sourceRoot is the nearest folder above with a go.mod.
func sourceRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("cannot find the source of kresd-manager above the current folder")
		}
		dir = up
	}
}

// Options describe a machine with the product installed, nothing of it started
// and the given configuration in place.
func Options(layer, config string) machine.Options {
	return machine.Options{
		Layers: []string{layer},
		Files:  map[string]machine.File{ConfigFile: {Content: config}},
	}
}

// Programs are where Build puts them inside a machine.
const Programs = "/opt/kresd-manager"

// Build runs make build into a folder below dir, or that of the run, and returns it, to be
// a layer of a machine with the programs and nothing installed.
func Build(ctx context.Context, dir string) (layer string, err error) {
	return Once(dir, "build", func(layer string) error {
		return makeTarget(ctx, "build", "BUILD="+layer+Programs)
	})
}

// Linked fills a folder, to be make's BUILD, with the programs of [Build]: make finds those of
// its own version up to date there and links none.
func Linked(ctx context.Context, dir, folder string) error {
	programs, err := Build(ctx, dir)
	if err != nil {
		return err
	}
	return os.CopyFS(folder, os.DirFS(programs+Programs))
}

// Three is a configuration with three workers that need no other server.
const Three = `
workers: 3
network:
  listen:
    - interface: 127.0.0.1
dnssec:
  enable: false
local-data:
  addresses:
    host.example: 192.0.2.1
`
