// SPDX-License-Identifier: Apache-2.0

// Package pages uses the pages of the manager in a real browser on an installed system, as
// people do who run a resolver. What single routes answer is for the tests of package api.
package pages

import (
	"context"
	"fmt"
	"os"
	"testing"

	"kresd-manager/test/browser"
	"kresd-manager/test/debian"
	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// sut is the machine that all tests of the package share, one after another.
var sut product.System

// chromium is the browser inside it.
var chromium *browser.Browser

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "kresd-manager-pages-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if sut.Layer, err = product.Install(context.Background(), dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	cockpit, err := product.Cockpit(context.Background(), dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	etcd, err := debian.Program(context.Background(), "etcd-server", "usr/bin/etcd")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	opts := product.Options(sut.Layer, product.Three)
	opts.BindDirs = map[string]string{etcd: "/usr/local/bin/etcd"}
	opts.Name = "pages"
	opts.Layers = append(opts.Layers, cockpit)
	opts.Tree = machine.Tree{Packages: append([]string{"cockpit-system", "cockpit-ws"}, browser.Packages...)}
	opts.Mask = []string{"cockpit.socket"} // started by its test
	opts.Files["/etc/systemd/system/kresd-manager.socket.d/interface.conf"] = machine.File{Content: "[Socket]\nListenStream=" + address + "\n"}
	return machine.Main(m, opts, &sut.Machine)
}

// open opens an empty page in the browser, which is started for the first of them and ends
// with the machine.
func open(t *testing.T) *browser.Page {
	t.Helper()
	if chromium == nil {
		var err error
		if chromium, err = browser.Start(sut.Machine, served(t).pin); err != nil {
			t.Fatal(err)
		}
	}
	return chromium.Page(t)
}
